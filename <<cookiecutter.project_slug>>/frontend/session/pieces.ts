/** Messages larger than a frame travel in pieces, both ways: one class for those that leave, one for those that arrive. */

import * as encoding from "lib0/encoding";

/** Type of a piece: how many bytes of the message are left after it, and some of its bytes. */
export const MESSAGE_PIECE = 101;
/** What is smaller need not wait to hear how large a frame may be. */
const SMALL = 1024;

type Bytes = Uint8Array<ArrayBuffer>;

/** What leaves by one socket: in order, and in pieces where it is large, as the server gives credit for their bytes. */
export class Leaving {
  private queue: Bytes[] = [];
  /** How many bytes of the first message in the queue have been sent. */
  private left = 0;
  /** The largest piece; unknown until the server says so. */
  private size: number | null = null;
  private credit = 0;

  constructor(private readonly send: (frame: Bytes) => void) {}

  /** The server takes pieces of this size, and so many bytes more of them. */
  grant(size: number, credit: number): void {
    this.size = size;
    this.credit += credit;
    this.go();
  }

  /** The server has let us in. One that said nothing of pieces by now knows none. */
  welcome(): void {
    this.size ??= Infinity;
    this.go();
  }

  post(message: Bytes): void {
    this.queue.push(message);
    this.go();
  }

  private go(): void {
    for (let message = this.queue[0]; message && this.advance(message); message = this.queue[0]) {
      this.queue.shift();
      this.left = 0;
    }
  }

  /** Sends what may be sent of a message now; says whether that was the end of it. */
  private advance(message: Bytes): boolean {
    if (message.length <= (this.size ?? SMALL)) {
      this.send(message);
      return true;
    }
    while (this.size !== null && this.left < message.length) {
      const piece = message.subarray(this.left, this.left + this.size);
      if (this.credit < piece.length) return false;
      this.credit -= piece.length;
      this.left += piece.length;
      this.send(frameOf(piece, message.length - this.left));
    }
    return this.left === message.length;
  }
}

/** What arrives by one socket, one message at a time. */
export class Arriving {
  private pieces: Uint8Array[] = [];

  /** Takes a piece; returns the message if this was the last one. */
  add(left: number, piece: Uint8Array): Uint8Array | null {
    this.pieces.push(piece);
    if (left > 0) return null;
    const message = new Uint8Array(this.pieces.reduce((size, each) => size + each.length, 0));
    let at = 0;
    for (const each of this.pieces) {
      message.set(each, at);
      at += each.length;
    }
    this.pieces = [];
    return message;
  }
}

function frameOf(piece: Bytes, left: number): Bytes {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, MESSAGE_PIECE);
  encoding.writeVarUint(encoder, left);
  encoding.writeVarUint8Array(encoder, piece);
  return encoding.toUint8Array(encoder) as Bytes;
}
