/** Tells the other tabs that this person has signed out, or hears of it. */
export class SignOuts {
  private readonly channel: BroadcastChannel;

  constructor(user: string, heard?: () => void) {
    this.channel = new BroadcastChannel(`yroom:${user}`);
    if (heard) this.channel.onmessage = heard;
  }

  tell(): void {
    this.channel.postMessage("signed out");
  }

  /** Hears nothing more; what was told arrives all the same. */
  destroy(): void {
    this.channel.close();
  }
}
