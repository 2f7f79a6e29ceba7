/** What a document's state is drawn as, without an editor. */

import type { Node } from "@tiptap/pm/model";
import * as Y from "yjs";

import { withoutCleanup } from "../../surfaces/text/binding/insides";
import { asHtml } from "../../surfaces/text/export";
import { Artist } from "../../surfaces/text/model/draw";
import { TABLES, TEXT, drawLines } from "../../surfaces/text/model/drawn";
import { Marks } from "../../surfaces/text/model/formats";
import type { Keys } from "../../surfaces/text/model/keys";
import type { Line } from "../../surfaces/text/model/piece";
import { Pieces } from "../../surfaces/text/model/pieces";
import { SCHEMA } from "./schema";

const marks = new Marks(SCHEMA);
const artist = new Artist<Line>(SCHEMA);

function draw(state: Uint8Array): { doc: Node; keys: Keys[]; hidden: number } {
  const doc = new Y.Doc();
  doc.on("afterTransaction", withoutCleanup);
  Y.applyUpdate(doc, state);
  const { drawing, lines } = drawLines(artist, new Pieces(doc.getText(TEXT), marks), doc.getMap(TABLES));
  drawing.doc.check();
  const keys = drawing.blocks.flatMap(({ entries }) => entries.map((entry) => entry.keys));
  return { doc: drawing.doc, keys, hidden: lines.filter((line) => line.isHidden).length };
}

/** What attributes say beyond the usual, without what a thing is that this version does not know. */
function asJson(node: Node): unknown {
  const usual = node.type.spec.attrs ?? {};
  const attrs = Object.entries(node.attrs).filter(([name, value]) => name !== "thing" && value !== null && value !== usual[name]?.["default"]);
  return {
    type: node.type.name,
    ...(attrs.length ? { attrs: Object.fromEntries(attrs) } : {}),
    ...(node.content.size ? { content: node.content.content.map(asJson) } : {}),
    ...(node.marks.length ? { marks: node.marks.map(({ type, attrs: { href } }) => ({ type: type.name, ...(href === undefined ? {} : { href }) })) } : {}),
    ...(node.isText ? { text: node.text } : {}),
  };
}

export function drawn(state: Uint8Array): { tree: unknown; html: string; keys: Keys[]; hidden: number } {
  const { doc, keys, hidden } = draw(state);
  return { tree: asJson(doc), html: asHtml(doc.content, SCHEMA), keys, hidden };
}
