/**
 * Names of Yjs's own insides, here and in `frontend/surfaces/text/binding/insides.ts`. history.test.ts fails where they have
 * others one day.
 */

import * as Y from "yjs";

/** Neighbouring operations of one client. */
export interface Run {
  client: number;
  clock: number;
  length: number;
}

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

/** The item that begins with a unit, cut so. Null for what is not there, or of which nothing is known any more. */
export function startingAt(transaction: Y.Transaction, client: number, clock: number): Y.Item | null {
  if (clock >= Y.getState(transaction.doc.store, client)) return null;
  const item = Y.getItemCleanStart(transaction, Y.createID(client, clock));
  return item instanceof Y.Item ? item : null;
}

/** The item that ends with a unit, cut so. */
export function endingAt(transaction: Y.Transaction, client: number, clock: number): Y.Item | null {
  if (clock >= Y.getState(transaction.doc.store, client)) return null;
  const item = Y.getItemCleanEnd(transaction, transaction.doc.store, Y.createID(client, clock));
  return item instanceof Y.Item ? item : null;
}

/** Deletes a run of operations. */
export function deleteRun(transaction: Y.Transaction, { client, clock, length }: Run): void {
  for (let at = clock; at < clock + length; ) {
    const item = startingAt(transaction, client, at);
    if (!item) return;
    if (at + item.length > clock + length) endingAt(transaction, client, clock + length - 1);
    item.delete(transaction);
    at += item.length;
  }
}

/** Puts contents right behind an item, or at the beginning of a text. Returns the items. */
export function putBehind(transaction: Y.Transaction, text: Y.Text, left: Y.Item | null, contents: readonly Y.Item["content"][]): Y.Item[] {
  const { doc } = transaction;
  let last = left;
  return contents.map((content) => {
    const right = last ? last.right : text._start;
    const id = Y.createID(doc.clientID, Y.getState(doc.store, doc.clientID));
    const item = new Y.Item(id, last, last?.lastId ?? null, right, right?.id ?? null, text, null, content);
    item.integrate(transaction, 0);
    last = item;
    return item;
  });
}

/** Yjs remembers places of a text by their indices. */
export function forgetPlaces(text: Y.Text): void {
  const { _searchMarker } = text as Y.Text & { _searchMarker: unknown[] | null };
  if (_searchMarker) _searchMarker.length = 0;
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
