/**
 * From one document to another in small steps, so that what ProseMirror maps through them stays where it was: carets and
 * decorations in other lines, and the page's elements of all that is equal.
 */

import { Fragment, type Node, Slice } from "@tiptap/pm/model";
import { type EditorState, Selection, type Transaction } from "@tiptap/pm/state";
import { ReplaceStep, type Transform } from "@tiptap/pm/transform";

import { changedBlocks } from "./range";

type Change = { at: number; make: (tr: Transform) => void };

/** More steps than these take ProseMirror and its plugins long: each is mapped through all that come after it. */
export const MOST_STEPS = 200;

/** Changes a transaction's document, which is `before`, into `after`. */
export function patch(tr: Transform, before: Node, after: Node): void {
  patchChildren(tr, before, after, 0);
  if (!tr.doc.eq(after)) tr.step(new ReplaceStep(0, tr.doc.content.size, new Slice(after.content, 0, 0)));
}

/** Changes the nodes that begin at `start`, which are the children of `before`, into those of `after`. */
export function patchChildren(tr: Transform, before: Node, after: Node, start: number): void {
  const changes: Change[] = [];
  children(changes, before, after, start);
  if (changes.length > MOST_STEPS) {
    atOnce(tr, before, after, start);
    return;
  }
  // From the end, so that places before are still what they were.
  for (const { make } of changes.reverse()) make(tr);
}

/** What many steps have made is made in one. The same transaction if they are few. */
export function condensed(transaction: Transaction, state: EditorState): Transaction {
  if (transaction.steps.length <= MOST_STEPS || transaction.before !== state.doc) return transaction;
  const { tr } = state;
  atOnce(tr, state.doc, transaction.doc, 0);
  tr.setSelection(Selection.fromJSON(tr.doc, transaction.selection.toJSON()));
  if (transaction.storedMarksSet) tr.setStoredMarks(transaction.storedMarks);
  const { meta } = transaction as unknown as { meta: Record<string, unknown> };
  for (const [name, value] of Object.entries(meta)) tr.setMeta(name, value);
  return transaction.scrolledIntoView ? tr.scrollIntoView() : tr;
}

/** One step over all children that are others now; the first begins at `first`. */
function atOnce(tr: Transform, before: Node, after: Node, first: number): void {
  const range = changedBlocks(before, after);
  if (!range) return;
  const { from, to, newTo, start } = range;
  const size = before.content.content.slice(from, to).reduce((sum, { nodeSize }) => sum + nodeSize, 0);
  tr.step(new ReplaceStep(first + start, first + start + size, new Slice(Fragment.fromArray(after.content.content.slice(from, newTo)), 0, 0)));
}

/** Changes the text of one textblock, at this position, into another's. */
export function patchText(tr: Transaction, position: number, before: Node, after: Node): void {
  const changes: Change[] = [];
  inside(changes, before, after, position);
  for (const { make } of changes) make(tr);
}

function node(changes: Change[], before: Node, after: Node, at: number): void {
  if (before === after || before.eq(after)) return;
  if (before.isTextblock && after.isTextblock) {
    // Between text and code, what is in the one may not fit into the other.
    const fits = after.type.validContent(before.content) && before.type.validContent(after.content);
    if (!fits) {
      replace(changes, at, before.nodeSize, [after]);
      return;
    }
    if (!before.sameMarkup(after)) changes.push({ at, make: (tr) => tr.setNodeMarkup(at, after.type, after.attrs) });
    inside(changes, before, after, at);
  } else if (before.type === after.type && !before.isLeaf) {
    if (!before.sameMarkup(after)) changes.push({ at, make: (tr) => tr.setNodeMarkup(at, undefined, after.attrs) });
    children(changes, before, after, at + 1);
  } else replace(changes, at, before.nodeSize, [after]);
}

function inside(changes: Change[], before: Node, after: Node, at: number): void {
  const start = before.content.findDiffStart(after.content);
  if (start === null) return;
  const end = before.content.findDiffEnd(after.content);
  if (!end) return;
  const overlap = Math.max(start - Math.min(end.a, end.b), 0);
  const [to, newTo] = [end.a + overlap, end.b + overlap];
  changes.push({ at: at + 1 + start, make: (tr) => tr.step(new ReplaceStep(at + 1 + start, at + 1 + to, after.slice(start, newTo))) });
}

function replace(changes: Change[], at: number, size: number, nodes: readonly Node[]): void {
  changes.push({ at, make: (tr) => tr.step(new ReplaceStep(at, at + size, new Slice(Fragment.fromArray([...nodes]), 0, 0))) });
}

function children(changes: Change[], before: Node, after: Node, start: number): void {
  const same = (one: number, other: number): boolean => before.child(one) === after.child(other) || before.child(one).eq(after.child(other));
  let from = 0;
  let [end, newEnd] = [before.childCount, after.childCount];
  let at = start;
  while (from < end && from < newEnd && same(from, from)) at += before.child(from++).nodeSize;
  while (end > from && newEnd > from && same(end - 1, newEnd - 1)) {
    end--;
    newEnd--;
  }
  // Between them, the very same nodes are fixed points.
  const places = new Map<Node, number>();
  for (let index = from; index < end; index++) places.set(before.child(index), index);
  let [old, made] = [from, from];
  for (let index = from; index < newEnd; index++) {
    const place = places.get(after.child(index));
    if (place === undefined || place < old) continue;
    at = gap(changes, before, after, [old, place], [made, index], at) + before.child(place).nodeSize;
    [old, made] = [place + 1, index + 1];
  }
  gap(changes, before, after, [old, end], [made, newEnd], at);
}

/** Changes some neighbours into others. Returns where they end. */
function gap(changes: Change[], before: Node, after: Node, [from, to]: [number, number], [newFrom, newTo]: [number, number], start: number): number {
  let end = start;
  for (let index = from; index < to; index++) end += before.child(index).nodeSize;
  if (to - from === newTo - newFrom) {
    let at = start;
    for (let index = 0; index < to - from; index++) {
      node(changes, before.child(from + index), after.child(newFrom + index), at);
      at += before.child(from + index).nodeSize;
    }
  } else {
    const [gone, come] = [before.content.content.slice(from, to), after.content.content.slice(newFrom, newTo)];
    if (gone.length && come.length) splice(changes, start, Fragment.fromArray(gone), Fragment.fromArray(come));
    else replace(changes, start, end - start, come);
  }
  return end;
}

/** What is equal at both ends stays: where one presses Enter, nothing but two ends of a line come. */
function splice(changes: Change[], at: number, before: Fragment, after: Fragment): void {
  const start = before.findDiffStart(after);
  const end = before.findDiffEnd(after);
  if (start === null || !end) return;
  const overlap = Math.max(start - Math.min(end.a, end.b), 0);
  const [from, to] = [at + start, at + end.a + overlap];
  const make = (tr: Transform): void => {
    // The nodes need a parent to be cut out of.
    const slice = tr.doc.type.create(null, after).slice(start, end.b + overlap);
    try {
      if (!tr.maybeStep(new ReplaceStep(from, to, slice)).failed) return;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    tr.step(new ReplaceStep(at, at + before.size, new Slice(after, 0, 0)));
  };
  changes.push({ at: from, make });
}
