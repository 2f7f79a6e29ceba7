/** Where lines stand, and where one between two others is to stand: see model/order.ts. */

import type * as Y from "yjs";

import type { Ref } from "../model/piece";
import { rankBetween } from "../model/ranks";
import { mapOf, refOf } from "./edits";
import type { LineEntry } from "./view";

/** Where a line stands among those that stand there: what is to come before or behind it goes by this. */
export interface Standing {
  ref: () => Ref | null;
  /** The piece that it ends, if it stood there before. */
  number: number | null;
  /** If it says behind what it stands. */
  behind: { after: Ref | null; number: number | null; rank: string } | null;
}

export function standingOf(entry: LineEntry, map: Y.Map<unknown> | null): Standing {
  const { line, behind } = entry;
  const root = line?.root;
  const stray = behind && { after: behind.root.ref, number: behind.root.number, rank: "" };
  const placed = line?.behind && root ? { after: root.place?.after ?? null, number: line.behind.number, rank: line.behind.rank } : null;
  return { ref: () => refOf(map), number: root?.number ?? null, behind: stray ?? placed };
}

/** Places for new lines between two, one after the other; null where they are drawn there without one, unless `always`. */
export function placesBetween(previous: LineEntry | null, next: LineEntry | null, random: () => number, always = false): () => Standing["behind"] {
  const [one, other] = [previous && standingOf(previous, mapOf(previous)), next && standingOf(next, mapOf(next))];
  let after: Ref | null = null;
  let number: number | null = null;
  let [low, high]: [string | null, string | null] = [null, null];
  if (one?.behind) {
    ({ after, number } = one.behind);
    low = one.behind.rank;
    if (other?.behind?.number === number) high = other.behind.rank;
  } else if (one) {
    const isBehind = other?.behind?.number === one.number;
    if (!isBehind && !always) return () => null;
    [after, number, high] = [one.ref(), one.number, isBehind ? (other?.behind?.rank ?? null) : null];
  } else if (other?.behind) {
    ({ after, number } = other.behind);
    high = other.behind.rank;
  } else return () => null;
  return () => {
    low = rankBetween(low, high, random);
    return { after, number, rank: low };
  };
}

export function asKey(after: Ref | null, rank: string): { after: number[] | null; n: string } {
  return { after: after && [...after], n: rank };
}

export function sameRef(one: Ref | null, other: Ref | null): boolean {
  return one === other || (!!one && !!other && one[0] === other[0] && one[1] === other[1]);
}
