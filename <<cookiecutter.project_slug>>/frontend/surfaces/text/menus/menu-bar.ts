/** A row of buttons as ARIA wants a toolbar: one tab stop, arrow keys inside. */

import type { Editor } from "@tiptap/core";
import type { IconNode } from "lucide";

import type { Command } from "../commands";
import { icon } from "../../../ui/icons";
import { keyText } from "../../../ui/keys";

type Item = Command | "separator" | HTMLElement;

function commandButton(command: Command, image: IconNode, editor: Editor): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tool";
  button.dataset["command"] = command.id;
  button.setAttribute("aria-label", command.label);
  button.title = command.keys ? `${command.label} (${keyText(command.keys)})` : command.label;
  button.append(icon(image));
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") !== "true") command.run(editor);
  });
  return button;
}

export interface MenuBar {
  element: HTMLElement;
  refresh: () => void;
}

export function menuBar(editor: Editor, label: string, testId: string, items: Item[]): MenuBar {
  const element = document.createElement("div");
  element.className = "tools";
  element.dataset["testid"] = testId;
  element.setAttribute("role", "toolbar");
  element.setAttribute("aria-label", label);
  const buttons: [Command, HTMLButtonElement][] = [];
  for (const item of items) {
    if (item === "separator") {
      const line = document.createElement("span");
      line.className = "tool-separator";
      element.append(line);
    } else if (item instanceof HTMLElement) {
      element.append(item);
    } else if (item.icon) {
      const button = commandButton(item, item.icon, editor);
      buttons.push([item, button]);
      element.append(button);
    }
  }
  // A click must not take the selection out of the text.
  element.addEventListener("mousedown", (event) => {
    if (!(event.target instanceof HTMLSelectElement)) event.preventDefault();
  });
  rove(element, () => editor.commands.focus());

  const refresh = (): void => {
    // Made once for all buttons: making it costs more than asking it.
    const can = editor.can();
    for (const [command, button] of buttons) {
      // Not `disabled`: the focus would be lost when undo runs out.
      button.setAttribute("aria-disabled", String(command.isEnabled ? !command.isEnabled(editor, can) : false));
      if (command.isActive) button.setAttribute("aria-pressed", String(command.isActive(editor)));
    }
  };
  refresh();
  return { element, refresh };
}

/** One tab stop for the whole bar, arrow keys, Home and End inside it; Escape leaves. */
function rove(bar: HTMLElement, leave: () => void): void {
  const stops = (): HTMLElement[] => [...bar.querySelectorAll<HTMLElement>("button, select")];
  const hold = (current: HTMLElement): void => {
    for (const stop of stops()) stop.tabIndex = stop === current ? 0 : -1;
  };
  const first = stops()[0];
  if (first) hold(first);
  bar.addEventListener("focusin", (event) => {
    const target = event.target as HTMLElement;
    if (target === bar) stops()[0]?.focus();
    else hold(target);
  });
  bar.addEventListener("keydown", (event) => {
    const all = stops();
    const at = all.indexOf(event.target as HTMLElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape") {
      leave();
    } else if (to === undefined || at < 0) {
      return;
    } else {
      all[(to + all.length) % all.length]?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  });
}

/** Calls back at most once a frame after the editor's state has changed, when the frame is painted: the text goes first. */
export function onStateChange(editor: Editor, callback: () => void): void {
  let frame = 0;
  const schedule = (): void => {
    if (frame) return;
    frame = requestAnimationFrame(() => {
      window.setTimeout(() => {
        frame = 0;
        if (!editor.isDestroyed) callback();
      });
    });
  };
  editor.on("transaction", schedule);
  editor.on("focus", schedule);
  editor.on("blur", schedule);
  editor.on("update", schedule);
}
