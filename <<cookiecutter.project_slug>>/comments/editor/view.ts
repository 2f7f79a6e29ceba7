/** The comments of a document on its page: their words in the text, their cards beside it or in a panel. */

import type { RoomPage } from "../../frontend/feature";
import { AskFailed } from "../../frontend/lib/ask";
import type { Stretch } from "../../frontend/surfaces/surface";
import { copyText } from "../../frontend/ui/copy";
import type { Panel } from "../../frontend/ui/panel";
import { AddButton } from "./add-button";
import { Begun, type BegunActs } from "./begun";
import { Cards } from "./cards";
import { Display } from "./display";
import { type Draft, Drafts, newId } from "./drafts";
import { HeaderButton } from "./header-button";
import { isCommentKey, KEYS } from "./keys";
import { List } from "./list";
import { ATTRIBUTE, LAYER, WordMarks } from "./marks";
import * as m from "./messages";
import { nameOf } from "./parts";
import { Places } from "./places";
import { type Author, type Comment, type Thread, Threads } from "./threads";
import { WayBack } from "./way-back";

/** Characters of the words that are kept: see LONGEST_QUOTE in models.py. */
const LONGEST_QUOTE = 300;
/** How links name a comment. */
const HASH = "#comment-";

export interface Data {
  url: string;
  longest: number;
}

export class CommentsView {
  private readonly threads: Threads;
  private readonly drafts: Drafts;
  private readonly cards: Cards;
  private readonly panel: Panel;
  private readonly list: List;
  private readonly add: AddButton;
  private readonly button = new HeaderButton(() => (this.panel.isOpen ? this.panel.close() : this.open()));
  private readonly back = new WayBack();
  private readonly places: Places;
  private readonly display: Display;
  private readonly acts: BegunActs;

  constructor(
    private readonly page: RoomPage,
    { url, longest }: Data,
  ) {
    this.drafts = new Drafts(page.self().id, page.room);
    this.threads = new Threads(url, page.ask, (author) => this.changed(author));
    this.panel = page.panel({ id: "comments", title: m.COMMENTS, closed: () => this.panelClosed() });
    this.list = new List(this.panel, { filtered: () => this.display.refresh(), letViewers: (allowed) => void this.try(this.threads.letViewers(allowed)) });
    const marks = new WordMarks(page.surface, (isOther) => {
      this.display.moved(isOther);
      this.places.changed();
    });
    this.places = new Places(
      page,
      () => this.threads.all,
      // Who may not write has not brought anything back; what is not told now is as it was.
      (moved) => void (page.may("write") && this.try(this.threads.move(moved), null)),
    );
    this.acts = this.makeActs(longest);
    this.cards = new Cards(page, this.threads, marks, this.acts, this.places);
    const { threads, cards, panel, list, button } = this;
    this.display = new Display({ page, threads, cards, marks, panel, list, button });
    this.add = new AddButton(() => this.comment());
    this.mount();
    for (const draft of this.drafts.begun()) this.cards.begun.set(draft.id, new Begun(draft, this.acts));
    page.onNews((news) => this.hear(news));
    page.onRole(() => void this.load());
    void this.load().then(() => this.follow());
  }

  // Putting it on the page.

  private mount(): void {
    const { page, display } = this;
    page.addToHeader(this.button.element);
    page.addKeys(m.keys(KEYS));
    const paper = document.querySelector(".paper");
    paper?.append(display.margin.element, this.add.element);
    page.surface.onChosen((isChosen, at) => this.chosen(isChosen, at.get(LAYER) ?? []));
    document.addEventListener("keydown", (event) => this.pressed(event));
    document.getElementById("editor")?.addEventListener("click", ({ target }) => this.clicked(target as Element));
    window.addEventListener("hashchange", () => this.follow());
    window.addEventListener("storage", ({ newValue }) => newValue === null && this.forgetSent());
    window.addEventListener("beforeunload", (event) => {
      if (this.drafts.isHolding) event.preventDefault();
    });
    // Letters that come, a window that is another: whatever moves words moves cards.
    const resized = new ResizeObserver(() => display.placeSoon());
    for (const part of [paper, document.getElementById("editor")]) if (part) resized.observe(part);
  }

