/** What people do in a session: the editor's own commands and keys, at places between words. */

import type { Editor } from "@tiptap/core";
import { Fragment, Slice } from "@tiptap/pm/model";
import { TextSelection } from "@tiptap/pm/state";
import { TableMap, cellAround, findTable, isInTable } from "@tiptap/pm/tables";

import { COMMANDS } from "../../../surfaces/text/commands";
import { takeActs } from "../../../surfaces/text/lazy";
import { withWholeTables } from "../../../surfaces/text/things/table/pasted";
import * as acts from "../../../surfaces/text/typing/acts";
import { press } from "../people";
import type { Dice } from "./dice";
import { isBetweenWords } from "./words";

takeActs(acts);

export interface Action {
  name: string;
  weight: number;
  /** Returns words that were taken away here and written anew there, if there were any. */
  run: (person: Doing, dice: Dice) => unknown;
}

/** Somebody who does something. */
export interface Doing {
  editor: Editor;
  undo: () => void;
  redo: () => void;
  clipboard: Slice | null;
}

/** Places at which nobody stands in the middle of a word. */
export function places({ state }: Editor): number[] {
  const found: number[] = [];
  state.doc.descendants((node, position) => {
    if (!node.isTextblock) return true;
    const text = node.textBetween(0, node.content.size, "\n", "\n");
    for (let offset = 0; offset <= text.length; offset++) if (isBetweenWords(text, offset)) found.push(position + 1 + offset);
    return false;
  });
  return found;
}

export function putCaret(editor: Editor, dice: Dice): void {
  const all = places(editor);
  if (all.length) setSelection(editor, dice.pick(all));
}

function setSelection(editor: Editor, anchor: number, head = anchor): void {
  const { doc, tr } = editor.state;
  editor.view.dispatch(tr.setSelection(TextSelection.create(doc, anchor, head)));
}

/** Selects some words, mostly in one line. */
function selectWords(editor: Editor, dice: Dice): void {
  const all = places(editor);
  const from = dice.below(all.length);
  const to = Math.min(all.length - 1, from + dice.between(1, dice.chance(0.8) ? 4 : 12));
  const ends = [all[from], all[to]] as [number, number];
  if (dice.chance(0.3)) ends.reverse();
  if (all.length) setSelection(editor, ...ends);
}

/** A block at the caret's, or one somewhere in the document. */
function anyBlock(editor: Editor, dice: Dice): number {
  return dice.below(editor.state.doc.childCount);
}

const commands = (weight: number, ...ids: string[]): Action[] =>
  COMMANDS.filter(({ id }) => ids.includes(id)).map((command) => ({
    name: command.id,
    weight,
    run: ({ editor }, dice) => {
      if (dice.chance(0.3)) selectWords(editor, dice);
      else putCaret(editor, dice);
      command.run(editor);
    },
  }));

const key = (name: string, weight: number, keys: Parameters<typeof press>[1]): Action => ({
  name,
  weight,
  run: ({ editor }, dice) => {
    putCaret(editor, dice);
    press(editor, keys);
  },
});

const marks: Action[] = ["bold", "italic", "code", "highlight"].map((id) => ({
  name: id,
  weight: 2,
  run: ({ editor }, dice) => {
    selectWords(editor, dice);
    editor.commands.toggleMark(id);
  },
}));

/** Backspace where a line begins. */
const join: Action = {
  name: "join",
  weight: 6,
  run: ({ editor }, dice) => {
    const starts = places(editor).filter((place) => editor.state.doc.resolve(place).parentOffset === 0);
    if (!starts.length) return;
    setSelection(editor, dice.pick(starts));
    press(editor, { key: "Backspace" });
  },
};

/** Drags a block elsewhere, as the handle beside it does. */
const drag: Action = {
  name: "drag",
  weight: 5,
  run: ({ editor }, dice) => {
    const { doc, tr } = editor.state;
    const from = anyBlock(editor, dice);
    const to = anyBlock(editor, dice);
    if (from === to) return;
    const start = (index: number): number => doc.content.content.slice(0, index).reduce((sum, { nodeSize }) => sum + nodeSize, 0);
    const block = doc.child(from);
    const target = start(to) + (to > from ? doc.child(to).nodeSize : 0);
    tr.delete(start(from), start(from) + block.nodeSize);
    tr.insert(tr.mapping.map(target), block);
    editor.view.dispatch(tr);
  },
};

/** Drags words of a line elsewhere, as a mouse does. */
const dragWords: Action = {
  name: "drag words",
  weight: 3,
  run: ({ editor }, dice) => {
    selectWords(editor, dice);
    const { from, to, $from, $to } = editor.state.selection;
    if ($from.parent !== $to.parent) return;
    const elsewhere = places(editor).filter((place) => place < from || place > to);
    if (from === to || !elsewhere.length) return;
    const { tr } = editor.state;
    const slice = tr.selection.content();
    tr.deleteSelection();
    const target = tr.mapping.map(dice.pick(elsewhere));
    editor.view.dispatch(tr.replaceRange(target, target, slice));
    return slice.content.textBetween(0, slice.content.size, "\n", "\n");
  },
};

/** What one does to all of the document, or to much of it. */
const toMuch: Action = {
  name: "to much",
  weight: 1,
  run: ({ editor }, dice) => {
    const all = places(editor);
    const [from, to] = [dice.below(all.length), dice.below(all.length)].sort((one, other) => one - other) as [number, number];
    if (!all.length) return;
    setSelection(editor, all[from] as number, all[to] as number);
    dice.pick([
      () => editor.commands.toggleBulletList(),
      () => editor.commands.toggleBlockquote(),
      () => editor.commands.toggleHeading({ level: 2 }),
      () => editor.commands.toggleBold(),
      () => editor.commands.unsetAllMarks(),
      () => editor.commands.clearNodes(),
      () => press(editor, { key: "Tab" }),
      () => dice.chance(0.1) && editor.commands.deleteSelection(),
    ])();
  },
};

