/** Which line of before a change is which line after it. */

import { Mark } from "@tiptap/pm/model";

import { type Run, THING } from "../model/draw";
import { type Keys, changedKeys } from "../model/keys";

/** A line, before or after. */
export interface Side {
  keys: Keys;
  readonly runs: readonly Run[];
  readonly text: string;
  /** What is no text: a table is the same by its id, other things by what they are. */
  isAtom: boolean;
  table: string | undefined;
}

export interface Pair {
  before: number;
  after: number;
  isSame: boolean;
}

const MOST_COMPARED = 400_000;

/**
 * Pairs lines in order: equal ones from both ends, of the rest as many with the same text as can be.
 *
 * Where a line was added or taken away among equal ones, the caret says which: `caret` is the line in which it is now.
 */
export function align(before: readonly Side[], after: readonly Side[], caret: number): Pair[] {
  const pairs: Pair[] = [];
  let [end, newEnd] = [before.length, after.length];
  let from = 0;
  let most = Math.min(end, newEnd);
  if (caret >= 0 && end !== newEnd) most = Math.min(most, newEnd > end ? caret : caret + 1);
  const forward = (limit: number): void => {
    for (; from < limit && isSame(before[from], after[from]); from++) pairs.push({ before: from, after: from, isSame: true });
  };
  forward(most);
  const behind: Pair[] = [];
  while (end > from && newEnd > from && isSame(before[end - 1], after[newEnd - 1])) behind.push({ before: --end, after: --newEnd, isSame: true });
  forward(Math.min(end, newEnd));
  pairs.push(...byText(before.slice(from, end), after.slice(from, newEnd), from));
  return [...pairs, ...behind.reverse()];
}

/** The longest row of lines with the same text; the keys decide between equals. */
function byText(before: readonly Side[], after: readonly Side[], from: number): Pair[] {
  const [rows, columns] = [before.length, after.length];
  if (!rows || !columns) return [];
  if (rows * columns > MOST_COMPARED) return rows === columns ? before.map((_line, index) => pairAt(before, after, index, index, from)) : [];
  const width = columns + 1;
  const best = new Uint32Array((rows + 1) * width);
  const likeness = (row: number, column: number): number => {
    const [one, other] = [before[row], after[column]];
    if (!one?.text || one.text !== other?.text) return 0;
    return isSame(one, other) ? 3 : 2;
  };
  const at = (row: number, column: number): number => best[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      const like = likeness(row, column);
      best[row * width + column] = Math.max(at(row + 1, column), at(row, column + 1), like ? like + at(row + 1, column + 1) : 0);
    }
  }
  const pairs: Pair[] = [];
  for (let [row, column] = [0, 0]; row < rows && column < columns; ) {
    const like = likeness(row, column);
    if (like && at(row, column) === like + at(row + 1, column + 1)) pairs.push(pairAt(before, after, row++, column++, from));
    else if (at(row + 1, column) >= at(row, column + 1)) row++;
    else column++;
  }
  return pairs;
}

function pairAt(before: readonly Side[], after: readonly Side[], row: number, column: number, from: number): Pair {
  return { before: from + row, after: from + column, isSame: isSame(before[row], after[column]) };
}

export function isSame(one: Side | undefined, other: Side | undefined): boolean {
  if (!one || !other || one.isAtom !== other.isAtom) return false;
  if (one.table !== undefined || other.table !== undefined) return one.table === other.table && sameSays(one.keys, other.keys);
  return one.text === other.text && sameSays(one.keys, other.keys) && sameRuns(one.runs, other.runs);
}

/** Within one container, cells are the same. */
function sameSays(one: Keys, other: Keys): boolean {
  return changedKeys(one, other).every(([name]) => name === "cell");
}

export function sameRuns(one: readonly Run[], other: readonly Run[]): boolean {
  if (one === other) return true;
  let [index, offset] = [0, 0];
  for (const run of one) {
    let done = 0;
    while (done < run.text.length) {
      const there = other[index];
      if (!there || !sameMarks(run, there) || !sameThing(run.thing, there.thing)) return false;
      const length = Math.min(run.text.length - done, there.text.length - offset);
      if (run.text.slice(done, done + length) !== there.text.slice(offset, offset + length)) return false;
      done += length;
      offset += length;
      if (offset === there.text.length) [index, offset] = [index + 1, 0];
    }
  }
  return index === other.length;
}

function sameMarks(one: Run, other: Run): boolean {
  return one.marks === other.marks || Mark.sameSet(one.marks, other.marks);
}

export function sameThing(one: unknown, other: unknown): boolean {
  return one === other || (one !== undefined && other !== undefined && JSON.stringify(one) === JSON.stringify(other));
}

export function textOf(runs: readonly Run[]): string {
  return runs.length === 1 ? (runs[0]?.text ?? "") : runs.map(({ text }) => text).join("");
}

/** The things of some runs, by where they stand. */
export function thingsOf(runs: readonly Run[]): Map<number, unknown> {
  const things = new Map<number, unknown>();
  let at = 0;
  for (const { text, thing } of runs) {
    if (thing !== undefined && text === THING) things.set(at, thing);
    at += text.length;
  }
  return things;
}
