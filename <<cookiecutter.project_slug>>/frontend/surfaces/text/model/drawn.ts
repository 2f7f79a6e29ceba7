/** The text of lines as it is drawn now. */

import type * as Y from "yjs";

import type { Artist, Drawing } from "./draw";
import { order } from "./order";
import { Line, Piece } from "./piece";
import type { Pieces } from "./pieces";
import { type Grids, readGrids } from "./tables";

/** The roots that make it. */
export const TEXT = "text";
export const TABLES = "tables";

export interface Drawn {
  drawing: Drawing<Line>;
  grids: Grids;
  /** Those that are hidden among them. */
  lines: Line[];
}

/** `spare` is the line that an empty text is drawn with: who draws again and again has one of his own. */
export function drawLines(artist: Artist<Line>, pieces: Pieces, tables: Y.Map<unknown>, spare = new Line(new Piece(null))): Drawn {
  const lines = order(pieces);
  const grids = readGrids(tables.entries());
  const shown = lines.filter((line) => !line.isHidden);
  return { drawing: artist.draw(shown, grids, lines.at(-1) ?? spare), grids, lines };
}
