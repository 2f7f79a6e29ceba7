/** Whose names stand beside their carets: of who has just moved, until they rest. */

/** How long a name stays beside a caret that rests. */
const NAME_SHOWN = 2_500;

export class ShownNames<Key> {
  private readonly timers = new Map<Key, number>();

  /** `hidden` is called once a name is no longer shown. */
  constructor(private readonly hidden: (key: Key) => void) {}

  has(key: Key): boolean {
    return this.timers.has(key);
  }

  show(key: Key): void {
    window.clearTimeout(this.timers.get(key));
    const hide = (): void => {
      this.timers.delete(key);
      this.hidden(key);
    };
    this.timers.set(key, window.setTimeout(hide, NAME_SHOWN));
  }

  destroy(): void {
    for (const timer of this.timers.values()) window.clearTimeout(timer);
  }
}