  private makeActs(longest: number): BegunActs {
    const { threads, drafts, page } = this;
    return {
      drafts,
      longest,
      begin: async (draft, mentioned) => {
        await threads.begin(draft, mentioned);
        page.announce(m.SENT);
      },
      reply: async (thread, text, id, mentioned) => {
        await threads.reply(thread.id, { id, text }, mentioned);
        page.announce(m.SENT);
      },
      edit: (comment, text, id, mentioned) => threads.edit(comment.id, { id, text }, mentioned),
      remove: (thread, comment, from) => this.remove(thread, comment, from),
      resolve: (thread, resolved) => void this.try(this.resolve(thread, resolved)),
      copyLink: (comment) => void this.copyLink(comment),
      activate: (thread, go) => this.activate(thread.id, go),
      leave: () => this.leave(),
      discard: (hasWords, from, accept) => {
        if (hasWords) page.confirm({ sentence: m.DISCARD_QUESTION, label: m.DISCARD, accept, from });
        else accept();
      },
      resized: () => this.display.place(),
      gone: (begun) => this.ended(begun),
    };
  }

  // What the server has.

  private async load(): Promise<void> {
    await this.try(this.threads.load(), m.NOT_LOADED);
  }

  /** Another browser, or this one, has changed something. */
  private hear({ thread }: Record<string, unknown>): void {
    if (typeof thread !== "string" || !this.threads.isLoaded) void this.load();
    else void this.try(this.threads.loadOne(thread), null);
  }

  private changed(author: Author | null): void {
    this.page.give("comment", this.threads.viewers);
    if (author && author.id !== this.page.self().id) this.page.announce(m.arrived(nameOf(author)));
    this.display.refresh();
    // Whether one may comment is known a moment after the page is there: words may have been chosen before.
    this.add.place();
  }

  /** Says what the site would not do, in its words or in others; in none for what will be asked again. */
  private async try(asked: Promise<unknown>, sentence?: string | null): Promise<void> {
    try {
      await asked;
    } catch (error) {
      if (!(error instanceof AskFailed)) throw error;
      if (sentence !== null) this.page.say(sentence ?? error.message);
      this.display.refresh();
    }
  }

  // What one does.

  /** On the words that are chosen; without any, to the comment that one is at. */
  private comment(): void {
    const place = this.page.surface.chosen();
    const at = this.display.active && this.cards.get(this.display.active);
    if (place && this.mayComment) this.begin(place);
    else if (place) this.page.say(m.MAY_NOT);
    else if (at) this.enter(this.display.active as string);
    else this.page.say(this.mayComment ? m.SELECT_FIRST : m.MAY_NOT);
  }

  private begin({ start, end, quote }: Stretch & { quote: string }): void {
    const draft: Draft = { id: newId(), text: "", place: { start, end, quote: cut(quote) } };
    const begun = new Begun(draft, this.acts);
    this.cards.begun.set(draft.id, begun);
    this.back.remember();
    this.display.active = draft.id;
    this.add.hide();
    if (!this.display.isWide && !this.panel.isOpen) this.panel.open();
    this.list.choose("open");
    this.display.refresh();
    this.display.placeNow();
    begun.box.focus();
    begun.element.scrollIntoView({ block: "nearest" });
  }

  private ended(begun: Begun): void {
    this.cards.begun.delete(begun.draft.id);
    const sent = this.threads.get(begun.draft.id);
    const held = begun.element.contains(document.activeElement);
    this.display.refresh();
    if (sent && held) this.cards.get(sent.id)?.focus();
  }

  /** What another tab has sent, or thrown away. */
  private forgetSent(): void {
    for (const { draft, box, element } of this.cards.begun.values()) {
      const isKept = !box.isFilled || this.drafts.get(`new:${draft.id}`) || element.contains(document.activeElement);
      if (!isKept) this.cards.begun.delete(draft.id);
    }
    this.display.refresh();
  }

  private remove(thread: Thread, comment: Comment, from: HTMLElement): void {
    const accept = (): void => void this.try(this.removed(thread, comment));
    this.page.confirm({ sentence: m.DELETE_QUESTION, label: m.DELETE, accept, from });
  }

  private async removed({ id }: Thread, comment: Comment): Promise<void> {
    await this.threads.remove(id, comment.id);
    this.display.placeNow();
    // It has gone with the focus in it.
    if (!this.threads.get(id) && document.activeElement === document.body) this.leave();
  }

  private async resolve(thread: Thread, resolved: boolean): Promise<void> {
    const held = this.cards.get(thread.id)?.element.contains(document.activeElement);
    await this.threads.resolve(thread.id, resolved);
    this.page.say(resolved ? m.RESOLVED : m.REOPENED);
    if (held && !this.cards.get(thread.id)?.element.isConnected) this.leave();
  }

