/** "Saving…", "Saved" or "Offline": one line about where the text is, and never a promise the server has not made. */

import type { CopyState } from "./local-copy";

export interface StatusInput {
  phase: "connecting" | "open" | "waiting" | "stopped";
  /** A connection existed since the page was opened, or an attempt has failed. */
  tried: boolean;
  /** The server's state has arrived on this connection. */
  synced: boolean;
  /** Document messages sent on this connection, and how many of them the server has committed. */
  sent: number;
  acknowledged: number;
  readOnly: boolean;
  /** Who may not write may comment. */
  comments?: boolean;
  /** Whether this device has what is on the screen. */
  copy: CopyState;
  /** There are edits that the server has not confirmed. */
  unsaved: boolean;
}

export type StatusName = "connecting" | "saving" | "saved" | "viewing" | "offline" | "stopped";

export interface Status {
  name: StatusName;
  text: string;
}

export function statusOf(input: StatusInput): Status {
  if (input.phase === "stopped") return { name: "stopped", text: "Not connected" };
  if (input.phase !== "open") {
    if (!input.tried) return { name: "connecting", text: "Connecting…" };
    if (input.readOnly) return { name: "offline", text: "Offline" };
    return { name: "offline", text: OFFLINE[input.copy] };
  }
  if (!input.synced) return { name: "connecting", text: "Connecting…" };
  if (input.readOnly) return { name: "viewing", text: input.comments ? "Comment only" : "View only" };
  if (isSaved(input)) return { name: "saved", text: "Saved" };
  // Right after the page was opened nothing is being saved, though the server has not yet said so.
  return input.unsaved ? { name: "saving", text: "Saving…" } : { name: "connecting", text: "Connecting…" };
}

const OFFLINE: Record<CopyState, string> = {
  kept: "Offline, changes kept on this device",
  keeping: "Offline, keeping changes on this device…",
  "not kept": "Offline, changes kept in this tab only",
};

/**
 * Whether the server has committed everything that is on this screen.
 *
 * Nothing sent yet means that the server's first question (what do you have that I lack?) is not answered: edits made
 * offline may still wait here.
 */
export function isSaved(input: Pick<StatusInput, "synced" | "sent" | "acknowledged">): boolean {
  return input.synced && input.sent > 0 && input.acknowledged >= input.sent;
}

/** How long "Saved" and "kept" must hold before they are shown: at each key the line would flicker otherwise. */
const CALM = 250;

export class StatusLine {
  private shown: StatusName | null = null;
  private text = "";
  private timer: number | undefined;

  /** `announcer` is the live region: only going offline and coming back are worth interrupting a screen reader for. */
  constructor(
    private readonly line: HTMLElement,
    private readonly announcer: HTMLElement,
  ) {}

  show(status: Status): void {
    window.clearTimeout(this.timer);
    const isGood = status.name === "saved" || status.text === OFFLINE.kept;
    const wasBusy = this.shown === "saving" || this.text === OFFLINE.keeping;
    if (isGood && wasBusy) {
      this.timer = window.setTimeout(() => this.paint(status), CALM);
    } else {
      this.paint(status);
    }
  }

  /** What it says stays; it does not change any more. */
  destroy(): void {
    window.clearTimeout(this.timer);
  }

  private paint(status: Status): void {
    const before = this.shown;
    this.shown = status.name;
    if (this.text !== status.text) this.line.textContent = this.text = status.text;
    this.line.dataset["state"] = status.name;
    if (before === status.name) return;
    const wasAway = before === "offline" || before === "stopped";
    const isAway = status.name === "offline" || status.name === "stopped";
    if (isAway) this.announcer.textContent = status.text;
    else if (wasAway) this.announcer.textContent = "Connected again";
  }
}
