/** The lines before a change and after it, container by container: the document, and each cell. */

import type { Node } from "@tiptap/pm/model";
import type * as Y from "yjs";

import { type Run, lettersOf, nameOf } from "../model/draw";
import type { Marks } from "../model/formats";
import { type Keys, isAtom } from "../model/keys";
import { kindOf } from "../model/kinds";
import { type ReadLine, type Reading, readRuns } from "../model/read";
import { type Side, textOf } from "./align";
import { sliceRuns } from "./edits";
import type { Standing } from "./places";
import type { LineEntry } from "./view";

export class OldSide implements Side {
  readonly keys: Keys;
  readonly runs: readonly Run[];
  readonly text: string;
  readonly isAtom: boolean;
  readonly table: string | undefined;

  constructor(readonly entry: LineEntry) {
    this.keys = entry.keys;
    this.runs = entry.runs;
    this.isAtom = entry.face === "atom" || entry.face === "table";
    this.table = entry.face === "table" ? entry.keys.table : undefined;
    this.text = nameOfAtom(this) ?? textOf(entry.runs);
  }
}

export class NewSide implements Side {
  readonly keys: Keys;
  readonly isAtom: boolean;
  readonly table: string | undefined;
  readonly node: Node;
  runs: readonly Run[];
  text: string;

  standing: Standing | null = null;
  /** The line that was moved here. */
  moved: OldSide | null = null;
  /** How many of its first units have been left behind. */
  movedFrom = 0;
  /** It is new, and stands behind this line, to which what stood in its place was joined. */
  isBehind: OldSide | null = null;
  map: Y.Map<unknown> | null = null;

  constructor(
    readonly line: ReadLine,
    marks: Marks,
  ) {
    this.keys = line.keys;
    this.node = line.node;
    this.isAtom = line.isAtom;
    this.table = line.keys.kind === "table" ? line.keys.table : undefined;
    this.runs = line.isAtom ? [] : readRuns(line.node, marks);
    if (kindOf(line.keys)?.shape === "code") this.runs = lettersOf(this.runs);
    this.text = nameOfAtom(this) ?? textOf(this.runs);
  }

  /** What is behind this stands in the text already, and will be joined to it. */
  end(at: number): void {
    this.runs = sliceRuns(this.runs, 0, at);
    this.text = this.text.slice(0, at);
  }
}

/** What stands for a thing's text when lines are compared. */
function nameOfAtom({ isAtom: is, keys, table }: { isAtom: boolean; keys: Keys; table: string | undefined }): string | null {
  if (!is) return null;
  return table === undefined ? `\uE001${keys.kind}${String(keys["src"] ?? "")}` : `\uE000${table}`;
}

export type Containers<S> = Map<string, S[]>;

export function contain<S extends Side>(sides: Iterable<S>): Containers<S> {
  const containers: Containers<S> = new Map([["", []]]);
  for (const side of sides) {
    const name = side.keys.cell ? nameOf(side.keys.cell) : "";
    const there = containers.get(name);
    if (there) there.push(side);
    else containers.set(name, [side]);
  }
  return containers;
}

export function newSides(reading: Reading, marks: Marks): NewSide[] {
  return reading.lines.map((line) => new NewSide(line, marks));
}

export function isNothing(side: NewSide): boolean {
  const { cell: _cell, ...rest } = side.keys;
  return !side.text && !Object.keys(rest).length && !isAtom(side.keys);
}
