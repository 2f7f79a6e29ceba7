/** Turning lines: what the command does, fetched with the menus. */

import type { Node } from "@tiptap/pm/model";
import type { EditorState, Transaction } from "@tiptap/pm/state";

import { changeLines } from "../../typing/much";
import { TURNED } from "./direction";

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

/** Blocks of Unicode whose letters are written from right to left. */
const LEFTWARD = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Whether the first letter says so, as browsers find for dir="auto". */
function goesLeft(text: string): boolean {
  const letter = /\p{L}/u.exec(text)?.[0];
  return letter !== undefined && LEFTWARD.test(letter);
}
