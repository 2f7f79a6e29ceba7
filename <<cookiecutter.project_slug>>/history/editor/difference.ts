/**
 * Two states of one document in one text: what the older one holds stays in sight though the newer one has deleted it, and
 * what the newer one has inserted stands where it does.
 *
 * That needs no comparing of words. Yjs knows each letter by the operation that brought it, and where a deleted one was: so the
 * newer state is taken without what it deletes, and each letter is then looked up in both.
 */

import * as Y from "yjs";

import { toBase64 } from "../../frontend/lib/base64";
import type { Stretch } from "../../frontend/surfaces/surface";
import { type Run, deletionsOf, eachDeleted, itemsOf, startingAt, takeIn } from "./insides";

export type { Run } from "./insides";

/** What became of a letter: `null` for those that are in both. */
export type Fate = "inserted" | "deleted" | null;

export interface Part extends Run {
  fate: Fate;
}

export interface PartOfItem extends Part {
  item: Y.Item;
}

/** Whoever inserted or deleted something, as far as that is known. */
export interface Doer {
  id: string;
  name: string;
  color: string;
}

/** Says of each part of a run who inserted or deleted it; null for nobody knows. */
export type DoneBy = (fate: Exclude<Fate, null>, run: Run) => Iterable<{ length: number; by: Doer | null }>;

export interface Change {
  fate: Exclude<Fate, null>;
  by: Doer | null;
  words: string;
  /** From its first letter to its last. */
  stretch: Stretch;
}

const TITLE = "title";
const TEXT = "text";

/** An update in two: what it writes, and what it deletes. */
export function halves(update: Uint8Array): { written: Uint8Array; deleted: Uint8Array } {
  // Beyond all that it brings there is nothing but what it deletes, which stands last in both.
  const deleted = Y.diffUpdate(update, Y.encodeStateVector(Y.parseUpdateMeta(update).to));
  const written = new Uint8Array(update.length - deleted.length + 2);
  written.set(update.subarray(0, written.length - 1));
  return { written, deleted };
}

export class Difference {
  /** Both in one. */
  readonly doc = new Y.Doc({ gc: false });
  private readonly known: Map<number, number>;
  private gone = new Stretches(new Map());
  /** By the name of the text: a long one is gone through once. */
  private readonly found = new Map<string, PartOfItem[]>();

  /** One state alone, in one update or in several: there is no difference yet. */
  constructor(...state: readonly Uint8Array[]) {
    const { doc } = this;
    // By the names of what a document can hold: of others nobody sees anything.
    for (const name of [TITLE, TEXT]) doc.getText(name);
    takeIn(doc, state);
    this.known = Y.decodeStateVector(Y.encodeStateVector(doc));
  }

  /** To what it became, by an update that makes that of it. */
  until(changes: Uint8Array): this {
    const { doc } = this;
    this.found.clear();
    const { written, deleted } = halves(changes);
    takeIn(doc, [written]);
    this.gone = new Stretches(deletionsOf(deleted));
    doc.transact((transaction) => {
      // What is new may be one item with what was there: it was written by the same person, right behind that.
      for (const [client, clock] of this.known) startingAt(transaction, client, clock);
      eachDeleted(transaction, deleted, (item) => !this.staysInSight(item) && item.delete(transaction));
    });
    return this;
  }

  /** Whether a run of letters is in both, as most of a long text is. */
  isSame(client: number, clock: number, length: number): boolean {
    return clock + length <= (this.known.get(client) ?? 0) && !this.gone.touch(client, clock, clock + length);
  }

  /** What became of a run of letters. */
  *fates(client: number, clock: number, length: number): IterableIterator<Part> {
    const known = Math.min(clock + length, Math.max(clock, this.known.get(client) ?? 0));
    for (const { from, to, isIn } of this.gone.parts(client, clock, known)) {
      yield { client, clock: from, length: to - from, fate: isIn ? "deleted" : null };
    }
    if (known < clock + length) yield { client, clock: known, length: clock + length - known, fate: "inserted" };
  }

  /** All letters of a text, in order, in parts of one fate; ends of lines are among them. */
  parts(name = TEXT): readonly PartOfItem[] {
    const known = this.found.get(name);
    if (known) return known;
    const parts: PartOfItem[] = [];
    for (const item of itemsOf(this.doc.getText(name))) {
      if (item.deleted || !item.countable) continue;
      const { client, clock } = item.id;
      if (this.isSame(client, clock, item.length)) parts.push({ client, clock, length: item.length, fate: null, item });
      else for (const part of this.fates(client, clock, item.length)) parts.push(Object.assign(part, { item }));
    }
    this.found.set(name, parts);
    return parts;
  }

