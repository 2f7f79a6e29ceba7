/** Choosing a code block's language: a field to search in, and the list of what it finds. */

import { matching } from "../../../../lib/matching";
import { ALIASES, LANGUAGES, languageName } from "./languages";

interface Choice {
  name: string | null;
  label: string;
  words: string;
}

const CHOICES: Choice[] = [
  { name: null, label: "Plain text", words: "none" },
  ...Object.entries(LANGUAGES).map(([name, label]) => {
    const others = Object.entries(ALIASES).filter(([, of]) => of === name);
    return { name, label, words: [name, ...others.map(([alias]) => alias)].join(" ") };
  }),
];

let opened = 0;

export interface Choosing {
  language: unknown;
  /** The menu is put behind this element. */
  button: HTMLElement;
  chosen: (language: string | null) => void;
  /** It is gone; `isDone` when one is to go on in the text. */
  closed: (isDone: boolean) => void;
}

export function chooseLanguage({ language, button, chosen, closed }: Choosing): void {
  const menu = document.createElement("div");
  menu.className = "language-menu";
  menu.dataset["testid"] = "language-menu";
  const id = `languages-${++opened}`;
  const field = searchField(id);
  const list = document.createElement("div");
  list.id = id;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Languages");
  list.tabIndex = -1;
  const none = document.createElement("p");
  none.className = "language-none";
  none.setAttribute("role", "status");
  menu.append(field, list, none);
  let found: Choice[] = [];
  let active = 0;
  let isOver = false;

  const close = (isDone: boolean): void => {
    if (isOver) return;
    isOver = true;
    menu.remove();
    closed(isDone);
  };
  const choose = (index: number): void => {
    const choice = found[index];
    if (!choice) return;
    chosen(choice.name);
    close(true);
  };
  const mark = (): void => {
    for (const [index, option] of [...list.children].entries()) {
      option.setAttribute("aria-selected", String(index === active));
      if (index === active) option.scrollIntoView({ block: "nearest" });
    }
    if (found.length) field.setAttribute("aria-activedescendant", `${id}-${active}`);
    else field.removeAttribute("aria-activedescendant");
  };
  const search = (): void => {
    found = matching(CHOICES, field.value);
    active = 0;
    list.replaceChildren(...found.map((choice, index) => option(`${id}-${index}`, choice.label, () => choose(index))));
    none.textContent = found.length ? "" : "No language of that name. Press Escape to go back.";
    mark();
  };
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    const count = found.length;
    if (event.isComposing) return;
    if (event.key === "ArrowDown" && count) active = (active + 1) % count;
    else if (event.key === "ArrowUp" && count) active = (active + count - 1) % count;
    else if (event.key === "Enter") choose(active);
    else if (event.key === "Escape") close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (!isOver) mark();
  });
  menu.addEventListener("mousedown", (event) => {
    if (event.target !== field) event.preventDefault();
  });
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (!menu.contains(relatedTarget as Node | null)) close(false);
  });
  button.after(menu);
  search();
  active = Math.max(found.findIndex(({ name }) => name === languageName(language)), 0);
  mark();
  field.focus();
  menu.scrollIntoView({ block: "nearest" });
}

function searchField(list: string): HTMLInputElement {
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = "Search languages";
  field.autocomplete = "off";
  field.spellcheck = false;
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-label": "Language of this code",
    "aria-expanded": "true",
    "aria-autocomplete": "list",
    "aria-controls": list,
  })) {
    field.setAttribute(name, value);
  }
  return field;
}

function option(id: string, label: string, choose: () => void): HTMLElement {
  const item = document.createElement("div");
  item.id = id;
  item.className = "slash-item";
  item.setAttribute("role", "option");
  item.textContent = label;
  item.addEventListener("click", choose);
  return item;
}
