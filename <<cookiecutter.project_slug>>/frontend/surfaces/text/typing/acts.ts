/** What commands do to lines: fetched with the menus. */

import type { Editor } from "@tiptap/core";
import type { EditorState, Transaction } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";

import { blockAt } from "../things/code-block/caret";
import { habitsOf } from "../things/code-block/code-block";
import { turnLines } from "../things/direction/turn";
import { TABLE_ACTS } from "../things/table/acts";
import { joinIntoCode, renumber, tick, toggleList } from "./blocks";
import { moveLines } from "./move";
import { makeHeadings, makePlain, markAll } from "./much";

type Act = (state: EditorState, dispatch: (tr: Transaction) => void, view: EditorView) => boolean;

const ACTS = {
  moveUp: moveLines(-1),
  moveDown: moveLines(1),
  bulletList: toggleList("bullet"),
  orderedList: toggleList("ordered"),
  taskList: toggleList("task"),
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

/** A block of code, in the language that one chose last, as one is likely to go on in it; or lines of text again. */
export function toggleCode(editor: Editor): void {
  const { language } = habitsOf(editor);
  const { $from, $to } = editor.state.selection;
  const isOne = $from.depth > 0 && $from.sameParent($to);
  // Several lines are one program.
  if (!isOne && !editor.isActive("codeBlock")) {
    editor.commands.focus();
    if (joinIntoCode(editor.state, (tr) => editor.view.dispatch(tr), language)) return;
  }
  editor.chain().focus().toggleCodeBlock(language ? { language } : undefined).run();
}

export function toggleQuote(editor: Editor): void {
  const { $from, from, to } = editor.state.selection;
  const chain = editor.chain().focus();
  // Out of a quote go lines; all is more than these.
  if (!$from.depth && editor.isActive("blockquote")) chain.setTextSelection({ from, to });
  chain.toggleBlockquote().run();
}

/** Moves the focus to what is offered just now, the small menu at the cursor, or else to the toolbar. */
export function focusToolbar(editor: Editor): void {
  const bubble = editor.view.dom.parentElement?.querySelector<HTMLElement>(".bubble");
  const tools = blockAt(editor)?.querySelector<HTMLElement>(".code-tools");
  const offered = document.querySelector<HTMLElement>(".offer");
  const bar = offered ?? bubble ?? tools ?? document.querySelector<HTMLElement>("[data-testid=toolbar]");
  bar?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
}
