/**
 * Words of others that come back by an undo stay theirs: the site is told which they are, and looks for itself. What is not
 * told, as the page was closed before, counts as written by whoever has undone.
 */

import type { RoomPage } from "../../../frontend/feature";
import type { Run } from "../../../frontend/surfaces/insides";
import type { BroughtBack } from "../../../frontend/surfaces/undone";

/** Milliseconds after the last of several undos, which are told together: the site believes whole lines. */
export const PAUSE = 2_000;

export class Undone {
  /** One's own operations that were told to be copies of another's: undone again, these come back as copies of them. */
  private readonly told: Run[] = [];
  private waiting: BroughtBack[] = [];
  private timer: number | undefined;

  constructor(
    private readonly page: Pick<RoomPage, "ask" | "doc" | "saved">,
    private readonly url: string,
    /** Stretches that are told at once; those beyond count as written by whoever undoes. */
    private readonly most: number,
  ) {}

  /** Something was brought back. */
  take(back: readonly BroughtBack[]): void {
    const others = back.filter(({ from }) => from.client !== this.page.doc.clientID || this.told.some((run) => overlap(run, from)));
    if (!others.length) return;
    for (const each of others.slice(0, this.most)) {
      this.told.push(each.to);
      this.waiting.push(each);
    }
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.page.saved().then(() => this.tell()), PAUSE);
  }

  private async tell(): Promise<void> {
    const runs = this.waiting.splice(0, this.most).map(({ from, to }) => [from.client, from.clock, to.client, to.clock, to.length]);
    this.waiting = [];
    await this.page.ask(this.url, { method: "POST", body: { runs } }).catch(() => undefined);
  }
}

function overlap(one: Run, other: Run): boolean {
  return one.client === other.client && one.clock < other.clock + other.length && other.clock < one.clock + one.length;
}
