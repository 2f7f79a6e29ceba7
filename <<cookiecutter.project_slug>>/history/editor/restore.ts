/**
 * The way back: makes a document what it was, as one change of it that can be undone.
 *
 * Each letter is known by the operation that brought it. Those that were there and are still there stay; those that came since
 * are deleted; those that are gone come back as new ones, where they were. So a caret, a comment or a name at a letter that
 * never left stays with it, and restoring twice changes nothing the second time.
 */

import * as Y from "yjs";

import type { BroughtBack } from "../../frontend/surfaces/undone";
import { Stretches } from "./difference";
import { deleteRun, endingAt, forgetPlaces, itemsOf, mapIn, putBehind, rootOf, startingAt } from "./insides";

export interface RestoreOptions {
  /** The document, in which others may be writing. */
  doc: Y.Doc;
  /** The same as it was. */
  past: Y.Doc;
  /** What documents of this kind hold. */
  roots: Readonly<Record<string, "text" | "map">>;
  /** Clients who are in the midst of writing: the word that they are at stays. */
  writing: readonly number[];
}

/** Call it within a transaction. */
export function restore({ doc, past, roots, writing }: RestoreOptions): BroughtBack[] {
  return Y.transact(doc, (transaction) => {
    const restored = Object.entries(roots)
      .filter(([, kind]) => kind === "text")
      .map(([name]) => new RestoredText(transaction, doc.getText(name), past.getText(name), writing));
    const moved = new Map(restored.flatMap(({ ends }) => [...ends]));
    for (const text of restored) text.settle(moved);
    for (const [name, kind] of Object.entries(roots)) {
      if (kind === "map") restoreMap(rootOf(doc, name, "map") as Y.Map<unknown>, rootOf(past, name, "map") as Y.Map<unknown>, moved);
    }
    return restored.flatMap(({ broughtBack }) => broughtBack);
  });
}

/** One thing that counts: a letter, a format, something embedded, the end of a line. */
interface Unit {
  client: number;
  clock: number;
  item: Y.Item;
  /** Two that are the same to a reader have the same. */
  value: string;
}

/** What is in between two units that were there and are there. */
interface Gap {
  extra: Unit[];
  missing: Unit[];
}

class RestoredText {
  readonly broughtBack: BroughtBack[] = [];
  /** Ends of lines that are others now, by the former ones. */
  readonly ends = new Map<string, Y.ID>();
  private readonly copies: { map: Y.Map<unknown>; of: Y.Map<unknown> }[] = [];
  private readonly superfluous: Y.Item[] = [];
  private readonly spared: Stretches;

  constructor(
    private readonly transaction: Y.Transaction,
    private readonly text: Y.Text,
    private readonly past: Y.Text,
    writing: readonly number[],
  ) {
    this.spared = new Stretches(wordsOf(text, writing));
    for (const gap of gapsBetween(text, past)) this.fill(gap);
    forgetPlaces(text);
  }

  /** Once all are there that they may speak of: ends of lines say again what they said. */
  settle(moved: ReadonlyMap<string, Y.ID>): void {
    for (const { map, of } of this.copies) restoreMap(map, of, moved);
    for (const item of itemsOf(this.past)) {
      const former = item.deleted ? null : mapIn(item);
      const now = former && this.transaction.doc.store.clients.has(item.id.client) ? startingAt(this.transaction, item.id.client, item.id.clock) : null;
      const map = now && !now.deleted ? mapIn(now) : null;
      if (former && map) restoreMap(map, former, moved);
    }
    for (const item of this.superfluous) this.removeEnd(item);
    forgetPlaces(this.text);
  }

  private fill({ extra: all, missing }: Gap): void {
    // Ends of lines that are hidden stand between letters that a reader sees side by side.
    const isHidden = ({ item }: Unit): boolean => mapIn(item)?.get("hidden") === true;
    this.superfluous.push(...all.filter(isHidden).map(({ item }) => item));
    const extra = all.filter((unit) => !isHidden(unit));
    const [before, after] = alike(extra, missing);
    for (let index = 0; index < before; index++) this.note(missing[index] as Unit, extra[index] as Unit);
    for (let index = 1; index <= after; index++) this.note(missing.at(-index) as Unit, extra.at(-index) as Unit);
    const gone = extra.slice(before, extra.length - after);
    const back = missing.slice(before, missing.length - after);
    if (back.length) this.bringBack(back, this.placeFor(back[0] as Unit, extra[before - 1], after ? extra.at(-after) : undefined));
    for (const unit of gone) {
      if (this.spared.has(unit)) continue;
      if (mapIn(unit.item)) this.superfluous.push(unit.item);
      else deleteRun(this.transaction, { ...unit, length: 1 });
    }
  }

