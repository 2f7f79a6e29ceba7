/**
 * What is to be written into the text, collected while it is as it was, and written at once.
 *
 * Places are a piece and an offset in it, and are written to by the units of Yjs at their left: no index is counted, and
 * the text is not walked. What can only be said once new markers have ids (places) comes after them.
 */

import { Mark } from "@tiptap/pm/model";
import * as Y from "yjs";

import type { Run } from "../model/draw";
import { wantedIn } from "../model/formats";
import { type Keys, changedKeys, isAtom } from "../model/keys";
import type { Line, Piece, Ref } from "../model/piece";
import { isPlain, wellFormed } from "../model/values";
import { type Act, type Gap, Ink, type Writer, differences, gapsAt, nearest, writeActs } from "./acts";
import { type Spot, spotIn } from "./anchors";
import type { LineEntry } from "./view";
import { type Written, closeOff, deleteUnits, insertBehind, itemEndingWith, pastDeleted } from "./insides";

/** A new line, or the end of one: text, and the marker behind it. */
export interface Fresh {
  runs: readonly (Run & { asLeft?: boolean })[];
  marker: Y.Map<unknown> | null;
}

interface Insertion {
  spot: Spot;
  at: number;
  /** Of several at one place: what ends a line before, then what is written, then what ends it. */
  turn: 0 | 1 | 2;
  fresh: readonly Fresh[];
}

/** Letters that one key, an input method or a correction writes. */
const LONGEST_TYPED = 40;

export class Edits {
  private readonly insertions: Insertion[] = [];
  private readonly deletions: { piece: Piece; offset: number; length: number }[] = [];
  private readonly acts: Act[] = [];
  private readonly keys: [Y.Map<unknown>, string, unknown][] = [];
  private readonly tables: [string, unknown][] = [];
  private readonly later: (() => void)[] = [];
  private readonly ends = new Map<Line, { marker: Y.Map<unknown>; keys: Keys }>();

  constructor(private readonly writer: Writer) {}

  /** A marker with these keys, to be put somewhere. */
  marker(keys: Keys): Y.Map<unknown> {
    return new Y.Map(Object.entries(keys));
  }

  insert(at: Spot, fresh: readonly Fresh[], turn: 0 | 1 | 2 = 1): void {
    if (!fresh.some(({ runs, marker }) => runs.length || marker)) return;
    // What is shown may be older than the text: the marker may be gone.
    const { marker, stretch } = at.piece;
    const spot = (!stretch && marker && this.writer.pieces.behind(marker.id)) || at;
    this.insertions.push({ spot, at: this.writer.pieces.start(spot.piece) + spot.offset, turn, fresh });
  }

  /** Behind the letter at the left of this offset. */
  insertText(entry: LineEntry, offset: number, runs: readonly Run[]): void {
    const { line } = entry;
    if (!line || !runs.length) return;
    // What was put on there or taken off meanwhile holds for who goes on writing: he has not seen it yet.
    const [left] = line.held ? sliceRuns(entry.runs, offset - 1, offset) : [];
    const asLeft = !!left && runs.every(({ marks, thing }) => thing === undefined && Mark.sameSet(marks, left.marks));
    this.insert(spotIn(this.writer.pieces, line, offset), [{ runs: runs.map((run) => (asLeft ? { ...run, asLeft } : run)), marker: null }]);
  }

  deleteText(entry: LineEntry, from: number, to: number): void {
    for (const [piece, offset, length] of this.stretches(entry, from, to)) this.deletions.push({ piece, offset, length });
  }

  /** The marks of letters that stay: `before` and `after` are as long as each other. */
  mark(entry: LineEntry, from: number, before: readonly Run[], after: readonly Run[]): void {
    if (before.length === 1 && after.length === 1 && before[0]?.marks === after[0]?.marks) return;
    let offset = from;
    for (const [run, marks] of overlaid(before, after)) {
      if (run.marks !== marks.marks) {
        for (const [letter, says] of differences(run.formats ?? new Map(), wantedIn(marks.marks))) {
          for (const [piece, start, length] of this.stretches(entry, offset, offset + run.text.length)) {
            const at = this.writer.pieces.start(piece) + start;
            this.acts.push({ letter, says, from: at, to: at + length });
          }
        }
      }
      offset += run.text.length;
    }
  }

  set(map: Y.Map<unknown>, name: string, value: unknown): void {
    this.keys.push([map, name, value]);
  }

