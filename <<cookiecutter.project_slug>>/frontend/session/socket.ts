/**
 * One socket, from its opening to its end: y-websocket's protocol on y-protocols, with our own frames beside it.
 *
 * It counts the document messages it sends, for the server says how many of them it has committed, and it lets none out
 * that the person may not send.
 */

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { type Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import { messageYjsSyncStep2, readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync";
import * as Y from "yjs";

import { EMPTY_STEP_2, MESSAGE_AWARENESS, MESSAGE_CONTROL, MESSAGE_SYNC, isDocumentMessage, parseControlFrame, type ControlFrame } from "./frames";
import { Arriving, Leaving, MESSAGE_PIECE } from "./pieces";

type Bytes = Uint8Array<ArrayBuffer>;

export interface SocketOptions {
  url: string;
  doc: Y.Doc;
  awareness: Awareness;
  /** Settles once the text on this device has been read: only then is the server listened to, and told what is lacking. */
  opened: Promise<unknown>;
  maySend: () => boolean;
  /** Something that is here was not sent. `certain` says that the server lacks it; deletions it may have already. */
  onWithheld: (certain: boolean) => void;
  onOpen: () => void;
  onSynced: () => void;
  /** What has been sent, or committed, is another by now. */
  onCount: () => void;
  onFrame: (frame: ControlFrame) => void;
  /** It is over; called once, whoever has ended it. */
  onEnd: (code: number, reason: string) => void;
}

export class Socket {
  isOpen = false;
  /** The server's state has arrived. */
  isSynced = false;
  /** Document messages sent, and how many of them the server has committed. */
  sent = 0;
  acknowledged = 0;
  /** Something was not sent. */
  withheld = false;
  heardAt = Date.now();

  private readonly socket: WebSocket;
  private readonly arriving = new Arriving();
  private readonly leaving = new Leaving((frame) => this.socket.send(frame));
  private ended = false;

  /** `origin` is what the document's updates from the server have as theirs. */
  constructor(
    private readonly options: SocketOptions,
    private readonly origin: unknown,
  ) {
    this.socket = new WebSocket(options.url);
    this.socket.binaryType = "arraybuffer";
    const later = (run: () => void): void => void options.opened.then(() => this.ended || run());
    this.socket.addEventListener("open", () => later(() => this.begin()));
    this.socket.addEventListener("message", ({ data }) => later(() => this.hear(data)));
    this.socket.addEventListener("close", ({ code, reason }) => later(() => this.end(code, reason)));
  }

  /** Ends it at once: a socket whose network is gone would take half a minute to say that it is closed. */
  end(code = 1006, reason = ""): void {
    if (this.ended) return;
    this.ended = true;
    const { doc, awareness } = this.options;
    doc.off("update", this.changed);
    awareness.off("update", this.moved);
    this.socket.close();
    this.isOpen = this.isSynced = false;
    this.options.onEnd(code, reason);
    // Nobody is here for who is not connected.
    const others = [...awareness.getStates().keys()].filter((client) => client !== awareness.clientID);
    removeAwarenessStates(awareness, others, this.origin);
  }

  private begin(): void {
    this.isOpen = true;
    this.heardAt = Date.now();
    this.options.doc.on("update", this.changed);
    this.options.awareness.on("update", this.moved);
    this.options.onOpen();
    this.ask();
    if (this.options.awareness.getLocalState() !== null) this.show();
  }

  /** Asks the server for what is lacking here. */
  private ask(): void {
    this.post(MESSAGE_SYNC, (encoder) => writeSyncStep1(encoder, this.options.doc));
  }

  /** Tells the others what this person shows of themselves. */
  private show(): void {
    const { awareness } = this.options;
    this.post(MESSAGE_AWARENESS, (encoder) => encoding.writeVarUint8Array(encoder, encodeAwarenessUpdate(awareness, [awareness.clientID])));
  }

  private readonly changed = (update: Uint8Array, origin: unknown): void => {
    if (origin !== this.origin) this.post(MESSAGE_SYNC, (encoder) => writeUpdate(encoder, update));
  };

  private readonly moved = ({ added, updated, removed }: Record<"added" | "updated" | "removed", number[]>): void => {
    if ([...added, ...updated, ...removed].includes(this.options.awareness.clientID)) this.show();
  };

  private hear(data: ArrayBuffer): void {
    this.heardAt = Date.now();
    this.read(new Uint8Array(data));
  }

  private read(message: Uint8Array): void {
    const decoder = decoding.createDecoder(message);
    switch (decoding.readVarUint(decoder)) {
      case MESSAGE_SYNC:
        this.sync(decoder);
        break;
      case MESSAGE_AWARENESS:
        this.see(decoding.readVarUint8Array(decoder));
        break;
      case MESSAGE_CONTROL: {
        const frame = parseControlFrame(decoding.readVarString(decoder));
        if (frame) this.obey(frame);
        break;
      }
      case MESSAGE_PIECE: {
        const whole = this.arriving.add(decoding.readVarUint(decoder), decoding.readVarUint8Array(decoder));
        if (whole) this.read(whole);
        break;
      }
    }
  }

  private sync(decoder: decoding.Decoder): void {
    let type = -1;
    this.post(MESSAGE_SYNC, (answer) => (type = readSyncMessage(decoder, answer, this.options.doc, this.origin)));
    if (type !== messageYjsSyncStep2 || this.isSynced) return;
    this.isSynced = true;
    this.options.onSynced();
  }

  private obey(frame: ControlFrame): void {
    if (frame.type === "saved") {
      this.acknowledged = frame.count;
      this.options.onCount();
    } else if (frame.type === "pieces") {
      this.leaving.grant(frame.size, frame.credit);
    } else if (frame.type === "resync") {
      this.ask();
      this.options.onFrame(frame);
    } else {
      if (frame.type === "welcome") this.leaving.welcome();
      this.options.onFrame(frame);
    }
  }

  /**
   * What others tell of this client is never taken over, only how high its clock is: what it shows goes on from there.
   *
   * Otherwise two states of this client that are on their way at once would replace each other for ever.
   */
  private see(update: Uint8Array): void {
    const { awareness } = this.options;
    const { others, clock } = withoutOwn(update, awareness.clientID);
    applyAwarenessUpdate(awareness, others, this.origin);
    const known = awareness.meta.get(awareness.clientID);
    if (!known || clock <= known.clock) return;
    known.clock = clock;
    if (awareness.getLocalState()) awareness.setLocalState(awareness.getLocalState());
  }

  /** Sends a message, if anything is written into it. */
  private post(type: number, write: (encoder: encoding.Encoder) => void): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, type);
    write(encoder);
    if (encoding.length(encoder) <= 1 || this.ended) return;
    const message = encoding.toUint8Array(encoder) as Bytes;
    if (isDocumentMessage(message)) this.postDocument(message);
    else this.socket.send(message);
  }

  private postDocument(message: Bytes): void {
    const { maySend, onWithheld, onCount } = this.options;
    let allowed = message;
    if (!maySend()) {
      this.withheld = true;
      onWithheld(holdsText(message));
      if (message[1] !== messageYjsSyncStep2) return;
      allowed = EMPTY_STEP_2;
    }
    this.sent += 1;
    this.leaving.post(allowed);
    onCount();
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
