/** What commands do to lines: fetched with the menus. */

import type { Editor } from "@tiptap/core";
import type { EditorState, Transaction } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";

import { blockAt } from "../things/code-block/caret";
import { turnLines } from "../things/direction/turn";
import { TABLE_ACTS } from "../things/table/acts";
import { joinIntoCode, renumber, tick, toggleList, toggleQuote } from "./blocks";
import { moveLines } from "./move";
import { makeHeadings, makePlain, markAll } from "./much";

type Act = (state: EditorState, dispatch: (tr: Transaction) => void, view: EditorView) => boolean;

const ACTS = {
  moveUp: moveLines(-1),
  moveDown: moveLines(1),
  bulletList: toggleList("bullet"),
  orderedList: toggleList("ordered"),
  taskList: toggleList("task"),
  blockquote: toggleQuote,
  tick,
  startAnew: renumber("anew"),
  goOn: renumber("on"),
  turn: turnLines,
  heading1: makeHeadings(1),
  heading2: makeHeadings(2),
  heading3: makeHeadings(3),
  paragraph: makePlain,
  bold: markAll("bold"),
  italic: markAll("italic"),
  underline: markAll("underline"),
  strike: markAll("strike"),
  code: markAll("code"),
  highlight: markAll("highlight"),
  ...TABLE_ACTS,
} satisfies Record<string, Act>;

export type ActName = keyof typeof ACTS;

export function act(editor: Editor, name: ActName): void {
  editor.commands.focus();
  const run: Act = ACTS[name];
  run(editor.state, (tr) => editor.view.dispatch(tr), editor.view);
}

/** Several lines become one block of code. Whether they could. */
export function joinCode(editor: Editor, language: string | null): boolean {
  editor.commands.focus();
  return joinIntoCode(editor.state, (tr) => editor.view.dispatch(tr), language);
}

/** Moves the focus to what is offered just now, the small menu at the cursor, or else to the toolbar. */
export function focusToolbar(editor: Editor): void {
  const bubble = editor.view.dom.parentElement?.querySelector<HTMLElement>(".bubble");
  const tools = blockAt(editor)?.querySelector<HTMLElement>(".code-tools");
  const offered = document.querySelector<HTMLElement>(".offer");
  const bar = offered ?? bubble ?? tools ?? document.querySelector<HTMLElement>("[data-testid=toolbar]");
  bar?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
}
