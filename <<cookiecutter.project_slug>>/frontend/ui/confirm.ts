/** A question before something is lost. */

import { whenClosed } from "./closing";

export interface Question {
  sentence: string;
  /** What the button says that goes ahead. */
  label: string;
  accept: () => void;
  /** Where the focus goes afterwards. */
  from: HTMLElement | null;
}

export function confirm({ sentence, label, accept, from }: Question): void {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.dataset["testid"] = "confirm-dialog";
  const text = document.createElement("p");
  text.id = "confirm-text";
  text.textContent = sentence;
  dialog.setAttribute("aria-labelledby", text.id);
  const row = document.createElement("div");
  row.className = "dialog-buttons";
  const button = (name: string, className: string, run: () => void): void => {
    const element = document.createElement("button");
    element.type = "button";
    element.className = className;
    element.textContent = name;
    element.addEventListener("click", run);
    row.append(element);
  };
  button("Cancel", "button", () => dialog.close());
  button(label, "button button-danger", () => {
    dialog.close();
    accept();
  });
  dialog.append(text, row);
  whenClosed(dialog, () => from?.focus());
  document.body.append(dialog);
  dialog.showModal();
}
