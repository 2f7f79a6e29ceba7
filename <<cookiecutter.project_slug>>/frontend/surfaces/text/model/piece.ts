/** A piece is what one marker ends; a line is what is drawn as one: a piece, and those that are joined to it. */

import * as Y from "yjs";

import type { DrawnLine, Run } from "./draw";
import { type Formats, NO_FORMATS } from "./formats";
import type { Held } from "./held";
import { type Keys, isAtom } from "./keys";
import type { Stretch } from "./stretches";

/** A marker's id in Yjs. */
export type Ref = readonly [client: number, clock: number];

/** Behind which marker a line stands instead of where its own is; null for the beginning. */
export interface Place {
  after: Ref | null;
  rank: string;
}

/** Stands for an embedded type that is no marker. */
export const OPAQUE: unknown = Object.freeze({ opaque: true });

export class Piece {
  keys: Keys = {};
  place: Place | null = null;
  join: Ref | null = null;
  isHidden = false;

  runs: readonly Run[] = [];
  length = 0;
  /** In force behind the marker before, and behind its own. */
  before: Formats = NO_FORMATS;
  after: Formats = NO_FORMATS;

  stretch: Stretch<Piece> | null = null;
  /** The how manieth it is: set by `order`. */
  number = 0;
  /** The piece that it continues: set by `order`. */
  target: Piece | null = null;
  /** The line in which it is drawn: set by `order`. */
  line: Line | null = null;

  /** Without a marker: the text behind the last one. */
  constructor(readonly marker: Y.Item | null) {}

  get map(): Y.Map<unknown> | null {
    return this.marker && mapOf(this.marker);
  }

  get ref(): Ref | null {
    return this.marker && [this.marker.id.client, this.marker.id.clock];
  }

  /** In units of the text, its marker included. */
  get size(): number {
    return this.length + (this.marker ? 1 : 0);
  }
}

/** What is drawn as one line: a piece, and those joined to it. */
export class Line implements DrawnLine {
  pieces: readonly Piece[];
  runs: readonly Run[] = [];
  length = 0;
  /** Where it is to stand: behind which piece (-1 the beginning, null where it is itself), and with which rank. */
  behind: { number: number; rank: string } | null = null;

  /** What it shows instead of what stands in it: see held.ts. */
  held: Held | null = null;

  private seen: readonly (readonly Run[])[] = [];

  constructor(readonly root: Piece) {
    this.pieces = [root];
  }

  /** The words in the line of a thing that somebody took away are a paragraph. */
  get keys(): Keys {
    const { keys, isHidden } = this.root;
    if (!isHidden || !this.length || !isAtom(keys)) return keys;
    const { kind: _kind, table: _table, ...rest } = keys;
    return rest;
  }

  get isHidden(): boolean {
    return this.root.isHidden && this.length === 0;
  }

  /** From now on it shows this; with null, what stands in it. */
  hold(held: Held | null): void {
    this.held = held;
    this.seen = [];
    this.refresh();
    if (held) [this.runs, this.length] = [held.runs, held.length];
  }

  /** Takes up what stands in its pieces now. */
  refresh(pieces: readonly Piece[] = this.pieces): void {
    if (pieces.length === this.seen.length && pieces.every((piece, at) => piece === this.pieces[at] && piece.runs === this.seen[at])) return;
    this.pieces = pieces;
    this.seen = pieces.map(({ runs }) => runs);
    if (this.held) return;
    this.length = pieces.reduce((sum, { length }) => sum + length, 0);
    this.runs = pieces.length === 1 ? this.root.runs : pieces.flatMap(({ runs }) => runs);
  }
}

export function isMarker(item: Y.Item): boolean {
  return !item.deleted && mapOf(item) !== null;
}

export function mapOf(item: Y.Item): Y.Map<unknown> | null {
  return item.content instanceof Y.ContentType && item.content.type instanceof Y.Map ? item.content.type : null;
}
