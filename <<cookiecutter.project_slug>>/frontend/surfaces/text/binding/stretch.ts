/**
 * What changed within some neighbouring lines that became others: letters, and where lines end.
 *
 * The lines are laid end to end, and what is equal at the beginning and at the end is kept. What lies between is letters
 * that went and came, and ends of lines. Of these the last ones are paired: when a line is split, the tail keeps the
 * marker and the head gets a new one, so that who writes on at the end of the line writes in the tail.
 */

import { THING } from "../model/draw";
import { type Side, sameThing, textOf, thingsOf } from "./align";
import { sameRow, wordsIn } from "./rows";

export interface Caret {
  /** The how manieth of the lines it is in, and where. */
  line: number;
  offset: number;
}

/** A part of a line. */
export interface Part {
  line: number;
  from: number;
  to: number;
}

export interface StretchChange {
  /** Letters that stay: a part before, and the same part after. */
  kept: [Part, Part][];
  /** Lines before that end where lines after end. */
  ends: [before: number, after: number][];
  /** Lines before that are gone as a whole. */
  gone: number[];
  deleted: Part[];
  inserted: { line: number; offset: number; part: Part }[];
  /** Where a line of before is cut: the new heads, each a part and the line after that it is the end of. */
  split: { line: number; offset: number; heads: { part: Part; line: number }[] } | null;
  /** The line `tail` goes on where `head` ends. */
  join: { head: number; tail: number } | null;
}

const END = "\uFFFF";

class Laid {
  readonly text: string;
  /** In which line each unit is, and where a line begins. */
  readonly starts: number[] = [];
  private readonly ends = new Set<number>();
  private readonly atoms = new Set<number>();
  private readonly things = new Map<number, unknown>();
  /** Which unit of the other is known to be this one. */
  private others: Int32Array | null = null;

  constructor(lines: readonly Side[]) {
    let text = "";
    for (const { runs, isAtom } of lines) {
      this.starts.push(text.length);
      for (const [at, thing] of thingsOf(runs)) this.things.set(text.length + at, thing);
      text += textOf(runs);
      this.ends.add(text.length);
      if (isAtom) this.atoms.add(text.length);
      text += END;
    }
    this.text = text;
  }

  isEnd(at: number): boolean {
    return this.text[at] === END && this.ends.has(at);
  }

  /** The ends of lines from one place to before another. */
  *endsIn(from: number, to: number): Iterable<{ line: number; end: number }> {
    for (let line = this.lineAt(from); line < this.starts.length; line++) {
      const end = (this.starts[line + 1] ?? this.text.length) - 1;
      if (end >= to) return;
      if (end >= from) yield { line, end };
    }
  }

