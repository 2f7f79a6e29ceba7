/** What is drawn over plain text and is no part of it: see `mark` in surface.ts. */

import { type Range as CodeRange, type EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView } from "@codemirror/view";
import * as Y from "yjs";

import { fromBase64, toBase64 } from "../../lib/base64";
import { itemNow } from "../insides";
import { broughtBack, LayersOf, type Range, type Spec, type Units } from "../layers";
import type { Look, Stretch, Words } from "../surface";

type Drawings = Map<string, CodeRange<Decoration>[]>;

const drawnEffect = StateEffect.define<Drawings>();

const FIELD = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (before, tr) => {
    let decorations = before.map(tr.changes);
    for (const effect of tr.effects) {
      if (!effect.is(drawnEffect)) continue;
      decorations = decorations.update({
        filter: (_from, _to, { spec }) => !effect.value.has((spec as Partial<Spec>).layer ?? ""),
        add: [...effect.value.values()].flat(),
        sort: true,
      });
    }
    return decorations;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export class Layers extends LayersOf<CodeRange<Decoration>> {
  constructor(
    private readonly view: EditorView,
    private readonly text: Y.Text,
    closed: AbortSignal,
  ) {
    super(closed);
    const updated = EditorView.updateListener.of(({ docChanged, state }) => {
      if (docChanged) this.refresh();
      const { head, empty } = state.selection.main;
      this.tell(!empty, () => specsAt(state, head));
    });
    view.dispatch({ effects: StateEffect.appendConfig.of([FIELD, updated]) });
  }

  chosen(): Words | null {
    const { main } = this.view.state.selection;
    return main.empty ? null : this.bound(main);
  }

  wordsOf(stretch: Stretch): string | null {
    const found = this.find(stretch);
    return found && this.view.state.sliceDoc(found.from, found.to);
  }

  topOf(stretch: Stretch): number | null {
    const found = this.find(stretch);
    return found && this.view.documentTop + this.view.lineBlockAt(found.from).top;
  }

  reveal(stretch: Stretch): boolean {
    const found = this.find(stretch);
    if (found) this.view.dispatch({ effects: EditorView.scrollIntoView(found.from, { y: "center" }) });
    return found !== null;
  }

  protected bound({ from, to }: Range): Words | null {
    const encoded = (index: number, assoc: number): string =>
      toBase64(Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(this.text, index, assoc)));
    return { start: encoded(from, 0), end: encoded(to, -1), quote: this.view.state.sliceDoc(from, to) };
  }

  protected canDraw(): boolean {
    return this.text.length === this.view.state.doc.length && !this.view.composing;
  }

  protected placeOf(encoded: string): { at: number; isHere: boolean } | null {
    const doc = this.text.doc as Y.Doc;
    try {
      const place = Y.decodeRelativePosition(fromBase64(encoded));
      const found = Y.createAbsolutePositionFromRelativePosition(place, doc);
      if (found?.type !== this.text) return null;
      const isHere = !place.item || itemNow(doc, place.item)?.item.deleted === false;
      return { at: Math.min(found.index, this.view.state.doc.length), isHere };
    } catch {
      return null; // it is none
    }
  }

  protected wordsBack(words: string, first: number, last: number): Range | null {
    const begin = Math.max(0, first - words.length);
    const at = broughtBack(this.view.state.sliceDoc(begin, last + words.length), words, first - begin, last - begin);
    return at === null ? null : { from: begin + at, to: begin + at + words.length };
  }

  protected *units(): IterableIterator<Units> {
    let position = 0;
    for (let item = this.text._start; item; item = item.right) {
      if (item.deleted || !item.countable) continue;
      yield { client: item.id.client, clock: item.id.clock, length: item.length, position };
      position += item.length;
    }
  }

  protected drawing({ from, to }: Range, { className, attributes = {} }: Look, spec: Spec): CodeRange<Decoration> {
    return Decoration.mark({ class: className, attributes, ...spec }).range(from, to);
  }

  protected show(drawings: Drawings): void {
    this.view.dispatch({ effects: drawnEffect.of(drawings) });
  }
}

function specsAt(state: EditorState, place: number): Partial<Spec>[] {
  const specs: Partial<Spec>[] = [];
  state.field(FIELD).between(place, place, (_from, _to, { spec }) => void specs.push(spec as Partial<Spec>));
  return specs;
}
