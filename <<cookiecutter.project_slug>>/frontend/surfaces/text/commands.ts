/** Everything one can do to the text, once, in `COMMANDS`: toolbar, slash menu, keys and help sheet are derived from it. */

import type { CanCommands, Editor } from "@tiptap/core";
import {
  Bold,
  Code,
  Heading1,
  Heading2,
  Heading3,
  Highlighter,
  Image,
  Italic,
  Link,
  List,
  ListOrdered,
  ListTodo,
  Minus,
  Pilcrow,
  Quote,
  Redo2,
  SquareCode,
  Strikethrough,
  Table,
  Underline,
  Undo2,
  type IconNode,
} from "lucide";

import { withPart } from "../../ui/part";
import { apart } from "./bound";
import { loadClipboard, withActs, withDialogs } from "./lazy";
import { habitsOf } from "./things/code-block/code-block";
import { newLine } from "./things/code-block/indent";
import type { TableActName } from "./things/table/acts";
import { TABLE_ENTRIES } from "./things/table/entries";
import type { ActName } from "./typing/acts";

/** Commands of one group stand together, wherever they are offered. */
export type Group = "history" | "style" | "mark" | "list" | "number" | "block" | "move" | "table";

export interface Command {
  id: string;
  label: string;
  group: Group;
  /** What has none has no button either. */
  icon?: IconNode;
  /** In ProseMirror's notation, one way to press it after the other: what is shown with it, and bound. */
  keys?: string;
  /** Other words by which the slash menu finds it. */
  words?: string;
  isActive?: (editor: Editor) => boolean;
  isEnabled?: (editor: Editor, can: CanCommands) => boolean;
  run: (editor: Editor) => void;
}

/** Does it, as a step of its own for undo. */
export function runCommand(editor: Editor, { run }: Command): void {
  apart(editor, () => run(editor));
}

const act = (name: ActName) => (editor: Editor): void => withActs((acts) => acts.act(editor, name));

/** So much is chosen that ProseMirror's own way, a step for each line, takes seconds. */
const MUCH = 20_000;

function byMuch(name: ActName, few: Command["run"]): Command["run"] {
  return (editor) => {
    const { from, to } = editor.state.selection;
    (to - from > MUCH ? act(name) : few)(editor);
  };
}

const mark = (id: ActName, label: string, icon: IconNode, keys: string): Command => ({
  id,
  label,
  group: "mark",
  icon,
  keys,
  isActive: (editor) => editor.isActive(id),
  isEnabled: (_editor, can) => can.toggleMark(id),
  run: byMuch(id, (editor) => editor.chain().focus().toggleMark(id).run()),
});

const heading = (level: 1 | 2 | 3, icon: IconNode, words: string): Command => ({
  id: `heading${level}`,
  label: `Heading ${level}`,
  group: "style",
  icon,
  keys: `Mod-Alt-${level} Mod-Shift-${level}`, // where Ctrl+Alt is AltGr, that is a sign: "#" in France
  words,
  isActive: (editor) => editor.isActive("heading", { level }),
  run: byMuch(`heading${level}`, (editor) => editor.chain().focus().toggleHeading({ level }).run()),
});

export const undo: Command = {
  id: "undo",
  label: "Undo",
  group: "history",
  icon: Undo2,
  keys: "Mod-z",
  isEnabled: (_editor, can) => can.undo(),
  run: (editor) => editor.chain().focus().undo().run(),
};

export const redo: Command = {
  id: "redo",
  label: "Redo",
  group: "history",
  icon: Redo2,
  keys: "Mod-Shift-z",
  isEnabled: (_editor, can) => can.redo(),
  run: (editor) => editor.chain().focus().redo().run(),
};

export const bold = mark("bold", "Bold", Bold, "Mod-b");
export const italic = mark("italic", "Italic", Italic, "Mod-i");
export const underline = mark("underline", "Underline", Underline, "Mod-u");
export const strike = mark("strike", "Strikethrough", Strikethrough, "Mod-Shift-s");
export const code = mark("code", "Inline code", Code, "Mod-e");
export const highlight = mark("highlight", "Highlight", Highlighter, "Mod-Shift-h");

export const link: Command = {
  id: "link",
  label: "Link",
  group: "mark",
  icon: Link,
  keys: "Mod-k",
  isActive: (editor) => editor.isActive("link"),
  isEnabled: (editor) => !editor.isActive("codeBlock"),
  run: (editor) => withDialogs((dialogs) => dialogs.editLink(editor)),
};

export const paragraph: Command = {
  id: "paragraph",
  label: "Text",
  group: "style",
  icon: Pilcrow,
  keys: "Mod-Alt-0",
  words: "paragraph plain normal",
  isActive: (editor) => editor.isActive("paragraph"),
  run: byMuch("paragraph", (editor) => editor.chain().focus().setParagraph().run()),
};

export const heading1 = heading(1, Heading1, "title big h1");
export const heading2 = heading(2, Heading2, "subtitle h2");
export const heading3 = heading(3, Heading3, "small h3");

export const bulletList: Command = {
  id: "bulletList",
  label: "Bullet list",
  group: "list",
  icon: List,
  keys: "Mod-Shift-8",
  words: "unordered points ul",
  isActive: (editor) => editor.isActive("bulletList"),
  run: act("bulletList"),
};

export const orderedList: Command = {
  id: "orderedList",
  label: "Numbered list",
  group: "list",
  icon: ListOrdered,
  keys: "Mod-Shift-7",
  words: "ordered ol",
  isActive: (editor) => editor.isActive("orderedList"),
  run: act("orderedList"),
};

