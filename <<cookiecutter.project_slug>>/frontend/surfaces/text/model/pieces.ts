/**
 * The pieces of a Y.Text, each with the marker that ends it, kept up with every transaction.
 *
 * What a transaction touched is found from its structs and deletions, so a letter makes one piece be read again, however
 * long the text is. A piece knows the formats in force before it and behind it; only where a change of the latter goes on
 * is the next piece read too.
 */

import type { Mark } from "@tiptap/pm/model";
import * as Y from "yjs";

import { type Run, THING } from "./draw";
import { type Formats, type Marks, NO_FORMATS, orderOf } from "./formats";
import type { Units } from "./held";
import { readKeys } from "./keys";
import { OPAQUE, Piece, type Place, type Ref, isMarker } from "./piece";
import { Stretches } from "./stretches";
import { LIMITS, isPlain, isText, own } from "./values";

export interface Changes {
  /** Whose text has changed. */
  pieces: Set<Piece>;
  /** Whether there are other markers now, or they say something else. */
  structure: boolean;
}

export class Pieces {
  readonly list = new Stretches<Piece>();
  /** The greatest order of an act that has been seen. */
  greatestOrder = 0;

  private readonly byMarker = new Map<Y.Item, Piece>();
  private readonly rest = new Piece(null);

  constructor(
    readonly text: Y.Text,
    private readonly marks: Marks,
  ) {
    this.list.insert(this.rest, null);
    for (let item = text._start; item; item = item.right) if (isMarker(item)) this.add(item, this.rest);
    let formats = NO_FORMATS;
    for (const piece of this.list) {
      this.read(piece, formats);
      readMarker(piece);
      formats = piece.after;
    }
  }

  /** Where a piece begins in the Y.Text. */
  start(piece: Piece): number {
    return this.list.start(piece);
  }

  /** The item that a piece begins with. */
  first(piece: Piece): Y.Item | null {
    const before = this.list.before(piece);
    return before?.marker ? before.marker.right : this.text._start;
  }

  /** The piece that an item stands in, or would stand in. */
  pieceOf(item: Y.Item | null): Piece {
    let each = item;
    while (each && !(isMarker(each) && this.byMarker.has(each))) each = each.right;
    return (each && this.byMarker.get(each)) ?? this.rest;
  }

  pieceOfMap(map: unknown): Piece | null {
    return (map instanceof Y.Map && map._item && this.byMarker.get(map._item)) || null;
  }

  /** The unit at the left of a place, a marker perhaps; null at the beginning of the text. */
  unitBefore(piece: Piece, offset: number): Y.ID | null {
    if (offset > 0) {
      const [last] = this.units(piece, offset - 1, 1);
      if (last) return Y.createID(last.client, last.clock);
    }
    return this.list.before(piece)?.marker?.id ?? null;
  }

  /** Which units of Yjs a stretch of a piece is. */
  units(piece: Piece, offset: number, length: number): Units[] {
    const units: Units[] = [];
    let at = 0;
    for (let item = this.first(piece); item && item !== piece.marker && at < offset + length; item = item.right) {
      if (item.deleted || !item.countable) continue;
      const [from, to] = [Math.max(offset - at, 0), Math.min(offset + length - at, item.length)];
      if (from < to) units.push({ client: item.id.client, clock: item.id.clock + from, length: to - from });
      at += item.length;
    }
    return units;
  }

  /** The stretches of pieces that these units are, as far as they have not been deleted. */
  *stretchesOf(units: Iterable<Units>): Iterable<[piece: Piece, offset: number, length: number, clock: number]> {
    const { store } = this.text.doc as Y.Doc;
    for (const { client, clock, length } of units) {
      for (let at = clock; at < clock + length; ) {
        const item = Y.getItem(store, Y.createID(client, at)) as Y.Item | Y.GC;
        const within = at - item.id.clock;
        const some = Math.min(item.length - within, clock + length - at);
        if (item instanceof Y.Item && !item.deleted && item.parent === this.text) {
          const piece = this.pieceOf(item);
          yield [piece, this.offsetOf(item, piece) + within, some, at];
        }
        at += some;
      }
    }
  }

