/** What is offered at the caret while one types on: the focus stays in the text. */

import type { Editor } from "@tiptap/core";
import type { Suggestion, SuggestionProps } from "@tiptap/suggestion";

import { lasting } from "../lasting";

export interface ListOptions<Item> {
  /** Of the element, and for tests. */
  id: string;
  label: string;
  /** An element with an id of its own. */
  option: (item: Item) => HTMLElement;
  /** Said where nothing fits what was typed, if anything. */
  none: (query: string) => string;
  count: (items: number) => string;
}

/** Pixels from the edge of the screen. */
const EDGE = 8;

/** Where there is no room on either side of the caret, as on a phone, what is offered keeps within the screen. */
export const WITHIN = {
  middleware: [
    {
      name: "within",
      fn: ({ x, rects: { floating } }: { x: number; rects: { floating: { width: number } } }): { x: number } => ({
        x: Math.max(EDGE, Math.min(x, document.documentElement.clientWidth - floating.width - EDGE)),
      }),
    },
  ],
};

type Props<Item> = SuggestionProps<Item, Item>;

/** `Suggestion`'s `render`, for a list of `Item`s. */
export function listbox<Item>({ id, label, option, none: noneSays, count: countSays }: ListOptions<Item>) {
  const list = document.createElement("div");
  list.id = id;
  list.className = "slash-menu";
  list.dataset["testid"] = id;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", label);
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
  let props: Props<Item> | null = null;
  let active = 0;
  let unmount: (() => void) | null = null;

  const show = (next: Props<Item>): void => {
    if (next.query !== props?.query) active = 0;
    props = next;
    const { length } = next.items;
    list.hidden = length === 0;
    none.textContent = length ? "" : noneSays(next.query);
    none.hidden = !none.textContent;
    count.textContent = length ? `${countSays(length)}: arrows and Enter choose` : none.textContent;
    list.replaceChildren(
      ...next.items.map((item, index) => {
        const element = option(item);
        element.classList.add("slash-item");
        element.setAttribute("role", "option");
        element.addEventListener("click", () => choose(index));
        return element;
      }),
    );
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
    const item = props?.items[index];
    if (item !== undefined) props?.command(item);
  };
  return {
    onStart: (first: Props<Item>) => {
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
    onExit: ({ editor }: Props<Item>) => {
      unmount?.();
      unmount = null;
      props = null;
      if (editor.isDestroyed) return;
      editor.view.dom.removeAttribute("aria-activedescendant");
      editor.view.dom.removeAttribute("aria-controls");
    },
  };
}

/** Adds what `Suggestion` made. */
export function mountSuggestion(editor: Editor, plugin: ReturnType<typeof Suggestion>): void {
  // First of all plugins: while it is open, Enter and the arrows are its own.
  editor.registerPlugin(lasting(plugin), (added, others) => [added, ...others]);
}
