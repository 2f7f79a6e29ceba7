/** Where lines stand, and where one between two others is to stand: see model/order.ts. */

import type * as Y from "yjs";

import type { Piece, Ref } from "../model/piece";
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

export interface Ranked {
  random: () => number;
  /** All pieces by their number: see order.ts. */
  pieces: readonly Piece[];
}

/** A place for this line between two others of its container, wherever those stand. */
export function placeBetween(previous: Standing | null, next: Standing | null, map: Y.Map<unknown>, { random, pieces }: Ranked): NonNullable<Standing["behind"]> {
  if (previous?.behind) {
    const { after, number, rank } = previous.behind;
    const beside = next?.behind && sameRef(next.behind.after, after) ? next.behind.rank : null;
    return { after, number, rank: rankBetween(rank, beside, random) };
  }
  if (previous) {
    const ref = previous.ref();
    const { number } = previous;
    const behind = next?.behind && (sameRef(next.behind.after, ref) || (number !== null && next.behind.number === number)) ? next.behind.rank : null;
    return { after: ref, number, rank: rankBetween(null, behind, random) };
  }
  if (next?.behind) return { ...next.behind, rank: rankBetween(null, next.behind.rank, random) };
  // First in its container: behind whatever ends before the line that is next, wherever that is drawn.
  let at = next?.number === null || !next ? -1 : next.number - 1;
  while (pieces[at]?.map === map) at--;
  const before = pieces[at] ?? null;
  return { after: before?.ref ?? null, number: before?.number ?? -1, rank: rankBetween(null, null, random) };
}
