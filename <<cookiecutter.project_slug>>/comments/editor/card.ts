/** A thread as a card: beside its words, or in the list. */

import { Check, EllipsisVertical, RotateCcw } from "lucide";

import { openMenu, type MenuItem } from "../../frontend/ui/menu";
import { Box } from "./box";
import { type Drafts, newId } from "./drafts";
import * as m from "./messages";
import { arrange, avatar, iconButton, make, nameOf, time, when } from "./parts";
import type { Comment, Thread } from "./threads";
import { asElements } from "./words";

/** What one can do with a card. */
export interface Acts {
  readonly drafts: Drafts;
  readonly longest: number;
  reply(thread: Thread, text: string, id: string, mentioned: number[] | null): Promise<void>;
  edit(comment: Comment, text: string, id: string, mentioned: number[] | null): Promise<void>;
  remove(thread: Thread, comment: Comment, from: HTMLElement): void;
  resolve(thread: Thread, resolved: boolean): void;
  copyLink(comment: Comment): void;
  /** One is in it, or presses it: `go` is to bring its words into sight. */
  activate(thread: Thread, go: boolean): void;
  /** Back to the text. */
  leave(): void;
  /** Goes ahead at once, unless there are words that would be lost: then the person is asked. */
  discard(hasWords: boolean, from: HTMLElement, accept: () => void): void;
  /** It is higher or lower than before. */
  resized(): void;
}

/** How it is shown. */
export interface Look {
  isActive: boolean;
  mayComment: boolean;
  mayManage: boolean;
  self: string;
  /** Whether its words are in the text. */
  isPlaced: boolean;
  /** In the list, where its words are not beside it. */
  isListed: boolean;
}

export class Card {
  readonly element = make("article", "comment-card");

  private readonly head = make("div", "comment-card-head");
  private readonly list = make("ol", "comment-list");
  private readonly foot = make("div", "comment-card-foot");
  private readonly box: Box;
  private readonly edits = new Map<string, Box>();
  /** What is drawn of each comment, and of what. */
  private readonly items = new Map<string, { key: string; element: HTMLLIElement }>();
  private shown = "";
  private look: Look | null = null;