export const taskList: Command = {
  id: "taskList",
  label: "Task list",
  group: "list",
  icon: ListTodo,
  keys: "Mod-Shift-9",
  words: "todo check checkbox",
  isActive: (editor) => editor.isActive("taskList"),
  run: act("taskList"),
};

export const quote: Command = {
  id: "blockquote",
  label: "Quote",
  group: "block",
  icon: Quote,
  keys: "Mod-Shift-b",
  words: "blockquote citation",
  isActive: (editor) => editor.isActive("blockquote"),
  run: act("blockquote"),
};

export const codeBlock: Command = {
  id: "codeBlock",
  label: "Code block",
  group: "block",
  icon: SquareCode,
  keys: "Mod-Alt-c",
  words: "source program snippet",
  isActive: (editor) => editor.isActive("codeBlock"),
  run: (editor) => {
    // As one is likely to go on in the language that one chose last.
    const { language } = habitsOf(editor);
    const { $from, $to } = editor.state.selection;
    const turn = (): unknown => editor.chain().focus().toggleCodeBlock(language ? { language } : undefined).run();
    const { textContent, content } = $from.parent;
    const isOneOfLetters = $from.depth && $from.sameParent($to) && textContent.length === content.size;
    // Several lines are one program, and names and breaks in a line are the letters that one reads.
    if (isOneOfLetters || editor.isActive("codeBlock")) turn();
    else withActs((acts) => acts.joinCode(editor, language) || turn());
  },
};

export const table: Command = {
  id: "table",
  label: "Table",
  group: "block",
  icon: Table,
  words: "grid rows columns",
  isActive: (editor) => editor.isActive("table"),
  isEnabled: (editor) => !editor.isActive("table"),
  run: (editor) => editor.chain().focus().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run(),
};

export const image: Command = {
  id: "image",
  label: "Image",
  group: "block",
  icon: Image,
  words: "picture photo",
  isActive: (editor) => editor.isActive("image"),
  run: (editor) => withDialogs((dialogs) => dialogs.insertImage(editor)),
};

export const rule: Command = {
  id: "horizontalRule",
  label: "Divider",
  group: "block",
  icon: Minus,
  words: "horizontal rule line hr separator",
  isEnabled: (editor) => !editor.isActive("table"),
  run: (editor) => editor.chain().focus().setHorizontalRule().run(),
};

const moves: Command[] = [
  { id: "moveUp", label: "Move up", group: "move", keys: "Alt-ArrowUp Alt-Shift-ArrowUp", run: act("moveUp") },
  { id: "moveDown", label: "Move down", group: "move", keys: "Alt-ArrowDown Alt-Shift-ArrowDown", run: act("moveDown") },
  { id: "tick", label: "Tick a task, or leave a block of code", group: "move", keys: "Mod-Enter", run: (editor) => tick(editor) },
  {
    id: "direction",
    label: "Right to left, or back",
    group: "move",
    keys: "Mod-Shift-x",
    words: "rtl ltr arabic hebrew direction",
    run: act("turn"),
  },
  {
    id: "hardBreak",
    label: "New line in the same block",
    group: "move",
    keys: "Shift-Enter",
    // In code that is any new line: who presses it there does not want to leave.
    run: (editor) => {
      const tr = newLine(editor.state);
      if (tr) editor.view.dispatch(tr);
      else editor.commands.setHardBreak();
    },
  },
];

const numbers: Command[] = [
  { id: "startAnew", label: "Start numbering anew", group: "number", words: "list restart 1", isEnabled: isNumbered, run: act("startAnew") },
  { id: "goOn", label: "Continue numbering", group: "number", words: "list resume", isEnabled: isNumbered, run: act("goOn") },
];

const copyMarkdown: Command = {
  id: "copyMarkdown",
  label: "Copy as Markdown",
  group: "history",
  keys: "Mod-Alt-Shift-c",
  run: (editor) => withPart(loadClipboard, (clipboard) => clipboard.copyMarkdown(editor)),
};

const tables: Command[] = TABLE_ENTRIES.map(([id, label, icon, keys]) => ({
  id,
  label,
  group: "table",
  icon,
  ...(keys && { keys }),
  words: "table cell grid",
  isEnabled: (editor) => editor.isActive("table"),
  run: act(id),
}));

const toToolbar: Command = { id: "toToolbar", label: "To the toolbar or menu", group: "history", keys: "Alt-F10", run: (editor) => withActs((acts) => acts.focusToolbar(editor)) };

/** In the order in which they are offered. */
export const COMMANDS: readonly Command[] = [
  undo,
  redo,
  copyMarkdown,
  toToolbar,
  paragraph,
  heading1,
  heading2,
  heading3,
  bold,
  italic,
  underline,
  strike,
  code,
  highlight,
  link,
  bulletList,
  orderedList,
  taskList,
  ...numbers,
  quote,
  codeBlock,
  table,
  image,
  rule,
  ...moves,
  ...tables,
];

export function commandsOf(...groups: Group[]): Command[] {
  return COMMANDS.filter(({ group }) => groups.includes(group));
}

function isNumbered(editor: Editor): boolean {
  return editor.isActive("orderedList");
}

function tick(editor: Editor): void {
  if (editor.isActive("codeBlock")) editor.commands.exitCode();
  else act("tick")(editor);
}

export function tableCommands(...ids: TableActName[]): Command[] {
  return tables.filter(({ id }) => ids.includes(id as TableActName));
}
