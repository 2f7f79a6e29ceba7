/**
 * Enter: a line becomes several.
 *
 * The tail keeps the marker, and the heads get new ones with their keys. In a line that others were joined to, it is a
 * piece that leaves: it loses its `join` and stands behind the root from then on; what is written in it goes along.
 */

import type { Run } from "../model/draw";
import type { Piece } from "../model/piece";
import type { Writer } from "./acts";
import { type Spot, leftOf, spotIn } from "./anchors";
import { type Edits, type Fresh, refOf } from "./edits";
import { asKey, placesBetween, standingOf } from "./places";
import type { NewSide } from "./sides";
import type { LineEntry } from "./view";

export interface Cut {
  entry: LineEntry;
  offset: number;
  /** Each new line but the last: what is new in it, and what it is to be. */
  heads: { runs: readonly Run[]; side: NewSide; cells: readonly Fresh[] }[];
  /** The lines around it in its container. */
  previous: LineEntry | null;
  next: LineEntry | null;
}

export interface Split {
  /** Where the tail begins. */
  spot: Spot;
  /** The last of the new lines ends where the old one did. */
  endTail: (side: NewSide) => void;
}

export function splitLine(edits: Edits, writer: Writer, cut: Cut): Split {
  const { line } = cut.entry;
  const pieces = line?.pieces ?? [];
  const { piece, offset } = line ? spotIn(writer.pieces, line, cut.offset) : leftOf(pieces, cut.offset);
  const following = pieces[pieces.indexOf(piece) + 1];
  // Where two pieces meet, the second begins a line.
  if (following && offset === piece.length && cut.offset > 0) return leave(edits, writer, cut, following, null);
  if (piece !== pieces[0]) return leave(edits, writer, cut, piece, offset);
  const place = line?.behind || cut.entry.behind ? placesBetween(samePlace(cut.previous, cut.entry), cut.entry, writer.random) : () => null;
  const fresh = cut.heads.flatMap((head) => [...head.cells, newLine(edits, head, place())]);
  edits.insert({ piece, offset }, fresh);
  return {
    spot: { piece, offset },
    endTail: (side) => {
      side.map = edits.setKeys(cut.entry, side.keys);
      side.standing = standingOf(cut.entry, side.map);
    },
  };
}

/** Only a line behind the same marker says how low a rank may be. */
function samePlace(previous: LineEntry | null, entry: LineEntry): LineEntry | null {
  const number = entry.line?.behind?.number;
  return previous?.line?.behind && previous.line.behind.number === number ? previous : null;
}

/** A piece leaves its line: from `offset` in it on, or all of it. */
function leave(edits: Edits, writer: Writer, cut: Cut, piece: Piece, offset: number | null): Split {
  const { entry, heads, next } = cut;
  const { line } = entry;
  const [first, ...others] = heads;
  const place = placesBehind(entry, next, writer.random);
  const fresh: Fresh[] = [];
  if (first && offset === null) edits.insertText(entry, cut.offset, first.runs);
  else if (first) fresh.push({ runs: first.runs, marker: edits.marker(piece.join ? { join: [...piece.join] } : {}) });
  for (const head of others) fresh.push(...head.cells, newLine(edits, head, place()));
  edits.insert({ piece, offset: offset ?? 0 }, fresh);
  if (first) {
    first.side.map = edits.setKeys(entry, first.side.keys);
    first.side.standing = standingOf(entry, first.side.map);
  }
  const behind = place();
  const { map, ref } = piece;
  if (map) {
    edits.set(map, "join", undefined);
    if (behind) edits.set(map, "place", asKey(behind.after, behind.rank));
  }
  for (const other of line && ref ? followers(line.pieces, piece) : []) if (other.map && ref) edits.set(other.map, "join", [...ref]);
  return {
    spot: { piece, offset: offset ?? 0 },
    endTail: (side) => {
      edits.setAllKeys(piece, side.keys);
      side.map = map;
      side.standing = { ref: () => refOf(map), number: piece.number, behind };
    },
  };
}

/** The pieces behind one that would stay in the line without it. */
function followers(pieces: readonly Piece[], piece: Piece): Piece[] {
  const goAlong = new Set([piece]);
  const stay: Piece[] = [];
  for (const each of pieces.slice(pieces.indexOf(piece) + 1)) {
    if (each.target && goAlong.has(each.target)) goAlong.add(each);
    else stay.push(each);
  }
  return stay;
}

/** Places right behind a line, whatever stands where. */
function placesBehind(entry: LineEntry, next: LineEntry | null, random: () => number) {
  return placesBetween(entry, next, random, true);
}

function newLine(edits: Edits, { runs, side }: Cut["heads"][number], behind: ReturnType<ReturnType<typeof placesBetween>>): Fresh {
  const marker = edits.marker(behind ? { ...side.keys, place: asKey(behind.after, behind.rank) } : side.keys);
  side.map = marker;
  side.standing = { ref: () => refOf(marker), number: null, behind };
  return { runs, marker };
}
