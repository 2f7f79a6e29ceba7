/** Where one was before one came to the comments, and the way back there. */

export class WayBack {
  private before: HTMLElement | null = null;

  /** Whether one is in a card, or in the list. */
  get isWithin(): boolean {
    return Boolean(document.activeElement?.closest(".comment-card, #comments"));
  }

  /** Before the focus goes into a card. */
  remember(): void {
    if (!this.isWithin && document.activeElement instanceof HTMLElement) this.before = document.activeElement;
  }

  /** To where one was, or else into the text. */
  go(): void {
    const target = this.before?.isConnected && this.before !== document.body ? this.before : null;
    const text = document.querySelector<HTMLElement>("#editor [contenteditable]");
    target?.focus({ preventScroll: true });
    // What one came from may not be there any more, or be hidden.
    if (!target || document.activeElement !== target) text?.focus({ preventScroll: true });
    // A text that one may only read takes no focus.
    if (this.isWithin) (document.activeElement as HTMLElement).blur();
  }
}
