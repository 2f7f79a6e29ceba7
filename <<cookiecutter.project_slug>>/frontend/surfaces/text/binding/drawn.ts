/** A document's text as it is drawn, without an editor. */

import type { Node, Schema } from "@tiptap/pm/model";
import type * as Y from "yjs";

import { Artist } from "../model/draw";
import { Marks } from "../model/formats";
import { order } from "../model/order";
import { Line, Piece } from "../model/piece";
import { Pieces } from "../model/pieces";
import { readGrids } from "../model/tables";
import { TABLES, TEXT } from "./binding";

export function drawDocument(doc: Y.Doc, schema: Schema): Node {
  const lines = order(new Pieces(doc.getText(TEXT), new Marks(schema)));
  const shown = lines.filter((line) => !line.isHidden);
  const grids = readGrids(doc.getMap(TABLES).entries());
  return new Artist<Line>(schema).draw(shown, grids, lines.at(-1) ?? new Line(new Piece(null))).doc;
}
