/**
 * The title: a text of the document, in a field of one line.
 *
 * What is typed goes into the document at once, also what an input method is still at: it is kept and shown like all
 * else. What others write meanwhile waits for the input method, which would lose its place; `Places` knows where in the
 * document the field's letters are by then.
 *
 * The field is there before any script, and before there is a document. Until then it takes what is typed for the text
 * too: all below its first line, and what is more than lists show of a title. See `begin`.
 */

import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import { bringIntoSight, caretIn } from "../lib/sight";
import { longTitle } from "../text/messages";
import { TitleCarets } from "./title-carets";
import { type Change, Places, changeOf } from "./title-places";

/** Named in rooms/kinds.py too. */
const ROOT = "title";
/** More of a title is in the document, but not in the field: somebody may have put a book there. */
const SHOWN = 10_000;

/** Takes lines that were typed for the text when there was none, and the caret if it is among them. */
export type TakeLines = (lines: string[], hasCaret: boolean) => void;

/** A title, and the one that it was made from. */
export interface Draft {
  title: string;
  base: string;
}

export interface TitleOptions {
  doc: Y.Doc;
  awareness: Awareness;
  input: HTMLTextAreaElement;
  /** What the page came with: lists show it, so it is no longer than they do. */
  title: string;
  /** Lies over the field. */
  carets: HTMLElement;
  hint: HTMLElement;
  colorOf: (person: string, own: string) => string;
  onEnter: () => void;
}

export class Title {
  /** Somebody has typed here since the page was opened. */
  isTouched = false;
  private readonly source: Y.Text;
  private readonly history: Y.UndoManager;
  private readonly carets: TitleCarets;
  /** What the field and the document last agreed upon, and where its letters are in the document now. */
  private base: string;
  private places = new Places(0);
  /** What was selected before what is typed now. */
  private selected: [number, number] = [0, 0];
  private composing = false;
  private begun = false;
  private stopped = false;
  private readonly longest: number;
  private readonly siteName: string;
  private readonly closing = new AbortController();

  constructor(private readonly options: TitleOptions) {
    const { doc, input } = options;
    this.base = options.title;
    this.longest = Number(input.dataset["longest"]);
    this.siteName = document.title.includes(" · ") ? ` · ${document.title.split(" · ").pop() ?? ""}` : "";
    this.source = doc.getText(ROOT);
    this.history = new Y.UndoManager(this.source, { trackedOrigins: new Set([this]) });
    this.carets = new TitleCarets(options, this.source, () => (this.begun ? shownOf(this.source) : null));
    this.source.observe(this.changed);
    this.listen();
    this.fit();
  }

  /** As one line without spaces that nobody sees. Lists show no more than its beginning. */
  get text(): string {
    return this.options.input.value.slice(0, this.end).trim().replace(/\s+/g, " ");
  }

  /** Something was typed that is not in the document yet. */
  get holdsWords(): boolean {
    return !this.begun && this.options.input.value !== this.options.title;
  }

  /**
   * From now on there is a document. It takes what waited here for it; what was typed for the text goes where `take`
   * says. Without that nobody may write into the text, and who has typed too early waits until they may.
   */
  begin(take: TakeLines | null): void {
    const { input } = this.options;
    if (this.begun || (!take && this.holdsWords)) return;
    if (this.composing) {
      input.addEventListener("compositionend", () => this.begin(take), { once: true, signal: this.closing.signal });
      return;
    }
    const { end } = this;
    const { value } = input;
    const hasCaret = document.activeElement === input && input.selectionStart > end;
    this.begun = true;
    this.places = Places.between(this.base, shownOf(this.source));
    if (value.length > end) input.value = value.slice(0, end);
    this.push();
    this.pull();
    this.carets.draw();
    if (value.length > end) take?.(value.slice(end).replace(/^\s/, "").split("\n"), hasCaret);
  }

  /** Takes a title that an earlier version of the editor kept on this device, apart from the document. */
  join({ title, base }: Draft): void {
    this.write(Places.between(base, shownOf(this.source)), changeOf(base, title, title.length));
    this.pull();
  }

  setReadOnly(readOnly: boolean): void {
    this.options.input.readOnly = readOnly || this.stopped;
    this.tellCaret();
  }

  /** Brings it into sight if somebody's caret is in it; whether it is. */
  reveal(person: string): boolean {
    const caret = caretIn(this.options.carets, person);
    if (caret) bringIntoSight(this.options.input);
    return caret !== null;
  }

  /** Nothing is written from here on. */
  stop(): void {
    this.stopped = true;
    this.setReadOnly(true);
  }

  /** Leaves the field as it is, and nothing behind. */
  destroy(): void {
    this.stop();
    this.closing.abort();
    this.source.unobserve(this.changed);
    this.history.destroy();
    this.carets.destroy();
  }

  private listen(): void {
    const { input } = this.options;
    const { signal } = this.closing;
    const ends = (): void => {
      this.composing = false;
      this.typed();
      this.pull();
    };
    input.addEventListener("input", () => this.typed(), { signal });
    input.addEventListener("compositionstart", () => (this.composing = true), { signal });
    input.addEventListener("compositionend", ends, { signal });
    input.addEventListener("keydown", (event) => this.pressed(event), { signal });
    input.addEventListener("beforeinput", (event) => this.typing(event), { signal });
    for (const event of ["focus", "blur"]) input.addEventListener(event, () => this.tellCaret(), { signal });
    document.addEventListener("selectionchange", () => this.tellCaret(), { signal });
    window.addEventListener("resize", () => this.fit(), { signal });
  }

