/** The column beside the text, on screens that have room for it: a card at the height of its words. */

import { stack } from "./layout";
import { make } from "./parts";

export interface Beside {
  id: string;
  element: HTMLElement;
  /** Pixels below the window's top at which its words begin. */
  top: number;
}

export class Margin {
  readonly element = make("aside", "comment-margin");

  constructor(label: string) {
    this.element.setAttribute("aria-label", label);
    this.element.dataset["testid"] = "comment-margin";
  }

  /** These cards and no others, in the order of the text. */
  show(cards: readonly Beside[], active: string | null): void {
    const { element } = this;
    element.hidden = cards.length === 0;
    const wanted = new Set<Element>(cards.map((card) => card.element));
    for (const child of [...element.children]) if (!wanted.has(child)) child.remove();
    cards.forEach((card, index) => {
      // A card that is in its place stays: moved, it would lose the focus.
      if (element.children[index] !== card.element) element.insertBefore(card.element, element.children[index] ?? null);
    });
    const { top } = element.getBoundingClientRect();
    const heights = cards.map((card) => ({ id: card.id, top: card.top - top, height: card.element.offsetHeight }));
    const tops = stack(heights, active);
    for (const { id, element: card } of cards) card.style.insetBlockStart = `${tops.get(id) ?? 0}px`;
  }
}
