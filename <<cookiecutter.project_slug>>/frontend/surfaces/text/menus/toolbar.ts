/** The formatting toolbar above the text. */

import type { Editor } from "@tiptap/core";

import * as c from "../commands";
import { menuBar, onStateChange } from "./menu-bar";

const STYLES = c.commandsOf("style");

export function mountToolbar(editor: Editor, holder: HTMLElement): void {
  const styles = styleSelect(editor);
  const bar = menuBar(editor, "Formatting", "toolbar", [
    ...c.commandsOf("history"),
    "separator",
    styles.element,
    "separator",
    ...c.commandsOf("mark"),
    "separator",
    ...c.commandsOf("list"),
    "separator",
    ...c.commandsOf("block"),
  ]);
  bar.element.setAttribute("aria-controls", editor.view.dom.id);
  holder.replaceChildren(bar.element);
  onStateChange(editor, () => {
    bar.refresh();
    styles.refresh();
  });
}

/** Paragraph or heading, as a native list: phones show their own picker. */
function styleSelect(editor: Editor): { element: HTMLSelectElement; refresh: () => void } {
  const select = document.createElement("select");
  select.className = "tool-select";
  select.setAttribute("aria-label", "Text style");
  for (const style of STYLES) select.add(new Option(style.label, style.id));
  select.addEventListener("change", () => {
    const style = STYLES.find((candidate) => candidate.id === select.value);
    if (style && !(style.isActive?.(editor) ?? false)) c.runCommand(editor, style);
    else editor.commands.focus();
  });
  const refresh = (): void => {
    const active = STYLES.find((style) => style !== c.paragraph && style.isActive?.(editor));
    select.value = (active ?? c.paragraph).id;
    select.disabled = editor.isActive("codeBlock");
  };
  return { element: select, refresh };
}
