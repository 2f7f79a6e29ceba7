/** Selections of all kinds, kept while the document under them changes. */

import { AllSelection, type EditorState, NodeSelection, Selection, TextSelection } from "@tiptap/pm/state";
import { CellSelection } from "@tiptap/pm/tables";
import type { Node } from "@tiptap/pm/model";

import { nameOf } from "../model/draw";
import type { Anchor, Anchors } from "./anchors";
import { isWritten } from "./anchors";
import type { Line } from "../model/piece";
import type { View } from "./view";

export type Kept =
  | { anchor: Anchor | null; head: Anchor | null }
  | { all: true }
  | { line: Line }
  | { from: string; to: string };

/** What a selection is on. Null for kinds that a change of the document is left to move. */
export function keepSelection({ selection }: EditorState, view: View, anchors: Anchors): Kept | null {
  if (selection instanceof AllSelection) return { all: true };
  if (selection instanceof CellSelection) {
    const [from, to] = [selection.$anchorCell, selection.$headCell].map(({ pos, nodeAfter }) => {
      let [place, node] = [pos + 1, nodeAfter?.firstChild];
      for (; node && !node.isTextblock && node.firstChild; node = node.firstChild) place++;
      return view.entryAt(place)?.keys.cell;
    });
    return from && to ? { from: nameOf(from), to: nameOf(to) } : null;
  }
  if (selection instanceof NodeSelection) {
    const entry = view.entryAt(selection.from);
    return entry?.line && !isWritten(entry) ? { line: entry.line } : null;
  }
  if (!(selection instanceof TextSelection)) return null;
  const { empty, anchor, head } = selection;
  return { anchor: anchors.at(anchor, !empty && anchor < head), head: anchors.at(head, !empty && head < anchor) };
}

/** The same in the document as it is now; null if what it was on is gone. */
export function findSelection(kept: Kept, doc: Node, view: View, anchors: Anchors): Selection | null {
  if ("all" in kept) return new AllSelection(doc);
  if ("from" in kept) return cells(kept, doc, view);
  if ("line" in kept) {
    const entry = view.entriesOf(kept.line).find((each) => !isWritten(each));
    return entry ? NodeSelection.create(doc, view.positionOf(entry)) : null;
  }
  const [anchor, head] = [kept.anchor && anchors.find(kept.anchor), kept.head && anchors.find(kept.head)];
  if (head === null) return null;
  const [$anchor, $head] = [doc.resolve(anchor ?? head), doc.resolve(head)];
  if ($head.parent.inlineContent && $anchor.parent.inlineContent) return TextSelection.create(doc, $anchor.pos, $head.pos);
  return Selection.near($head);
}

function cells({ from, to }: { from: string; to: string }, doc: Node, view: View): Selection | null {
  const [first, last] = [from, to].map((name) => {
    const entry = view.entryOfCell(name);
    if (!entry) return null;
    const place = doc.resolve(view.positionOf(entry) + 1);
    for (let depth = place.depth; depth > 0; depth--) {
      if (place.node(depth).type.name === "tableCell" || place.node(depth).type.name === "tableHeader") return place.before(depth);
    }
    return null;
  });
  return typeof first === "number" && typeof last === "number" ? CellSelection.create(doc, first, last) : null;
}
