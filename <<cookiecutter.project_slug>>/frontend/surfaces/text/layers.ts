/** What is drawn over the text and is no part of it, as decorations: see `mark` in surface.ts. Fetched apart. */

import type { Editor } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { type EditorState, Plugin, PluginKey, type Transaction } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import * as Y from "yjs";

import { fromBase64, toBase64 } from "../../lib/base64";
import { centre } from "../../lib/sight";
import { broughtBack, LayerList } from "../layers";
import type { ChosenListener, Drawn, Marked, Painter, Stretch } from "../surface";
import { bindingOf } from "./bound";

const KEY = new PluginKey<DecorationSet>("layers");

interface Spec {
  layer: string;
  id: string;
}

/** Positions between letters that stand side by side: ends of blocks. */
const MARGIN = 20;

interface Range {
  from: number;
  to: number;
}

export class Layers {
  private readonly list: LayerList<Decoration[]>;
  private readonly listeners = new Set<{ tell: ChosenListener; told: string }>();

  constructor(
    private readonly editor: Editor,
    closed: AbortSignal,
  ) {
    this.list = new LayerList({
      canDraw: () => bindingOf(editor).drawn === editor.state.doc && !editor.view.composing,
      draw: (layer, marks) => this.draw(layer, marks),
      show: (drawn) => this.dispatch(drawn),
    });
    editor.registerPlugin(
      new Plugin<DecorationSet>({
        key: KEY,
        state: { init: () => DecorationSet.empty, apply: (tr, before) => this.apply(tr, before) },
        props: { decorations: (state) => KEY.getState(state) },
        view: () => ({
          update: ({ state }, before) => {
            if (state.doc !== before.doc) this.list.refresh();
            this.tell(state);
          },
        }),
      }),
    );
    closed.addEventListener("abort", () => this.list.destroy());
  }

  mark(layer: string, marks: readonly Marked[] | Painter | null, drawn?: Drawn): void {
    this.list.set(layer, marks, drawn);
  }

  /** From the first letter that is selected to the last: an end between two lines is no place that stays. */
  chosen(): (Stretch & { quote: string }) | null {
    const { doc, selection } = this.editor.state;
    if (selection.empty) return null;
    const from = Math.min(...selection.ranges.map(({ $from }) => $from.pos));
    const to = Math.max(...selection.ranges.map(({ $to }) => $to.pos));
    const letters: Range[] = [];
    doc.nodesBetween(from, to, (node, position) => {
      if (!node.isInline) return true;
      letters.push({ from: Math.max(from, position), to: Math.min(to, position + node.nodeSize) });
      return false;
    });
    const [first, last] = [letters[0]?.from, letters.at(-1)?.to];
    if (first === undefined || last === undefined) return null;
    const [start, end] = [this.encoded(first, true), this.encoded(last, false)];
    return start && end ? { start, end, quote: doc.textBetween(first, last, "\n", " ") } : null;
  }

  wordsOf(stretch: Stretch): string | null {
    const found = this.find(stretch);
    return found && this.editor.state.doc.textBetween(found.from, found.to, "\n", " ");
  }

  topOf(stretch: Stretch): number | null {
    const found = this.find(stretch);
    return found && this.editor.view.coordsAtPos(found.from).top;
  }

  show(stretch: Stretch): boolean {
    const found = this.find(stretch);
    if (found) centre(this.editor.view.coordsAtPos(found.from));
    return found !== null;
  }

  onChosen(tell: ChosenListener): () => void {
    const listener = { tell, told: "" };
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private apply(tr: Transaction, before: DecorationSet): DecorationSet {
    const drawn = tr.getMeta(KEY) as Map<string, Decoration[]> | undefined;
    const mapped = before.map(tr.mapping, tr.doc);
    if (!drawn) return mapped;
    const former = mapped.find(undefined, undefined, ({ layer }: Spec) => drawn.has(layer));
    return mapped.remove(former).add(tr.doc, [...drawn.values()].flat());
  }

  private dispatch(drawn: Map<string, Decoration[]>): void {
    const { view } = this.editor;
    if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(KEY, drawn).setMeta("addToHistory", false));
  }

