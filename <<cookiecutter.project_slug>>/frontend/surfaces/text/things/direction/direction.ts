/**
 * Which way a line is read: as its letters say (`unicode-bidi: plaintext` in text.css), or as somebody has set it.
 *
 * What has lines in it goes by the first of them that has letters: `dir="auto"`.
 */

import { type Editor, Extension } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";

import { directionOf } from "../../model/keys";

/** What stands in it says which way it is read. */
export const BY_LETTERS = { dir: "auto" };

const TYPES = ["paragraph", "heading"];

export const Direction = Extension.create({
  name: "direction",
  addGlobalAttributes() {
    return [
      {
        types: TYPES,
        attributes: {
          dir: {
            default: null,
            parseHTML: (element: HTMLElement) => directionOf((name) => element.getAttribute(name)),
            renderHTML: ({ dir }) => (dir ? { dir } : {}),
          },
        },
      },
    ];
  },
});

/** Turns the chosen lines: against the letters of the first, or back to what the letters of each say. */
export function turnLines(editor: Editor): void {
  const { doc, selection, tr } = editor.state;
  const lines: [number, Node][] = [];
  for (const { $from, $to } of selection.ranges) {
    doc.nodesBetween($from.pos, $to.pos, (node, position) => {
      if (TYPES.includes(node.type.name)) lines.push([position, node]);
    });
  }
  const first = lines[0]?.[1];
  if (!first) return;
  const dir = first.attrs["dir"] ? null : goesLeft(first.textContent) ? "ltr" : "rtl";
  for (const [position] of lines) tr.setNodeAttribute(position, "dir", dir);
  editor.view.dispatch(tr.scrollIntoView());
}

/** Blocks of Unicode whose letters are written from right to left. */
const LEFTWARD = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Whether the first letter says so, as browsers find for dir="auto". */
function goesLeft(text: string): boolean {
  const letter = /\p{L}/u.exec(text)?.[0];
  return letter !== undefined && LEFTWARD.test(letter);
}
