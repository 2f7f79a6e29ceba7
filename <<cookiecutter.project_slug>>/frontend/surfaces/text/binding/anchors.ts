/**
 * Places that stay where they are while others write: bound to a letter, to a line, or to a cell.
 *
 * They are Yjs's relative positions in substance, but they are made and found within a line: Yjs's own way counts from the
 * beginning of the text each time.
 */

import * as Y from "yjs";

import { itemNow } from "../../insides";
import { nameOf } from "../model/draw";
import type { Held } from "../model/held";
import type { Cell } from "../model/keys";
import type { Line, Piece } from "../model/piece";
import type { Pieces } from "../model/pieces";
import type { LineEntry, View } from "./view";

export type Anchor =
  /** Behind or before a letter. */
  | { letter: Y.ID; isBefore: boolean }
  /** At the beginning of the line that this marker ends, as long as `next` stands in it; without either, of the text: it was empty. */
  | { marker: Y.ID | null; next: Y.ID | null }
  | { cell: Cell };

/** Anchors of one text, as it is drawn. */
export class Anchors {
  constructor(
    private readonly pieces: Pieces,
    private readonly view: () => View,
  ) {}

  /** Binds a place to the letter on its left; a range's beginning is bound to the one on its right. */
  at(position: number, isBefore: boolean): Anchor | null {
    const view = this.view();
    const entry = view.entryAt(position);
    if (!entry) return null;
    const { line } = entry;
    if (!line) return entry.keys.cell ? { cell: entry.keys.cell } : null;
    const offset = Math.min(Math.max(position - view.positionOf(entry) - 1, 0), entry.length);
    const spot = isBefore ? rightOf(line.pieces, offset) : leftOf(line.pieces, offset);
    if (isBefore && offset < entry.length) {
      const letter = line.held ? idOf(line.held.at(offset)) : this.unitAt(spot.piece, spot.offset);
      if (letter) return { letter, isBefore: true };
    }
    const left = line.held ? idOf(line.held.at(offset - 1)) : this.unitAt(spot.piece, spot.offset - 1);
    const letter = offset > 0 ? left : null;
    if (letter) return { letter, isBefore: false };
    const { marker } = line.root;
    return { marker: marker?.id ?? null, next: this.unitAt(spot.piece, 0) };
  }

  /** Where an anchor is now, or null if its line is not to be seen. */
  find(anchor: Anchor): number | null {
    const view = this.view();
    if ("cell" in anchor) {
      const entry = view.entryOfCell(nameOf(anchor.cell));
      return entry && view.positionOf(entry) + 1;
    }
    if ("letter" in anchor) return this.findUnit(anchor.letter, !anchor.isBefore);
    if (!anchor.marker && !anchor.next) {
      const [first = this.pieces.pieceOf(null)] = this.pieces.list;
      return this.place(first, 0);
    }
    const piece = anchor.marker ? this.pieces.pieceOf(this.item(anchor.marker)?.item ?? null) : this.pieces.pieceOf(null);
    const isSame = piece.marker ? !!anchor.marker && sameId(piece.marker.id, this.item(anchor.marker)?.item.id) : !anchor.marker;
    const next = anchor.next && this.item(anchor.next);
    const moved = next && !next.item.deleted && this.pieces.pieceOf(next.item).line !== piece.line;
    if (moved && anchor.next) return this.findUnit(anchor.next, false);
    if (isSame || !anchor.next) return this.place(piece, 0);
    return this.findUnit(anchor.next, false);
  }

  /** Whether the letter is there, and not only the place where it was. */
  isHere({ letter }: { letter: Y.ID }): boolean {
    return this.item(letter)?.item.deleted === false;
  }

  private findUnit(id: Y.ID, isBehind: boolean): number | null {
    const found = this.item(id);
    if (!found) return null;
    const { item, clock } = found;
    const piece = this.pieces.pieceOf(item);
    return this.place(piece, this.pieces.offsetOf(item, piece) + (item.deleted ? 0 : clock + (isBehind ? 1 : 0)));
  }