  constructor(
    private thread: Thread,
    private readonly acts: Acts,
  ) {
    const { element, foot } = this;
    const what = `reply:${thread.id}` as const;
    const draft = acts.drafts.get(what);
    let id = draft?.id ?? newId();
    this.box = new Box({
      label: m.REPLY,
      placeholder: m.REPLY_HERE,
      action: m.REPLY,
      text: draft?.text ?? "",
      longest: acts.longest,
      typed: (text) => {
        acts.drafts.put(what, { id, text });
        acts.resized();
      },
      send: (text, mentioned) => acts.reply(this.thread, text, id, mentioned),
      sent: () => {
        acts.drafts.drop(what);
        id = newId();
        acts.resized();
      },
      left: () => acts.leave(),
      cancelled: (from) =>
        acts.discard(this.box.isFilled, from, () => {
          acts.drafts.drop(what);
          this.box.set("");
          acts.leave();
        }),
    });
    element.tabIndex = -1;
    element.dataset["testid"] = "thread";
    element.dataset["thread"] = thread.id;
    foot.append(this.box.element);
    element.append(this.head, this.list, foot);
    element.addEventListener("focusin", () => acts.activate(this.thread, false));
    element.addEventListener("click", ({ target }) => {
      if (!(target as Element).closest("a, button, textarea, input")) acts.activate(this.thread, true);
    });
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      event.preventDefault();
      acts.leave();
    });
  }

  focus(comment?: string): void {
    const target = comment && this.list.querySelector<HTMLElement>(`[data-comment="${CSS.escape(comment)}"]`);
    (target || this.element).focus({ preventScroll: true });
  }

  focusReply(): void {
    this.box.focus();
  }

  show(thread: Thread, look: Look): void {
    this.thread = thread;
    this.look = look;
    const key = JSON.stringify([thread, look, ...thread.comments.map(({ written }) => when(written))]);
    if (key === this.shown) return;
    this.shown = key;
    const { element, foot } = this;
    const held = this.heldFocus();
    element.classList.toggle("is-active", look.isActive);
    element.classList.toggle("is-resolved", thread.resolved !== null);
    element.setAttribute("aria-label", m.threadLabel(nameOf(thread.comments[0]?.author ?? null), thread.quote));
    // What was typed stays in sight, whatever one may do now: it can be copied.
    const isOffered = look.mayComment && (look.isActive || look.isListed);
    foot.hidden = !(isOffered || this.box.isFilled) || thread.resolved !== null;
    this.showHead();
    this.showComments();
    this.box.grow();
    held?.();
  }

  private showHead(): void {
    const { thread, look, head, acts } = this;
    if (!look) return;
    const parts: Node[] = [];
    if (look.isListed || !look.isPlaced) {
      const quote = make("blockquote", "comment-quote", thread.quote || "…");
      quote.dir = "auto";
      quote.dataset["testid"] = "quote";
      if (look.isPlaced) quote.addEventListener("click", () => acts.activate(thread, true));
      parts.push(quote);
      if (!look.isPlaced) parts.push(make("p", "comment-note", m.WORDS_GONE));
    }
    if (thread.resolved) parts.push(make("p", "comment-note", m.resolvedBy(nameOf(thread.resolvedBy), when(thread.resolved))));
    head.replaceChildren(...parts);
  }

  private showComments(): void {
    const { thread, look } = this;
    const comments = thread.comments;
    const isWhole = look?.isActive || look?.isListed || comments.length < 3;
    const shown = isWhole ? comments : comments.slice(0, 1);
    const items = shown.map((comment, index) => this.itemOf(comment, index === 0));
    if (!isWhole) items.push(make("li", "comment-more", m.replies(comments.length - 1)));
    arrange(this.list, items);
  }

  /** As it was drawn before, if nothing about it is another. */
  private itemOf(comment: Comment, isFirst: boolean): HTMLLIElement {
    const { look, thread } = this;
    const key = JSON.stringify([comment, isFirst, thread.resolved, look?.mayComment, look?.mayManage, this.edits.has(comment.id), when(comment.written)]);
    const known = this.items.get(comment.id);
    if (known?.key === key) return known.element;
    const element = this.item(comment, isFirst);
    this.items.set(comment.id, { key, element });
    return element;
  }

  private item(comment: Comment, isFirst: boolean): HTMLLIElement {
    const { acts, thread, look } = this;
    const item = make("li", "comment");
    item.tabIndex = -1;
    item.dataset["comment"] = comment.id;
    item.dataset["testid"] = "comment";
    if (comment.deleted) {
      item.append(make("div", "comment-top", make("p", "comment-note", m.DELETED), ...this.buttons(comment, isFirst)));
      return item;
    }
    const name = make("bdi", "comment-name", nameOf(comment.author));
    const who = make("div", "comment-who", name, time(comment.written, comment.edited));
    item.append(make("div", "comment-top", avatar(comment.author), who, ...this.buttons(comment, isFirst)));
    const editing = this.edits.get(comment.id) ?? (look?.mayComment ? this.begunEdit(comment) : null);
    if (editing) item.append(editing.element);
    else {
      const text = make("p", "comment-text", ...asElements(comment.text));
      text.dir = "auto";
      text.addEventListener("click", ({ target }) => {
        if (!(target as Element).closest("a")) acts.activate(thread, true);
      });
      item.append(text);
    }
    return item;
  }

  private buttons(comment: Comment, isFirst: boolean): HTMLElement[] {
    const { acts, thread, look } = this;
    const found: HTMLElement[] = [];
    if (isFirst && look?.mayComment) {
      const isOpen = thread.resolved === null;
      const [label, image, testId] = isOpen ? ([m.RESOLVE, Check, "resolve"] as const) : ([m.REOPEN, RotateCcw, "reopen"] as const);
      found.push(iconButton(label, image, testId, () => acts.resolve(thread, isOpen)));
    }
    if (!comment.deleted) {
      const more = iconButton(m.MORE, EllipsisVertical, "comment-more", (button) => this.openMenuOf(comment, button));
      more.setAttribute("aria-haspopup", "menu");
      found.push(more);
    }
    return found.length ? [make("span", "comment-buttons", ...found)] : [];
  }

  private openMenuOf(comment: Comment, button: HTMLElement): void {
    const { acts, look, thread } = this;
    const isOwn = comment.author?.id === look?.self;
    const item = (id: string, label: string, run: () => void): MenuItem => ({ id, label, isEnabled: true, run });
    const groups = [
      [
        item("copy-link", m.COPY_LINK, () => acts.copyLink(comment)),
        ...(isOwn && look?.mayComment ? [item("edit-comment", m.EDIT, () => this.edit(comment))] : []),
        ...(isOwn || look?.mayManage ? [item("delete-comment", m.DELETE, () => acts.remove(thread, comment, this.element))] : []),
      ],
    ];
    openMenu({ label: m.MORE, button, groups: () => groups, closed: () => this.button(comment.id, "comment-more")?.focus() });
  }

  private button(comment: string, testId: string): HTMLElement | null {
    return this.list.querySelector(`[data-comment="${CSS.escape(comment)}"] [data-testid="${testId}"]`);
  }

  private edit(comment: Comment): void {
    this.startEdit(comment, comment.text).focus();
  }

  /** What was begun here before, and not sent. */
  private begunEdit(comment: Comment): Box | null {
    const draft = comment.author?.id === this.look?.self ? this.acts.drafts.get(`edit:${comment.id}`) : null;
    return draft && this.makeEdit(comment, draft.text);
  }

  private startEdit(comment: Comment, text: string): Box {
    const box = this.edits.get(comment.id) ?? this.makeEdit(comment, text);
    this.redraw();
    return box;
  }

  private makeEdit(comment: Comment, text: string): Box {
    const { acts } = this;
    const what = `edit:${comment.id}` as const;
    const done = (): void => {
      this.edits.delete(comment.id);
      acts.drafts.drop(what);
      this.redraw();
      this.focus(comment.id);
    };
    const isChanged = (): boolean => box.area.value.trim() !== comment.text.trim();
    const box = new Box({
      label: m.EDIT,
      placeholder: m.WRITE_HERE,
      action: m.SAVE,
      text,
      longest: acts.longest,
      typed: (typed) => {
        acts.drafts.put(what, { id: comment.id, text: typed });
        acts.resized();
      },
      send: async (typed, mentioned) => {
        await acts.edit(comment, typed, comment.id, mentioned);
        done();
      },
      // Nobody has to keep what was not changed.
      left: () => (isChanged() ? acts.leave() : done()),
      cancelled: (from) => acts.discard(isChanged(), from, done),
    });
    this.edits.set(comment.id, box);
    return box;
  }

  private redraw(): void {
    if (!this.look) return;
    this.shown = "";
    this.show(this.thread, this.look);
    this.acts.resized();
  }

  /** Whatever is drawn anew, who was in it by keyboard stays there. */
  private heldFocus(): (() => void) | null {
    const focused = document.activeElement;
    if (!(focused instanceof HTMLElement) || !this.list.contains(focused)) return null;
    const comment = focused.closest<HTMLElement>("[data-comment]")?.dataset["comment"] ?? "";
    const { testid = "" } = focused.dataset;
    const selection = focused instanceof HTMLTextAreaElement ? ([focused.selectionStart, focused.selectionEnd] as const) : null;
    return () => {
      if (document.activeElement === focused) return;
      const again = focused.isConnected ? focused : (this.button(comment, testid) ?? this.element);
      again.focus({ preventScroll: true });
      if (selection && again instanceof HTMLTextAreaElement) again.setSelectionRange(...selection);
    };
  }
}
