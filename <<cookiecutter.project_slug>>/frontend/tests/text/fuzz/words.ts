/**
 * The words that people write: each once, so that it is known in any text what has become of it.
 *
 * A word is a capital and four small letters, and no two begin with the same two letters. A word need no longer stand
 * once somebody has taken letters of it away that he saw.
 */

import type { Dice } from "./dice";

const SMALL = "abcdefghijklmnopqrstuvwxyz";

export interface Word {
  text: string;
  writer: number;
  /** How many of its letters have been typed. */
  typed: number;
  excused: boolean;
}

export interface Verdict {
  lost: string[];
  torn: string[];
  doubled: string[];
}

export class Words {
  readonly all: Word[] = [];
  /** Words of others that somebody's undo took away. */
  readonly taken: string[] = [];

  private readonly beginnings: string[] = [];

  constructor(private readonly dice: Dice) {
    for (const first of SMALL.toUpperCase()) for (const second of SMALL) this.beginnings.push(first + second);
  }

  fresh(writer: number): Word {
    const at = this.dice.below(this.beginnings.length);
    const [beginning] = this.beginnings.splice(at, 1);
    if (!beginning) throw new Error("There are no more words");
    const text = beginning + [1, 2, 3].map(() => this.dice.pick([...SMALL])).join("");
    const word = { text, writer, typed: 0, excused: false };
    this.all.push(word);
    return word;
  }

  /** Somebody did something on purpose: what he saw before of a word and no longer sees he took away. */
  acted(who: number, before: string, after: string, isUndo: boolean): void {
    for (const word of this.all) {
      if (word.excused) continue;
      const seen = seenOf(word, before);
      if (!seen || countOf(after, seen) >= countOf(before, seen)) continue;
      if (isUndo && word.writer !== who && seen.length > 1) this.taken.push(word.text);
      word.excused = true;
    }
  }

  /** What somebody wrote anew is no longer where others go on writing it. */
  excuse(text: string): void {
    for (const word of this.all) if (seenOf(word, text)) word.excused = true;
  }

  judge(text: string): Verdict {
    const verdict: Verdict = { lost: [], torn: [], doubled: [] };
    for (const { text: word, typed, excused } of this.all) {
      const written = word.slice(0, typed);
      if (excused || typed < 2) continue;
      const count = text.split(written).length - 1;
      if (count > 1) verdict.doubled.push(written);
      else if (count === 0) (text.includes(written.slice(0, 2)) ? verdict.torn : verdict.lost).push(written);
    }
    return verdict;
  }
}

/** What is to be seen of a word in a text: as many of its letters as have come. */
function seenOf({ text: word }: Word, text: string): string | null {
  for (let length = word.length; length > 0; length--) if (countOf(text, word.slice(0, length))) return word.slice(0, length);
  return null;
}

/** A capital alone may begin several words. */
function countOf(text: string, part: string): number {
  return part.length > 1 ? text.split(part).length - 1 : [...text.matchAll(new RegExp(`${part}(?![a-z])`, "g"))].length;
}

/** Whether nobody is in the middle of a word here. */
export function isBetweenWords(text: string, offset: number): boolean {
  const before = /[A-Za-z]*$/.exec(text.slice(0, offset))?.[0] ?? "";
  const behind = /^[A-Za-z]*/.exec(text.slice(offset))?.[0] ?? "";
  return isWhole(before) && isWhole(behind);
}

function isWhole(letters: string): boolean {
  return /^([A-Z][a-z]{4})*$/.test(letters);
}
