/** The commands of the text as a row of buttons. */

import type { Editor } from "@tiptap/core";

import { type Command, runCommand } from "../commands";
import { rove, setEnabled, toolButton, toolbar } from "../../../ui/toolbar";

type Item = Command | "separator" | HTMLElement;

export interface MenuBar {
  element: HTMLElement;
  refresh: () => void;
}

export function menuBar(editor: Editor, label: string, testId: string, items: Item[]): MenuBar {
  const element = toolbar(label, testId);
  const buttons: [Command, HTMLButtonElement][] = [];
  for (const item of items) {
    if (item === "separator") {
      const line = document.createElement("span");
      line.className = "tool-separator";
      element.append(line);
    } else if (item instanceof HTMLElement) {
      element.append(item);
    } else if (item.icon) {
      const button = toolButton(item, item.icon, () => runCommand(editor, item));
      buttons.push([item, button]);
      element.append(button);
    }
  }
  rove(element, () => editor.commands.focus());

  const refresh = (): void => {
    // Made once for all buttons: making it costs more than asking it.
    const can = editor.can();
    for (const [command, button] of buttons) {
      setEnabled(button, command.isEnabled?.(editor, can) ?? true);
      if (command.isActive) button.setAttribute("aria-pressed", String(command.isActive(editor)));
    }
  };
  refresh();
  return { element, refresh };
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
