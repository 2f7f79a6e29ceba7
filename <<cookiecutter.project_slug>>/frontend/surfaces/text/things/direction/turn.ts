/** Turning lines: what the command does, fetched with the menus. */

import type { Node } from "@tiptap/pm/model";
import type { EditorState, Transaction } from "@tiptap/pm/state";

import { TURNED } from "./direction";

/** Turns the chosen lines: against the letters of the first, or back to what the letters of each say. */
export function turnLines({ doc, selection, tr }: EditorState, dispatch: (tr: Transaction) => void): boolean {
  const lines: [number, Node][] = [];
  for (const { $from, $to } of selection.ranges) {
    doc.nodesBetween($from.pos, $to.pos, (node, position) => {
      if (TURNED.includes(node.type.name)) lines.push([position, node]);
    });
  }
  const first = lines[0]?.[1];
  if (!first) return false;
  const dir = first.attrs["dir"] ? null : goesLeft(first.textContent) ? "ltr" : "rtl";
  for (const [position] of lines) tr.setNodeAttribute(position, "dir", dir);
  dispatch(tr.scrollIntoView());
  return true;
}

/** Blocks of Unicode whose letters are written from right to left. */
const LEFTWARD = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Whether the first letter says so, as browsers find for dir="auto". */
function goesLeft(text: string): boolean {
  const letter = /\p{L}/u.exec(text)?.[0];
  return letter !== undefined && LEFTWARD.test(letter);
}
