/** The layers that are drawn over a document, of any kind: what is drawn in each, when it is drawn anew, and at which marks one is. */

import type { ChosenListener, Drawn, Look, Marked, Painter, Stretch, Words } from "./surface";

interface Layer {
  marks: readonly Marked[] | Painter | null;
  drawn: Drawn | undefined;
}

/** From one position in the surface's document, and before another. */
export interface Range {
  from: number;
  to: number;
}

/** What each drawing says of itself: its layer, and the mark that it is, or what a painter has named. */
export interface Spec {
  layer: string;
  id: string;
}

/** Letters that operations of Yjs brought, and where they stand. */
export interface Units {
  client: number;
  clock: number;
  length: number;
  position: number;
}

/** Milliseconds after a change of the text: until then marks move along, and new words have none yet. */
const PAUSE = 100;

/** Of the time, that drawing may take at most: a long text that is painted letter by letter is drawn less often. */
const SHARE = 5;

/** What each kind of surface adds is how it finds places and draws. */
export abstract class LayersOf<Drawing> {
  private readonly layers = new Map<string, Layer>();
  private readonly listeners = new Set<{ tell: ChosenListener; told: string }>();
  private timer: number | undefined;
  private pause = PAUSE;

  constructor(closed: AbortSignal) {
    closed.addEventListener("abort", () => {
      window.clearTimeout(this.timer);
      this.layers.clear();
    });
  }

  mark(name: string, marks: Layer["marks"], drawn?: Drawn): void {
    if (marks === null && !this.layers.has(name)) return;
    this.layers.set(name, { marks, drawn });
    this.draw();
  }

  onChosen(tell: ChosenListener): () => void {
    const listener = { tell, told: "" };
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Whether what is drawn and what is written are in step now; else it is tried again a moment later. */
  protected abstract canDraw(): boolean;
  /** Where a letter is, or was, that is encoded as in a Stretch; null for what is none. */
  protected abstract placeOf(encoded: string): { at: number; isHere: boolean } | null;
  /** Where these words are, if they are back where they were, from `from` to `to`: see broughtBack below. */
  protected abstract wordsBack(words: string, from: number, to: number): Range | null;
  /** All letters, by the operations that brought them. */
  protected abstract units(): Iterable<Units>;
  /** What there is from here to there, bound to its first letter and to its last; null where there is none. */
  protected abstract bound(range: Range): Words | null;
  protected abstract drawing(range: Range, look: Look, spec: Spec): Drawing;
  /** Shows these in place of all that the same layers had. */
  protected abstract show(drawings: Map<string, Drawing[]>): void;

  /** Where these words are now; null if they are deleted. */
  protected find(stretch: Stretch): Range | null {
    return this.placed(stretch)?.range ?? null;
  }

  asNow(stretch: Stretch): Words | null {
    const placed = this.placed(stretch);
    return placed?.isWhole ? this.bound(placed.range) : null;
  }

  /** Where these words are now, and whether from their first to their last; null if they are deleted. */
  private placed({ start, end, quote }: Stretch): { range: Range; isWhole: boolean } | null {
    const [first, last] = [this.placeOf(start), this.placeOf(end)];
    if (!first || !last) return null;
    const [from, to] = [first.at, last.at];
    const isHere = first.isHere && last.isHere;
    // Letters that an undo has brought back are others, and stand where those were.
    const back = quote && !isHere ? this.wordsBack(quote, Math.min(from, to), Math.max(from, to)) : null;
    if (back) return { range: back, isWhole: true };
    return from < to ? { range: { from, to }, isWhole: isHere } : null;
  }

  /** The text has changed. */
  protected refresh(): void {
    if (this.layers.size) this.timer ??= window.setTimeout(() => this.draw(), this.pause);
  }

  /** The caret or the selection may be elsewhere; `marks` are those at the caret. */
  protected tell(isChosen: boolean, marks: () => Iterable<Partial<Spec>>): void {
    if (!this.listeners.size) return;
    const at = new Map<string, string[]>();
    for (const { layer, id } of marks()) if (layer && id) at.set(layer, [...(at.get(layer) ?? []), id]);
    const now = JSON.stringify([isChosen, ...at]);
    for (const listener of this.listeners) {
      if (listener.told === now) continue;
      listener.told = now;
      listener.tell(isChosen, at);
    }
  }

  private draw(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.canDraw()) {
      this.refresh();
      return;
    }
    const began = performance.now();
    const drawings = new Map<string, Drawing[]>();
    const told: (() => void)[] = [];
    for (const [name, { marks, drawn }] of this.layers) {
      if (marks === null) {
        drawings.set(name, []);
        this.layers.delete(name);
        continue;
      }
      const shown = new Set<string>();
      drawings.set(name, [...(typeof marks === "function" ? this.painted(name, marks) : this.marked(name, marks, shown))]);
      told.push(() => drawn?.(shown));
    }
    this.show(drawings);
    this.pause = Math.max(PAUSE, SHARE * (performance.now() - began));
    for (const tell of told) tell();
  }

  private *marked(layer: string, marks: readonly Marked[], shown: Set<string>): IterableIterator<Drawing> {
    for (const { id, stretch, look } of marks) {
      const found = this.find(stretch);
      if (!found) continue;
      shown.add(id);
      yield this.drawing(found, look, { layer, id });
    }
  }

  private *painted(layer: string, paint: Painter): IterableIterator<Drawing> {
    for (const { client, clock, length, position } of this.units()) {
      for (const { from, to, look, id = "" } of paint(client, clock, length)) {
        yield this.drawing({ from: position + from, to: position + to }, look, { layer, id });
      }
    }
  }
}

/**
 * Where words begin that an undo, or a restored version, has brought back: its letters are others than those that went, and
 * stand where those were, from `from` to `to`. The same words elsewhere are others, however near. Null: they are not back.
 */
export function broughtBack(letters: string, words: string, from: number, to: number): number | null {
  const at = letters.indexOf(words, Math.max(0, from - words.length));
  return at < 0 || at > to ? null : at;
}
