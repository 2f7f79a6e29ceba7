/** Dialogs that only some people open, fetched when they do: one that asks for some lines of text, and the help sheet. */

import { whenClosed } from "./closing";
import { keyNames, waysOf } from "./keys";
import { added, type ShortcutGroup } from "./shortcuts";

export interface Field {
  name: string;
  label: string;
  value?: string;
  placeholder?: string;
  /** What one may choose from: a list instead of a line of text. */
  options?: { value: string; label: string }[];
}

export interface Form {
  testId: string;
  title: string;
  submit: string;
  fields: Field[];
  /** A sentence about what is wrong, or null after it has done its work. */
  accept: (values: Record<string, string>) => string | null;
  closed: () => void;
}

export interface Help {
  groups: ShortcutGroup[];
  /** A sentence below the keys. */
  hint: string;
  closed: () => void;
}

/** A dialog with a form; it closes once its values are accepted. */
export function ask({ testId, title, submit, fields, accept, closed }: Form): void {
  const dialog = frame(testId, title, closed);
  const form = document.createElement("form");
  form.noValidate = true;
  for (const field of fields) {
    const label = document.createElement("label");
    label.className = "field";
    label.append(field.label, field.options ? choiceOf(field, field.options) : lineOf(field));
    form.append(label);
  }
  const problem = document.createElement("p");
  problem.className = "problem";
  problem.setAttribute("role", "alert");
  const save = document.createElement("button");
  save.className = "button button-primary";
  save.textContent = submit;
  form.append(problem, buttons([closeButton(dialog, "Cancel"), save]));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values: Record<string, string> = {};
    for (const [name, value] of new FormData(form)) values[name] = String(value);
    const trouble = accept(values);
    if (!trouble) {
      dialog.close();
      return;
    }
    problem.textContent = trouble;
    form.querySelector("input")?.select();
  });
  dialog.append(form);
  dialog.showModal();
  form.querySelector("input")?.select();
}

function lineOf({ name, value = "", placeholder = "" }: Field): HTMLElement {
  const input = document.createElement("input");
  Object.assign(input, { name, value, placeholder, autocomplete: "off" });
  return input;
}

function choiceOf({ name, value = "" }: Field, options: readonly { value: string; label: string }[]): HTMLElement {
  const select = document.createElement("select");
  select.name = name;
  select.append(...options.map((option) => new Option(option.label, option.value, false, option.value === value)));
  return select;
}

/** Some facts, as rows of a name and a value. */
export function tell({ testId, title, rows }: { testId: string; title: string; rows: [string, string][] }): void {
  const before = document.activeElement;
  const dialog = frame(testId, title, () => before instanceof HTMLElement && before.focus());
  const list = document.createElement("dl");
  list.className = "facts";
  for (const [name, value] of rows) {
    const [term, fact] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    fact.textContent = value;
    list.append(term, fact);
  }
  dialog.append(list, buttons([closeButton(dialog, "Close")]));
  dialog.showModal();
}

/** Which keys do what. */
export function showHelp({ groups, hint, closed }: Help): void {
  const dialog = frame("help-dialog", "Keyboard shortcuts", closed);
  dialog.classList.add("dialog-wide");
  // The sheet opens at its beginning, not at its button.
  const title = dialog.querySelector("h2");
  title?.setAttribute("tabindex", "-1");
  title?.setAttribute("autofocus", "");
  const columns = document.createElement("div");
  columns.className = "dialog-columns";
  columns.append(...[...groups, ...added].map(section));
  const sentence = document.createElement("p");
  sentence.className = "hint";
  sentence.textContent = hint;
  dialog.append(columns, sentence, buttons([closeButton(dialog, "Close")]));
  dialog.showModal();
}

function section(group: ShortcutGroup): HTMLElement {
  const heading = document.createElement("h3");
  heading.textContent = group.title;
  const list = document.createElement("dl");
  list.className = "shortcuts";
  list.append(...group.items.map(row));
  const element = document.createElement("section");
  element.append(heading, list);
  return element;
}

function row({ label, keys }: ShortcutGroup["items"][number]): HTMLElement {
  const term = document.createElement("dt");
  term.textContent = label;
  const value = document.createElement("dd");
  for (const [index, way] of waysOf(keys).entries()) {
    if (index) value.append("or");
    const pressed = document.createElement("span");
    pressed.append(
      ...keyNames(way).map((name) => {
        const key = document.createElement("kbd");
        key.textContent = name;
        return key;
      }),
    );
    value.append(pressed);
  }
  const element = document.createElement("div");
  element.append(term, value);
  return element;
}

/** An empty dialog with a title, in the page but not yet shown. */
export function frame(testId: string, title: string, closed: () => void): HTMLDialogElement {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.dataset["testid"] = testId;
  const heading = document.createElement("h2");
  heading.id = `${testId}-title`;
  heading.textContent = title;
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.append(heading);
  whenClosed(dialog, closed);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  return dialog;
}

export function closeButton(dialog: HTMLDialogElement, text: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = text;
  button.addEventListener("click", () => dialog.close());
  return button;
}

export function buttons(children: HTMLElement[]): HTMLElement {
  const row = document.createElement("div");
  row.className = "dialog-buttons";
  row.append(...children);
  return row;
}
