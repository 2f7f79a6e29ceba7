/** The column beside the text, on screens that have room for it: a card at the height of its words. */

import { stack } from "./layout";
import { arrange, make } from "./parts";

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
    arrange(element, cards.map((card) => card.element));
    const { top } = element.getBoundingClientRect();
    const heights = cards.map((card) => ({ id: card.id, top: card.top - top, height: card.element.offsetHeight }));
    const tops = stack(heights, active);
    for (const { id, element: card } of cards) card.style.insetBlockStart = `${tops.get(id) ?? 0}px`;
  }
}
