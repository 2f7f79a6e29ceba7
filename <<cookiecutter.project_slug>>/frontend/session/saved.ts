/** Who waits until the server has stored all that is on this page. */

export class UntilSaved {
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly isSaved: () => boolean) {}

  /** Once all is stored that is here now: at once, where it is. */
  promise(): Promise<void> {
    return this.isSaved() ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  }

  /** It may be stored by now. */
  look(): void {
    if (this.isSaved()) for (const done of this.waiting.splice(0)) done();
  }
}
