/** Two people change one title: what becomes of it, and of the caret in it. */

import { diff3Merge, diffIndices } from "node-diff3";

export interface Merged {
  title: string;
  /** Both wrote in the same place: each one's words are there, side by side. */
  isDoubled: boolean;
}

/** The title with the changes of both since `base`: no word that either has written is left out. */
export function mergeTitles(base: string, mine: string, theirs: string): Merged {
  if (mine === theirs || theirs === base) return { title: mine, isDoubled: false };
  if (mine === base) return { title: theirs, isDoubled: false };
  let doubled = 0;
  const parts = diff3Merge(words(mine), words(base), words(theirs)).map(({ ok, conflict }) => {
    if (!conflict) return (ok ?? []).join("");
    const [own, before, other] = [conflict.a.join(""), conflict.o.join(""), conflict.b.join("")];
    const both = apart(before, own, other) ?? longer(own, other);
    if (both !== null) return both;
    doubled += 1;
    return `${own.trimEnd()} ${other.trimStart()}`;
  });
  // Where they differ in more than one place, the result would be two sentences in a tangle.
  const title = doubled > 1 ? `${mine.trimEnd()} ${theirs.trimStart()}` : parts.join("");
  return { title, isDoubled: doubled > 0 };
}

/** Where the caret belongs once `before` has become `after`: beside the letters that it was beside. */
export function moveCaret(caret: number, before: string, after: string): number {
  // Words have been put around all that was there: the letters are found as a whole, whatever else is alike.
  const start = after.indexOf(before);
  if (start >= 0) return caret === 0 ? 0 : start + caret;
  let moved = caret;
  for (const { buffer1, buffer2 } of diffIndices(before.split(""), after.split(""))) {
    const [start, removed] = buffer1;
    const added = buffer2[1];
    if (start >= caret) break;
    moved += start + removed <= caret ? added - removed : Math.min(caret - start, added) - (caret - start);
  }
  return moved;
}

function words(text: string): string[] {
  return text.match(/\s+|\S+/g) ?? [];
}

interface Change {
  start: number;
  end: number;
  text: string;
}

function changeOf(before: string, after: string): Change {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let kept = 0;
  const most = Math.min(before.length, after.length) - start;
  while (kept < most && before[before.length - 1 - kept] === after[after.length - 1 - kept]) kept += 1;
  return { start, end: before.length - kept, text: after.slice(start, after.length - kept) };
}

/** Both changes, if all words stay whole: one may go on with a word while the other puts another one before or behind it. */
function apart(before: string, own: string, other: string): string | null {
  const [a, b] = [changeOf(before, own), changeOf(before, other)];
  const known = new Set(words(before));
  const added = [...words(own), ...words(other)].filter((word) => !known.has(word));
  for (const [first, second] of [[a, b] as const, [b, a] as const]) {
    if (first.end > second.start) continue;
    const both = before.slice(0, first.start) + first.text + before.slice(first.end, second.start) + second.text + before.slice(second.end);
    const there = new Set(words(both));
    if (added.every((word) => there.has(word))) return both;
  }
  return null;
}

/** The one of two texts that holds the other whole. */
function longer(one: string, two: string): string | null {
  if (one.includes(two.trim())) return one;
  return two.includes(one.trim()) ? two : null;
}
