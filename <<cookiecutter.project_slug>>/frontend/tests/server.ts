/** The server's end of a socket, for tests of what is at the other end. */

import assert from "node:assert/strict";

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { applyAwarenessUpdate, Awareness } from "y-protocols/awareness";
import { readSyncMessage, writeSyncStep1 } from "y-protocols/sync";
import * as Y from "yjs";

import { MESSAGE_AWARENESS, MESSAGE_CONTROL, MESSAGE_SYNC } from "../session/frames";
import { Arriving, MESSAGE_PIECE } from "../session/pieces";

export const PIECE = 2_000;

/** It holds a document, and the test says what it does. */
export class Server extends EventTarget {
  static readonly all: Server[] = [];
  static readonly doc = new Y.Doc();
  binaryType = "";
  isClosed = false;
  readonly heard: Uint8Array[] = [];
  readonly awareness = new Awareness(new Y.Doc());
  private readonly arriving = new Arriving();

  constructor(readonly url: string) {
    super();
    Server.all.push(this);
    this.awareness.setLocalState(null);
  }

  static get last(): Server {
    return Server.all.at(-1)!;
  }

  /** Lets the client in. */
  async open({ readOnly = false } = {}): Promise<void> {
    this.dispatchEvent(new Event("open"));
    await settled();
    this.control({ type: "pieces", size: PIECE, credit: 1_000_000 });
    this.control({ type: "welcome", role: "editor", read_only: readOnly, user: null });
    this.write(MESSAGE_SYNC, (encoder) => writeSyncStep1(encoder, Server.doc));
    await settled();
  }

  async drop(code: number, reason = ""): Promise<void> {
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
    await settled();
  }

  control(frame: object): void {
    this.write(MESSAGE_CONTROL, (encoder) => encoding.writeVarString(encoder, JSON.stringify(frame)));
  }

  write(type: number, write: (encoder: encoding.Encoder) => void): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, type);
    write(encoder);
    if (encoding.length(encoder) > 1) this.say(encoding.toUint8Array(encoder));
  }

  say(message: Uint8Array): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data: message.slice().buffer }));
  }

  send(message: Uint8Array): void {
    if (this.isClosed) return;
    assert.ok(message.length <= PIECE + 10, "a frame is no larger than the server takes");
    this.take(message);
  }

  close(): void {
    this.isClosed = true;
    this.awareness.destroy();
  }

  private take(message: Uint8Array): void {
    const decoder = decoding.createDecoder(message);
    const type = decoding.readVarUint(decoder);
    if (type === MESSAGE_PIECE) {
      const whole = this.arriving.add(decoding.readVarUint(decoder), decoding.readVarUint8Array(decoder));
      if (whole) this.take(whole);
      return;
    }
    this.heard.push(message);
    if (type === MESSAGE_SYNC) this.write(MESSAGE_SYNC, (answer) => readSyncMessage(decoder, answer, Server.doc, this));
    if (type === MESSAGE_AWARENESS) applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this);
  }
}

/** All that was to happen now has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
