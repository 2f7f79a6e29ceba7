/**
 * The databases in which a browser keeps documents (IndexedDB), one for each person, room and schema. It knows nothing of
 * what is in a document, so that a page without an editor need not load what does.
 */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** Since when nobody has opened the copy, by the server's clock: see copies.ts. */
export const IDLE = "idle";

// The stores are those of y-indexeddb, which earlier versions of the editor used: what it left here is read as it stands.
interface Stores extends DBSchema {
  updates: { key: number; value: Uint8Array };
  custom: { key: string; value: unknown };
}

export type Database = IDBPDatabase<Stores>;

/** One database for each person, room and schema: who shares a computer must not find another one's text. */
export function databaseName(user: string, room: string, schema: number): string {
  return `yroom:${user}:${room}:${schema}`;
}

/** The lock that each page holds shared while it has this person's copy of the room open. */
export function lockName(user: string, room: string): string {
  return `yroom:${user}:${room}`;
}

/** Opens a database of this shape; `lost` is called when it is deleted, or the browser closes it. */
export async function open(name: string, lost?: (database: Database) => void): Promise<Database> {
  const database: Database = await openDB<Stores>(name, 1, {
    upgrade: (created) => {
      created.createObjectStore("updates", { autoIncrement: true });
      created.createObjectStore("custom");
    },
    // Who deletes it must not have to wait for this page.
    blocking: () => (lost ? lost(database) : database.close()),
    terminated: () => lost?.(database),
  });
  return database;
}

/** A text was taken off this device, of the person and the room that the event names: for whatever else keeps something of it. */
export const TEXT_GONE = "text-gone";

export function tellGone({ user, room }: { user: string; room: string }): void {
  window.dispatchEvent(new CustomEvent(TEXT_GONE, { detail: { user, room } }));
}

/** Takes all out of it; says whether there was text. */
export async function empty(database: Database): Promise<boolean> {
  const transaction = database.transaction(["updates", "custom"], "readwrite", { durability: "strict" });
  const [updates, custom] = [transaction.objectStore("updates"), transaction.objectStore("custom")];
  const [count] = await Promise.all([updates.count(), updates.clear(), custom.clear(), transaction.done]);
  return count > 0;
}
