/** Writing marks: one act for each thing that somebody does. What acts are, and which of them counts: model/formats.ts. */

import * as Y from "yjs";

import type { Run } from "../model/draw";
import { CODE, type Formats, MARKS, letterOf, offOf, onOf, saysOf, wantedBy, wantedIn, type Wanted } from "../model/formats";
import type { Piece } from "../model/piece";
import type { Pieces } from "../model/pieces";
import { freshId } from "../model/values";

/** A mark over a stretch of the text as it was before the change. */
export interface Act {
  letter: string;
  says: string | true | null;
  from: number;
  to: number;
}

/** What must be done for `formats` to be drawn as `wanted`: what code hides is let be as long as it is hidden. */
export function differences(formats: Formats, wanted: Wanted): [letter: string, says: string | true | null][] {
  const before = wantedBy(formats);
  const changes: [string, string | true | null][] = [];
  for (const { letter } of MARKS) {
    if (wanted.has(CODE) && letter !== CODE) continue;
    const says = wanted.get(letter) ?? null;
    if ((before.get(letter) ?? null) !== says) changes.push([letter, says]);
  }
  return changes;
}

export interface Writer {
  pieces: Pieces;
  random: () => number;
  /** Whether somebody whose session has this number is still here, and would miss an act of his. */
  isHere: (client: number) => boolean;
}

/** Puts marks on and takes them off, over text that stands there. */
export function writeActs(acts: readonly Act[], writer: Writer): void {
  for (const act of joined(acts, writer.pieces)) write(act, writer);
}

/** Acts that say the same and have nothing but ends of lines between them are one. */
function joined(acts: readonly Act[], pieces: Pieces): Act[] {
  const sorted = [...acts].sort((one, other) => (one.letter === other.letter ? one.from - other.from : one.letter < other.letter ? -1 : 1));
  const result: Act[] = [];
  for (const act of sorted) {
    const last = result.at(-1);
    const goesOn = last && last.letter === act.letter && last.says === act.says && onlyMarkers(pieces, last.to, act.from);
    if (goesOn) last.to = Math.max(last.to, act.to);
    else result.push({ ...act });
  }
  return result;
}

function onlyMarkers(pieces: Pieces, from: number, to: number): boolean {
  if (to <= from) return to === from;
  if (to - from > 100) return false;
  for (const [piece, start] of piecesIn(pieces, from, to)) {
    if (Math.min(start + piece.length, to) > Math.max(start, from)) return false;
  }
  return true;
}

function* piecesIn(pieces: Pieces, from: number, to: number): Iterable<[Piece, number]> {
  for (const found of pieces.list.from(from)) {
    if (found[1] >= to) return;
    yield found;
  }
}

interface Extent {
  from: number;
  to: number;
  isOn: boolean;
  /** It ends and begins within the range. */
  isInside: boolean;
  mayGo: boolean;
}

function write({ letter, says, from, to }: Act, writer: Writer): void {
  const { pieces } = writer;
  const { text } = pieces;
  const extents = extentsIn(letter, from, to, writer);
  const order = pieces.greatestOrder + 1;
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const [key, extent] of extents) {
    if (extent.isInside && extent.mayGo) text.format(extent.from, extent.to - extent.from, { [key]: null });
    else if (extent.isOn) [low, high] = [Math.min(low, extent.from), Math.max(high, extent.to)];
  }
  const key = `${letter}:${freshId(writer.random, 4)}`;
  if (says !== null) text.format(from, to - from, { [key]: onOf(order, says) });
  else if (high > low) text.format(low, high - low, { [key]: offOf(letter, order) });
  pieces.greatestOrder = order;
}

