/** The button beside words that are chosen. */

import { MessageSquarePlus } from "lucide";

import { keyText } from "../../frontend/ui/keys";
import { KEYS } from "./keys";
import { COMMENT } from "./messages";
import { iconButton } from "./parts";

export class AddButton {
  readonly element: HTMLButtonElement;

  /** Pixels below the window's top at which the words begin; null if there are none. */
  private top: (() => number | null) | null = null;

  constructor(act: () => void) {
    this.element = iconButton(`${COMMENT} (${keyText(KEYS)})`, MessageSquarePlus, "comment-add", act);
    this.element.classList.add("comment-add");
    this.element.hidden = true;
    // The words stay chosen.
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    for (const moved of ["selectionchange", "focusin", "focusout"]) document.addEventListener(moved, () => this.place());
  }

  offer(top: (() => number | null) | null): void {
    this.top = top;
    this.place();
  }

  hide(): void {
    this.offer(null);
  }

  /** Beside the words, if there are any: they may stand elsewhere now. */
  place(): void {
    const { element } = this;
    if (!this.top) {
      element.hidden = true;
      return;
    }
    requestAnimationFrame(() => {
      const top = this.top?.() ?? null;
      // Whoever has come to it by keyboard is not in the text any more.
      element.hidden = top === null && !(this.top && document.activeElement === element);
      const from = element.parentElement?.getBoundingClientRect().top ?? 0;
      if (top !== null) element.style.insetBlockStart = `${top - from}px`;
    });
  }
}
