/** What one can do to a plain text beside typing, once, in `COMMANDS`: keys, help sheet and toolbar are derived from it. */

import { indentLess, insertTab, moveLineDown, moveLineUp } from "@codemirror/commands";
import { type EditorView, type KeyBinding, keymap } from "@codemirror/view";
import type { Extension } from "@codemirror/state";
import { type IconNode, Redo2, Undo2 } from "lucide";
import type * as Y from "yjs";

import type { ShortcutGroup } from "../../ui/shortcuts";
import { HELP_KEYS } from "../../ui/keys";
import { rove, setEnabled, toolButton, toolbar } from "../../ui/toolbar";

/** What commands work on. */
export interface Parts {
  view: EditorView;
  history: Y.UndoManager;
  toolbar: HTMLElement;
}

interface Command {
  id: string;
  label: string;
  group: "Lines" | "Anywhere";
  keys: string;
  /** Where this is the custom too. */
  others?: Omit<KeyBinding, "run">;
  /** What has none has no button. */
  icon?: IconNode;
  isEnabled?: (parts: Parts) => boolean;
  run: (parts: Parts) => void;
}

/** In the order in which they are offered. */
export const COMMANDS: readonly Command[] = [
  {
    id: "undo",
    label: "Undo",
    group: "Anywhere",
    keys: "Mod-z",
    icon: Undo2,
    isEnabled: ({ history }) => history.canUndo(),
    run: ({ history }) => history.undo(),
  },
  {
    id: "redo",
    label: "Redo",
    group: "Anywhere",
    keys: "Mod-Shift-z",
    others: { win: "Ctrl-y", linux: "Ctrl-y" },
    icon: Redo2,
    isEnabled: ({ history }) => history.canRedo(),
    run: ({ history }) => history.redo(),
  },
  {
    id: "toToolbar",
    label: "To the toolbar",
    group: "Anywhere",
    keys: "Alt-F10",
    run: (parts) => parts.toolbar.querySelector<HTMLElement>("[tabindex='0']")?.focus(),
  },
  { id: "indent", label: "Indent", group: "Lines", keys: "Tab", run: ({ view }) => insertTab(view) },
  { id: "indentLess", label: "Indent less", group: "Lines", keys: "Shift-Tab", run: ({ view }) => indentLess(view) },
  { id: "moveUp", label: "Move line up", group: "Lines", keys: "Alt-ArrowUp", run: ({ view }) => moveLineUp(view) },
  { id: "moveDown", label: "Move line down", group: "Lines", keys: "Alt-ArrowDown", run: ({ view }) => moveLineDown(view) },
];

export const SHORTCUTS: ShortcutGroup[] = (["Lines", "Anywhere"] as const).map((title) => {
  const items = COMMANDS.filter(({ group }) => group === title).map(({ label, keys }) => ({ label, keys }));
  return { title, items: title === "Anywhere" ? [...items, { label: "This help", keys: HELP_KEYS }] : items };
});

/** The keys of all commands, for who may write: a key that is a command's is never the browser's, whatever comes of it. */
export function commandKeys(parts: () => Parts): Extension {
  return keymap.of(
    COMMANDS.flatMap(({ keys, others, run }) => {
      const binding: KeyBinding = {
        run: () => {
          run(parts());
          return true;
        },
      };
      return [{ ...binding, key: keys }, ...(others ? [{ ...binding, ...others }] : [])];
    }),
  );
}

/** The commands that have an icon, as buttons: phones have no such keys. */
export function mountToolbar(parts: Parts): void {
  const { view, history, toolbar: holder } = parts;
  const bar = toolbar("Editing", "toolbar");
  bar.setAttribute("aria-controls", view.contentDOM.id);
  const refreshers = COMMANDS.flatMap((command) => {
    if (!command.icon) return [];
    const run = (): void => {
      command.run(parts);
      view.focus();
    };
    const button = toolButton(command, command.icon, run);
    bar.append(button);
    return [() => setEnabled(button, command.isEnabled?.(parts) ?? true)];
  });
  rove(bar, () => view.focus());
  const refresh = (): void => {
    for (const each of refreshers) each();
  };
  for (const event of ["stack-item-added", "stack-item-popped", "stack-cleared"] as const) history.on(event, refresh);
  refresh();
  holder.replaceChildren(bar);
}
