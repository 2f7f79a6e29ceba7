/**
 * Lists that are none in HTML: each item is a line that says how deep it stands, as Word and some web editors write them.
 *
 * Items go on in the list before them where nothing else stands between, and their numbers do.
 */

import type { ListKind } from "../model/keys";
import type { Container, List } from "./nest";

export interface Item {
  /** 1 for the outermost. */
  level: number;
  kind: ListKind;
  /** The item's own number, if that is known. */
  number: number | null;
  /** The number that its letter would be in the other way of counting: "i" is 1 or 9. */
  other: number | null;
  numbers: string | null;
  checked: boolean;
}

export class LevelledLists {
  private open: List[] = [];
  private base: readonly Container[] = [];
  private end = -1;

  /** In what an item stands. `at`: how many lines there were before it. */
  enter(item: Item, base: readonly Container[], at: number): Container[] {
    if (at !== this.end || base.length !== this.base.length || base.some((each, index) => each !== this.base[index])) this.open = [];
    this.base = base;
    const depth = Math.min(item.level, this.open.length + 1);
    const before = this.open[depth - 1];
    const next = (before?.start ?? 0) + (before?.count ?? 0);
    const isNext = item.number === null || item.number === next || item.other === next;
    const goesOn = before?.kind === item.kind && (item.kind !== "ordered" || isNext);
    const list: List =
      before && goesOn
        ? before
        : { type: "list", kind: item.kind, start: item.number ?? 1, numbers: item.numbers, count: 0, item: null };
    list.count++;
    list.item = { type: "item", checked: item.checked };
    this.open = [...this.open.slice(0, depth - 1), list];
    return [...base, ...this.open.flatMap((each): Container[] => (each.item ? [each, each.item] : [each]))];
  }

  /** An item ends where `at` lines have been read. */
  leave(at: number): void {
    this.end = at;
  }
}

/** What stands before an item's words in Word: a number, a letter, or a sign in a font of its own. */
export function readMarker(marker: string): Omit<Item, "level" | "checked"> {
  const [, word = "", point = ""] = /^\(?(?:\d+\.)*([\p{L}\p{N}]+)([.)\]])?/u.exec(marker.replace(/\s/g, "")) ?? [];
  const small = word.toLowerCase();
  const isSmall = word === small;
  if (/^\d{1,9}$/.test(word)) return { kind: "ordered", number: Number(word), other: null, numbers: null };
  const roman = /^[ivxlcdm]{1,12}$/.test(small) ? romanNumber(small) : null;
  const letter = /^[a-z]$/.test(small) ? small.charCodeAt(0) - 96 : null;
  if (!point || (roman === null && letter === null)) return { kind: "bullet", number: null, other: null, numbers: null };
  const isRoman = roman !== null && (letter === null || small === "i");
  return isRoman
    ? { kind: "ordered", number: roman, other: letter, numbers: isSmall ? "i" : "I" }
    : { kind: "ordered", number: letter, other: roman, numbers: isSmall ? "a" : "A" };
}

function romanNumber(word: string): number {
  const values: Record<string, number> = { i: 1, v: 5, x: 10, l: 50, c: 100, d: 500, m: 1_000 };
  let sum = 0;
  for (let at = 0; at < word.length; at++) {
    const [value, next] = [values[word[at] ?? ""] ?? 0, values[word[at + 1] ?? ""] ?? 0];
    sum += value < next ? -value : value;
  }
  return sum;
}
