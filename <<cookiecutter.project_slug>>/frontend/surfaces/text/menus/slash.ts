/** The slash menu: type "/", then a word, then Enter. The focus stays in the text all the while. */

import type { Editor } from "@tiptap/core";
import { Suggestion } from "@tiptap/suggestion";

import { type Command, commandsOf, runCommand } from "../commands";
import { icon } from "../../../ui/icons";
import { keyText } from "../../../ui/keys";
import { isFromText } from "../binding/binding";
import { WITHIN, listbox, mountSuggestion } from "./listbox";
import { matching } from "../../../lib/matching";

export const BLOCKS = commandsOf("style", "list", "number", "block", "table");

export function mountSlashMenu(editor: Editor): void {
  const plugin = Suggestion<Command, Command>({
    editor,
    char: "/",
    placement: "bottom-start",
    floatingUi: WITHIN,
    container: "#room",
    items: ({ query }) => {
      const can = editor.can();
      return matching(BLOCKS, query).filter(({ isEnabled }) => isEnabled?.(editor, can) ?? true);
    },
    allow: ({ state, range }) =>
      editor.isEditable && state.doc.resolve(range.from).parent.type.name !== "codeBlock" && !editor.isActive("code"),
    // Someone else's slash opens no menu here.
    shouldShow: ({ transaction }) => !isFromText(transaction),
    command: ({ range, props }) => {
      editor.chain().focus().deleteRange(range).run();
      runCommand(editor, props);
    },
    render: () =>
      listbox({
        id: "slash-menu",
        label: "Insert a block",
        option,
        none: (query) => `There is no block called “${query}”. Write on, or press Escape.`,
        count: (blocks) => `${blocks} ${blocks === 1 ? "block" : "blocks"}`,
      }),
  });
  mountSuggestion(editor, plugin);
}

function option(command: Command): HTMLElement {
  const item = document.createElement("div");
  item.id = `slash-${command.id}`;
  const label = document.createElement("span");
  label.textContent = command.label;
  item.append(...(command.icon ? [icon(command.icon)] : []), label);
  if (command.keys) {
    const keys = document.createElement("kbd");
    keys.textContent = keyText(command.keys);
    keys.setAttribute("aria-hidden", "true");
    item.append(keys);
  }
  return item;
}
