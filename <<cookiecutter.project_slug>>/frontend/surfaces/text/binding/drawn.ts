/** A document's text as it is drawn, without an editor. */

import type { Node, Schema } from "@tiptap/pm/model";
import type * as Y from "yjs";

import { Artist } from "../model/draw";
import { TABLES, TEXT, drawLines } from "../model/drawn";
import { Marks } from "../model/formats";
import { Pieces } from "../model/pieces";

export function drawDocument(doc: Y.Doc, schema: Schema): Node {
  return drawLines(new Artist(schema), new Pieces(doc.getText(TEXT), new Marks(schema)), doc.getMap(TABLES)).drawing.doc;
}
