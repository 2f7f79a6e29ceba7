/**
 * Names of Yjs's own insides, beside those that surfaces/insides.ts has for all. text-binding.test.ts fails where they have
 * others one day.
 */

import * as Y from "yjs";

import { deleteRun, forgetPlaces, putBehind } from "../../insides";
import type { Formats } from "../model/formats";
import type { Units } from "../model/held";

/**
 * Yjs tidies formats up after others' changes: in each reader's copy, as edits of the reader's own. They would be sent by
 * people who may only read, and where they are not sent copies differ. So it is told not to.
 */
export function withoutCleanup(transaction: Y.Transaction): void {
  if (!transaction.local) (transaction as Y.Transaction & { _needFormattingCleanup: boolean })._needFormattingCleanup = false;
}

/** Letters, a thing or a marker, and the formats under which it is to stand. */
export interface Written {
  content: string | object | Y.Map<unknown>;
  formats: Formats;
}

/**
 * Puts something right behind an item, or at the beginning of the text, where `base` is in force. Returns its last item.
 *
 * `Y.Text.insert` goes on over all that was deleted behind that item, at each letter anew: between two letters of a word
 * there would be place for others' words.
 */
export function insertBehind(text: Y.Text, left: Y.Item | null, base: Formats, written: readonly Written[]): Y.Item | null {
  return Y.transact(text.doc as Y.Doc, (transaction) => {
    let last = left;
    let now = base;
    const put = (content: Y.Item["content"]): void => {
      [last = null] = putBehind(transaction, text, last, [content]);
    };
    const change = (formats: Formats): void => {
      if (formats === now) return;
      for (const key of now.keys()) if (!formats.has(key)) put(new Y.ContentFormat(key, null as unknown as object));
      for (const [key, value] of formats) if (now.get(key) !== value) put(new Y.ContentFormat(key, value as object));
      now = formats;
    };
    for (const { content, formats } of written) {
      change(formats);
      if (typeof content === "string") put(new Y.ContentString(content));
      else put(content instanceof Y.Map ? new Y.ContentType(content) : new Y.ContentEmbed(content));
    }
    change(base);
    forgetPlaces(text);
    return last;
  });
}

/**
 * Behind which item to begin. Who goes on writing does so right behind his own last letter, whatever was deleted there.
 * Who begins does so behind what was deleted: where that is brought back by an undo, it is brought back before his word. So
 * does what ends a line, always.
 */
export function pastDeleted(text: Y.Text, left: Y.Item | null, isEnd = false): Y.Item | null {
  const own = text.doc?.clientID;
  if (!isEnd && left?.id.client === own && left?.content instanceof Y.ContentString) return left;
  let last = left;
  for (let next = last ? last.right : text._start; next?.deleted; next = next.right) last = next;
  return last;
}

/**
 * What one is about to write behind an item is closed off by something deleted, unless that stands there already: whoever
 * else begins to write behind the word, as far as he sees it, does so behind that (see pastDeleted), and one's next letters
 * come before it. Without it, whether his words come between two letters of one's own would be up to Yjs's numbers.
 */
export function closeOff(text: Y.Text, left: Y.Item | null): void {
  const right = left ? left.right : text._start;
  if (right?.deleted) return;
  Y.transact(text.doc as Y.Doc, (transaction) => putBehind(transaction, text, left, [new Y.ContentDeleted(1)]));
}

/** The item that ends with a unit. */
export function itemEndingWith(text: Y.Text, unit: Y.ID | null): Y.Item | null {
  return unit && Y.transact(text.doc as Y.Doc, (transaction) => Y.getItemCleanEnd(transaction, transaction.doc.store, unit));
}

export function deleteUnits(text: Y.Text, units: readonly Units[]): void {
  if (!units.length) return;
  Y.transact(text.doc as Y.Doc, (transaction) => {
    for (const run of units) deleteRun(transaction, run);
    forgetPlaces(text);
  });
}

/**
 * Takes back what was done last, or does it again.
 *
 * Yjs brings deleted letters back right before where they were deleted. There somebody may be writing, and they would come
 * between two letters of his word; behind where they were deleted somebody may be going on with the very word. So they
 * are brought back in the midst of what was deleted, behind its first letter: nobody can be writing there. The end of a line
 * comes back behind where it was, as who goes on writing at the end of that line writes before it.
 */
export function takeBack(undoManager: Y.UndoManager, what: "undo" | "redo", text: Y.Text): boolean {
  const isDoing = what === "undo" ? "undoing" : "redoing";
  const top = (what === "undo" ? undoManager.undoStack : undoManager.redoStack).at(-1);
  let done = false;
  try {
    Y.transact(
      text.doc as Y.Doc,
      (transaction) => {
        if (top) bringBack(transaction, text, top as unknown as Change);
        done = undoManager[what]() !== null;
        // Until the end of this transaction: by it Yjs knows what is to be redone.
        undoManager[isDoing] = true;
      },
      undoManager,
    );
  } finally {
    undoManager[isDoing] = false;
  }
  return done;
}

interface Change {
  deletions: Parameters<typeof Y.iterateDeletedStructs>[1];
  insertions: Parameters<typeof Y.isDeleted>[0];
}

/**
 * A letter alone has no midst: it comes back behind where it was, as before it somebody may be in the middle of a word. But
 * before it, if it is the letter of a word that goes on behind it, or that somebody at least did not write before it.
 */
function mayGoOn(item: Y.Item, letter: string): boolean {
  if (!letter.trim()) return false;
  const { left, right } = item;
  const goesOn = right && !right.deleted && right.content instanceof Y.ContentString && right.origin && Y.compareIDs(right.origin, item.lastId);
  return !!goesOn || left?.id.client === item.id.client;
}

function bringBack(transaction: Y.Transaction, text: Y.Text, { deletions, insertions }: Change): void {
  const gone: Y.Item[] = [];
  Y.iterateDeletedStructs(transaction, deletions, (struct) => {
    const isGone = struct instanceof Y.Item && struct.parent === text && struct.deleted && struct.countable;
    if (isGone && !struct.redone && !Y.isDeleted(insertions, struct.id)) gone.push(struct);
  });
  for (const first of gone) {
    const letters = first.content instanceof Y.ContentString ? first.content.str : "";
    // Never between the halves of a letter.
    const cut = /^[\uD800-\uDBFF]/.test(letters) ? 2 : 1;
    const isOne = first.length <= cut;
    if (isOne && mayGoOn(first, letters)) continue;
    const rest = isOne ? first.right : Y.getItemCleanStart(transaction, Y.createID(first.id.client, first.id.clock + cut));
    const { doc } = transaction;
    const id = Y.createID(doc.clientID, Y.getState(doc.store, doc.clientID));
    const again = new Y.Item(id, first, first.lastId, rest, rest?.id ?? null, text, null, letters ? new Y.ContentString(letters) : first.content.copy());
    first.redone = id;
    if (!isOne && rest) rest.redone = Y.createID(id.client, id.clock + cut);
    again.keep = true;
    again.integrate(transaction, 0);
  }
  if (gone.length) forgetPlaces(text);
}
