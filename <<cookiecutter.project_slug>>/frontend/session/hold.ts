/**
 * What stands between a person's edits and the server, whatever the kind of document.
 *
 * - Ready: the document is here, from this device or from the server. Only then may one write into it.
 * - Unsaved: edits are here that the server may not have. The browser is told so (see `Marks`), for it outlives the page.
 * - Held: edits are here that the server did not take when this person had no right to make them. Nothing more is written
 *   or sent until the person has decided what becomes of them.
 */

import type { Marks, Unsent } from "./unsent";

export interface HoldOptions {
  marks: Pick<Marks, "withheld" | "unsent" | "edited" | "saved" | "withhold" | "release" | "forget">;
  readOnly: boolean;
  /** What a mark says of this document now. */
  describe: () => Unsent;
  /** Nothing may be sent from now on. */
  onHeld: () => void;
  /** The person wants it all to be sent, if the role allows it. */
  onReleased: () => void;
  /** Who may write, or what must be decided, has changed. */
  onChange: () => void;
}

export class Hold {
  /** This person has written here since the page was opened. */
  wrote = false;

  private ready = false;
  private stopped = false;
  private held: boolean;
  private unsaved: boolean;
  private downloaded = false;
  private readOnly: boolean;

  constructor(private readonly options: HoldOptions) {
    const { marks, readOnly } = options;
    this.held = marks.withheld;
    this.unsaved = this.held || marks.unsent !== null;
    this.readOnly = readOnly;
  }

  get isHeld(): boolean {
    return this.held;
  }

  get isReadOnly(): boolean {
    return this.readOnly;
  }

  get isUnsaved(): boolean {
    return this.unsaved;
  }

  /** The person has a copy of what is held. */
  get isDownloaded(): boolean {
    return this.downloaded;
  }

  get mayWrite(): boolean {
    return this.ready && !this.readOnly && !this.held;
  }

  /** The document is here. */
  get isReady(): boolean {
    return this.ready;
  }

  /** The document is here; says whether it was not before. */
  becomeReady(): boolean {
    if (this.ready || this.stopped) return false;
    this.ready = true;
    this.options.onChange();
    return true;
  }

  /** More is known of what was left here before. */
  look(): void {
    const { marks } = this.options;
    this.unsaved ||= marks.unsent !== null;
    if (marks.withheld && !this.held) this.hold();
  }

  /** The person has changed the document. */
  edited(): void {
    this.unsaved = this.wrote = true;
    this.mark();
  }

  /** The device has everything now; marks that were cleared away together with a former copy are made anew. */
  kept(): void {
    if (this.unsaved && !this.options.marks.unsent) this.mark();
  }

  /** The server has committed all that it was sent: `isRead` says that what another page has left here was among it. */
  saved(isRead = true): void {
    if (this.held) return;
    const { marks } = this.options;
    marks.saved(isRead);
    this.unsaved = !isRead && marks.unsent !== null;
  }

  /** Something that is here was not sent. `certain` says that the server lacks it; deletions it may have already. */
  lacked(certain: boolean): void {
    if (certain || this.unsaved) this.hold();
  }

  /** From here on it is for the person to say what becomes of the edits. */
  hold(): void {
    this.held = this.unsaved = true;
    this.mark();
    this.options.marks.withhold();
    this.options.onHeld();
    this.options.onChange();
  }

  /** The person wants the edits to be sent. */
  release(): void {
    this.held = false;
    this.options.marks.release();
    this.options.onReleased();
    this.options.onChange();
  }

  /** The person may do more, or less, from now on; says whether that is news. */
  setReadOnly(readOnly: boolean): boolean {
    const isNews = this.readOnly !== readOnly;
    this.readOnly = readOnly;
    return isNews;
  }

  download(): void {
    this.downloaded = true;
    if (this.held && !this.stopped) this.options.onChange();
  }

  /** The connection has ended for good: what is written from here on could never be sent. */
  stop(): void {
    this.ready = false;
    this.stopped = true;
  }

  /** The person has no access any more: should it be given back, edits are not sent before the person says so. */
  loseAccess(): void {
    if (this.unsaved) this.options.marks.withhold();
  }

  /** The edits are gone. */
  forget(): void {
    this.options.marks.forget();
  }

  private mark(): void {
    this.options.marks.edited(this.options.describe());
  }
}
