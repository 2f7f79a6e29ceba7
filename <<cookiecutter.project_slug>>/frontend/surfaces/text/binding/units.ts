/** Which operations of Yjs brought what is drawn. */

import type { Pieces } from "../model/pieces";
import { isWritten } from "./anchors";
import { type View, nodesIn } from "./view";

/** Letters that one run of operations brought, and where they stand in the editor's document. */
export interface DrawnUnits {
  client: number;
  clock: number;
  length: number;
  position: number;
}

/** All that are drawn, in the order in which they are; without the line in which somebody composes a letter just now. */
export function* unitsDrawn(view: View, pieces: Pieces): IterableIterator<DrawnUnits> {
  let start = 0;
  for (const { node, entries } of view.blocks) {
    const nodes = nodesIn(node);
    for (const entry of entries) {
      const { line } = entry;
      if (!line || line.held || !isWritten(entry)) continue;
      let position = start + (nodes[entry.index]?.position ?? 0) + 1;
      for (const piece of line.pieces) {
        for (const units of pieces.units(piece, 0, piece.length)) {
          yield { ...units, position };
          position += units.length;
        }
      }
    }
    start += node.nodeSize;
  }
}
