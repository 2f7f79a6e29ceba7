/** What people do reaches the others after a while, in order; who is offline gets and sends everything later. */

import * as Y from "yjs";

import type { Dice } from "./dice";

const SLOWEST = 80;
const FASTEST = 20;

interface Letter {
  due: number;
  update: Uint8Array;
}

export class Network {
  private readonly lines = new Map<string, Letter[]>();
  private readonly offline = new Set<number>();
  private now = 0;

  constructor(
    private readonly docs: readonly Y.Doc[],
    private readonly dice: Dice,
  ) {
    for (const [from, doc] of docs.entries()) {
      doc.on("update", (update: Uint8Array, origin: unknown) => {
        if (origin === this) return;
        for (const to of docs.keys()) if (to !== from) this.send(from, to, update);
      });
    }
  }

  setOffline(who: number, isOffline: boolean): void {
    if (isOffline) this.offline.add(who);
    else this.offline.delete(who);
  }

  /** Time goes by. `deliver` is called for whoever gets something. */
  pass(milliseconds: number, deliver: (to: number, take: () => void) => void): void {
    this.now += milliseconds;
    for (const [name, letters] of this.lines) {
      const [from, to] = name.split(">").map(Number) as [number, number];
      if (this.offline.has(from) || this.offline.has(to)) continue;
      while (letters[0] && letters[0].due <= this.now) {
        const { update } = letters.shift() as Letter;
        deliver(to, () => Y.applyUpdate(this.docs[to] as Y.Doc, update, this));
      }
    }
  }

  private send(from: number, to: number, update: Uint8Array): void {
    const name = `${from}>${to}`;
    const letters = this.lines.get(name) ?? [];
    const due = Math.max(this.now + this.dice.between(FASTEST, SLOWEST), letters.at(-1)?.due ?? 0);
    letters.push({ due, update });
    this.lines.set(name, letters);
  }
}
