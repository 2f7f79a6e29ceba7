/** Turning lines: what the command does, fetched with the menus. */

import type { Node } from "@tiptap/pm/model";
import type { EditorState, Transaction } from "@tiptap/pm/state";

import { changeLines } from "../../typing/much";
import { TURNED } from "./direction";
import { goesLeft } from "./letters";

/** Turns the chosen lines: against the letters of the first, or back to what the letters of each say. */
export function turnLines(state: EditorState, dispatch: (tr: Transaction) => void): boolean {
  let first: Node | null = null;
  for (const { $from, $to } of state.selection.ranges) {
    state.doc.nodesBetween($from.pos, $to.pos, (node) => {
      if (!first && TURNED.includes(node.type.name)) first = node;
      return !first;
    });
  }
  if (!first) return false;
  const { attrs, textContent } = first as Node;
  const dir = attrs["dir"] ? null : goesLeft(textContent) ? "ltr" : "rtl";
  return changeLines(state, dispatch, (tr) => TURNED.includes(tr.doc.firstChild?.type.name ?? "") && tr.setNodeAttribute(0, "dir", dir));
}