  private pressed(event: KeyboardEvent): void {
    const { input, onEnter } = this.options;
    if (event.isComposing) return;
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && (key === "z" || key === "y")) {
      this.undo(event, key === "y" || event.shiftKey);
    } else if (!this.begun && !input.readOnly) {
      if (event.key === "Enter") this.goBelow(event);
    } else if (event.key === "Enter" || (event.key === "ArrowDown" && input.selectionStart === input.value.length)) {
      event.preventDefault();
      onEnter();
    }
  }

  /** The browser's own undo knows nothing of what others have written in between. */
  private undo(event: Event, again: boolean): void {
    if (!this.begun) return;
    event.preventDefault();
    if (this.options.input.readOnly || this.composing) return;
    if (again) this.history.redo();
    else this.history.undo();
  }

  private typing(event: InputEvent): void {
    const { input } = this.options;
    this.selected = [input.selectionStart, input.selectionEnd];
    if (event.inputType === "historyUndo") this.undo(event, false);
    if (event.inputType === "historyRedo") this.undo(event, true);
  }

  /** Where in the field the title ends. */
  private get end(): number {
    const { value } = this.options.input;
    if (this.begun) return value.length;
    const [line = ""] = value.split("\n", 1);
    const { length } = [...line].slice(0, this.longest).join("");
    const space = length < line.length ? line.lastIndexOf(" ", length) : 0;
    return space > 0 ? space : length;
  }

  private goBelow(event: KeyboardEvent): void {
    const { input } = this.options;
    const { end } = this;
    if (input.selectionEnd > end) return; // another line of the text
    event.preventDefault();
    if (input.value.length === end) input.value += "\n";
    input.setSelectionRange(end + 1, end + 1);
    this.fit();
  }

  private typed(): void {
    this.isTouched = true;
    if (this.begun) this.push();
    this.fit();
    this.tellCaret();
  }

  /** Writes into the document what was typed. */
  private push(): void {
    const { input } = this.options;
    if (!this.composing) this.put(oneLine(input.value), (place) => oneLine(input.value.slice(0, place)).length);
    if (input.value === this.base) return;
    this.write(this.places, changeOf(this.base, input.value, input.selectionStart, this.selected));
    this.base = input.value;
    this.selected = [0, 0];
  }

  private write(places: Places, change: Change): void {
    const place = places.behind(change.from);
    this.options.doc.transact(() => {
      for (const { at, length } of places.partsOf(change.from, change.to).reverse()) this.source.delete(at, length);
      if (change.text) this.source.insert(place, change.text);
    }, this);
    places.take(change, place);
  }

  private readonly changed = ({ delta, transaction }: Y.YTextEvent): void => {
    this.places.follow(delta);
    if (transaction.origin !== this) this.pull();
    this.carets.draw();
    if (transaction.origin === this.history) this.goWhereItChanged(delta);
  };

  /** Shows what is in the document. */
  private pull(): void {
    if (!this.begun || this.composing) return;
    const { input } = this.options;
    const shown = shownOf(this.source);
    const { places } = this;
    const isRange = input.selectionStart < input.selectionEnd;
    // What others write at the edge of what is selected is not selected.
    this.put(shown, (place) => (isRange && place === input.selectionStart ? (places.before(place) ?? shown.length) : places.behind(place)));
    this.base = shown;
    this.places = new Places(shown.length);
    this.fit();
  }

  /** Puts a text into the field, and the caret where its place is in that. */
  private put(text: string, moved: (place: number) => number): void {
    const { input } = this.options;
    if (input.value === text) return;
    const { selectionDirection } = input;
    const [start, end] = [moved(input.selectionStart), moved(input.selectionEnd)];
    input.value = text;
    if (document.activeElement === input) input.setSelectionRange(start, Math.max(start, end), selectionDirection);
  }

  private goWhereItChanged(delta: Y.YTextEvent["delta"]): void {
    let place = 0;
    for (const { retain, insert } of delta) place += retain ?? (typeof insert === "string" ? insert.length : 0);
    if (document.activeElement === this.options.input) this.options.input.setSelectionRange(place, place);
  }

  /** Where this person's caret is, for the others. */
  private tellCaret(): void {
    const { input } = this.options;
    const isHere = this.begun && !input.readOnly && document.activeElement === input;
    this.carets.tell(isHere ? this.places.behind(input.selectionDirection === "backward" ? input.selectionStart : input.selectionEnd) : null);
  }

  private fit(): void {
    const { input, hint } = this.options;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
    document.title = (this.text || "Untitled") + this.siteName;
    const long = this.begun && [...this.text].length > this.longest ? longTitle(this.longest) : "";
    if (hint.textContent !== long) hint.textContent = long;
  }
}

/** As the field shows it: one place for each that Yjs counts, whatever somebody has put there. */
function shownOf(source: Y.Text): string {
  const parts = (source.toDelta() as { insert: unknown }[]).map(({ insert }) => (typeof insert === "string" ? insert : "\ufffc"));
  return parts.join("").replace(/[\r\n]/g, " ").slice(0, SHOWN).replace(/[\uD800-\uDBFF]$/, "");
}

/** As it may be written: line breaks are spaces, and halves of characters what stands for such. */
function oneLine(typed: string): string {
  return typed.replace(/\s*\n\s*/g, " ").replace(/\p{Surrogate}/gu, "\ufffd");
}
