/**
 * Who was writing in what another deleted gets to know: his words stand as a line of their own, where all around them is gone.
 */

import * as Y from "yjs";

import type { Line } from "../model/piece";
import type { Pieces } from "../model/pieces";

/** For how long somebody is taken to be writing where he wrote, and how exactly that is kept. */
const WRITING = 5 * 60_000;
const EXACT = 10_000;

/** Words of one's own that stand in a line which another has just deleted. */
export interface Rescued {
  /** Who deleted it: the number of his session in Yjs, by which presence knows him. */
  client: number;
  /** Where the line begins in the editor's document now; null once it is gone. */
  position: () => number | null;
  /** The line is one like any other again. */
  keep: () => void;
  /** Deletes what is left of it. */
  remove: () => void;
}

/** What somebody has written within the last minutes. */
export class Recent {
  private readonly noted: { at: number; clock: number }[] = [];

  constructor(private readonly now: () => number) {}

  /** From this number of Yjs's on he writes now. */
  note(clock: number): void {
    const at = this.now();
    if (at - (this.noted.at(-1)?.at ?? Number.NEGATIVE_INFINITY) > EXACT) this.noted.push({ at, clock });
  }

  /** From which number on it is recent. */
  get since(): number {
    const oldest = this.now() - WRITING;
    while (this.noted[0] && this.noted[0].at < oldest) this.noted.shift();
    return this.noted[0]?.clock ?? Number.POSITIVE_INFINITY;
  }
}

/** The lines that others have deleted by a transaction, and in which there are recent words of one's own. */
export function rescuedBy(transaction: Y.Transaction, pieces: Pieces, recent: Recent): { line: Line; client: number }[] {
  const rescued: { line: Line; client: number }[] = [];
  const own = transaction.doc.clientID;
  for (const [type, names] of transaction.changed) {
    if (!names.has("hidden")) continue;
    const piece = pieces.pieceOfMap(type);
    const item = (type as unknown as Y.Map<unknown>)._map.get("hidden");
    const { line } = piece ?? {};
    if (!piece?.isHidden || !line || line.root !== piece || !item || item.id.client === own) continue;
    const { since } = recent;
    const isRecent = line.pieces.some((each) => pieces.units(each, 0, each.length).some(({ client, clock, length }) => client === own && clock + length > since));
    if (isRecent) rescued.push({ line, client: item.id.client });
  }
  return rescued;
}
