/** The slash menu: type "/", then a word, then Enter. The focus stays in the text all the while. */

import type { Editor } from "@tiptap/core";
import { Suggestion, type SuggestionProps } from "@tiptap/suggestion";

import { type Command, commandsOf, runCommand } from "../commands";
import { icon } from "../../../ui/icons";
import { keyText } from "../../../ui/keys";
import { isFromText } from "../binding/binding";
import { matching } from "./search";

export const BLOCKS = commandsOf("style", "list", "number", "block", "table");

type Props = SuggestionProps<Command, Command>;

export function mountSlashMenu(editor: Editor): void {
  const plugin = Suggestion<Command, Command>({
    editor,
    char: "/",
    placement: "bottom-start",
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
    render: listbox,
  });
  // First of all plugins: while it is open, Enter and the arrows are the menu's.
  editor.registerPlugin(plugin, (added, others) => [added, ...others]);
}

function listbox() {
  const list = document.createElement("div");
  list.id = "slash-menu";
  list.className = "slash-menu";
  list.dataset["testid"] = "slash-menu";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Insert a block");
  list.tabIndex = 0; // it scrolls
  list.addEventListener("mousedown", (event) => event.preventDefault());
  const menu = document.createElement("div");
  menu.className = "slash";
  const none = document.createElement("p");
  none.className = "slash-none";
  none.dataset["testid"] = "slash-none";
  const count = document.createElement("p");
  count.className = "visually-hidden";
  count.setAttribute("role", "status");
  menu.append(list, none, count);
  menu.addEventListener("mousedown", (event) => event.preventDefault());
  let props: Props | null = null;
  let active = 0;
  let unmount: (() => void) | null = null;

  const show = (next: Props): void => {
    if (next.query !== props?.query) active = 0;
    props = next;
    const { length } = next.items;
    list.hidden = length === 0;
    none.hidden = length > 0;
    none.textContent = length ? "" : `There is no block called “${next.query}”. Write on, or press Escape.`;
    count.textContent = length ? `${length} ${length === 1 ? "block" : "blocks"}: arrows and Enter choose` : none.textContent;
    list.replaceChildren(...next.items.map((command, index) => option(command, index, choose)));
    mark();
  };
  const mark = (): void => {
    const text = props?.editor.view.dom;
    if (list.hidden) text?.removeAttribute("aria-activedescendant");
    for (const [index, item] of [...list.children].entries()) {
      item.setAttribute("aria-selected", String(index === active));
      if (index !== active) continue;
      // The list alone: it may not have been placed yet, and the page would jump to where it is now.
      const above = item.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientTop;
      const below = above + item.clientHeight - list.clientHeight;
      if (above < 0) list.scrollTop += above;
      else if (below > 0) list.scrollTop += below;
      text?.setAttribute("aria-activedescendant", item.id);
    }
  };
  const choose = (index: number): void => {
    const command = props?.items[index];
    if (command) props?.command(command);
  };
  return {
    onStart: (first: Props) => {
      active = 0;
      show(first);
      unmount = first.mount(menu);
      first.editor.view.dom.setAttribute("aria-controls", list.id);
    },
    onUpdate: show,
    onKeyDown: ({ event }: { event: KeyboardEvent }) => {
      const count = props?.items.length ?? 0;
      if (count === 0) return false;
      if (event.key === "ArrowDown") active = (active + 1) % count;
      else if (event.key === "ArrowUp") active = (active + count - 1) % count;
      else if (event.key === "Enter" || event.key === "Tab") {
        choose(active);
        return true;
      } else return false;
      mark();
      return true;
    },
    onExit: ({ editor }: Props) => {
      unmount?.();
      unmount = null;
      props = null;
      if (editor.isDestroyed) return;
      editor.view.dom.removeAttribute("aria-activedescendant");
      editor.view.dom.removeAttribute("aria-controls");
    },
  };
}

function option(command: Command, index: number, choose: (index: number) => void): HTMLElement {
  const item = document.createElement("div");
  item.id = `slash-${command.id}`;
  item.className = "slash-item";
  item.setAttribute("role", "option");
  const label = document.createElement("span");
  label.textContent = command.label;
  item.append(...(command.icon ? [icon(command.icon)] : []), label);
  if (command.keys) {
    const keys = document.createElement("kbd");
    keys.textContent = keyText(command.keys);
    keys.setAttribute("aria-hidden", "true");
    item.append(keys);
  }
  item.addEventListener("click", () => choose(index));
  return item;
}
