/**
 * Names of Yjs's own insides, beside those that `frontend/surfaces/insides.ts` has for all. history.test.ts fails where they
 * have others one day.
 */

import * as Y from "yjs";

export { type Run, deleteRun, endingAt, forgetPlaces, putBehind, startingAt } from "../../frontend/surfaces/insides";

/** All that was ever in a text, in order: what is deleted is, too. */
export function* itemsOf(text: Y.Text): IterableIterator<Y.Item> {
  for (let item = text._start; item; item = item.right) yield item;
}

/** A root by its name, if it is of this kind, or of none yet. */
export function rootOf(doc: Y.Doc, name: string, kind: "text" | "map"): Y.Text | Y.Map<unknown> {
  return kind === "text" ? doc.getText(name) : doc.getMap(name);
}

/** The type that a line's end or the like is. */
export function mapIn(item: Y.Item): Y.Map<unknown> | null {
  return item.content instanceof Y.ContentType && item.content.type instanceof Y.Map ? item.content.type : null;
}

/**
 * Takes updates as they are. What comes from elsewhere Yjs goes through once more, for formats that say nothing, and deletes
 * them: in a long text that takes a quarter of the time, and the state is another one then.
 */
export function takeIn(doc: Y.Doc, updates: readonly Uint8Array[]): void {
  doc.transact((transaction) => {
    for (const update of updates) Y.applyUpdate(doc, update);
    transaction.local = true;
  });
  withoutWaiting(doc);
}

/** Forgets what waits for something that never came. */
export function withoutWaiting(doc: Y.Doc): void {
  doc.store.pendingStructs = null;
  doc.store.pendingDs = null;
}

/** What a state deletes, by client: where each stretch begins, and how long it is. */
export function deletionsOf(update: Uint8Array): Map<number, { clock: number; len: number }[]> {
  return Y.decodeUpdate(update).ds.clients;
}

/** Every item that a state deletes, of those that are there; calls `deleting` with each, cut to size. */
export function eachDeleted(transaction: Y.Transaction, update: Uint8Array, deleting: (item: Y.Item) => void): void {
  const found: Y.Item[] = [];
  Y.iterateDeletedStructs(transaction, Y.decodeUpdate(update).ds, (struct) => {
    if (struct instanceof Y.Item && !struct.deleted) found.push(struct);
  });
  for (const item of found) if (!item.deleted) deleting(item);
}