  /** Gives an entry other keys than it is drawn with. What has no marker gets one. */
  setKeys(entry: LineEntry, keys: Keys): Y.Map<unknown> | null {
    const { line } = entry;
    if (!line) return null;
    const map = mapOf(entry);
    const wasThing = line.root.isHidden && isAtom(line.root.keys);
    const changes = changedKeys(wasThing ? line.root.keys : entry.keys, keys);
    // The text always ends with a marker, so that what is written behind it later is not in the same line.
    if (!map) return changes.length || !line.root.marker ? this.endHere(line, keys) : null;
    if (line.root.isHidden) this.set(map, "hidden", undefined);
    for (const [name, value] of changes) this.set(map, name, value);
    return map;
  }

  /** Gives a piece these keys, whatever it said before: it was part of a line, and becomes one. */
  setAllKeys(piece: Piece, keys: Keys): void {
    const { map } = piece;
    if (!map) return;
    for (const [name, value] of changedKeys(piece.keys, keys)) this.set(map, name, value);
    if (piece.isHidden) this.set(map, "hidden", undefined);
  }

  /** Takes a line out of sight with all that it says: words that somebody writes in it bring it back. */
  hide(entry: LineEntry): void {
    const { line } = entry;
    if (!line) return;
    const map = mapOf(entry);
    // The words in the line of a thing stay when the thing goes, as a paragraph.
    if (map && line.length && isAtom(line.keys)) for (const name of ["kind", "table"]) this.set(map, name, undefined);
    else if (map) this.set(map, "hidden", true);
    this.deleteText(entry, 0, entry.length);
  }

  get hasActs(): boolean {
    return this.acts.length > 0;
  }

  /** A marker for a line that has none of its own; null if it gets one already. */
  endOf(line: Line | null, keys: Keys): Y.Map<unknown> | null {
    if (line && this.ends.has(line)) return null;
    const marker = this.marker(keys);
    if (line) this.ends.set(line, { marker, keys });
    return marker;
  }

  setTable(name: string, value: unknown): void {
    this.tables.push([name, value]);
  }

  /** Once all markers have ids. */
  afterwards(act: () => void): void {
    this.later.push(act);
  }

  apply(tables: Y.Map<unknown>): void {
    const { pieces } = this.writer;
    const gone = this.deletions.flatMap(({ piece, offset, length }) => pieces.units(piece, offset, length));
    writeActs(this.acts, this.writer);
    // Only now: a word that becomes a link as one types a space behind it ends before that space.
    const written = this.inOrder().map((insertion) => this.ink(insertion));
    // Where several things are put at one place, each is behind the last.
    const ends = new Map<string, Y.Item | null>();
    for (const { unit, gap, content, isEnd } of written) {
      const name = gap.behind ? `${gap.behind.id.client}:${gap.behind.id.clock}` : unit ? `${unit.client}:${unit.clock}` : "";
      const left = ends.get(name) ?? pastDeleted(pieces.text, gap.behind ?? itemEndingWith(pieces.text, unit), isEnd);
      if (isWord(content)) closeOff(pieces.text, left);
      ends.set(name, insertBehind(pieces.text, left, gap.formats, content));
    }
    deleteUnits(pieces.text, gone);
    for (const act of this.later) act();
    for (const [map, name, value] of this.keys) write(map, name, value);
    for (const [name, value] of this.tables) write(tables, name, value);
  }

  /** Puts an end to a line that has no marker of its own: text behind the last one, or the words before a thing. */
  private endHere(line: Line, keys: Keys): Y.Map<unknown> {
    const known = this.ends.get(line);
    if (known) {
      for (const [name, value] of changedKeys(known.keys, keys)) {
        if (value === undefined) known.marker.delete(name);
        else known.marker.set(name, value);
      }
      known.keys = keys;
      return known.marker;
    }
    const marker = this.endOf(line, keys) as Y.Map<unknown>;
    const piece = line.pieces.at(-1) as Piece;
    this.insert({ piece, offset: piece.length }, [{ runs: [], marker }], 2);
    return marker;
  }

  private *stretches({ line }: LineEntry, from: number, to: number): Iterable<[piece: Piece, offset: number, length: number]> {
    if (line?.held) {
      for (const [piece, offset, length] of this.writer.pieces.stretchesOf(line.held.slice(from, to))) yield [piece, offset, length];
      return;
    }
    let base = 0;
    for (const piece of line?.pieces ?? []) {
      const [left, right] = [Math.max(from, base), Math.min(to, base + piece.length)];
      if (left < right) yield [piece, left - base, right - left];
      base += piece.length;
    }
  }

