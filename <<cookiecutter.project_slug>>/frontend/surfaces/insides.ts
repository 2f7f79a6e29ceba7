/**
 * Writing operations of Yjs one by one, at exactly these places: by names of its own insides. Tests of whoever uses this fail
 * where they are others one day.
 */

import * as Y from "yjs";

/** Neighbouring operations of one client. */
export interface Run {
  client: number;
  clock: number;
  length: number;
}

/** The item that this unit is in now: what was deleted and brought back by an undo here has another. */
export function itemNow(doc: Y.Doc, id: Y.ID): { item: Y.Item; clock: number } | null {
  let next: Y.ID | null = id;
  let found: { item: Y.Item; clock: number } | null = null;
  while (next && next.clock < Y.getState(doc.store, next.client)) {
    const item = Y.getItem(doc.store, next) as Y.Item | Y.GC;
    if (!(item instanceof Y.Item)) break;
    const clock: number = next.clock - item.id.clock;
    found = { item, clock };
    next = item.redone && Y.createID(item.redone.client, item.redone.clock + clock);
  }
  return found;
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
