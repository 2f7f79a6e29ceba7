/**
 * Fewer acts that draw the same: who tries out what to make bold leaves a format behind each time.
 *
 * Only what lies wholly within the lines that he has just changed is written anew, with the order that it had: where somebody
 * far away does something to the same letters meanwhile, that counts as it would have. And only while he is alone: who is here
 * could take back an act of his, of which the end would be gone.
 */

import * as Y from "yjs";

import { letterOf, offOf, onOf, orderOf, saysOf } from "../model/formats";
import type { Piece } from "../model/piece";
import type { Pieces } from "../model/pieces";
import { freshId } from "../model/values";
import type { Writer } from "./acts";

/** So many acts are let be. */
const MOST = 32;

interface Known {
  letter: string;
  value: unknown;
  from: number;
  to: number;
  mayGo: boolean;
}

interface Segment {
  from: number;
  to: number;
  live: ReadonlyMap<string, unknown>;
}

interface Needed {
  letter: string;
  says: string | true | null;
  order: number;
  from: number;
  to: number;
}

/** Writes the acts in these pieces anew, if there are many that are not needed. */
export function tidy(touched: ReadonlySet<Piece>, writer: Writer): void {
  const { pieces } = writer;
  const row = rowOf(pieces, touched);
  const [first, last] = [row[0], row.at(-1)];
  if (!first || !last) return;
  const { known, segments } = survey(row, writer);
  for (const key of [...first.before.keys(), ...last.after.keys()]) known.delete(key);
  const old = [...known].filter(([, { mayGo }]) => mayGo);
  if (old.length <= MOST) return;
  const gone = new Set(old.map(([key]) => key));
  const needed = segments.reduce((all, segment) => add(all, segment, gone), new Map<string, Needed[]>());
  const acts = [...needed.values()].flat();
  if (acts.length > old.length / 2) return;
  for (const [key, { from, to }] of old) pieces.text.format(from, to - from, { [key]: null });
  for (const { letter, says, order, from, to } of acts) {
    const value = says === null ? offOf(letter, order) : onOf(order, says);
    pieces.text.format(from, to - from, { [`${letter}:${freshId(writer.random, 4)}`]: value });
  }
}

/** The pieces from the first of these to the last. */
function rowOf({ list }: Pieces, touched: ReadonlySet<Piece>): Piece[] {
  const row: Piece[] = [];
  let reached = 0;
  for (const piece of list) {
    if (touched.has(piece)) reached = row.length + 1;
    if (reached || touched.has(piece)) row.push(piece);
  }
  return row.slice(0, reached);
}

/** Which acts are in force where. */
function survey(row: readonly Piece[], { pieces, isHere }: Writer): { known: Map<string, Known>; segments: Segment[] } {
  const own = pieces.text.doc?.clientID;
  const known = new Map<string, Known>();
  const segments: Segment[] = [];
  const [first] = row as [Piece, ...Piece[]];
  let live = new Map(first.before);
  let at = pieces.start(first);
  for (const piece of row) {
    for (let item = pieces.first(piece); item; item = item.right) {
      if (!item.deleted && item.content instanceof Y.ContentFormat) {
        const { key, value } = item.content as { key: string; value: unknown };
        const letter = letterOf(key);
        live = new Map(live);
        if (value === null) live.delete(key);
        else live.set(key, value);
        const mayGo = item.id.client === own || !isHere(item.id.client);
        const before = known.get(key);
        if (letter && value !== null) known.set(key, { letter, value, from: before?.from ?? at, to: at, mayGo: mayGo && (before?.mayGo ?? true) });
      } else if (!item.deleted && item.countable) {
        for (const key of live.keys()) Object.assign(known.get(key) ?? {}, { to: at + item.length });
        segments.push({ from: at, to: at + item.length, live });
        at += item.length;
      }
      if (item === piece.marker) break;
    }
  }
  return { known, segments };
}

/** What must be there for a segment to be drawn as it is, without the acts that are to go. */
function add(all: Map<string, Needed[]>, { from, to, live }: Segment, gone: ReadonlySet<string>): Map<string, Needed[]> {
  const [winners, others] = [greatest(live, () => true), greatest(live, (key) => !gone.has(key))];
  for (const [letter, key] of winners) {
    const other = others.get(letter);
    const [says, left] = [saysOf(letter, live.get(key)), other === undefined ? null : saysOf(letter, live.get(other))];
    if (!gone.has(key) || says === left) continue;
    const row = all.get(letter) ?? [];
    all.set(letter, row);
    const last = row.at(-1);
    const order = orderOf(live.get(key));
    if (last && last.to === from && last.says === says) Object.assign(last, { to, order: Math.max(last.order, order) });
    else row.push({ letter, says, order, from, to });
  }
  return all;
}

/** Of each mark the act that decides. */
function greatest(live: ReadonlyMap<string, unknown>, counts: (key: string) => boolean): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of live) {
    const letter = letterOf(key);
    if (!letter || !orderOf(value) || !counts(key)) continue;
    const before = found.get(letter);
    const [order, least] = [orderOf(value), before === undefined ? -1 : orderOf(live.get(before))];
    if (order > least || (order === least && key > (before ?? ""))) found.set(letter, key);
  }
  return found;
}
