/** The copies of documents on this device, seen from outside the editor: which there are, and how they go away. */

import { databaseName, empty, lockName, open } from "./local-copy";

/** Nobody waits longer for one copy on a slow disk; it is there the next time. */
const PATIENCE = 3_000;

export interface Copy {
  user: string;
  room: string;
  schema: number;
}

export async function copiesHere(): Promise<Copy[]> {
  const databases = (await indexedDB.databases?.()) ?? [];
  return databases.flatMap(({ name }) => {
    const [, user, room, schema] = /^yroom:(.+):([^:]+):(\d+)$/.exec(name ?? "") ?? [];
    return user && room && schema ? [{ user, room, schema: Number(schema) }] : [];
  });
}

/** Takes a copy off this device. While a page has it open only its text goes: that page's database must not. */
export async function remove(copy: Copy): Promise<void> {
  const name = databaseName(copy.user, copy.room, copy.schema);
  const database = await open(name);
  await empty(database);
  database.close();
  const lock = lockName(copy.user, copy.room);
  await navigator.locks?.request(lock, { ifAvailable: true }, (held) => (held ? deleted(name) : undefined));
}

/** When the copy was last opened, in milliseconds; one that does not say so, or of a clock that was wrong, is taken to be of today, and told so. */
export async function lastUsed(copy: Copy): Promise<number> {
  const database = await open(databaseName(copy.user, copy.room, copy.schema));
  const [used, now] = [await database.get("custom", "used"), Date.now()];
  const isSaid = typeof used === "number" && used <= now;
  if (!isSaid) await database.put("custom", now, "used");
  database.close();
  return isSaid ? used : now;
}

/** What comes of asking for one copy, which may fail or take for ever: others must not be kept waiting by it. */
export function within<T>(asked: Promise<T>, otherwise: T): Promise<T> {
  const patience = new Promise<T>((resolve) => window.setTimeout(() => resolve(otherwise), PATIENCE));
  return Promise.race([asked.catch(() => otherwise), patience]);
}

/** Whether a page of this person has the room open in this browser. */
export async function isOpen(copy: Copy): Promise<boolean> {
  const locks = await navigator.locks?.query();
  return Boolean(locks?.held?.some(({ name }) => name === lockName(copy.user, copy.room)));
}

function deleted(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = request.onerror = request.onblocked = () => resolve();
  });
}
