/** The cards of all threads: which stand beside the text, which in the list, and in what order. */

import type { RoomPage } from "../../frontend/feature";
import type { Stretch } from "../../frontend/surfaces/surface";
import type { Begun, BegunActs } from "./begun";
import { Card, type Look } from "./card";
import type { Beside } from "./margin";
import type { WordMarks } from "./marks";
import type { Filter } from "./messages";
import { indexOf } from "./order";
import type { Places } from "./places";
import type { Thread, Threads } from "./threads";

export class Cards {
  /** Those that are not sent yet. */
  readonly begun = new Map<string, Begun>();
  /** What stands in the cards may be another than what they show, not only where they are. */
  isStale = true;

  private readonly cards = new Map<string, Card>();

  constructor(
    private readonly page: RoomPage,
    private readonly threads: Threads,
    private readonly marks: WordMarks,
    private readonly acts: BegunActs,
    private readonly places: Places,
  ) {}

  get(id: string): Card | undefined {
    return this.cards.get(id);
  }

  /** The words that a thread, or a draft, is about. */
  stretchOf(id: string): Stretch | null {
    const thread = this.threads.get(id);
    return thread ? this.places.stretchOf(thread) : (this.begun.get(id)?.draft.place ?? null);
  }

  forgetGone(): void {
    for (const [id, card] of this.cards) {
      if (this.threads.get(id)) continue;
      card.element.remove();
      this.cards.delete(id);
    }
  }

  /** Those that are open and whose words are in the text, in its order, with what is not sent. */
  beside(active: string | null): Beside[] {
    const open = this.threads.all.filter(({ id, resolved }) => resolved === null && this.marks.placed.has(id));
    const cards = open.map((thread) => this.besideIts(thread.id, this.drawn(thread, active, false).element));
    const begun = [...this.begun.values()].map(({ draft, element }) => this.besideIts(draft.id, element));
    return [...cards, ...begun].sort(this.inOrder(({ top }) => top));
  }

  /** Those of the list, in the order of the text; without words in it they come last. */
  listed(filter: Filter, active: string | null): HTMLElement[] {
    const self = this.page.self().id;
    const filters: Record<Filter, (thread: Thread) => boolean> = {
      open: ({ resolved }) => resolved === null,
      resolved: ({ resolved }) => resolved !== null,
      mine: ({ comments }) => comments.some(({ author, deleted }) => author?.id === self && !deleted),
    };
    const shown = this.threads.all.filter(filters[filter]);
    const tops = new Map(shown.map(({ id }) => [id, this.topOf(id) ?? Number.MAX_SAFE_INTEGER]));
    shown.sort(this.inOrder(({ id }) => tops.get(id) as number));
    const begun = filter === "open" ? [...this.begun.values()].map(({ element }) => element) : [];
    return [...begun, ...shown.map((thread) => this.drawn(thread, active, true).element)];
  }

  /** By how far down their words begin, and within a line by which come first. That takes a walk through the text, so only then. */
  private inOrder<Placed extends { id: string }>(topOf: (placed: Placed) => number): (one: Placed, two: Placed) => number {
    const known = new Map<string, number>();
    const index = ({ id }: Placed): number => {
      const stretch = this.stretchOf(id);
      const at = known.get(id) ?? (stretch ? indexOf(stretch, this.page.doc) : 0);
      known.set(id, at);
      return at;
    };
    return (one, two) => topOf(one) - topOf(two) || index(one) - index(two);
  }

  private besideIts(id: string, element: HTMLElement): Beside {
    return { id, element, top: this.topOf(id) ?? 0 };
  }

  private topOf(id: string): number | null {
    const stretch = this.stretchOf(id);
    return stretch && this.page.surface.topOf(stretch);
  }

  private drawn(thread: Thread, active: string | null, isListed: boolean): Card {
    const known = this.cards.get(thread.id);
    if (known && !this.isStale) return known;
    const card = known ?? new Card(thread, this.acts);
    this.cards.set(thread.id, card);
    const stretch = this.stretchOf(thread.id);
    const look: Look = {
      isActive: thread.id === active,
      mayComment: this.threads.mayComment,
      mayManage: this.page.may("manage"),
      self: this.page.self().id,
      isPlaced: this.marks.placed.has(thread.id) || (stretch !== null && this.page.surface.wordsOf(stretch) !== null),
      isListed,
    };
    card.show(thread, look);
    return card;
  }
}
