/** What of the threads is to be seen, and where: their words in the text, their cards beside it or in the list. */

import type { RoomPage } from "../../frontend/feature";
import type { Panel } from "../../frontend/ui/panel";
import type { Cards } from "./cards";
import type { HeaderButton } from "./header-button";
import type { List } from "./list";
import { Margin } from "./margin";
import type { WordMarks } from "./marks";
import * as m from "./messages";
import type { Thread, Threads } from "./threads";

/** Screens that have room for a column beside the text. */
const WIDE = "(width > 64rem)";
/** So many times as long as putting cards in their places takes there is nothing of it while somebody writes. */
const REST = 4;

export interface Shown {
  page: RoomPage;
  threads: Threads;
  cards: Cards;
  marks: WordMarks;
  panel: Panel;
  list: List;
  button: HeaderButton;
}

export class Display {
  readonly margin = new Margin(m.COMMENTS);
  /** The thread that one is at. */
  active: string | null = null;

  private readonly wide = window.matchMedia(WIDE);
  private isWaiting = false;
  private timer: number | undefined;
  private took = 0;

  constructor(private readonly shown: Shown) {
    this.wide.addEventListener("change", () => this.refresh());
  }

  /** Whether there is room beside the text. */
  get isWide(): boolean {
    return this.wide.matches;
  }

  /** Or something else in its place. */
  get isTextShown(): boolean {
    return document.querySelector("#editor > *")?.checkVisibility() ?? false;
  }

  isBeside(id: string): boolean {
    return this.margin.element.contains(this.shown.cards.get(id)?.element ?? null);
  }

  /** Something is another. Once for all that happens at the same time. */
  refresh(): void {
    const { threads, cards, button, panel } = this.shown;
    cards.isStale = true;
    this.mark();
    button.show(threads.all.filter(({ resolved }) => resolved === null).length, panel.isOpen);
    this.place();
  }

  /** Words have moved; or are others, which have come or are gone. */
  moved(isOther: boolean): void {
    this.shown.cards.isStale ||= isOther;
    if (isOther) this.place();
    else this.placeSoon();
  }

  /** A moment later: several things may move at once. */
  place(): void {
    if (this.isWaiting) return;
    this.isWaiting = true;
    queueMicrotask(() => {
      this.isWaiting = false;
      this.placeNow();
    });
  }

  /** Where many threads are beside their words the cards come a little behind, and no key waits for that. */
  placeSoon(): void {
    this.timer ??= window.setTimeout(() => this.placeNow(), REST * this.took);
  }

  placeNow(): void {
    const { active, margin } = this;
    const { page, threads, cards, panel, list } = this.shown;
    const began = performance.now();
    window.clearTimeout(this.timer);
    this.timer = undefined;
    cards.forgetGone();
    const isOtherPanel = document.documentElement.dataset["panel"] !== undefined && !panel.isOpen;
    const beside = !panel.isOpen && this.isWide && !isOtherPanel && this.isTextShown ? cards.beside(active) : [];
    document.documentElement.toggleAttribute("data-comments", beside.length > 0);
    margin.show(beside, active);
    // Its order is that of the text when something else has changed: nothing moves about while somebody writes.
    if (panel.isOpen && cards.isStale) list.show(cards.listed(list.filter, active), threads.mayComment, page.may("share"), threads.viewers);
    cards.isStale = false;
    this.took = performance.now() - began;
  }

  private mark(): void {
    const { threads, cards, marks, panel } = this.shown;
    const isShown = ({ id, resolved }: Thread): boolean => resolved === null || (id === this.active && panel.isOpen);
    const ids = [...threads.all.filter(isShown).map(({ id }) => id), ...cards.begun.keys()];
    marks.show(ids, this.active, (id) => cards.stretchOf(id));
  }
}