/** Puts the caret into some cell. */
function goIntoTable(editor: Editor, dice: Dice): boolean {
  const cells = places(editor).filter((place) => {
    const at = editor.state.doc.resolve(place);
    return Array.from({ length: at.depth }, (_, depth) => at.node(depth).type.name).includes("tableRow");
  });
  if (cells.length) setSelection(editor, dice.pick(cells));
  return cells.length > 0;
}

const inTable = (
  name: "addRowAfter" | "addRowBefore" | "addColumnAfter" | "addColumnBefore" | "deleteRow" | "deleteColumn" | "deleteTable" | "toggleHeaderRow" | "splitCell",
  weight: number,
): Action => ({
  name,
  weight,
  run: ({ editor }, dice) => {
    if (goIntoTable(editor, dice)) editor.commands[name]();
  },
});

export const TABLE_ACTIONS: readonly Action[] = [
  {
    name: "table",
    weight: 3,
    run: ({ editor }, dice) => {
      let tables = 0;
      editor.state.doc.descendants((node) => {
        if (node.type.name === "table") tables++;
        return !node.isTextblock;
      });
      putCaret(editor, dice);
      if (tables < 2 && !editor.isActive("table")) editor.commands.insertTable({ rows: 2, cols: 2, withHeaderRow: dice.chance(0.5) });
    },
  },
  { name: "into a table", weight: 8, run: ({ editor }, dice) => void goIntoTable(editor, dice) },
  inTable("addRowAfter", 3),
  inTable("addRowBefore", 2),
  inTable("addColumnAfter", 3),
  inTable("addColumnBefore", 2),
  inTable("deleteRow", 2),
  inTable("deleteColumn", 2),
  inTable("deleteTable", 1),
  inTable("toggleHeaderRow", 1),
  inTable("splitCell", 2),
  {
    name: "merge cells",
    weight: 3,
    run: ({ editor }, dice) => {
      if (!goIntoTable(editor, dice)) return;
      const { $head } = editor.state.selection;
      const [own, table] = [cellAround($head), findTable($head)];
      if (!own || !table) return;
      const map = TableMap.get(table.node);
      const cells = map.cellsInRect({ left: 0, top: 0, right: Math.min(2, map.width), bottom: Math.min(2, map.height) });
      editor.commands.setCellSelection({ anchorCell: own.pos, headCell: table.start + dice.pick(cells) });
      if (dice.chance(0.7)) editor.commands.mergeCells();
      else editor.commands.deleteSelection();
    },
  },
];

export const ACTIONS: readonly Action[] = [
  key("enter", 12, { key: "Enter" }),
  key("backspace", 2, { key: "Backspace" }),
  key("delete", 2, { key: "Delete" }),
  key("indent", 4, { key: "Tab" }),
  key("outdent", 3, { key: "Tab", shiftKey: true }),
  key("break", 2, { key: "Enter", shiftKey: true }),
  join,
  drag,
  dragWords,
  toMuch,
  ...commands(2, "paragraph", "heading1", "heading2", "bulletList", "orderedList", "taskList", "blockquote"),
  ...commands(1, "codeBlock", "horizontalRule"),
  ...commands(3, "moveUp", "moveDown"),
  ...marks,
  {
    name: "link",
    weight: 1,
    run: ({ editor }, dice) => {
      selectWords(editor, dice);
      editor.commands.setLink({ href: `https://example.com/${dice.below(3)}` });
    },
  },
  {
    name: "delete words",
    weight: 5,
    run: ({ editor }, dice) => {
      selectWords(editor, dice);
      editor.commands.deleteSelection();
    },
  },
  {
    name: "cut",
    weight: 3,
    run: (person, dice) => {
      selectWords(person.editor, dice);
      person.clipboard = person.editor.state.selection.content();
      person.editor.commands.deleteSelection();
    },
  },
  {
    name: "paste",
    weight: 3,
    run: (person, dice) => {
      const { editor, clipboard } = person;
      if (!clipboard) return;
      putCaret(editor, dice);
      // What comes from a clipboard is made anew.
      const slice = new Slice(Fragment.fromJSON(editor.schema, clipboard.content.toJSON()), clipboard.openStart, clipboard.openEnd);
      editor.view.dispatch(editor.state.tr.replaceSelection(isInTable(editor.state) ? slice : withWholeTables(slice)));
      person.clipboard = null;
    },
  },
  {
    name: "image",
    weight: 1,
    run: ({ editor }, dice) => {
      putCaret(editor, dice);
      editor.commands.setImage({ src: `https://example.com/${dice.below(9)}.png`, alt: "" });
    },
  },
  { name: "undo", weight: 6, run: (person) => person.undo() },
  { name: "redo", weight: 4, run: (person) => person.redo() },
];

const MOVES = ["undo", "redo", "drag", "drag words", "moveUp", "moveDown", "cut", "paste", "delete words", "join", "table"];

/** Rows and columns go over their neighbours. */
const moveInTable = (["rowUp", "rowDown", "columnLeft", "columnRight"] as const).map((name): Action => ({
  name,
  weight: 8,
  run: ({ editor }, dice) => {
    if (goIntoTable(editor, dice)) acts.act(editor, name);
  },
}));

/** Of what is hard to keep whole, four times as much as of the rest. */
export const HARD_ACTIONS: readonly Action[] = [
  ...[...ACTIONS, ...TABLE_ACTIONS].map((action) => (MOVES.includes(action.name) ? { ...action, weight: 4 * action.weight } : action)),
  ...moveInTable,
];