  private inOrder(): Insertion[] {
    return this.insertions.map((insertion, order) => ({ insertion, order })).sort((one, other) => one.insertion.at - other.insertion.at || one.insertion.turn - other.insertion.turn || one.order - other.order).map(({ insertion }) => insertion);
  }

  /** What is to be put where, with its formats. A marker takes those on its left. */
  private ink({ spot, fresh, turn }: Insertion): { unit: Y.ID | null; gap: Gap; content: Written[]; isEnd: boolean } {
    const { pieces } = this.writer;
    const first = fresh.find(({ runs }) => runs.length)?.runs[0];
    const gaps = gapsAt(pieces, spot.piece, spot.offset);
    // What ends a line stands behind all that was deleted there: before that, somebody may be writing.
    const isEnd = turn === 2 && !first;
    const asLeft = fresh[0]?.runs[0]?.asLeft;
    const left = pieces.unitBefore(spot.piece, spot.offset);
    const isNear = asLeft || this.goesOn(spot, left, first);
    const gap = isEnd ? (gaps.at(-1) ?? gaps[0]) : fresh[0]?.runs.length && !isNear ? nearest(gaps, first) : gaps[0];
    const ink = new Ink(gap.formats, this.writer);
    const content: Written[] = [];
    let formats = gap.formats;
    for (const { runs, marker } of fresh) {
      for (const run of runs) {
        formats = run.asLeft ? gap.formats : ink.for(run);
        content.push({ content: unit(run), formats });
      }
      if (marker) content.push({ content: marker, formats });
    }
    return { unit: left, gap, content, isEnd };
  }

  /** Whether it is in the midst of one's own word: however it is marked, no other letter may come between. */
  private goesOn({ piece, offset }: Spot, left: Y.ID | null, first: Run | undefined): boolean {
    if (!first || left?.client !== this.writer.pieces.text.doc?.clientID || !offset) return false;
    const [before] = sliceRuns(piece.runs, offset - 1, offset);
    return before?.thing === undefined && first.thing === undefined && /^\S/.test(first.text) && /\S$/.test(before?.text ?? "");
  }
}

/** Whether it may be the beginning of a word: what is written at once is whole, and who goes on behind it begins anew. */
function isWord(content: readonly Written[]): boolean {
  const [letters, ...rest] = content;
  return !rest.length && typeof letters?.content === "string" && letters.content.length <= LONGEST_TYPED;
}

/** The marker of what an entry is drawn from, if it is its own. */
export function mapOf({ line, face }: LineEntry): Y.Map<unknown> | null {
  return face === "words" ? null : (line?.root.map ?? null);
}

export function refOf(map: Y.Map<unknown> | null | undefined): Ref | null {
  return map?._item ? [map._item.id.client, map._item.id.clock] : null;
}

function unit({ text, thing }: Run): string | object {
  if (thing === undefined) return wellFormed(text);
  return isPlain(thing) ? thing : {};
}

function write(map: Y.Map<unknown>, name: string, value: unknown): void {
  if (value !== undefined) map.set(name, value);
  else if (map.has(name)) map.delete(name);
}

/** Two rows of runs of one length, cut where either is. */
function* overlaid(before: readonly Run[], after: readonly Run[]): Iterable<[Run, Run]> {
  let [index, offset] = [0, 0];
  for (const run of before) {
    let done = 0;
    while (done < run.text.length) {
      const other = after[index];
      if (!other) return;
      const length = Math.min(run.text.length - done, other.text.length - offset);
      yield [{ ...run, text: run.text.slice(done, done + length) }, { ...other, text: other.text.slice(offset, offset + length) }];
      done += length;
      offset += length;
      if (offset === other.text.length) [index, offset] = [index + 1, 0];
    }
  }
}

export function sliceRuns(runs: readonly Run[], from: number, to: number): Run[] {
  const some: Run[] = [];
  let base = 0;
  for (const run of runs) {
    const [left, right] = [Math.max(from, base), Math.min(to, base + run.text.length)];
    if (left < right) some.push(run.thing === undefined ? { ...run, text: run.text.slice(left - base, right - base) } : run);
    base += run.text.length;
    if (base >= to) break;
  }
  return some;
}