  private async copyLink({ id }: Comment): Promise<void> {
    const isCopied = await copyText(`${location.origin}${location.pathname}${HASH}${id}`);
    this.page.say(isCopied ? m.LINK_COPIED : m.LINK_NOT_COPIED);
  }

  // Where one is.

  private pressed(event: KeyboardEvent): void {
    const { target } = event;
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (isCommentKey(event)) {
      event.preventDefault();
      // Not on words that are out of sight, as those of now are while an old version is shown.
      if (this.display.isTextShown) this.comment();
      return;
    }
    const card = target instanceof HTMLElement ? target.closest<HTMLElement>(".comment-card") : null;
    const to = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!card || to === undefined || (target as Element).matches("textarea, [role^=menu]")) return;
    event.preventDefault();
    const all = [...(card.parentElement?.querySelectorAll<HTMLElement>(".comment-card[data-thread]") ?? [])];
    const next = all[all.indexOf(card) + to];
    if (!next) return;
    next.focus({ preventScroll: true });
    this.activate(next.dataset["thread"] ?? "", true);
    next.scrollIntoView({ block: "nearest" });
  }

  /** The caret has come to some words, or has left them. */
  private chosen(isChosen: boolean, at: readonly string[]): void {
    this.add.offer(isChosen ? () => this.topOfChosen() : null);
    const id = at.at(-1) ?? null;
    // Who is in a card has not left it because the text is drawn anew.
    if (id === this.display.active || this.back.isWithin) return;
    this.display.active = id;
    this.display.refresh();
  }

  private clicked(target: Element): void {
    const id = target.closest(`[${ATTRIBUTE}]`)?.getAttribute(ATTRIBUTE);
    if (!id || !this.threads.get(id) || this.display.isBeside(id)) return;
    if (!String(getSelection())) this.reveal(id);
  }

  private activate(id: string, go: boolean): void {
    this.back.remember();
    const stretch = this.cards.stretchOf(id);
    if (go && stretch) this.page.surface.show(stretch);
    if (this.display.active === id) return;
    this.display.active = id;
    this.display.refresh();
  }

  /** Into the card of a thread, by keyboard. */
  private enter(id: string): void {
    this.back.remember();
    if (!this.display.isBeside(id)) this.reveal(id);
    else this.cards.get(id)?.focus();
  }

  /** Where a thread is to be seen, wherever that is. */
  private reveal(id: string, comment?: string): void {
    const thread = this.threads.get(id);
    if (!thread) return;
    this.display.active = id;
    const stretch = this.cards.stretchOf(id);
    if (stretch) this.page.surface.show(stretch);
    if (thread.resolved || !this.display.isWide || !stretch || this.page.surface.wordsOf(stretch) === null) {
      this.list.choose(thread.resolved ? "resolved" : "open");
      this.open();
    }
    this.display.refresh();
    this.display.placeNow();
    const card = this.cards.get(id);
    card?.focus(comment);
    card?.element.scrollIntoView({ block: "nearest" });
  }

  /** The address may name a comment. */
  private follow(): void {
    if (!location.hash.startsWith(HASH) || !this.threads.isLoaded) return;
    const id = location.hash.slice(HASH.length);
    const thread = this.threads.withComment(id);
    if (thread) this.reveal(thread.id, id);
    else this.page.say(m.NOT_FOUND);
  }

  /** Back to where one was. */
  private leave(): void {
    this.display.active = null;
    this.back.go();
    this.display.refresh();
  }

  private open(): void {
    this.panel.open();
    this.display.refresh();
  }

  private panelClosed(): void {
    // Told before the panel is gone.
    queueMicrotask(() => this.display.refresh());
  }

  private get mayComment(): boolean {
    return this.threads.mayComment;
  }

  private topOfChosen(): number | null {
    if (!this.mayComment) return null;
    // In the text or, where one may only read it, in whatever it is in.
    const focused = document.activeElement;
    if (!focused?.closest("#editor") && !focused?.querySelector("#editor")) return null;
    const place = this.page.surface.chosen();
    return place && this.page.surface.topOf(place);
  }
}

/** Not in the midst of a sign that takes two units. */
function cut(quote: string): string {
  return quote.length <= LONGEST_QUOTE ? quote : quote.slice(0, LONGEST_QUOTE).replace(/[\uD800-\uDBFF]$/, "");
}