  /** What was inserted and what was deleted, one stretch after the other. */
  changes(doneBy: DoneBy, longest: number): Change[] {
    const changes: Change[] = [];
    let open: (Change & { last: Y.ID }) | null = null;
    const close = (): void => {
      if (!open) return;
      open.stretch.end = placeOf(open.last, -1);
      open.words = open.words.trim();
      if (open.words) changes.push(open);
      open = null;
    };
    for (const { item, fate, client, clock, length } of this.parts()) {
      const letters = lettersOf(item, clock - item.id.clock, length);
      // The end of a line is in the midst of what goes on behind it.
      if (letters === "\n" && item.content instanceof Y.ContentType) {
        if (open && (open as Change).words.length < longest) (open as Change).words += " ";
        continue;
      }
      if (!fate) {
        close();
        continue;
      }
      let at = 0;
      for (const { length: size, by } of doneBy(fate, { client, clock, length })) {
        const first = Y.createID(client, clock + at);
        if (open && ((open as Change).fate !== fate || (open as Change).by?.id !== by?.id)) close();
        open ??= { fate, by, words: "", stretch: { start: placeOf(first, 0), end: "" }, last: first };
        const change: Change & { last: Y.ID } = open;
        if (change.words.length < longest) change.words += letters.slice(at, at + size);
        change.last = Y.createID(client, clock + at + size - 1);
        at += size;
      }
    }
    close();
    return changes;
  }

  /** The title, in parts of one fate. */
  title(): { words: string; fate: Fate }[] {
    const found: { words: string; fate: Fate }[] = [];
    for (const { item, fate, clock, length } of this.parts(TITLE)) {
      const words = lettersOf(item, clock - item.id.clock, length);
      const last = found.at(-1);
      if (last && last.fate === fate) last.words += words;
      else found.push({ words, fate });
    }
    return found;
  }

  destroy(): void {
    this.doc.destroy();
  }

  /** Letters that the older state holds, and the keys of line ends that are gone with them. All else is as the newer one has it. */
  private staysInSight(item: Y.Item): boolean {
    const { parent } = item;
    const isKnown = item.id.clock < (this.known.get(item.id.client) ?? 0);
    if (parent instanceof Y.Text) return isKnown && item.countable;
    const holder = (parent as Y.AbstractType<unknown>)._item;
    if (!holder) return isKnown; // rows of tables, of which there are letters in sight
    return isKnown && this.gone.has(holder.id);
  }
}

/** What somebody would read of an item. */
function lettersOf(item: Y.Item, from: number, length: number): string {
  if (item.content instanceof Y.ContentString) return item.content.str.slice(from, from + length);
  return item.content instanceof Y.ContentType ? "\n" : "\ufffc";
}

function placeOf(id: Y.ID, assoc: number): string {
  return toBase64(Y.encodeRelativePosition(new Y.RelativePosition(null, null, id, assoc)));
}

/** Stretches of operations, by client. */
export class Stretches {
  private readonly starts = new Map<number, { from: number; to: number }[]>();

  constructor(clients: ReadonlyMap<number, readonly { clock: number; len: number }[]>) {
    for (const [client, ranges] of clients) {
      const sorted = ranges.map(({ clock, len }) => ({ from: clock, to: clock + len })).sort((one, other) => one.from - other.from);
      const merged: { from: number; to: number }[] = [];
      for (const range of sorted) {
        const last = merged.at(-1);
        if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
        else merged.push(range);
      }
      this.starts.set(client, merged);
    }
  }

  has({ client, clock }: Y.ID): boolean {
    const range = this.starts.get(client)?.[this.indexOf(client, clock)];
    return !!range && range.from <= clock && clock < range.to;
  }

  /** Whether some of a run is in it. */
  touch(client: number, from: number, to: number): boolean {
    const ranges = this.starts.get(client);
    const last = ranges?.[this.indexOf(client, to - 1)];
    return !!last && from < last.to;
  }

  /** A run in parts that are wholly in it or wholly not. */
  *parts(client: number, from: number, to: number): IterableIterator<{ from: number; to: number; isIn: boolean }> {
    const ranges = this.starts.get(client) ?? [];
    let at = from;
    for (let index = Math.max(0, this.indexOf(client, from)); at < to; index++) {
      const range = ranges[index];
      if (!range || range.from >= to) break;
      if (range.to <= at) continue;
      if (at < range.from) yield { from: at, to: range.from, isIn: false };
      const [start, end] = [Math.max(at, range.from), Math.min(to, range.to)];
      yield { from: start, to: end, isIn: true };
      at = end;
    }
    if (at < to) yield { from: at, to, isIn: false };
  }

  /** The last that begins at a clock or before it; -1 for none. */
  private indexOf(client: number, clock: number): number {
    const ranges = this.starts.get(client) ?? [];
    let [low, high] = [0, ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ranges[middle] as { from: number }).from <= clock) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
