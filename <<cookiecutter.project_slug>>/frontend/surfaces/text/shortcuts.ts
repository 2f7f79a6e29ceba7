/** The keys of all commands: bound, and listed for the help sheet. */

import { Extension, type Editor } from "@tiptap/core";

import type { ShortcutGroup } from "../../ui/dialogs";
import { HELP_KEYS } from "../../ui/keys";
import { COMMANDS, commandsOf, table, type Command } from "./commands";

const withKeys = (commands: Command[]): ShortcutGroup["items"] =>
  commands.flatMap(({ label, keys }) => (keys ? [{ label, keys }] : []));

export const SHORTCUTS: ShortcutGroup[] = [
  { title: "Text", items: withKeys(commandsOf("mark")) },
  { title: "Anywhere", items: [...withKeys(commandsOf("history")), { label: "This help", keys: HELP_KEYS }] },
  { title: "Blocks", items: withKeys(commandsOf("style", "list", "block", "move")) },
];

export const HINT = `Type / in an empty line to insert ${table.label.toLowerCase()}s, images and more. Markdown works too: # for a heading, - for a list, [ ] for a task, \`\`\` for code.`;

/** What each key does. A key that is a command's is never the browser's, be the command of use at this place or not. */
export function bindings(editor: Editor): Record<string, () => boolean> {
  const run = (command: Command) => (): boolean => {
    if (!editor.isEditable) return false;
    if (command.isEnabled?.(editor, editor.can()) ?? true) command.run(editor);
    return true;
  };
  return Object.fromEntries(COMMANDS.flatMap((command) => (command.keys ? [[command.keys, run(command)]] : [])));
}

export const Shortcuts = Extension.create({
  name: "shortcuts",
  priority: 2_000, // before the keys that TipTap's own extensions bring along
  addKeyboardShortcuts() {
    return bindings(this.editor);
  },
});
