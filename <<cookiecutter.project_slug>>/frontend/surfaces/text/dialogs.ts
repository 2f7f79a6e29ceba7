/** Dialogs that only some people open, fetched when they do: link, image, keyboard help. */

import type { Editor } from "@tiptap/core";

import * as c from "./commands";
import type { Consent } from "./things/image/images";
import { keyNames } from "../../ui/keys";
import { SHORTCUTS } from "./shortcuts";
import { imageUrl, linkUrl } from "../../lib/urls";

interface Field {
  name: string;
  label: string;
  value?: string;
  placeholder?: string;
}

interface Question {
  testId: string;
  title: string;
  submit: string;
  fields: Field[];
  /** A sentence about what is wrong, or null after it has done its work. */
  accept: (values: Record<string, string>) => string | null;
  closed: () => void;
}

export function editLink(editor: Editor): void {
  const href: unknown = editor.getAttributes("link")["href"];
  const { from, to, empty } = editor.state.selection;
  const isNew = empty && !editor.isActive("link");
  ask({
    testId: "link-dialog",
    title: "Link",
    submit: "Save",
    fields: [
      { name: "url", label: "Address", value: typeof href === "string" ? href : "", placeholder: "https://" },
      ...(isNew ? [{ name: "text", label: "Text (optional)" }] : []),
    ],
    accept: ({ url = "", text = "" }) => {
      if (!url.trim()) {
        editor.chain().focus().extendMarkRange("link").unsetLink().run();
        return null;
      }
      const safe = linkUrl(url);
      if (!safe) return "This is no address that can be opened. Web, e-mail and phone addresses work.";
      const chain = editor.chain().focus().setTextSelection({ from, to });
      if (isNew) {
        chain.insertContent({ type: "text", text: text.trim() || url.trim(), marks: [{ type: "link", attrs: { href: safe } }] });
      } else {
        chain.extendMarkRange("link").setLink({ href: safe });
      }
      chain.run();
      return null;
    },
    closed: () => editor.view.focus(),
  });
}

export function insertImage(editor: Editor): void {
  const current = editor.isActive("image") ? editor.getAttributes("image") : {};
  ask({
    testId: "image-dialog",
    title: "Image",
    submit: "Insert",
    fields: [
      { name: "src", label: "Address of the image", value: String(current["src"] ?? ""), placeholder: "https://" },
      { name: "alt", label: "Description, for those who can't see it", value: String(current["alt"] ?? "") },
    ],
    accept: ({ src = "", alt = "" }) => {
      const safe = imageUrl(src);
      if (!safe) return "The address of an image starts with https://.";
      // Who gives the address asks for the image.
      consentOf(editor)?.allow(safe);
      editor.chain().focus().setImage({ src: safe, alt: alt.trim() }).run();
      return null;
    },
    closed: () => editor.view.focus(),
  });
}

function consentOf(editor: Editor): Consent | undefined {
  return (editor.storage as { image?: { consent?: Consent } }).image?.consent;
}

export function showHelp(closed: () => void): void {
  const dialog = frame("help-dialog", "Keyboard shortcuts", closed);
  dialog.classList.add("dialog-wide");
  // The sheet opens at its beginning, not at its button.
  const title = dialog.querySelector("h2");
  title?.setAttribute("tabindex", "-1");
  title?.setAttribute("autofocus", "");
  const columns = document.createElement("div");
  columns.className = "dialog-columns";
  for (const group of SHORTCUTS) {
    const heading = document.createElement("h3");
    heading.textContent = group.title;
    const list = document.createElement("dl");
    list.className = "shortcuts";
    for (const { label, keys } of group.items) {
      const row = document.createElement("div");
      const term = document.createElement("dt");
      term.textContent = label;
      const value = document.createElement("dd");
      for (const name of keyNames(keys)) {
        const key = document.createElement("kbd");
        key.textContent = name;
        value.append(key);
      }
      row.append(term, value);
      list.append(row);
    }
    const section = document.createElement("section");
    section.append(heading, list);
    columns.append(section);
  }
  const hint = document.createElement("p");
  hint.className = "hint";
  hint.textContent = `Type / in an empty line to insert ${c.table.label.toLowerCase()}s, images and more. Markdown works too: # for a heading, - for a list, [ ] for a task, \`\`\` for code.`;
  dialog.append(columns, hint, buttons([closeButton(dialog, "Close")]));
  dialog.showModal();
}

function ask({ testId, title, submit, fields, accept, closed }: Question): void {
  const dialog = frame(testId, title, closed);
  const form = document.createElement("form");
  form.noValidate = true;
  for (const field of fields) {
    const label = document.createElement("label");
    label.className = "field";
    const input = document.createElement("input");
    input.name = field.name;
    input.value = field.value ?? "";
    input.placeholder = field.placeholder ?? "";
    input.autocomplete = "off";
    label.append(field.label, input);
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
    if (trouble) problem.textContent = trouble;
    else dialog.close();
  });
  dialog.append(form);
  dialog.showModal();
  form.querySelector("input")?.select();
}

function frame(testId: string, title: string, closed: () => void): HTMLDialogElement {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.dataset["testid"] = testId;
  const heading = document.createElement("h2");
  heading.id = `${testId}-title`;
  heading.textContent = title;
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.append(heading);
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  return dialog;
}

function closeButton(dialog: HTMLDialogElement, text: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = text;
  button.addEventListener("click", () => dialog.close());
  return button;
}

function buttons(children: HTMLElement[]): HTMLElement {
  const row = document.createElement("div");
  row.className = "dialog-buttons";
  row.append(...children);
  return row;
}
