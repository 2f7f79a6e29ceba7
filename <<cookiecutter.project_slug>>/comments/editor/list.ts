/** All comments of a document in a panel: which of them, and who else may write some. */

import { keyText } from "../../frontend/ui/keys";
import type { Panel } from "../../frontend/ui/panel";
import { KEYS } from "./keys";
import { FILTERS, FILTER_LABEL, type Filter, HOW_TO, LET_VIEWERS, MAY_NOT, NOTHING } from "./messages";
import { arrange, make } from "./parts";

export interface ListOptions {
  filtered: (filter: Filter) => void;
  letViewers: (allowed: boolean) => void;
}

export class List {
  filter: Filter = "open";

  private readonly tabs = make("div", "comment-filter");
  private readonly cards = make("div", "comment-cards");
  private readonly nothing = make("p", "comment-nothing");
  private readonly viewers = make("input", "");
  private readonly rule: HTMLElement;

  constructor(panel: Panel, options: ListOptions) {
    this.tabs.setAttribute("role", "radiogroup");
    this.tabs.setAttribute("aria-label", FILTER_LABEL);
    for (const [filter, label] of Object.entries(FILTERS) as [Filter, string][]) {
      const input = make("input", "visually-hidden");
      Object.assign(input, { type: "radio", name: "comment-filter", value: filter, checked: filter === this.filter });
      input.addEventListener("change", () => {
        this.filter = filter;
        options.filtered(filter);
      });
      const tab = make("label", "", input, label);
      tab.dataset["testid"] = `filter-${filter}`;
      this.tabs.append(tab);
    }
    this.viewers.type = "checkbox";
    this.viewers.dataset["testid"] = "let-viewers";
    this.viewers.addEventListener("change", () => options.letViewers(this.viewers.checked));
    this.rule = make("label", "comment-rule", this.viewers, make("span", "", LET_VIEWERS));
    panel.body.append(this.tabs, this.cards, this.nothing, this.rule);
  }

  choose(filter: Filter): void {
    this.filter = filter;
    for (const input of this.tabs.querySelectorAll("input")) input.checked = input.value === filter;
  }

  show(cards: readonly HTMLElement[], mayComment: boolean, mayShare: boolean, viewers: boolean): void {
    for (const card of cards) card.style.insetBlockStart = "";
    arrange(this.cards, cards);
    this.nothing.hidden = cards.length > 0;
    const how = mayComment ? [` ${HOW_TO} `, make("kbd", "", keyText(KEYS)), "."] : [` ${MAY_NOT}`];
    this.nothing.replaceChildren(NOTHING[this.filter], ...(this.filter === "open" ? how : []));
    this.rule.hidden = !mayShare;
    this.viewers.checked = viewers;
  }
}