  lineAt(at: number): number {
    let [low, high] = [0, this.starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  part(from: number, to: number): Part {
    const line = this.lineAt(from);
    const start = this.starts[line] ?? 0;
    return { line, from: from - start, to: to - start };
  }

  /** From now on what was left as it was is the same as itself, and as nothing else. */
  follow(other: Laid, left: readonly Same[]): void {
    if (!left.length) return;
    this.others = new Int32Array(this.text.length).fill(-1);
    other.others = new Int32Array(other.text.length).fill(-1);
    for (const [at, there, length] of left) {
      for (let each = 0; each < length; each++) {
        this.others[at + each] = there + each;
        other.others[there + each] = at + each;
      }
    }
  }

  same(at: number, other: Laid, there: number): boolean {
    const letter = this.text[at];
    if (letter !== other.text[there]) return false;
    const [known = -1, otherKnown = -1] = [this.others?.[at], other.others?.[there]];
    if ((known >= 0 && known !== there) || (otherKnown >= 0 && otherKnown !== at)) return false;
    if (letter === END) return this.isEnd(at) === other.isEnd(there) && !this.atoms.has(at) && !other.atoms.has(there);
    return letter !== THING || sameThing(this.things.get(at), other.things.get(there));
  }

  /** A place between two halves of a letter is moved to before it. */
  before(at: number): number {
    return isLow(this.text[at]) && isHigh(this.text[at - 1]) ? at - 1 : at;
  }

  after(at: number): number {
    return isLow(this.text[at]) && isHigh(this.text[at - 1]) ? at + 1 : at;
  }

  /** What lies between two places, cut behind each end of a line; the last has none. */
  chunks(from: number, to: number): Chunk[] {
    const chunks: Chunk[] = [];
    let start = from;
    for (const { line, end } of this.endsIn(from, to)) {
      chunks.push({ from: start, to: end, line });
      start = end + 1;
    }
    return [...chunks, { from: start, to, line: null }];
  }
}

interface Chunk {
  from: number;
  to: number;
  /** The line whose end it has. */
  line: number | null;
}

/** A part of a line that is known to have been left as it was, and where it is now. */
export interface Left {
  line: number;
  at: number;
  newLine: number;
  made: number;
  length: number;
}

/** `known` is what was left as it was, in the order of the lines; letters alone may mislead where some of them are the same. */
export function compareStretch(before: readonly Side[], after: readonly Side[], caret: Caret | null, known: readonly Left[] = []): StretchChange {
  const [old, made] = [new Laid(before), new Laid(after)];
  const left = leftIn(known, old, made);
  old.follow(made, left);
  const [prefix, suffix] = common(old, made, caret);
  const [oldEnd, madeEnd] = [old.text.length - suffix, made.text.length - suffix];
  const change: StretchChange = { kept: [], ends: [], gone: [], deleted: [], inserted: [], split: null, join: null };
  keep(change, old, made, 0, prefix, 0);
  keep(change, old, made, oldEnd, old.text.length, made.text.length - old.text.length);
  if (before.length === 1 && after.length === 1) {
    withinLine(change, old, made, [prefix, oldEnd], [prefix, madeEnd], left);
    return change;
  }
  const [chunks, fresh] = [old.chunks(prefix, oldEnd), made.chunks(prefix, madeEnd)];
  const pairs = Math.min(chunks.length, fresh.length);
  const startsInLine = prefix > 0 && !old.isEnd(prefix - 1);
  const remove = (from: number, to: number): void => {
    if (from < to) change.deleted.push(old.part(from, to));
  };
  for (const [index, { from, to, line }] of chunks.slice(0, chunks.length - pairs).entries()) {
    if (index === 0 && startsInLine) remove(from, to);
    else if (line !== null) change.gone.push(line);
  }
  if (chunks.length > pairs && startsInLine) {
    const head = old.lineAt(prefix - 1);
    change.join = { head, tail: head + chunks.length - pairs };
  }
  const firstPaired = chunks[chunks.length - pairs];
  if (fresh.length > pairs && firstPaired) {
    const { line, from: offset } = old.part(firstPaired.from, firstPaired.from);
    const heads = fresh.slice(0, fresh.length - pairs).map((each) => ({ part: made.part(each.from, each.to), line: each.line ?? 0 }));
    change.split = { line, offset, heads };
  }
  for (let index = 0; index < pairs; index++) {
    const [chunk, next] = [chunks[chunks.length - pairs + index], fresh[fresh.length - pairs + index]];
    if (!chunk || !next) continue;
    if (chunk.line !== null && next.line !== null) change.ends.push([chunk.line, next.line]);
    remove(chunk.from, chunk.to);
    if (next.from < next.to) {
      const { line, from: offset } = old.part(chunk.from, chunk.from);
      change.inserted.push({ line, offset, part: made.part(next.from, next.to) });
    }
  }
  return change;
}

/**
 * In one line several places may be others at once, as where words are dragged within it: of the words between the first
 * and the last of them those that stay are kept.
 */
function withinLine(change: StretchChange, old: Laid, made: Laid, [from, to]: [number, number], [madeFrom, madeTo]: [number, number], left: readonly Same[]): void {
  let [at, madeAt] = [from, madeFrom];
  const keepSome = (start: number, madeStart: number, length: number): void => {
    if (length > 0) change.kept.push([old.part(start, start + length), made.part(madeStart, madeStart + length)]);
  };
  const upTo = (next: number, madeNext: number): void => {
    const [prefix, suffix] = equalEnds(old, made, [at, next], [madeAt, madeNext]);
    keepSome(at, madeAt, prefix);
    keepSome(next - suffix, madeNext - suffix, suffix);
    const [from, to, madeFrom, madeTo] = [at + prefix, next - suffix, madeAt + prefix, madeNext - suffix];
    if (from < to) change.deleted.push(old.part(from, to));
    if (madeFrom < madeTo) change.inserted.push({ line: 0, offset: from, part: made.part(madeFrom, madeTo) });
  };
  const known = within(left, [from, to], [madeFrom, madeTo]);
  for (const [start, madeStart, length] of known.length ? known : sameWords(old, made, [from, to], [madeFrom, madeTo])) {
    upTo(start, madeStart);
    keepSome(start, madeStart, length);
    [at, madeAt] = [start + length, madeStart + length];
  }
  upTo(to, madeTo);
  change.kept.sort(([one], [other]) => one.from - other.from);
}

type Same = [at: number, madeAt: number, length: number];

/** What was left as it was; nothing if it is not so: the steps were of another document. */
function leftIn(known: readonly Left[], old: Laid, made: Laid): Same[] {
  const same: Same[] = [];
  for (const { line, at, newLine, made: madeAt, length } of known) {
    const [start, madeStart] = [(old.starts[line] ?? 0) + at, (made.starts[newLine] ?? 0) + madeAt];
    for (let each = 0; each < length; each++) if (!old.same(start + each, made, madeStart + each)) return [];
    if ([start, start + length].every((place) => old.before(place) === place)) same.push([start, madeStart, length]);
  }
  return same;
}

/** Of what was left as it was, what lies within two stretches: where words are dragged, nothing else says which of them moved. */
function within(left: readonly Same[], [from, to]: [number, number], [madeFrom, madeTo]: [number, number]): Same[] {
  return left.flatMap(([at, madeAt, length]): Same[] => {
    const cut = Math.max(from - at, madeFrom - madeAt, 0);
    const rest = Math.min(to - at, madeTo - madeAt, length);
    return cut < rest ? [[at + cut, madeAt + cut, rest - cut]] : [];
  });
}

/** How much is equal at the beginning and at the end of two stretches, in whole letters. */
function equalEnds(old: Laid, made: Laid, [from, to]: [number, number], [madeFrom, madeTo]: [number, number]): [prefix: number, suffix: number] {
  const most = Math.min(to - from, madeTo - madeFrom);
  let prefix = 0;
  while (prefix < most && old.same(from + prefix, made, madeFrom + prefix)) prefix++;
  if (old.before(from + prefix) < from + prefix || made.before(madeFrom + prefix) < madeFrom + prefix) prefix--;
  let suffix = 0;
  while (suffix < most - prefix && old.same(to - 1 - suffix, made, madeTo - 1 - suffix)) suffix++;
  if (old.after(to - suffix) > to - suffix || made.after(madeTo - suffix) > madeTo - suffix) suffix--;
  return [Math.max(prefix, 0), Math.max(suffix, 0)];
}

/** The longest row of words that are the same in two stretches. */
function sameWords(old: Laid, made: Laid, [from, to]: [number, number], [madeFrom, madeTo]: [number, number]): Same[] {
  const [words, madeWords] = [wordsIn(old.text.slice(from, to)), wordsIn(made.text.slice(madeFrom, madeTo))];
  return sameRow(words, madeWords).map(([word, same]) => [from + word.at, madeFrom + same.at, word.text.length]);
}

/** How many units are equal at the beginning and at the end, each of them counted once. */
function common(old: Laid, made: Laid, caret: Caret | null): [prefix: number, suffix: number] {
  const [length, newLength] = [old.text.length, made.text.length];
  const least = Math.min(length, newLength);
  let prefix = 0;
  while (prefix < least && old.same(prefix, made, prefix)) prefix++;
  let suffix = 0;
  while (suffix < least && old.same(length - 1 - suffix, made, newLength - 1 - suffix)) suffix++;
  if (prefix + suffix > least) {
    // What was added or taken away is the same as what stands beside it: it was at the caret.
    const at = caret ? (made.starts[caret.line] ?? 0) + caret.offset : prefix;
    const start = newLength > length ? at - (newLength - length) : at;
    prefix = Math.min(least - 1, Math.max(least - suffix, Math.min(prefix, start)));
    suffix = least - prefix;
  }
  prefix = Math.min(old.before(prefix), made.before(prefix));
  const end = Math.max(old.after(length - suffix) - (length - suffix), made.after(newLength - suffix) - (newLength - suffix));
  return [prefix, suffix - end];
}

/** What is equal is kept, line by line; where a line ends in both, it is the same line. */
function keep(change: StretchChange, old: Laid, made: Laid, from: number, to: number, shift: number): void {
  let start = from;
  const close = (at: number): void => {
    if (start < at) change.kept.push([old.part(start, at), made.part(start + shift, at + shift)]);
  };
  for (const { line, end } of old.endsIn(from, to)) {
    close(end);
    change.ends.push([line, made.lineAt(end + shift)]);
    start = end + 1;
  }
  close(to);
}

function isHigh(letter: string | undefined): boolean {
  return letter !== undefined && letter >= "\uD800" && letter <= "\uDBFF";
}

function isLow(letter: string | undefined): boolean {
  return letter !== undefined && letter >= "\uDC00" && letter <= "\uDFFF";
}
