/**
 * Somebody was named in the text: they hear of it as soon as who named them has left it, and not only once the document has
 * fallen quiet, which the server waits for where a browser does not say so.
 */

import type { RoomPage } from "../../frontend/feature";

/** Milliseconds without a change by this person, and after a name, at most: who writes on has left it by then. */
const PAUSE = 3_000;
const LONGEST = 20_000;

export class NamedSoon {
  private timer: number | undefined;
  private until = 0;

  constructor(
    private readonly page: Pick<RoomPage, "doc" | "saved">,
    private readonly tell: () => void,
  ) {
    page.doc.on("update", (_update, _origin, _doc, { local }) => {
      if (local && this.timer !== undefined) this.wait();
    });
  }

  named(): void {
    if (this.timer === undefined) this.until = Date.now() + LONGEST;
    this.wait();
  }

  private wait(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.timer = undefined;
      void this.page.saved().then(this.tell);
    }, Math.max(0, Math.min(PAUSE, this.until - Date.now())));
  }
}
