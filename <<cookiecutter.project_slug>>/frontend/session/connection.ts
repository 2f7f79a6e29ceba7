/** The WebSocket: y-websocket's protocol, plus our own count of what is committed and our own reconnection. */

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { applyAwarenessUpdate } from "y-protocols/awareness";
import { writeSyncStep1 } from "y-protocols/sync";
import { WebsocketProvider, messageAwareness, messageSync } from "y-websocket";
import * as Y from "yjs";

import { isFinal, retryDelay } from "./backoff";
import { EMPTY_STEP_2, MESSAGE_CONTROL, isDocumentMessage, parseControlFrame, type ControlFrame } from "./frames";
import { Arriving, Leaving, MESSAGE_PIECE } from "./pieces";

/** A connection that lasted this long counts as a success: the next failure is the first again. */
const STABLE = 10_000;
const CONNECT_TIMEOUT = 15_000;
/** Timers that come so much too late did not run meanwhile. */
const ASLEEP = 15_000;
const TICK = 3_000;
/** Others whose tabs are hidden give a sign of life once a minute; the server says who has left. */
const LONGEST_SILENCE = 150_000;
const RENEWALS = 3;
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
  /** The server lacks what is here, and is not sent it; `certain` unless only deletions are in question. */
  onWithheld: (certain: boolean) => void;
}

export class Connection {
  readonly provider: WebsocketProvider;
  phase: "connecting" | "open" | "waiting" | "stopped" = "connecting";
  tried = false;
  sent = 0;
  acknowledged = 0;
  /** Something was not sent on this connection. */
  withheld = false;

  private arriving = new Arriving();
  private leaving = new Leaving(() => undefined);
  private failures = 0;
  private syncedAt = 0;
  /** How often to try again where the session is over: none before this page has been let in once. */
  private renewals = 0;
  private withholding: boolean;
  private timer: number | undefined;
  private isReadOnly: boolean;
  private tickedAt = Date.now();
  /** What was last heard of each of the others, and when. */
  private heard = new Map<number, { clock: number; at: number }>();
  private ended: { code: number; reason: string } | null = null;