  /** Where a unit ends, or what was deleted stood; null for what is not in the text. */
  behind(unit: Pick<Y.ID, "client" | "clock">): { piece: Piece; offset: number } | null {
    const item = Y.getItem((this.text.doc as Y.Doc).store, Y.createID(unit.client, unit.clock)) as Y.Item | Y.GC;
    if (!(item instanceof Y.Item) || item.parent !== this.text) return null;
    const piece = this.pieceOf(item);
    return { piece, offset: this.offsetOf(item, piece) + (item.deleted ? 0 : unit.clock - item.id.clock + 1) };
  }

  /** How many units stand before an item in its piece. */
  offsetOf(item: Y.Item, piece: Piece): number {
    const first = this.first(piece);
    let offset = 0;
    for (let left = item === first ? null : item.left; left; left = left === first ? null : left.left) {
      if (!left.deleted && left.countable) offset += left.length;
    }
    return offset;
  }

  /** The units that an item and those after it in its client's clock brought into the text. */
  unitsSince(client: number, from: number): Units[] {
    const structs = (this.text.doc as Y.Doc).store.clients.get(client);
    const units: Units[] = [];
    if (!structs || from >= Y.getState((this.text.doc as Y.Doc).store, client)) return units;
    for (let index = Y.findIndexSS(structs, from); index < structs.length; index++) {
      const item = structs[index];
      if (!(item instanceof Y.Item) || item.parent !== this.text || item.deleted || !item.countable || isMarker(item)) continue;
      const clock = Math.max(item.id.clock, from);
      units.push({ client, clock, length: item.id.clock + item.length - clock });
    }
    return units;
  }

  update(transaction: Y.Transaction): Changes {
    const changes: Changes = { pieces: new Set(), structure: false };
    const seen = new Set<Y.Item>();
    const added: Y.Item[] = [];
    const dirty: Y.Item[] = [];
    const touch = (struct: Y.Item | Y.GC): void => {
      if (!(struct instanceof Y.Item) || struct.parent !== this.text) return;
      if (isMarker(struct) && !this.byMarker.has(struct)) added.push(struct);
      dirty.push(struct);
    };
    for (const [client, clock] of transaction.afterState) {
      const before = transaction.beforeState.get(client) ?? 0;
      const structs = transaction.doc.store.clients.get(client);
      if (clock <= before || !structs) continue;
      for (let index = Y.findIndexSS(structs, before); index < structs.length; index++) touch(structs[index] as Y.Item);
    }
    Y.iterateDeletedStructs(transaction, transaction.deleteSet, touch);
    for (const item of dirty) {
      const gone = this.byMarker.get(item);
      if (!gone || !item.deleted) continue;
      this.byMarker.delete(item);
      this.list.remove(gone);
      changes.structure = true;
    }
    for (const marker of added) this.addBeforeNext(marker, changes);
    for (const item of dirty) {
      const piece = this.pieceBehind(item, seen);
      if (piece) changes.pieces.add(piece);
    }
    for (const piece of changes.pieces) this.readOn(piece, changes);
    for (const type of transaction.changed.keys()) {
      const piece = this.pieceOfMap(type);
      if (!piece) continue;
      readMarker(piece);
      changes.structure = true;
    }
    return changes;
  }

  private add(marker: Y.Item, before: Piece): Piece {
    const piece = new Piece(marker);
    this.byMarker.set(marker, piece);
    this.list.insert(piece, before);
    return piece;
  }

  /** Several new markers in a row are added with one walk to the first that is known. */
  private addBeforeNext(marker: Y.Item, changes: Changes): void {
    if (this.byMarker.has(marker) || marker.deleted) return;
    const row: Y.Item[] = [];
    let item: Y.Item | null = marker;
    for (; item; item = item.right) {
      if (!isMarker(item)) continue;
      if (this.byMarker.has(item)) break;
      row.push(item);
    }
    const next = (item && this.byMarker.get(item)) ?? this.rest;
    for (const each of row) {
      const piece = this.add(each, next);
      readMarker(piece);
      changes.pieces.add(piece);
    }
    changes.pieces.add(next);
    changes.structure = true;
  }