  /** Behind which item: behind what stays on the left, before what stays on the right, or where the first was. */
  private placeFor(first: Unit, left: Unit | undefined, right: Unit | undefined): Y.Item | null {
    if (left) return endingAt(this.transaction, left.client, left.clock);
    if (right) return startingAt(this.transaction, right.client, right.clock)?.left ?? null;
    return endingAt(this.transaction, first.client, first.clock) ?? this.text._start;
  }

  private bringBack(units: readonly Unit[], left: Y.Item | null): void {
    const runs = runsOf(units);
    const contents = runs.map(({ unit, units: run }) => copyOf(unit.item, run));
    for (const [index, item] of putBehind(this.transaction, this.text, left, contents).entries()) {
      const { unit, units: run } = runs[index] as (typeof runs)[number];
      const [map, of] = [mapIn(item), mapIn(unit.item)];
      if (map && of) this.copies.push({ map, of });
      if (map) this.ends.set(key(unit), item.id);
      this.broughtBack.push({ from: { ...unit, length: run.length }, to: { client: item.id.client, clock: item.id.clock, length: item.length } });
    }
  }

  /** What was there is there again, as something else. */
  private note(former: Unit, now: Unit): void {
    const [map, of] = [mapIn(now.item), mapIn(former.item)];
    if (!map || !of) return;
    this.ends.set(key(former), Y.createID(now.client, now.clock));
    this.copies.push({ map, of });
  }

  /** Takes away the end of a line that came since, unless somebody is in the midst of a word in that line. */
  private removeEnd(item: Y.Item): void {
    for (let left = item.left; left && (left.deleted || !mapIn(left)); left = left.left) {
      for (let unit = 0; !left.deleted && unit < left.length; unit++) if (this.spared.has(Y.createID(left.id.client, left.id.clock + unit))) return;
    }
    item.delete(this.transaction);
  }
}

function key({ client, clock }: Y.ID): string {
  return `${client} ${clock}`;
}

/** Where two states of a text differ, in order: by how much of what is in both stands before, in the same order in both. */
function gapsBetween(text: Y.Text, past: Y.Text): Gap[] {
  const extra = unitsOf(text, seenIn(past));
  const missing = unitsOf(past, seenIn(text));
  const places = [...new Set([...extra.keys(), ...missing.keys()])].sort((one, other) => one - other);
  return places.map((place) => ({ extra: extra.get(place) ?? [], missing: missing.get(place) ?? [] }));
}

/** What counts in a text. */
function seenIn(text: Y.Text): Stretches {
  const clients = new Map<number, { clock: number; len: number }[]>();
  for (const { id, length, deleted } of itemsOf(text)) {
    if (deleted) continue;
    const ranges = clients.get(id.client) ?? [];
    ranges.push({ clock: id.clock, len: length });
    clients.set(id.client, ranges);
  }
  return new Stretches(clients);
}

/** What a text has and the other has not. */
function unitsOf(text: Y.Text, other: Stretches): Map<number, Unit[]> {
  const found = new Map<number, Unit[]>();
  let place = 0;
  for (const item of itemsOf(text)) {
    if (item.deleted) continue;
    const { client, clock } = item.id;
    for (const { from, to, isIn } of other.parts(client, clock, clock + item.length)) {
      if (isIn) {
        place += to - from;
        continue;
      }
      const units = found.get(place) ?? [];
      for (let at = from; at < to; at++) units.push({ client, clock: at, item, value: shownBy(item, at - clock) });
      found.set(place, units);
    }
  }
  return found;
}

function shownBy({ content }: Y.Item, at: number): string {
  if (content instanceof Y.ContentString) return content.str.charAt(at);
  if (content instanceof Y.ContentFormat) return `format ${content.key} ${JSON.stringify(content.value)}`;
  if (content instanceof Y.ContentEmbed) return `embed ${JSON.stringify(content.embed)}`;
  return content instanceof Y.ContentType && content.type instanceof Y.Map ? "end" : `other ${at}`;
}