  /** Where this is drawn. */
  private place(piece: Piece, offset: number): number | null {
    const view = this.view();
    const { line } = piece;
    const entry = line && view.entriesOf(line)[0];
    if (!line || !entry) return null;
    if (entry.face !== "text" && entry.face !== "words") return view.positionOf(entry);
    const shown = line.held ? this.shownOffset(line, piece, offset) : lengthBefore(line, piece) + offset;
    return view.positionOf(entry) + 1 + Math.min(shown, entry.length);
  }

  /** Where in what a line shows is the last unit before a place in it that is shown. */
  private shownOffset(line: Line, piece: Piece, offset: number): number {
    const { held, pieces } = line;
    for (const each of pieces.slice(0, pieces.indexOf(piece) + 1).reverse()) {
      for (const { client, clock, length } of this.pieces.units(each, 0, each === piece ? offset : each.length).reverse()) {
        for (let at = clock + length - 1; at >= clock; at--) {
          const end = held?.endOf({ client, clock: at });
          if (end) return end;
        }
      }
    }
    return 0;
  }

  private unitAt(piece: Piece, offset: number): Y.ID | null {
    let left = offset;
    for (let item = this.pieces.first(piece); item && item !== piece.marker; item = item.right) {
      if (item.deleted || !item.countable) continue;
      if (left < item.length) return Y.createID(item.id.client, item.id.clock + left);
      left -= item.length;
    }
    return null;
  }

  private item(id: Y.ID): { item: Y.Item; clock: number } | null {
    const { doc } = this.pieces.text;
    return doc && itemNow(doc, id);
  }
}

function lengthBefore({ pieces }: Line, piece: Piece): number {
  let length = 0;
  for (const each of pieces) {
    if (each === piece) break;
    length += each.length;
  }
  return length;
}

function idOf(unit: { client: number; clock: number } | null): Y.ID | null {
  return unit && Y.createID(unit.client, unit.clock);
}

export interface Spot {
  piece: Piece;
  offset: number;
}

/** Behind the unit at the left of an offset in what a line shows. */
export function spotIn(pieces: Pieces, { held, pieces: own }: Line, offset: number): Spot {
  if (!held) return leftOf(own, offset);
  const unit = held.at(offset - 1);
  const spot = unit && pieces.behind(unit);
  if (!spot) return leftOf(own, 0);
  return unit.client === pieces.text.doc?.clientID ? spot : pastNew(pieces, held, spot);
}

/** Behind what others have written there meanwhile: it may be the rest of the word that ends there for who has not seen it. */
function pastNew(pieces: Pieces, held: Held, { piece, offset }: Spot): Spot {
  let past = offset;
  for (const { client, clock, length } of pieces.units(piece, offset, piece.length - offset)) {
    if (client === pieces.text.doc?.clientID || !held.isNew({ client, clock })) break;
    past += length;
  }
  return { piece, offset: past };
}

/** Behind the unit at the left of an offset in a line. */
export function leftOf(pieces: readonly Piece[], offset: number): Spot {
  let spot = { piece: pieces[0] as Piece, offset: 0 };
  let base = 0;
  for (const piece of pieces) {
    if (base < offset || base === 0) spot = { piece, offset: Math.min(offset - base, piece.length) };
    base += piece.length;
    if (base >= offset) break;
  }
  return spot;
}

/** Before the unit at the right of an offset in a line. */
export function rightOf(pieces: readonly Piece[], offset: number): Spot {
  let base = 0;
  for (const piece of pieces) {
    if (offset < base + piece.length) return { piece, offset: offset - base };
    base += piece.length;
  }
  const piece = pieces.at(-1) as Piece;
  return { piece, offset: piece.length };
}

function sameId(one: Y.ID, other: Y.ID | undefined): boolean {
  return !!other && Y.compareIDs(one, other);
}

export function isWritten(entry: LineEntry): boolean {
  return entry.face === "text" || entry.face === "words";
}
