/** What is drawn over plain text and is no part of it: see `mark` in surface.ts. */

import { type EditorState, type Range, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView } from "@codemirror/view";
import * as Y from "yjs";

import { fromBase64, toBase64 } from "../../lib/base64";
import { broughtBack, LayerList } from "../layers";
import type { ChosenListener, Drawn, Marked, Painter, Stretch } from "../surface";

type Drawings = Map<string, Range<Decoration>[]>;

const drawnEffect = StateEffect.define<Drawings>();

interface Spec {
  layer?: string;
  id?: string;
}

const FIELD = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (before, tr) => {
    let decorations = before.map(tr.changes);
    for (const effect of tr.effects) {
      if (!effect.is(drawnEffect)) continue;
      decorations = decorations.update({
        filter: (_from, _to, { spec }) => !effect.value.has((spec as Spec).layer ?? ""),
        add: [...effect.value.values()].flat(),
        sort: true,
      });
    }
    return decorations;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export class Layers {
  private readonly list: LayerList<Range<Decoration>[]>;
  private readonly listeners = new Set<{ tell: ChosenListener; told: string }>();

  constructor(
    private readonly view: EditorView,
    private readonly text: Y.Text,
    closed: AbortSignal,
  ) {
    this.list = new LayerList({
      canDraw: () => text.length === view.state.doc.length && !view.composing,
      draw: (layer, marks) => this.draw(layer, marks),
      show: (drawings) => view.dispatch({ effects: drawnEffect.of(drawings) }),
    });
    const updated = EditorView.updateListener.of(({ docChanged, state }) => {
      if (docChanged) this.list.refresh();
      this.tell(state);
    });
    view.dispatch({ effects: StateEffect.appendConfig.of([FIELD, updated]) });
    closed.addEventListener("abort", () => this.list.destroy());
  }

  mark(layer: string, marks: readonly Marked[] | Painter | null, drawn?: Drawn): void {
    this.list.set(layer, marks, drawn);
  }

  chosen(): (Stretch & { quote: string }) | null {
    const { from, to, empty } = this.view.state.selection.main;
    if (empty) return null;
    const encoded = (index: number, assoc: number): string =>
      toBase64(Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(this.text, index, assoc)));
    return { start: encoded(from, 0), end: encoded(to, -1), quote: this.view.state.sliceDoc(from, to) };
  }

  wordsOf(stretch: Stretch): string | null {
    const found = this.find(stretch);
    return found && this.view.state.sliceDoc(found.from, found.to);
  }

  topOf(stretch: Stretch): number | null {
    const found = this.find(stretch);
    return found && this.view.documentTop + this.view.lineBlockAt(found.from).top;
  }

  show(stretch: Stretch): boolean {
    const found = this.find(stretch);
    if (found) this.view.dispatch({ effects: EditorView.scrollIntoView(found.from, { y: "center" }) });
    return found !== null;
  }

  onChosen(tell: ChosenListener): () => void {
    const listener = { tell, told: "" };
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private draw(layer: string, marks: readonly Marked[] | Painter): { drawn: Range<Decoration>[]; shown: Set<string> } {
    const shown = new Set<string>();
    if (typeof marks === "function") return { drawn: [...this.painted(layer, marks)], shown };
    const drawn = marks.flatMap(({ id, stretch, look }) => {
      const found = this.find(stretch);
      if (!found) return [];
      shown.add(id);
      return [Decoration.mark({ class: look.className, attributes: look.attributes ?? {}, layer, id }).range(found.from, found.to)];
    });
    return { drawn, shown };
  }

  private *painted(layer: string, paint: Painter): IterableIterator<Range<Decoration>> {
    let position = 0;
    for (let item = this.text._start; item; item = item.right) {
      if (item.deleted || !item.countable) continue;
      for (const { from, to, look, id = "" } of paint(item.id.client, item.id.clock, item.length)) {
        yield Decoration.mark({ class: look.className, attributes: look.attributes ?? {}, layer, id }).range(position + from, position + to);
      }
      position += item.length;
    }
  }

  private find({ start, end, quote }: Stretch): { from: number; to: number } | null {
    const [first, last] = [this.placeOf(start), this.placeOf(end)];
    if (!first || !last) return null;
    const [from, to] = [first.index, last.index];
    const back = quote && !(first.isHere && last.isHere) ? this.broughtBack(from, to, quote) : null;
    return back ?? (from < to ? { from, to } : null);
  }

  private broughtBack(from: number, to: number, quote: string): { from: number; to: number } | null {
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    const begin = Math.max(0, first - quote.length);
    const at = broughtBack(this.view.state.sliceDoc(begin, last + quote.length), quote, first - begin, last - begin);
    return at === null ? null : { from: begin + at, to: begin + at + quote.length };
  }

  /** Where a letter is, or was. */
  private placeOf(encoded: string): { index: number; isHere: boolean } | null {
    const doc = this.text.doc as Y.Doc;
    try {
      const place = Y.decodeRelativePosition(fromBase64(encoded));
      const found = Y.createAbsolutePositionFromRelativePosition(place, doc);
      if (found?.type !== this.text) return null;
      const isHere = !place.item || !(Y.getItem(doc.store, place.item) as Y.Item | Y.GC).deleted;
      return { index: Math.min(found.index, this.view.state.doc.length), isHere };
    } catch {
      return null; // it is none
    }
  }

  private tell(state: EditorState): void {
    if (!this.listeners.size) return;
    const { head, empty } = state.selection.main;
    const at = new Map<string, string[]>();
    state.field(FIELD).between(head, head, (_from, _to, { spec }) => {
      const { layer, id } = spec as Spec;
      if (layer && id) at.set(layer, [...(at.get(layer) ?? []), id]);
    });
    const now = JSON.stringify([!empty, ...at]);
    for (const listener of this.listeners) {
      if (listener.told === now) continue;
      listener.told = now;
      listener.tell(!empty, at);
    }
  }
}
