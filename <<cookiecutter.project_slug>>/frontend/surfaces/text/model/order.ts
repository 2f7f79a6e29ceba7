/**
 * In which order lines are drawn, which pieces make one line, and which lines are hidden.
 *
 * Nothing in the text ever moves: a line that was moved says behind which marker it stands (`place`), one that was joined
 * to another says which marker it continues (`join`), one that was deleted says so (`hidden`), and what others write in it
 * meanwhile goes along. Each is one key, last writer wins. The order is by (where that marker stands in the text, or one's
 * own; lines without a place first; rank; own marker): it needs no settling, as it asks for no other line's place.
 */

import * as Y from "yjs";

import { isAtom } from "./keys";
import { Line, type Piece, type Ref } from "./piece";
import type { Pieces } from "./pieces";

/** The lines of a text in the order in which they are drawn, hidden ones among them. */
export function order(pieces: Pieces): Line[] {
  const all: Piece[] = [];
  let simple = true;
  for (const piece of pieces.list) {
    piece.number = all.length;
    all.push(piece);
    simple &&= !piece.place && !piece.join;
  }
  if (!all.at(-1)?.length && all.length > 1) all.pop(); // nothing stands behind the last marker
  const lines = simple ? all.map((piece) => single(piece)) : joined(all, new Refs(pieces));
  if (simple) return lines;
  return placed(lines, new Refs(pieces));
}

function single(piece: Piece): Line {
  piece.line ??= new Line(piece);
  if (piece.line.root !== piece) piece.line = new Line(piece);
  piece.line.behind = null;
  piece.target = null;
  piece.line.refresh([piece]);
  return piece.line;
}

function joined(all: readonly Piece[], refs: Refs): Line[] {
  const to = new Map<Piece, Piece>();
  for (const piece of all) {
    const target = piece.join && !isAtom(piece.keys) ? refs.find(piece.join) : null;
    if (target?.marker && target !== piece && !isAtom(target.keys)) to.set(piece, target);
  }
  if (!to.size) return all.map((piece) => single(piece));
  openCircles(all, to);
  const children = new Map<Piece, Piece[]>();
  for (const piece of all) {
    const target = to.get(piece);
    if (!target) continue;
    const siblings = children.get(target);
    if (siblings) siblings.push(piece);
    else children.set(target, [piece]);
  }
  return all.filter((piece) => !to.has(piece)).map((root) => {
    if (!children.has(root)) return single(root);
    const line = single(root);
    const pieces: Piece[] = [];
    const stack = [root];
    for (let piece = stack.pop(); piece; piece = stack.pop()) {
      piece.line = line;
      piece.target = to.get(piece) ?? null;
      pieces.push(piece);
      stack.push(...[...(children.get(piece) ?? [])].reverse());
    }
    line.refresh(pieces);
    return line;
  });
}

/** Of those that continue each other in a circle, the first stands for itself. */
function openCircles(all: readonly Piece[], to: Map<Piece, Piece>): void {
  const checked = new Set<Piece>();
  for (const start of all) {
    const path = new Set<Piece>();
    let piece: Piece | undefined = start;
    while (piece && !checked.has(piece) && !path.has(piece)) {
      path.add(piece);
      piece = to.get(piece);
    }
    if (piece && path.has(piece)) {
      let first = piece;
      for (let each = to.get(piece); each && each !== piece; each = to.get(each)) if (each.number < first.number) first = each;
      to.delete(first);
    }
    for (const each of path) checked.add(each);
  }
}

function placed(lines: Line[], refs: Refs): Line[] {
  const moved: Line[] = [];
  for (const line of lines) {
    const { place } = line.root;
    line.behind = null;
    if (!place) continue;
    const after = place.after && refs.find(place.after);
    if (place.after && !after) continue;
    line.behind = { number: after ? after.number : -1, rank: place.rank };
    moved.push(line);
  }
  if (!moved.length) return lines;
  moved.sort((one, other) => compare(one, other));
  const result: Line[] = [];
  let next = 0;
  for (const line of lines) {
    if (line.behind) continue;
    for (let other = moved[next]; other && compare(other, line) < 0; other = moved[++next]) result.push(other);
    result.push(line);
  }
  result.push(...moved.slice(next));
  return result;
}

function compare(one: Line, other: Line): number {
  const [at, otherAt] = [one.behind?.number ?? one.root.number, other.behind?.number ?? other.root.number];
  if (at !== otherAt) return at - otherAt;
  if (!one.behind !== !other.behind) return one.behind ? 1 : -1;
  if (one.behind && other.behind && one.behind.rank !== other.behind.rank) return one.behind.rank < other.behind.rank ? -1 : 1;
  return one.root.number - other.root.number;
}

/** Finds pieces by the ids of markers, those that are gone among them. */
class Refs {
  private readonly found = new Map<Y.Item, Piece | null>();

  constructor(private readonly pieces: Pieces) {}

  /**
   * The piece of this marker. If it was deleted (an Enter undone): the one that its text flowed into. Where it is made anew,
   * it is made behind where it was (binding/insides.ts), so that is the new one.
   */
  find([client, clock]: Ref): Piece | null {
    const { text } = this.pieces;
    const store = text.doc?.store;
    if (!store || clock >= Y.getState(store, client)) return null;
    const item = Y.getItem(store, Y.createID(client, clock)) as Y.Item | Y.GC;
    if (!(item instanceof Y.Item) || item.parent !== text) return null;
    let piece = this.found.get(item);
    if (piece === undefined) {
      piece = this.pieces.pieceOf(item);
      this.found.set(item, piece);
    }
    return piece;
  }
}