/** How many units are the same from the beginning, and from the end; never half of a letter. */
function alike(some: readonly Unit[], others: readonly Unit[]): [number, number] {
  const most = Math.min(some.length, others.length);
  let before = 0;
  while (before < most && some[before]?.value === others[before]?.value) before++;
  if (before && /^[\uD800-\uDBFF]$/.test(some[before - 1]?.value ?? "")) before--;
  let after = 0;
  while (after < most - before && some.at(-1 - after)?.value === others.at(-1 - after)?.value) after++;
  if (after && /^[\uDC00-\uDFFF]$/.test(some.at(-after)?.value ?? "")) after--;
  return [before, after];
}

/** Units in a row that one item can hold. */
function runsOf(units: readonly Unit[]): { unit: Unit; units: Unit[] }[] {
  const runs: { unit: Unit; units: Unit[] }[] = [];
  for (const unit of units) {
    const last = runs.at(-1);
    const before = last?.units.at(-1);
    const goesOn = before && before.client === unit.client && before.clock + 1 === unit.clock && isLetter(unit) && isLetter(before);
    if (last && goesOn) last.units.push(unit);
    else runs.push({ unit, units: [unit] });
  }
  return runs;
}

function isLetter({ item }: Unit): boolean {
  return item.content instanceof Y.ContentString;
}

function copyOf(item: Y.Item, units: readonly Unit[]): Y.Item["content"] {
  if (item.content instanceof Y.ContentString) return new Y.ContentString(units.map(({ value }) => value).join(""));
  return mapIn(item) ? new Y.ContentType(new Y.Map()) : item.content.copy();
}

/** Makes a map say what it said; where that is about ends of lines that are others by now, it is about those. */
function restoreMap(map: Y.Map<unknown>, past: Y.Map<unknown>, moved: ReadonlyMap<string, Y.ID>): void {
  const wanted = past.toJSON() as Record<string, unknown>;
  const now = map.toJSON() as Record<string, unknown>;
  for (const name of Object.keys(now)) if (!Object.hasOwn(wanted, name)) map.delete(name);
  for (const [name, value] of Object.entries(wanted)) {
    const meant = withIds(value, moved);
    if (JSON.stringify(now[name]) !== JSON.stringify(meant)) map.set(name, meant);
  }
}

/** A value in which an end of a line is named by a pair of numbers, as `join` and `place` do. */
function withIds(value: unknown, moved: ReadonlyMap<string, Y.ID>): unknown {
  if (Array.isArray(value)) {
    const [client, clock] = value as unknown[];
    const now = value.length === 2 && typeof client === "number" && typeof clock === "number" ? moved.get(key({ client, clock } as Y.ID)) : undefined;
    return now ? [now.client, now.clock] : value.map((each) => withIds(each, moved));
  }
  if (typeof value !== "object" || !value) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withIds(each, moved)]));
}

/** The words that some clients wrote last, each with the space before it. */
function wordsOf(text: Y.Text, clients: readonly number[]): Map<number, { clock: number; len: number }[]> {
  const words = new Map<number, { clock: number; len: number }[]>();
  for (const client of clients) {
    let item = lastLetters(text, client);
    if (!item) continue;
    let clock = item.id.clock + item.length;
    const behind = clock;
    // Letter by letter they may be items of their own.
    for (; item; item = item.left) {
      if (item.deleted || !item.countable) continue;
      if (item.id.client !== client || item.id.clock + item.length !== clock || !(item.content instanceof Y.ContentString)) break;
      const { str } = item.content;
      const word = /\s?\S*$/.exec(str)?.[0] ?? "";
      clock -= word.length;
      if (word.length < str.length || /^\s/.test(word)) break;
    }
    words.set(client, [{ clock, len: behind - clock }]);
  }
  return words;
}

/** The letters of somebody that they wrote last, of those that are still there. */
function lastLetters(text: Y.Text, client: number): Y.Item | null {
  let last: Y.Item | null = null;
  for (const item of itemsOf(text)) {
    if (item.id.client !== client || item.deleted || !(item.content instanceof Y.ContentString)) continue;
    if (!last || item.id.clock > last.id.clock) last = item;
  }
  return last;
}
