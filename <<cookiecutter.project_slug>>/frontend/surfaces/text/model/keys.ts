/**
 * What a line says of itself: the keys of the marker that ends it, as they may be drawn.
 *
 * A marker is an embedded Y.Map, so each key is last-writer-wins on its own: one person makes a heading of a line while
 * another indents it, and both hold. What is in the map may come from anybody: `readKeys` takes what is known, of the
 * right kind and within limits, and leaves the rest alone, in the map, for a later version. (Blocks as markers in one
 * sequence: Automerge's rich text schema; that they end a line: Quill's Delta.)
 */

import { KINDS, kindOf } from "./kinds";
import { LIMITS, isId, isNumber, isPlain, own } from "./values";

export const LISTS = ["bullet", "ordered", "task"] as const;
export type ListKind = (typeof LISTS)[number];

/** Which cell of which table a line stands in. */
export interface Cell {
  t: string;
  r: string;
  c: string;
}

export interface Keys {
  /** What the line is: one of KINDS, or a table that stands here. Without it, a paragraph. */
  kind?: string;
  table?: string;
  list?: ListKind;
  /**
   * The number of the first line of an ordered list, or that it goes on from the last one before it that is as deep; and how
   * its numbers are written.
   */
  start?: number | "on";
  numbers?: string;
  checked?: true;
  /** In how many list items it stands, without its own. */
  indent?: number;
  quote?: number;
  /** How many quotes, lists and items it shares with the line before, where it could share more. */
  break?: number;
  /** Which way it is read, where that is not to go by its letters. */
  dir?: string;
  /** How its cell is aligned, if it is the cell's first line. */
  align?: string;
  cell?: Cell;
  /** What a kind says besides. */
  [name: string]: unknown;
}

const NUMBERS = ["a", "A", "i", "I"];
const ALIGNMENTS = ["left", "center", "right"];
const DIRECTIONS = ["ltr", "rtl"];

/** Keys as they may be drawn, from whatever `get` finds. */
export function readKeys(get: (name: string) => unknown): Keys {
  const keys: Keys = {};
  const kind = get("kind");
  const known = typeof kind === "string" ? KINDS[kind] : undefined;
  if (known && typeof kind === "string") Object.assign(keys, { kind }, known.keys(get));
  else if (kind === "table" && isId(get("table"))) Object.assign(keys, { kind, table: get("table") });
  if (!keys.kind) Object.assign(keys, listKeys(get));
  const indent = isNumber(get("indent"), LIMITS.indent);
  if (indent) keys.indent = indent;
  const quote = isNumber(get("quote"), LIMITS.quote);
  if (quote) keys.quote = quote;
  const shared = isNumber(get("break"), LIMITS.containers);
  if (shared !== null) keys.break = shared;
  const dir = directionOf(get);
  if (dir && (keys.kind ? kindOf(keys)?.shape === "text" : true)) keys.dir = dir;
  const align = get("align");
  if (typeof align === "string" && ALIGNMENTS.includes(align)) keys.align = align;
  const cell = get("cell");
  if (isPlain(cell) && isId(own(cell, "t")) && isId(own(cell, "r")) && isId(own(cell, "c"))) {
    keys.cell = { t: cell["t"] as string, r: cell["r"] as string, c: cell["c"] as string };
  }
  return keys;
}

/** Which way something is read; null where it goes by its letters. */
export function directionOf(get: (name: string) => unknown): string | null {
  return DIRECTIONS.find((each) => each === get("dir")) ?? null;
}

function listKeys(get: (name: string) => unknown): Keys {
  const list = LISTS.find((each) => each === get("list"));
  if (!list) return {};
  const keys: Keys = { list };
  if (list === "task" && get("checked") === true) keys.checked = true;
  if (list === "ordered") {
    const start = get("start") === "on" ? "on" : isNumber(get("start"), LIMITS.start);
    if (start !== null && start !== 1) keys.start = start;
    const numbers = get("numbers");
    if (typeof numbers === "string" && NUMBERS.includes(numbers)) keys.numbers = numbers;
  }
  return keys;
}

/** Whether the line is a thing in which nothing can be written: words that end up in it are drawn before it. */
export function isAtom(keys: Keys): boolean {
  return keys.kind === "table" || kindOf(keys)?.shape === "atom";
}

export function sameCell(one: Cell | undefined, other: Cell | undefined): boolean {
  return one === other || (!!one && !!other && one.t === other.t && one.r === other.r && one.c === other.c);
}

export function sameKeys(one: Keys, other: Keys): boolean {
  return one === other || changedKeys(one, other).length === 0;
}

/** What must be written where `before` stands, for `after` to be read: undefined takes a key away. */
export function changedKeys(before: Keys, after: Keys): [string, unknown][] {
  const changes: [string, unknown][] = [];
  for (const name in before) if (!(name in after)) changes.push([name, undefined]);
  for (const name in after) {
    const same = name === "cell" ? sameCell(before.cell, after.cell) : before[name] === after[name];
    if (!same) changes.push([name, after[name]]);
  }
  return changes;
}