  private draw(layer: string, marks: readonly Marked[] | Painter): { drawn: Decoration[]; shown: Set<string> } {
    const shown = new Set<string>();
    if (typeof marks === "function") return { drawn: [...this.painted(layer, marks)], shown };
    const drawn = marks.flatMap(({ id, stretch, look }) => {
      const found = this.find(stretch);
      if (!found) return [];
      shown.add(id);
      return [Decoration.inline(found.from, found.to, { ...look.attributes, class: look.className }, { layer, id } satisfies Spec)];
    });
    return { drawn, shown };
  }

  private *painted(layer: string, paint: Painter): IterableIterator<Decoration> {
    for (const { client, clock, length, position } of bindingOf(this.editor).units()) {
      for (const { from, to, look, id = "" } of paint(client, clock, length)) {
        yield Decoration.inline(position + from, position + to, { ...look.attributes, class: look.className }, { layer, id } satisfies Spec);
      }
    }
  }

  private find({ start, end, quote }: Stretch): Range | null {
    const { anchors } = bindingOf(this.editor);
    const [first, last] = [letterOf(start), letterOf(end)];
    if (!first || !last) return null;
    const [from, to] = [anchors.find(first), anchors.find(last)];
    if (from === null || to === null) return null;
    const isWhole = anchors.isHere(first) && anchors.isHere(last);
    return (!isWhole && quote && this.broughtBack(from, to, quote)) || (from < to ? { from, to } : null);
  }

  private broughtBack(from: number, to: number, quote: string): Range | null {
    const { doc } = this.editor.state;
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    const room = quote.length + MARGIN;
    const { letters, positions } = spelt(doc, Math.max(0, first - room), Math.min(doc.content.size, last + room));
    const before = (position: number): number => positions.filter((each) => each < position).length;
    const at = broughtBack(letters, quote, before(first), before(last)) ?? -1;
    const [begin, end] = [positions[at], positions[at + quote.length - 1]];
    return begin === undefined || end === undefined ? null : { from: begin, to: end + 1 };
  }

  private encoded(position: number, isBefore: boolean): string | null {
    const anchor = bindingOf(this.editor).anchors.at(position, isBefore);
    if (!anchor || !("letter" in anchor)) return null;
    const relative = new Y.RelativePosition(null, null, anchor.letter, anchor.isBefore ? 0 : -1);
    return toBase64(Y.encodeRelativePosition(relative));
  }

  private tell({ selection }: EditorState): void {
    if (!this.listeners.size) return;
    const { head, empty } = selection;
    const at = new Map<string, string[]>();
    for (const { spec } of KEY.getState(this.editor.state)?.find(head, head) ?? []) {
      const { layer, id } = spec as Spec;
      if (id) at.set(layer, [...(at.get(layer) ?? []), id]);
    }
    const now = JSON.stringify([!empty, ...at]);
    for (const listener of this.listeners) {
      if (listener.told === now) continue;
      listener.told = now;
      listener.tell(!empty, at);
    }
  }
}

function letterOf(place: string): { letter: Y.ID; isBefore: boolean } | null {
  try {
    const { item, assoc } = Y.decodeRelativePosition(fromBase64(place));
    return item && { letter: item, isBefore: assoc >= 0 };
  } catch {
    return null; // it is none
  }
}

/** A part of a document as `textBetween` has it, with the place of each letter. */
function spelt(doc: Node, from: number, to: number): { letters: string; positions: number[] } {
  let letters = "";
  const positions: number[] = [];
  const spell = (text: string, position: number): void => {
    letters += text;
    for (let at = 0; at < text.length; at++) positions.push(position + at);
  };
  doc.nodesBetween(from, to, (node, position) => {
    if (node.isTextblock && letters) spell("\n", position);
    if (node.isText) spell((node.text as string).slice(Math.max(0, from - position), to - position), Math.max(from, position));
    else if (node.isLeaf) spell(" ", position);
  });
  return { letters, positions };
}