  /** As pieceOf, but null where an earlier walk has been: that has found the piece. */
  private pieceBehind(item: Y.Item, seen: Set<Y.Item>): Piece | null {
    for (let each: Y.Item | null = item; each; each = each.right) {
      if (seen.has(each)) return null;
      seen.add(each);
      const piece = this.byMarker.get(each);
      if (piece) return piece;
    }
    return this.rest;
  }

  /** Reads a piece, and those behind it as far as a change of its formats reaches. */
  private readOn(piece: Piece, changes: Changes): void {
    const before = this.list.before(piece)?.after ?? NO_FORMATS;
    const { after } = piece;
    this.read(piece, before);
    if (sameFormats(after, piece.after)) return;
    for (let next = this.list.after(piece); next; next = this.list.after(next)) {
      const known = next.after;
      this.read(next);
      changes.pieces.add(next);
      if (sameFormats(known, next.after)) break;
    }
  }

  private read(piece: Piece, before: Formats = this.list.before(piece)?.after ?? NO_FORMATS): void {
    const reader = new RunReader(before, this.marks);
    let item = this.first(piece);
    for (; item && item !== piece.marker; item = item.right) reader.take(item);
    piece.before = before;
    piece.after = reader.formats;
    piece.runs = reader.runs;
    this.list.resize(piece, reader.length);
    this.greatestOrder = Math.max(this.greatestOrder, reader.greatestOrder);
  }
}

/** Collects what stands in a piece, item by item. */
class RunReader {
  readonly runs: Run[] = [];
  length = 0;
  greatestOrder = 0;

  private changed: Map<string, unknown> | null = null;

  constructor(
    private known: Formats,
    private readonly marks: Marks,
  ) {}

  get formats(): Formats {
    if (this.changed) {
      if (!sameFormats(this.changed, this.known)) this.known = this.changed;
      this.changed = null;
    }
    return this.known;
  }

  take(item: Y.Item): void {
    if (item.deleted) return;
    const { content } = item;
    if (content instanceof Y.ContentFormat) this.format(content.key as string, content.value);
    else if (content instanceof Y.ContentString) this.text(content.str);
    else if (content instanceof Y.ContentEmbed) this.thing(content.embed);
    else if (item.countable) for (let each = 0; each < item.length; each++) this.thing(OPAQUE);
  }

  private format(key: string, value: unknown): void {
    this.changed ??= new Map(this.known);
    if (value === null) this.changed.delete(key);
    else if (this.changed.size < LIMITS.formats || this.changed.has(key)) this.changed.set(key, value);
    this.greatestOrder = Math.max(this.greatestOrder, orderOf(value));
  }

  private text(text: string): void {
    const { formats } = this;
    const last = this.runs.at(-1);
    if (last && last.formats === formats && last.thing === undefined) last.text += text;
    else this.runs.push({ text, marks: this.marksOf(formats), formats });
    this.length += text.length;
  }

  private thing(thing: unknown): void {
    const { formats } = this;
    this.runs.push({ text: THING, marks: this.marksOf(formats), formats, thing: thing ?? OPAQUE });
    this.length++;
  }

  private marksOf(formats: Formats): readonly Mark[] {
    return this.marks.of(formats);
  }
}

function readMarker(piece: Piece): void {
  const { map } = piece;
  if (!map) return;
  piece.keys = readKeys((name) => map.get(name));
  piece.isHidden = map.get("hidden") === true;
  piece.place = asPlace(map.get("place"));
  piece.join = asRef(map.get("join"));
}

function asPlace(value: unknown): Place | null {
  if (!isPlain(value)) return null;
  const rank = isText(own(value, "n"), LIMITS.rank);
  const after = own(value, "after");
  if (rank === null) return null;
  const ref = asRef(after);
  return ref || after === null ? { after: ref, rank } : null;
}

function asRef(value: unknown): Ref | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [client, clock] = value as unknown[];
  return Number.isSafeInteger(client) && Number.isSafeInteger(clock) && (clock as number) >= 0 ? [client as number, clock as number] : null;
}

export function sameFormats(one: Formats, other: Formats): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [key, value] of one) {
    if (!other.has(key)) return false;
    const there = other.get(key);
    if (there !== value && (typeof value !== "object" || JSON.stringify(there) !== JSON.stringify(value))) return false;
  }
  return true;
}
