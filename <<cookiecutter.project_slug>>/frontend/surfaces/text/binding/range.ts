/** What of a document is another now, found by its nodes: those that nobody touched are the very same. */

import type { Node } from "@tiptap/pm/model";
import type { StepMap } from "@tiptap/pm/transform";

export interface Range {
  from: number;
  to: number;
  newTo: number;
  /** Where the first changed node begins. */
  start: number;
}

/** Which top-level nodes are others now. */
export function changedBlocks(before: Node, after: Node): Range | null {
  let [from, start] = [0, 0];
  let [to, newTo] = [before.childCount, after.childCount];
  while (from < to && from < newTo && before.child(from) === after.child(from)) start += before.child(from++).nodeSize;
  while (to > from && newTo > from && before.child(to - 1) === after.child(newTo - 1)) {
    to--;
    newTo--;
  }
  return from === to && from === newTo ? null : { from, to, newTo, start };
}

/** The one textblock whose text changed, if nothing else did. */
export function changedText(before: Node, after: Node, start: number): { old: Node; made: Node; position: number } | null {
  let [old, made, position] = [before, after, start];
  while (old.sameMarkup(made)) {
    if (old.isTextblock) return { old, made, position };
    if (old.childCount !== made.childCount) return null;
    let found = -1;
    let at = position + 1;
    let place = at;
    for (let index = 0; index < old.childCount; index++) {
      if (old.child(index) !== made.child(index) && !old.child(index).eq(made.child(index))) {
        if (found >= 0) return null;
        [found, place] = [index, at];
      }
      at += old.child(index).nodeSize;
    }
    if (found < 0) return null;
    [old, made, position] = [old.child(found), made.child(found), place];
  }
  return null;
}

/** A part that steps have left as it was: where it began, and where it begins now. */
export interface Stay {
  at: number;
  made: number;
  length: number;
}

/** What these steps have left between two places. */
export function stays(maps: readonly StepMap[], from: number, to: number): Stay[] {
  let parts: Stay[] = [{ at: from, made: from, length: to - from }];
  for (const map of maps) {
    const next: Stay[] = [];
    for (const { at, made, length } of parts) {
      let [start, shift] = [made, 0];
      const upTo = (end: number): void => {
        const last = Math.min(end, made + length);
        if (last > start) next.push({ at: at + start - made, made: start + shift, length: last - start });
      };
      map.forEach((oldStart, oldEnd, _newStart, newEnd) => {
        upTo(oldStart);
        start = Math.max(start, oldEnd);
        shift = newEnd - oldEnd;
      });
      upTo(made + length);
    }
    parts = next;
  }
  return parts;
}
