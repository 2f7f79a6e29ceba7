/**
 * Pieces in their order, with the sums of their sizes: a piece's beginning is found, and changed, in the square root of
 * their number.
 */

const FULL = 256;

/** Some neighbouring pieces, and how many units they have together. */
export interface Stretch<P> {
  pieces: P[];
  size: number;
}

interface Sized<P> {
  readonly size: number;
  length: number;
  stretch: Stretch<P> | null;
}

export class Stretches<P extends Sized<P>> {
  private stretches: Stretch<P>[] = [{ pieces: [], size: 0 }];

  /** Puts a piece before another, or at the end. */
  insert(piece: P, before: P | null): void {
    const stretch = before?.stretch ?? this.stretches.at(-1);
    if (!stretch) return;
    const { pieces } = stretch;
    pieces.splice(before ? pieces.indexOf(before) : pieces.length, 0, piece);
    piece.stretch = stretch;
    stretch.size += piece.size;
    if (pieces.length > FULL) this.split(stretch);
  }

  remove(piece: P): void {
    const { stretch } = piece;
    if (!stretch) return;
    stretch.pieces.splice(stretch.pieces.indexOf(piece), 1);
    stretch.size -= piece.size;
    piece.stretch = null;
    if (!stretch.pieces.length && this.stretches.length > 1) this.stretches.splice(this.stretches.indexOf(stretch), 1);
  }

  resize(piece: P, length: number): void {
    if (piece.stretch) piece.stretch.size += length - piece.length;
    piece.length = length;
  }

  start(piece: P): number {
    let start = 0;
    for (const stretch of this.stretches) {
      if (stretch === piece.stretch) {
        for (const each of stretch.pieces) {
          if (each === piece) return start;
          start += each.size;
        }
      }
      start += stretch.size;
    }
    throw new Error("The piece is not in the text");
  }

  before(piece: P): P | null {
    return this.neighbour(piece, -1);
  }

  after(piece: P): P | null {
    return this.neighbour(piece, 1);
  }

  *[Symbol.iterator](): IterableIterator<P> {
    for (const { pieces } of this.stretches) yield* pieces;
  }

  /** The pieces that reach beyond a place, in order, each with where it begins. */
  *from(place: number): IterableIterator<[piece: P, start: number]> {
    let start = 0;
    for (const { pieces, size } of this.stretches) {
      if (start + size <= place) {
        start += size;
        continue;
      }
      for (const piece of pieces) {
        if (start + piece.size > place) yield [piece, start];
        start += piece.size;
      }
    }
  }

  private neighbour(piece: P, by: -1 | 1): P | null {
    const { stretch } = piece;
    if (!stretch) return null;
    const near = stretch.pieces[stretch.pieces.indexOf(piece) + by];
    if (near) return near;
    const next = this.stretches[this.stretches.indexOf(stretch) + by];
    return next?.pieces[by < 0 ? next.pieces.length - 1 : 0] ?? null;
  }

  private split(stretch: Stretch<P>): void {
    const moved = stretch.pieces.splice(stretch.pieces.length / 2);
    const next: Stretch<P> = { pieces: moved, size: 0 };
    for (const piece of moved) {
      piece.stretch = next;
      next.size += piece.size;
    }
    stretch.size -= next.size;
    this.stretches.splice(this.stretches.indexOf(stretch) + 1, 0, next);
  }
}
