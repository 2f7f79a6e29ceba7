/**
 * A line in which somebody composes: an input method (for Japanese, say, or a dead key, or on most phones) loses what it has
 * if its line is drawn anew under it. So that line shows what it did, and what its owner makes of it, until he is done.
 *
 * What others do there meanwhile is in the text, and what he writes is written in its right place among it: what is shown
 * is known by the ids of its letters.
 */

import type { Transaction } from "@tiptap/pm/state";
import * as Y from "yjs";

import type { Run } from "../model/draw";
import type { Formats } from "../model/formats";
import { Held, type Units } from "../model/held";
import { type Line, type Piece, mapOf } from "../model/piece";
import type { Pieces } from "../model/pieces";
import { sliceRuns } from "./edits";
import type { Part } from "./stretch";
import type { View } from "./view";

/** A line, and what it was drawn from. */
interface Shown {
  line: Line;
  pieces: readonly Piece[];
  runs: readonly Run[];
}

export class Composed {
  private members: readonly Piece[] = [];
  private readonly others: Line[] = [];

  private constructor(
    public line: Line,
    private readonly pieces: Pieces,
  ) {}

  static begin(line: Line, pieces: Pieces): Composed {
    const composed = new Composed(line, pieces);
    const units = line.pieces.flatMap((piece) => pieces.units(piece, 0, piece.length));
    composed.hold(line, new Held(line.runs, units, Y.decodeStateVector(Y.encodeStateVector(pieces.text.doc as Y.Doc))));
    return composed;
  }

  end(): void {
    for (const line of [this.line, ...this.others]) line.hold(null);
  }

  /** What lines consist of and show, by which all that is shown can be held if the next change disturbs this one. */
  remember(view: View): Shown[] {
    const shown: Shown[] = [];
    for (const { line } of view.all()) if (line && line !== shown.at(-1)?.line) shown.push({ line, pieces: line.pieces, runs: line.runs });
    return shown;
  }

  /**
   * Others' change would draw this line anew, so it waits for the end, and what they do after it: all lines go on showing
   * what they did before this transaction.
   */
  holdAll(shown: readonly Shown[], transaction: Y.Transaction): void {
    const units = unitsBefore(this.pieces.text, transaction);
    for (const { line, pieces, runs } of shown) {
      if (line === this.line) continue;
      this.others.push(line);
      line.hold(new Held(runs, pieces.flatMap(({ marker }) => units.get(marker) ?? []), transaction.beforeState));
    }
  }

  /** What its owner has made of it: what is kept of what was shown, what it is now, and the units that are new. */
  take(kept: readonly [Part, Part][], runs: readonly Run[], fresh: readonly Units[]): void {
    const { held } = this.line;
    if (!held) return;
    const units: Units[] = [];
    const made = new Held([], fresh);
    let [at, taken] = [0, 0];
    const upTo = (next: number): void => {
      units.push(...made.slice(taken, taken + next - at));
      taken += next - at;
    };
    for (const [part, same] of kept) {
      upTo(same.from);
      units.push(...held.slice(part.from, part.to));
      at = same.to;
    }
    upTo(runs.reduce((sum, { text }) => sum + text.length, 0));
    this.hold(this.line, held.made([...withFormats(runs, units, this.pieces)], units));
  }

  /** After a change of one's own that made other lines: the one that has the words goes on being held. */
  follow(): void {
    const { held } = this.line;
    const [[piece] = []] = this.pieces.stretchesOf(held?.units ?? []);
    if (!held || !piece?.line) return;
    this.line.hold(null);
    this.hold(piece.line, held);
  }

  /** Whether its line can go on showing what it does, as these steps are taken and this is drawn. */
  bears(tr: Transaction, before: View): boolean {
    const { line, members } = this;
    const isSame = line.root.line === line && line.pieces.length === members.length && members.every((piece, at) => piece === line.pieces[at]);
    if (!isSame) return false;
    for (const [piece] of this.pieces.stretchesOf(line.held?.units ?? [])) if (!members.includes(piece)) return false;
    const [entry] = before.entriesOf(line);
    const node = entry && before.nodeOf(entry);
    if (!entry || !node) return false;
    const { pos, deleted } = tr.mapping.mapResult(before.positionOf(entry), 1);
    return !deleted && tr.doc.nodeAt(pos) === node;
  }

  private hold(line: Line, held: Held): void {
    this.line = line;
    this.members = [...line.pieces];
    line.hold(held);
  }
}

/** Runs as they are shown, each with the formats that are in force there. */
function* withFormats(runs: readonly Run[], units: readonly Units[], pieces: Pieces): Iterable<Run> {
  let at = 0;
  for (const { client, clock, length } of units) {
    let done = clock;
    const some = function* (to: number, formats?: Formats): Iterable<Run> {
      for (const run of sliceRuns(runs, at, at + to - done)) yield formats ? { ...run, formats } : run;
      at += to - done;
      done = to;
    };
    for (const [piece, offset, many, first] of pieces.stretchesOf([{ client, clock, length }])) {
      yield* some(first);
      yield* some(first + many, formatsAt(piece, offset));
    }
    yield* some(clock + length);
  }
}

function formatsAt({ runs }: Piece, offset: number): Formats | undefined {
  let left = offset;
  for (const { text, formats } of runs) {
    left -= text.length;
    if (left < 0) return formats;
  }
  return undefined;
}

/** Which units there were before each marker, and behind the last, before a transaction. */
function unitsBefore(text: Y.Text, { beforeState, deleteSet }: Y.Transaction): Map<Y.Item | null, Units[]> {
  const all = new Map<Y.Item | null, Units[]>();
  let units: Units[] = [];
  for (let item = text._start; item; item = item.right) {
    const { client, clock } = item.id;
    const wasThere = clock < (beforeState.get(client) ?? 0) && (!item.deleted || Y.isDeleted(deleteSet, item.id));
    if (!wasThere) continue;
    if (mapOf(item)) {
      all.set(item, units);
      units = [];
    } else if (item.content.isCountable()) units.push({ client, clock, length: item.length });
  }
  return all.set(null, units);
}
