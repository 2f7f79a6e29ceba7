/** The keys of all commands: bound, and listed for the help sheet. */

import { Extension, type Editor } from "@tiptap/core";

import type { ShortcutGroup } from "../../ui/shortcuts";
import { HELP_KEYS, waysOf } from "../../ui/keys";
import { COMMANDS, type Command, commandsOf, runCommand, table } from "./commands";

const withKeys = (commands: Command[]): ShortcutGroup["items"] =>
  commands.flatMap(({ label, keys }) => (keys ? [{ label, keys }] : []));

/** What the text does by itself: see typing/. */
const ANYWHERE: ShortcutGroup["items"] = [
  { label: "Choose all: of a cell or code first", keys: "Mod-a" },
  { label: "Leave the text, one by one", keys: "Escape-Tab" },
  { label: "This help", keys: HELP_KEYS },
];
const IN_LINES: ShortcutGroup["items"] = [
  { label: "Deeper in the list", keys: "Tab" },
  { label: "Less deep", keys: "Shift-Tab" },
];

export const SHORTCUTS: ShortcutGroup[] = [
  { title: "Text", items: withKeys(commandsOf("mark")) },
  { title: "Anywhere", items: [...withKeys(commandsOf("history")), ...ANYWHERE] },
  { title: "Blocks", items: [...withKeys(commandsOf("style", "list", "block", "move")), ...IN_LINES] },
  { title: "Tables", items: withKeys(commandsOf("table")) },
];

export const HINT = `Type / in an empty line to insert ${table.label.toLowerCase()}s, images and more. Markdown works too: # for a heading, - for a list, [ ] for a task, \`\`\` for code. Backspace right behind it gives back what you typed.`;

/**
 * What each key does. A key that is a command's is never the browser's, be the command of use at this place or not; those
 * of tables are theirs in a table alone, and there before others.
 */
export function bindings(editor: Editor): Record<string, () => boolean> {
  const byWay = new Map<string, Command[]>();
  for (const command of [...commandsOf("table"), ...COMMANDS.filter(({ group }) => group !== "table")]) {
    for (const way of command.keys ? waysOf(command.keys) : []) byWay.set(way, [...(byWay.get(way) ?? []), command]);
  }
  const run = (commands: Command[]) => (): boolean => {
    const command = editor.isEditable && commands.find(({ group }) => group !== "table" || editor.isActive("table"));
    if (!command) return false;
    if (command.isEnabled?.(editor, editor.can()) ?? true) runCommand(editor, command);
    return true;
  };
  return Object.fromEntries([...byWay].map(([way, commands]) => [way, run(commands)]));
}

export const Shortcuts = Extension.create({
  name: "shortcuts",
  priority: 2_000, // before the keys that TipTap's own extensions bring along
  addKeyboardShortcuts() {
    return bindings(this.editor);
  },
});
