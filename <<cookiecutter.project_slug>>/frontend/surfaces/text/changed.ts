/** What a transaction has put into a document. */

import type { Transaction } from "@tiptap/pm/state";

/** Where, in the document as it is after all of its steps; a deletion is a place of no length. */
export function rangesOf({ mapping }: Transaction): { from: number; to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  for (const [index, map] of mapping.maps.entries()) {
    const rest = mapping.slice(index + 1);
    map.forEach((_oldFrom, _oldTo, from, to) => void ranges.push({ from: rest.map(from, -1), to: rest.map(to, 1) }));
  }
  return ranges;
}
