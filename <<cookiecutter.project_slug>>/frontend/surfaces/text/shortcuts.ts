/** Keyboard shortcuts: those the help sheet shows, and those that TipTap does not bring along. */

import { Extension, type Editor } from "@tiptap/core";

import type { ShortcutGroup } from "../../ui/dialogs";
import { HELP_KEYS } from "../../ui/keys";
import * as c from "./commands";

const withKeys = (commands: c.Command[]): ShortcutGroup["items"] =>
  commands.flatMap(({ label, keys }) => (keys ? [{ label, keys }] : []));

export const SHORTCUTS: ShortcutGroup[] = [
  {
    title: "Text",
    items: withKeys([c.bold, c.italic, c.underline, c.strike, c.code, c.highlight, c.link]),
  },
  {
    title: "Anywhere",
    items: [
      ...withKeys([c.undo, c.redo]),
      { label: "To the toolbar or menu", keys: "Alt-F10" },
      { label: "This help", keys: HELP_KEYS },
    ],
  },
  {
    title: "Blocks",
    items: [
      ...withKeys([c.paragraph, c.heading1, c.heading2, c.heading3]),
      ...withKeys([c.bulletList, c.orderedList, c.taskList, c.quote, c.codeBlock]),
      { label: "Move block up", keys: "Alt-Shift-↑" },
      { label: "Move block down", keys: "Alt-Shift-↓" },
      { label: "New line in the same block", keys: "Shift-Enter" },
    ],
  },
];

export const HINT = `Type / in an empty line to insert ${c.table.label.toLowerCase()}s, images and more. Markdown works too: # for a heading, - for a list, [ ] for a task, \`\`\` for code.`;

export const Shortcuts = Extension.create({
  name: "shortcuts",
  addKeyboardShortcuts() {
    const { editor } = this;
    const run = (command: c.Command) => (): boolean => {
      if (!editor.isEditable) return false;
      command.run(editor);
      return true;
    };
    return {
      "Mod-k": run(c.link),
      "Alt-Shift-ArrowUp": () => c.moveBlock(editor, -1),
      "Alt-Shift-ArrowDown": () => c.moveBlock(editor, 1),
      "Alt-F10": () => focusToolbar(editor),
    };
  },
});

/** Moves the focus to the small menu at the cursor, or else to the toolbar. */
function focusToolbar(editor: Editor): boolean {
  const bubble = editor.view.dom.parentElement?.querySelector<HTMLElement>(".bubble");
  const bar = bubble ?? document.querySelector<HTMLElement>("[data-testid=toolbar]");
  const stop = bar?.querySelector<HTMLElement>("[tabindex='0']");
  stop?.focus();
  return stop !== null && stop !== undefined;
}
