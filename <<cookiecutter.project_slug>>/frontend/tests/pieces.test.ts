import assert from "node:assert/strict";
import { test } from "node:test";

import * as decoding from "lib0/decoding";

import { parseControlFrame } from "../session/frames";
import { Arriving, Leaving, MESSAGE_PIECE } from "../session/pieces";

type Bytes = Uint8Array<ArrayBuffer>;

/** A server that takes frames, puts pieces together and gives credit back when told to. */
class Server {
  readonly messages: Uint8Array[] = [];
  largest = 0;
  credit = 0;
  private readonly arriving = new Arriving();
  readonly leaving = new Leaving((frame) => this.take(frame));
  private taken = 0;

  constructor(private readonly size: number) {}

  give(credit: number): void {
    this.credit += credit;
    this.leaving.grant(this.size, credit);
  }

  /** Gives back what was used. */
  giveBack(): boolean {
    const taken = this.taken;
    this.taken = 0;
    if (taken) this.give(taken);
    return taken > 0;
  }

  private take(frame: Bytes): void {
    this.largest = Math.max(this.largest, frame.length);
    const decoder = decoding.createDecoder(frame);
    if (decoding.readVarUint(decoder) !== MESSAGE_PIECE) {
      this.messages.push(frame);
      return;
    }
    const left = decoding.readVarUint(decoder);
    const piece = decoding.readVarUint8Array(decoder);
    this.credit -= piece.length;
    this.taken += piece.length;
    assert.ok(this.credit >= 0, "more was sent than the server gave credit for");
    assert.ok(left === 0 || piece.length === this.size);
    assert.equal(decoding.hasContent(decoder), false);
    const message = this.arriving.add(left, piece);
    if (message) this.messages.push(message);
  }
}

function message(size: number, mark: number): Bytes {
  const bytes = new Uint8Array(size).fill(mark);
  bytes[0] = 0;
  return bytes;
}

test("messages of any size arrive whole and in order, within the server's credit", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state % below;
  };
  for (let round = 0; round < 50; round += 1) {
    const size = 1 + random(500);
    const server = new Server(size);
    const sent = Array.from({ length: 20 }, (_, mark) => message(1 + random([3, 300, 30_000][random(3)] ?? 1), mark + 1));
    sent.forEach((each, number) => {
      if (number === 3) server.give(4 * size);
      server.leaving.post(each);
      if (random(2)) server.giveBack();
    });
    while (server.giveBack());
    assert.deepEqual(server.messages, sent, `seed ${seed}`);
    assert.ok(server.largest <= Math.max(size + 16, 1024), `seed ${seed}`);
  }
});

test("what is large waits until the server has said how large a frame may be, and what follows waits behind it", () => {
  const server = new Server(100);
  server.leaving.post(message(10, 1));
  server.leaving.post(message(5000, 2));
  server.leaving.post(message(10, 3));
  assert.deepEqual(server.messages.map((each) => each.length), [10]);
  server.give(400);
  while (server.giveBack());
  assert.deepEqual(server.messages.map((each) => each.length), [10, 5000, 10]);
});

test("a server that says nothing of pieces is sent whole messages", () => {
  const server = new Server(100);
  server.leaving.post(message(5000, 1));
  assert.equal(server.messages.length, 0);
  server.leaving.welcome();
  server.leaving.post(message(6000, 2));
  assert.deepEqual(server.messages.map((each) => each.length), [5000, 6000]);
});

test("pieces are spoken of in numbers", () => {
  assert.deepEqual(parseControlFrame('{"type": "pieces", "size": 10, "credit": 0}'), { type: "pieces", size: 10, credit: 0 });
  for (const wrong of ['"size": 0, "credit": 1', '"size": 1', '"size": "1", "credit": 1', '"size": 1, "credit": -1']) {
    assert.equal(parseControlFrame(`{"type": "pieces", ${wrong}}`), null);
  }
});
