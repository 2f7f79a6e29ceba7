/**
 * What is to be written into the text, collected while it is as it was, and written at once.
 *
 * Places are a piece and an offset in it. All insertions and deletions become one delta, which Yjs applies in one walk;
 * keys of markers follow, and last what can only be said once new markers have ids (places).
 */

import * as Y from "yjs";

import type { Run } from "../model/draw";
import { type Formats, wantedIn } from "../model/formats";
import { type Keys, changedKeys, isAtom } from "../model/keys";
import type { Line, Piece, Ref } from "../model/piece";
import { isPlain, wellFormed } from "../model/values";
import { type Act, Ink, type Writer, differences, formatsAt, nearest, writeActs } from "./acts";
import { type Spot, leftOf } from "./anchors";
import type { LineEntry } from "./view";

/** A new line, or the end of one: text, and the marker behind it. */
export interface Fresh {
  runs: readonly Run[];
  marker: Y.Map<unknown> | null;
}

interface Insertion {
  spot: Spot;
  at: number;
  /** Of several at one place: what ends a line before, then what is written, then what ends it. */
  turn: 0 | 1 | 2;
  fresh: readonly Fresh[];
}

type Op = { retain?: number; insert?: string | object; delete?: number; attributes?: Record<string, unknown> };

export class Edits {
  private readonly insertions: Insertion[] = [];
  private readonly deletions: { at: number; length: number }[] = [];
  private readonly acts: Act[] = [];
  private readonly keys: [Y.Map<unknown>, string, unknown][] = [];
  private readonly tables: [string, unknown][] = [];
  private readonly later: (() => void)[] = [];

  constructor(private readonly writer: Writer) {}

  /** A marker with these keys, to be put somewhere. */
  marker(keys: Keys): Y.Map<unknown> {
    return new Y.Map(Object.entries(keys));
  }

  insert(spot: Spot, fresh: readonly Fresh[], turn: 0 | 1 | 2 = 1): void {
    if (!fresh.some(({ runs, marker }) => runs.length || marker)) return;
    this.insertions.push({ spot, at: this.writer.pieces.start(spot.piece) + spot.offset, turn, fresh });
  }

  /** Behind the letter at the left of this offset. */
  insertText(entry: LineEntry, offset: number, runs: readonly Run[]): void {
    if (entry.line && runs.length) this.insert(leftOf(entry.line.pieces, offset), [{ runs, marker: null }]);
  }

  deleteText(entry: LineEntry, from: number, to: number): void {
    for (const [at, length] of this.stretches(entry, from, to)) this.deletions.push({ at, length });
  }

  /** The marks of letters that stay: `before` and `after` are as long as each other. */
  mark(entry: LineEntry, from: number, before: readonly Run[], after: readonly Run[]): void {
    let offset = from;
    for (const [run, marks] of overlaid(before, after)) {
      if (run.marks !== marks.marks) {
        for (const [letter, says] of differences(run.formats ?? new Map(), wantedIn(marks.marks))) {
          for (const [at, length] of this.stretches(entry, offset, offset + run.text.length)) {
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
    const changes = changedKeys(line.root.isHidden ? line.root.keys : entry.keys, keys);
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

  setTable(name: string, value: unknown): void {
    this.tables.push([name, value]);
  }

  /** Once all markers have ids. */
  afterwards(act: () => void): void {
    this.later.push(act);
  }

  apply(tables: Y.Map<unknown>): void {
    const { text } = this.writer.pieces;
    const delta = this.delta();
    writeActs(this.acts, this.writer);
    if (delta.length) text.applyDelta(delta);
    for (const act of this.later) act();
    for (const [map, name, value] of this.keys) write(map, name, value);
    for (const [name, value] of this.tables) write(tables, name, value);
  }

  /** A single letter that takes the formats on its left is written without a walk through the text. */
  applySimple(): boolean {
    const [insertion, other] = this.insertions;
    if (other || this.acts.length || this.keys.length || this.tables.length || this.later.length) return false;
    const [fresh, more] = insertion?.fresh ?? [];
    const [run, next] = fresh?.runs ?? [];
    if (fresh?.marker || more || next || run?.thing !== undefined) return false;
    if (insertion && run) {
      const places = formatsAt(this.writer.pieces, insertion.spot.piece, insertion.spot.offset);
      if (differences(places[0] as Formats, wantedIn(run.marks)).length) return false;
    }
    const { text } = this.writer.pieces;
    for (const { at, length } of this.deletions.sort((one, next) => next.at - one.at)) {
      text.delete(at, length);
      if (insertion && at < insertion.at) insertion.at -= Math.min(length, insertion.at - at);
    }
    if (insertion && run) text.insert(insertion.at, wellFormed(run.text));
    return true;
  }

  /** Puts an end to a line that has no marker of its own: text behind the last one, or the words before a thing. */
  private endHere(line: Line, keys: Keys): Y.Map<unknown> {
    const marker = this.marker(keys);
    const piece = line.pieces.at(-1) as Piece;
    this.insert({ piece, offset: piece.length }, [{ runs: [], marker }], 2);
    return marker;
  }

  private *stretches({ line }: LineEntry, from: number, to: number): Iterable<[at: number, length: number]> {
    let base = 0;
    for (const piece of line?.pieces ?? []) {
      const [left, right] = [Math.max(from, base), Math.min(to, base + piece.length)];
      if (left < right) yield [this.writer.pieces.start(piece) + left - base, right - left];
      base += piece.length;
    }
  }

  private delta(): Op[] {
    const steps = [
      ...this.insertions.map((insertion, order) => ({ at: insertion.at, turn: insertion.turn, order, insertion, length: 0 })),
      ...this.deletions.map(({ at, length }, order) => ({ at, turn: 3, order, insertion: null, length })),
    ].sort((one, other) => one.at - other.at || one.turn - other.turn || one.order - other.order);
    const delta: Op[] = [];
    let at = 0;
    for (const step of steps) {
      if (step.at > at) delta.push({ retain: step.at - at });
      at = Math.max(at, step.at);
      if (step.insertion) this.ink(step.insertion, delta);
      else {
        const length = step.at + step.length - at;
        if (length > 0) delta.push({ delete: length });
        at += Math.max(length, 0);
      }
    }
    return delta;
  }

  private ink({ spot, fresh }: Insertion, delta: Op[]): void {
    const first = fresh.find(({ runs }) => runs.length)?.runs[0];
    const places = formatsAt(this.writer.pieces, spot.piece, spot.offset);
    const base = nearest(places, first);
    const ink = new Ink(base, this.writer);
    let formats = first && fresh[0]?.runs.length ? base : (places[0] as Formats);
    for (const { runs, marker } of fresh) {
      for (const run of runs) {
        formats = ink.for(run);
        delta.push({ insert: unit(run), attributes: Object.fromEntries(formats) });
      }
      if (marker) delta.push({ insert: marker, attributes: Object.fromEntries(formats) });
    }
  }
}

/** The marker of what an entry is drawn from, if it is its own. */
export function mapOf({ line, role }: LineEntry): Y.Map<unknown> | null {
  return role === "words" ? null : (line?.root.map ?? null);
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
