/** The banner about a connection that has ended: why, and what is true meanwhile of the edits that wait. */

import { isFinal } from "../session/backoff";
import { type Circumstances, closeMessage } from "../text/messages";
import type { Banners } from "../ui/banners";

/** A short interruption is the status line's business; only a longer one deserves a banner. */
const DELAY = 1_500;
const TOPIC = "connection";

export class Endings {
  private ended: { code: number; reason: string } | null = null;
  private timer: number | undefined;

  constructor(
    private readonly banners: Banners,
    private readonly circumstances: () => Circumstances,
  ) {}

  /** The connection has ended; for good, if the code says so. */
  begin(code: number, reason: string): void {
    window.clearTimeout(this.timer);
    this.ended = { code, reason };
    if (isFinal(code)) this.show();
    else this.timer = window.setTimeout(() => this.show(), DELAY);
  }

  /** What is true of the edits may be another by now. */
  refresh(): void {
    if (this.banners.has(TOPIC)) this.show();
  }

  /** There is a connection again. */
  over(): void {
    window.clearTimeout(this.timer);
    this.ended = null;
    this.banners.set(TOPIC, null);
  }

  private show(): void {
    if (this.ended) this.banners.set(TOPIC, closeMessage(this.ended.code, this.circumstances(), this.ended.reason));
  }
}
