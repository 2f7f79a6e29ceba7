/** The connection to the server: one socket after another, opened anew whenever that makes sense, until it ends for good. */

import { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";

import { isFinal, retryDelay } from "./backoff";
import type { ControlFrame } from "./frames";
import { Socket } from "./socket";

/** A connection that lasted this long counts as a success: the next failure is the first again. */
const STABLE = 10_000;
const CONNECT_TIMEOUT = 15_000;
/** Silence this long says that nobody is there: what this client tells of itself every 15 s is answered. */
const SILENCE = 30_000;
/** Timers that come so much too late did not run meanwhile. */
const ASLEEP = 15_000;
const TICK = 3_000;
/** Others whose tabs are hidden give a sign of life once a minute; the server says who has left. */
const LONGEST_SILENCE = 150_000;
/** The page that gives this browser a new session may take a quarter of a minute to be there. */
const RENEWALS = 5;
const RENEWAL = 500;

export interface ConnectionOptions {
  url: string;
  room: string;
  schema: number;
  /** Whose page this is: the server refuses the socket if the browser is logged in as somebody else. */
  user: string;
  doc: Y.Doc;
  readOnly: boolean;
  /** Settles once the text on this device has been read: only then is the server listened to, and told what is lacking. */
  opened: Promise<unknown>;
  /** Edits from before are here that must not be sent unless the person says so: see `release()`. */
  withhold: boolean;
  onChange: () => void;
  onFrame: (frame: ControlFrame) => void;
  onClose: (code: number, reason: string) => void;
  /** Something that is here was not sent. `certain` says that the server lacks it; deletions it may have already. */
  onWithheld: (certain: boolean) => void;
}

export class Connection {
  readonly awareness: Awareness;
  phase: "connecting" | "open" | "waiting" | "stopped" = "connecting";
  tried = false;

  private socket: Socket | null = null;
  /** The last socket that there was: what it has counted stands until there is another. */
  private last: Pick<Socket, "sent" | "acknowledged" | "withheld"> = { sent: 0, acknowledged: 0, withheld: false };
  private failures = 0;
  private syncedAt = 0;
  /** How often to try again where the session is over: none before this page has been let in once. */
  private renewals = 0;
  private withholding: boolean;
  private timer: number | undefined;
  private readonly ticker: number;
  private isReadOnly: boolean;
  private tickedAt = Date.now();
  /** What was last heard of each of the others, and when. */
  private heard = new Map<number, { clock: number; at: number }>();
  private ended: { code: number; reason: string } | null = null;
  private readonly closing = new AbortController();

  constructor(private readonly options: ConnectionOptions) {
    this.isReadOnly = options.readOnly;
    this.withholding = options.withhold;
    this.awareness = new Awareness(options.doc);
    this.ticker = window.setInterval(() => this.tick(), TICK);
    const { signal } = this.closing;
    window.addEventListener("online", () => this.retry(), { signal });
    // An open socket can hang for half a minute after the network is gone: do not wait for it.
    window.addEventListener("offline", () => this.socket?.end(), { signal });
    const shown = (): void => {
      if (document.visibilityState === "visible") this.retry();
    };
    document.addEventListener("visibilitychange", shown, { signal });
  }

  /** What updates from the server have as their origin. */
  get origin(): unknown {
    return this;
  }

  get synced(): boolean {
    return this.phase === "open" && (this.socket?.isSynced ?? false);
  }

  /** Document messages sent on this connection, and how many of them the server has committed. */
  get sent(): number {
    return this.last.sent;
  }

  get acknowledged(): number {
    return this.last.acknowledged;
  }

  /** Something was not sent on this connection. */
  get withheld(): boolean {
    return this.last.withheld;
  }

  connect(): void {
    window.clearTimeout(this.timer);
    this.phase = "connecting";
    this.timer = window.setTimeout(() => this.socket?.end(), CONNECT_TIMEOUT);
    const { url, room, schema, user, doc, opened, onChange, onFrame, onWithheld } = this.options;
    const asked = new URLSearchParams({ protocol: "yroom.1", pieces: "1", schema: String(schema), user });
    this.last = this.socket = new Socket(
      {
        url: `${url}/${room}?${asked}`,
        doc,
        awareness: this.awareness,
        opened,
        maySend: () => !this.isReadOnly && !this.withholding,
        onWithheld,
        onOpen: () => this.opened(),
        onSynced: () => this.cameInStep(),
        onCount: onChange,
        onFrame,
        onEnd: (code, reason) => this.closed(code, reason),
      },
      this.origin,
    );
    onChange();
  }

  /** Tries at once, if the next attempt is still to come. */
  retry(): void {
    if (this.phase === "waiting") this.connect();
  }

  /** Ends for good, as if the server had closed with this code. */
  stop(code: number, reason: string): void {
    if (this.phase === "stopped") return;
    this.ended = { code, reason };
    if (this.socket) this.socket.end();
    else this.closed(code, reason);
  }

  setReadOnly(readOnly: boolean): void {
    this.isReadOnly = readOnly;
  }

  /** From now on nothing is sent, whatever the role. */
  withhold(): void {
    this.withholding = true;
  }

  /** Sends what was held back, if the role allows it: a fresh sync asks for it. */
  release(): void {
    this.withholding = false;
    this.socket?.end();
    this.retry();
  }

  /** Leaves nothing behind, and tells nobody. */
  destroy(): void {
    this.phase = "stopped";
    this.closing.abort();
    window.clearInterval(this.ticker);
    window.clearTimeout(this.timer);
    this.socket?.end();
    this.awareness.destroy();
  }

  private opened(): void {
    window.clearTimeout(this.timer);
    this.phase = "open";
    this.tried = true;
    this.options.onChange();
  }

  private cameInStep(): void {
    this.syncedAt = Date.now();
    this.renewals = RENEWALS;
    this.options.onChange();
  }

  private closed(byCode: number, byReason: string): void {
    this.socket = null;
    if (this.phase === "stopped") return;
    window.clearTimeout(this.timer);
    this.tried = true;
    const { code, reason } = this.ended ?? { code: byCode, reason: byReason };
    if (code === 4401 && this.renewals > 0 && !this.ended && !reason.startsWith("someone_else")) {
      this.renew();
      return;
    }
    if (isFinal(code)) this.phase = "stopped";
    else this.wait(code);
    this.options.onClose(code, reason);
    this.options.onChange();
  }

  /** A socket goes by the session it was opened with; a new password in another tab gives this browser a new one. */
  private renew(): void {
    this.phase = "waiting";
    this.timer = window.setTimeout(() => this.connect(), RENEWAL * 2 ** (RENEWALS - this.renewals));
    this.renewals -= 1;
    this.options.onChange();
  }

  private wait(code: number): void {
    const wasStable = this.syncedAt > 0 && Date.now() - this.syncedAt > STABLE;
    this.failures = wasStable ? 0 : this.failures + 1;
    this.syncedAt = 0;
    this.phase = "waiting";
    this.timer = window.setTimeout(() => this.connect(), retryDelay(Math.max(0, this.failures - 1), code));
  }

  /**
   * Closes a connection that has gone silent; but silence while nothing runs here says nothing.
   *
   * In a hidden tab timers run once a minute: nobody was asked for an answer there. So each awakening gives it some time.
   */
  private tick(): void {
    const now = Date.now();
    const { socket } = this;
    const wasAsleep = now - this.tickedAt > ASLEEP;
    if (wasAsleep) this.heard.clear();
    if (socket) {
      if (wasAsleep) socket.heardAt = Math.max(socket.heardAt, now - ASLEEP);
      if (socket.isOpen && now - socket.heardAt > SILENCE) socket.end();
    }
    this.tickedAt = now;
    if (this.phase === "open") this.spareTheSilent(now);
  }

  /** y-protocols takes away who says nothing for 30 s: those in hidden tabs would come and go once a minute. */
  private spareTheSilent(now: number): void {
    const { states, meta } = this.awareness;
    for (const client of this.heard.keys()) if (!states.has(client)) this.heard.delete(client);
    for (const client of states.keys()) {
      const known = meta.get(client);
      if (!known || client === this.options.doc.clientID) continue;
      let last = this.heard.get(client);
      if (last?.clock !== known.clock) {
        last = { clock: known.clock, at: now };
        this.heard.set(client, last);
      }
      if (now - last.at < LONGEST_SILENCE) known.lastUpdated = now;
    }
  }
}
