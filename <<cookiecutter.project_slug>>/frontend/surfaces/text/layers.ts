/** What is drawn over the text and is no part of it, as decorations: see `mark` in surface.ts. Fetched apart. */

import type { Editor } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { Plugin, PluginKey, type Transaction } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import * as Y from "yjs";

import { fromBase64, toBase64 } from "../../lib/base64";
import { centre } from "../../lib/sight";
import { broughtBack, LayersOf, type Range, type Spec, type Units } from "../layers";
import type { Look, Stretch, Words } from "../surface";
import { bindingOf } from "./bound";

const KEY = new PluginKey<DecorationSet>("layers");

/** What is drawn otherwise from now on: drawings that are taken away, and new ones. */
interface Redrawn {
  gone: Decoration[];
  fresh: Decoration[];
}

/** Positions between letters that stand side by side: ends of blocks. */
const MARGIN = 20;

export class Layers extends LayersOf<Decoration> {
  constructor(
    private readonly editor: Editor,
    closed: AbortSignal,
  ) {
    super(closed);
    editor.registerPlugin(
      new Plugin<DecorationSet>({
        key: KEY,
        state: { init: () => DecorationSet.empty, apply: (tr, before) => this.apply(tr, before) },
        props: { decorations: (state) => KEY.getState(state) },
        view: () => ({
          update: ({ state }, before) => {
            if (state.doc !== before.doc) this.refresh();
            const { head, empty } = state.selection;
            this.tell(!empty, () => (KEY.getState(state)?.find(head, head) ?? []).map(({ spec }) => spec as Spec));
          },
        }),
      }),
    );
  }

  chosen(): Words | null {
    const { selection } = this.editor.state;
    if (selection.empty) return null;
    const from = Math.min(...selection.ranges.map(({ $from }) => $from.pos));
    const to = Math.max(...selection.ranges.map(({ $to }) => $to.pos));
    return this.bound({ from, to });
  }

  wordsOf(stretch: Stretch): string | null {
    const found = this.find(stretch);
    return found && this.editor.state.doc.textBetween(found.from, found.to, "\n", " ");
  }

  topOf(stretch: Stretch): number | null {
    const found = this.find(stretch);
    return found && this.editor.view.coordsAtPos(found.from).top;
  }

  reveal(stretch: Stretch): boolean {
    const found = this.find(stretch);
    if (found) centre(this.editor.view.coordsAtPos(found.from));
    return found !== null;
  }

  /** From the first letter to the last: an end between two lines is no place that stays. */
  protected bound({ from, to }: Range): Words | null {
    const { doc } = this.editor.state;
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

  protected canDraw(): boolean {
    const { editor } = this;
    return bindingOf(editor).drawn === editor.state.doc && !editor.view.composing;
  }

  protected placeOf(encoded: string): { at: number; isHere: boolean } | null {
    const { anchors } = bindingOf(this.editor);
    const letter = letterOf(encoded);
    const at = letter && anchors.find(letter);
    return letter && at !== null ? { at, isHere: anchors.isHere(letter) } : null;
  }

  protected wordsBack(words: string, first: number, last: number): Range | null {
    const { doc } = this.editor.state;
    const room = words.length + MARGIN;
    const { letters, positions } = spelt(doc, Math.max(0, first - room), Math.min(doc.content.size, last + room));
    const before = (position: number): number => positions.filter((each) => each < position).length;
    const at = broughtBack(letters, words, before(first), before(last)) ?? -1;
    const [begin, end] = [positions[at], positions[at + words.length - 1]];
    return begin === undefined || end === undefined ? null : { from: begin, to: end + 1 };
  }

  protected units(): Iterable<Units> {
    return bindingOf(this.editor).units();
  }

  protected drawing({ from, to }: Range, { className, attributes }: Look, spec: Spec): Decoration {
    return Decoration.inline(from, to, { ...attributes, class: className }, { ...spec, look: JSON.stringify([className, attributes]) });
  }

  /** What stays as it is, is left alone: in a long text with many marks a key changes few of them, or none. */
  protected show(drawings: Map<string, Decoration[]>): void {
    const { view } = this.editor;
    if (view.isDestroyed) return;
    const shown = KEY.getState(view.state)?.find(undefined, undefined, ({ layer }: Spec) => drawings.has(layer)) ?? [];
    const fresh = new Map([...drawings.values()].flat().map((drawing) => [keyOf(drawing), drawing]));
    const gone = shown.filter((drawing) => !fresh.delete(keyOf(drawing)));
    if (!gone.length && !fresh.size) return;
    const redrawn: Redrawn = { gone, fresh: [...fresh.values()] };
    view.dispatch(view.state.tr.setMeta(KEY, redrawn).setMeta("addToHistory", false));
  }

  private apply(tr: Transaction, before: DecorationSet): DecorationSet {
    const mapped = before.map(tr.mapping, tr.doc);
    const redrawn = tr.getMeta(KEY) as Redrawn | undefined;
    return redrawn ? mapped.remove(redrawn.gone).add(tr.doc, redrawn.fresh) : mapped;
  }

  private encoded(position: number, isBefore: boolean): string | null {
    const anchor = bindingOf(this.editor).anchors.at(position, isBefore);
    if (!anchor || !("letter" in anchor)) return null;
    const relative = new Y.RelativePosition(null, null, anchor.letter, anchor.isBefore ? 0 : -1);
    return toBase64(Y.encodeRelativePosition(relative));
  }
}

/** By which two drawings that look the same, at the same place, are one. */
function keyOf({ from, to, spec }: Decoration): string {
  const { layer, id, look } = spec as Spec & { look: string };
  return `${from} ${to} ${layer} ${id} ${look}`;
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
