/** What a line shows while somebody composes in it, instead of what stands in it: what others do there is not shown yet. */

import type { ID } from "yjs";

import type { Run } from "./draw";

/** Some units with neighbouring ids. */
export interface Units {
  client: number;
  clock: number;
  length: number;
}

const NOTHING_KNOWN: ReadonlyMap<number, number> = new Map();

export class Held {
  constructor(
    public runs: readonly Run[],
    /** The units that are shown, those that somebody has deleted among them. */
    public units: readonly Units[],
    /** Which units there were of everybody when it began to be held. */
    private readonly known: ReadonlyMap<number, number> = NOTHING_KNOWN,
  ) {}

  /** The same line, of which its owner has made something else. */
  made(runs: readonly Run[], units: readonly Units[]): Held {
    return new Held(runs, units, this.known);
  }

  /** Whether somebody has written this since: whoever looks at the line has not seen it. */
  isNew({ client, clock }: Pick<ID, "client" | "clock">): boolean {
    return clock >= (this.known.get(client) ?? 0);
  }

  get length(): number {
    return this.runs.reduce((sum, { text }) => sum + text.length, 0);
  }

  /** The unit at an offset. */
  at(offset: number): { client: number; clock: number } | null {
    const [unit] = this.slice(offset, offset + 1);
    return unit ?? null;
  }

  slice(from: number, to: number): Units[] {
    const some: Units[] = [];
    let base = 0;
    for (const { client, clock, length } of this.units) {
      const [left, right] = [Math.max(from, base), Math.min(to, base + length)];
      if (left < right) some.push({ client, clock: clock + left - base, length: right - left });
      base += length;
    }
    return some;
  }

  /** At which offset a unit ends, if it is shown. */
  endOf({ client, clock }: Pick<ID, "client" | "clock">): number | null {
    let base = 0;
    for (const units of this.units) {
      const within = clock - units.clock;
      if (units.client === client && within >= 0 && within < units.length) return base + within + 1;
      base += units.length;
    }
    return null;
  }
}