/** Where the acts of a mark reach within a range, and whose they are. */
function extentsIn(letter: string, from: number, to: number, { pieces, isHere }: Writer): Map<string, Extent> {
  const extents = new Map<string, Extent>();
  const own = pieces.text.doc?.clientID;
  const reaching = new Set<string>();
  let live = new Map<string, { value: unknown; client: number | null }>();
  const cover = (start: number, end: number): void => {
    const [left, right] = [Math.max(start, from), Math.min(end, to)];
    if (left >= right) return;
    for (const [key, { value, client }] of live) {
      const known = extents.get(key);
      const mayGo = client !== null && (client === own || !isHere(client));
      if (known) Object.assign(known, { to: right, mayGo: known.mayGo && mayGo });
      else extents.set(key, { from: left, to: right, isOn: saysOf(letter, value) !== null, isInside: true, mayGo });
    }
  };
  for (const [piece, start] of piecesIn(pieces, from - 1, to + 1)) {
    let at = start;
    live = new Map([...live].filter(([key]) => piece.before.has(key)));
    for (const [key, value] of piece.before) if (letterOf(key) === letter && !live.has(key)) live.set(key, { value, client: null });
    for (let item = pieces.first(piece); item && at <= to; item = item.right) {
      if (!item.deleted && item.content instanceof Y.ContentFormat) {
        const { key, value } = item.content as { key: string; value: unknown };
        if (letterOf(key) !== letter) continue;
        if (value === null) live.delete(key);
        else live.set(key, { value, client: item.id.client });
      } else if (!item.deleted && item.countable) {
        cover(at, at + item.length);
        // What is in force on the unit before the range, or behind it, reaches out of it.
        const outside = at < from || at + item.length > to;
        if (outside) for (const key of live.keys()) reaching.add(key);
        at += item.length;
      }
      if (item === piece.marker) break;
    }
  }
  for (const [key, extent] of extents) extent.isInside = !reaching.has(key);
  return extents;
}

/** Formats for text that is put between two units, so that it is drawn with these marks. */
export class Ink {
  private readonly open = new Map<string, { says: string | true | null; key: string; value: unknown }>();

  constructor(
    private readonly base: Formats,
    private readonly writer: Writer,
  ) {}

  for(run: Run): Formats {
    const changes = differences(this.base, wantedIn(run.marks));
    if (!changes.length) return this.base;
    const formats = new Map(this.base);
    for (const [letter, says] of changes) {
      const known = this.open.get(letter);
      const act = known && known.says === says ? known : this.begin(letter, says);
      formats.set(act.key, act.value);
    }
    return formats;
  }

  private begin(letter: string, says: string | true | null): { key: string; value: unknown } {
    const { pieces, random } = this.writer;
    const order = ++pieces.greatestOrder;
    const act = { says, key: `${letter}:${freshId(random, 4)}`, value: says === null ? offOf(letter, order) : onOf(order, says) };
    this.open.set(letter, act);
    return act;
  }
}

/** A place between two units, and the formats in force there. */
export interface Gap {
  formats: Formats;
  /** The format behind which it is; null right behind the unit on the left. */
  behind: Y.Item | null;
}

/** The places before a unit: behind the one on its left, and behind each format that stands between. */
export function gapsAt(pieces: Pieces, piece: Piece, offset: number): [Gap, ...Gap[]] {
  const now = new Map(piece.before);
  let left = offset;
  let item = pieces.first(piece);
  const format = (each: Y.Item): void => {
    const { key, value } = each.content as unknown as { key: string; value: unknown };
    if (value === null) now.delete(key);
    else now.set(key, value);
  };
  for (; item && left > 0; item = item.right) {
    if (item.deleted) continue;
    if (item.content instanceof Y.ContentFormat) format(item);
    else if (item.countable) left -= item.length;
  }
  const gaps: [Gap, ...Gap[]] = [{ formats: new Map(now), behind: null }];
  // Within an item there is no format.
  if (left < 0) return gaps;
  for (; item && (item.deleted || !item.countable); item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentFormat)) continue;
    format(item);
    gaps.push({ formats: new Map(now), behind: item });
  }
  return gaps;
}

/** Of some places the one where the fewest marks must be changed. */
export function nearest(gaps: readonly [Gap, ...Gap[]], run: Run | undefined): Gap {
  const wanted = run && wantedIn(run.marks);
  let [best] = gaps;
  if (wanted) for (const gap of gaps) if (differences(gap.formats, wanted).length < differences(best.formats, wanted).length) best = gap;
  return best;
}