  constructor(private readonly options: ConnectionOptions) {
    this.isReadOnly = options.readOnly;
    this.withholding = options.withhold;
    // Before y-websocket's own, which it is to forestall.
    window.setInterval(() => this.tick(), TICK);
    this.provider = new WebsocketProvider(options.url, options.room, options.doc, {
      connect: false,
      disableBc: true, // tabs would sync past the server's permissions
      params: { protocol: "yroom.1", pieces: "1", schema: String(options.schema), user: options.user },
      shouldReconnect: () => false,
      WebSocketPolyfill: this.socketClass(),
    });
    this.provider.messageHandlers[MESSAGE_CONTROL] = (_encoder, decoder) => {
      const frame = parseControlFrame(decoding.readVarString(decoder));
      if (frame) this.receive(frame);
    };
    this.provider.messageHandlers[MESSAGE_PIECE] = (encoder, decoder, provider, emitSynced) => {
      const message = this.arriving.add(decoding.readVarUint(decoder), decoding.readVarUint8Array(decoder));
      if (!message) return;
      const whole = decoding.createDecoder(message);
      const type = decoding.readVarUint(whole);
      provider.messageHandlers[type]?.(encoder, whole, provider, emitSynced, type);
    };
    this.provider.messageHandlers[messageAwareness] = (_encoder, decoder) => this.hear(decoding.readVarUint8Array(decoder));
    this.provider.on("status", ({ status }) => {
      if (status === "connected") {
        window.clearTimeout(this.timer);
        this.phase = "open";
        this.tried = true;
        this.options.onChange();
      }
    });
    this.provider.on("sync", (synced: boolean) => {
      if (synced) {
        this.syncedAt = Date.now();
        this.renewals = RENEWALS;
      }
      this.options.onChange();
    });
    this.provider.on("connection-close", (event) => {
      if (this.phase === "stopped") return;
      const { code, reason } = this.ended ?? event ?? { code: 1006, reason: "" };
      this.closed(code, reason);
    });
    window.addEventListener("online", () => this.retry());
    // An open socket can hang for half a minute after the network is gone: do not wait for it.
    window.addEventListener("offline", () => this.provider.disconnect());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.retry();
    });
  }

  get synced(): boolean {
    return this.phase === "open" && this.provider.synced;
  }

  connect(): void {
    window.clearTimeout(this.timer);
    this.phase = "connecting";
    this.timer = window.setTimeout(() => this.provider.disconnect(), CONNECT_TIMEOUT);
    this.provider.connect();
    this.options.onChange();
  }

  /** Tries at once, if the next attempt is still to come. */
  retry(): void {
    if (this.phase === "waiting") this.connect();
  }

  /** Ends for good, as if the server had closed with this code. */
  stop(code: number, reason: string): void {
    if (this.phase === "stopped") return;
    this.ended = { code, reason };
    if (this.provider.ws) this.provider.disconnect();
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
    this.provider.disconnect();
    this.retry();
  }

  private receive(frame: ControlFrame): void {
    if (frame.type === "saved") {
      this.acknowledged = frame.count;
      this.options.onChange();
    } else if (frame.type === "pieces") {
      this.leaving.grant(frame.size, frame.credit);
    } else if (frame.type === "resync") {
      const encoder = encoding.createEncoder();
      encoding.writeVarUint(encoder, messageSync);
      writeSyncStep1(encoder, this.options.doc);
      this.provider.ws?.send(encoding.toUint8Array(encoder) as Uint8Array<ArrayBuffer>);
    } else {
      if (frame.type === "welcome") this.leaving.welcome();
      this.options.onFrame(frame);
    }
  }

  /**
   * What is told of oneself is never taken over, only its clock: what one shows now goes on from there.
   *
   * Otherwise two states of oneself that are on their way at once would replace each other for ever, here and there.
   */
  private hear(update: Uint8Array): void {
    const { awareness } = this.provider;
    const { others, clock } = withoutOwn(update, awareness.clientID);
    applyAwarenessUpdate(awareness, others, this.provider);
    const known = awareness.meta.get(awareness.clientID);
    if (!known || clock <= known.clock) return;
    known.clock = clock;
    if (awareness.getLocalState()) awareness.setLocalState(awareness.getLocalState());
  }

  private closed(code: number, reason: string): void {
    window.clearTimeout(this.timer);
    this.tried = true;
    this.provider.shouldConnect = false; // we schedule the next attempt ourselves, with jitter
    if (code === 4401 && this.renewals > 0 && !this.ended && !reason.startsWith("someone_else")) {
      // A socket goes by the session it was opened with; a new password in another tab gives this browser a new one.
      this.phase = "waiting";
      this.timer = window.setTimeout(() => this.connect(), RENEWAL * 2 ** (RENEWALS - this.renewals));
      this.renewals -= 1;
      this.options.onChange();
      return;
    }
    if (isFinal(code)) {
      this.phase = "stopped";
    } else {
      const wasStable = this.syncedAt > 0 && Date.now() - this.syncedAt > STABLE;
      this.failures = wasStable ? 0 : this.failures + 1;
      this.syncedAt = 0;
      this.phase = "waiting";
      this.timer = window.setTimeout(() => this.connect(), retryDelay(Math.max(0, this.failures - 1), code));
    }
    this.options.onClose(code, reason);
    this.options.onChange();
  }

  /**
   * Silence while nothing runs here says nothing.
   *
   * y-websocket closes after 30 s without a message, for it gives a sign of life every 15 s and gets an answer. In a hidden
   * tab timers run once a minute: there, nothing had been asked. So each awakening gives the answer some time to come.
   */
  private tick(): void {
    const now = Date.now();
    if (now - this.tickedAt > ASLEEP) {
      this.provider.wsLastMessageReceived = Math.max(this.provider.wsLastMessageReceived, now - ASLEEP);
      this.heard.clear();
    }
    this.tickedAt = now;
    if (this.phase === "open") this.spareTheSilent(now);
  }

  /** y-protocols takes away who says nothing for 30 s: those in hidden tabs would come and go once a minute. */
  private spareTheSilent(now: number): void {
    const { states, meta } = this.provider.awareness;
    for (const client of this.heard.keys()) if (!states.has(client)) this.heard.delete(client);
    for (const client of states.keys()) {
      const known = meta.get(client);
      if (!known || client === this.options.doc.clientID) continue;
      let last = this.heard.get(client);
      if (last?.clock !== known.clock) this.heard.set(client, (last = { clock: known.clock, at: now }));
      if (now - last.at < LONGEST_SILENCE) known.lastUpdated = now;
    }
  }

  /** A WebSocket that waits for `opened`, counts document messages, and lets none out for someone who may not write. */
  private socketClass(): typeof WebSocket {
    const connection = this;
    return class CountedSocket extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        connection.sent = 0;
        connection.acknowledged = 0;
        connection.withheld = false;
        connection.arriving = new Arriving();
        connection.leaving = new Leaving((data) => super.send(data));
        for (const type of ["open", "message", "error", "close"]) {
          let handler: ((event: Event) => void) | null = null;
          Object.defineProperty(this, `on${type}`, { set: (value: typeof handler) => (handler = value) });
          this.addEventListener(type, (event) => void connection.options.opened.then(() => handler?.(event)));
        }
      }

      override send(data: string | ArrayBufferLike | Blob | ArrayBufferView<ArrayBuffer>): void {
        if (!(data instanceof Uint8Array) || !isDocumentMessage(data)) {
          super.send(data);
          return;
        }
        if (connection.isReadOnly || connection.withholding) {
          connection.withheld = true;
          connection.options.onWithheld(holdsText(data));
          if (data[1] === 2) return;
          data = EMPTY_STEP_2;
        }
        connection.sent += 1;
        connection.leaving.post(data as Uint8Array<ArrayBuffer>);
        connection.options.onChange();
      }
    };
  }
}

/** Whether a document message brings text; every sync step 2 lists all deletions, known or new. */
function holdsText(message: Uint8Array): boolean {
  const decoder = decoding.createDecoder(message.subarray(2));
  return Y.decodeUpdate(decoding.readVarUint8Array(decoder)).structs.length > 0;
}

/** An awareness update without what it tells of this client, and the clock at which it tells that. */
function withoutOwn(update: Uint8Array, client: number): { others: Uint8Array; clock: number } {
  const decoder = decoding.createDecoder(update);
  const entries = Array.from({ length: decoding.readVarUint(decoder) }, () => ({
    client: decoding.readVarUint(decoder),
    clock: decoding.readVarUint(decoder),
    state: decoding.readVarString(decoder),
  }));
  const others = entries.filter((entry) => entry.client !== client);
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, others.length);
  for (const entry of others) {
    encoding.writeVarUint(encoder, entry.client);
    encoding.writeVarUint(encoder, entry.clock);
    encoding.writeVarString(encoder, entry.state);
  }
  const clock = Math.max(-1, ...entries.filter((entry) => entry.client === client).map((entry) => entry.clock));
  return { others: encoding.toUint8Array(encoder), clock };
}
