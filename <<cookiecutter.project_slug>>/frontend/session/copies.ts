/** The copies of documents on this device, seen from outside the editor: which there are, and how they go away. */

import { type Database, IDLE, databaseName, empty, lockName, open, tellGone } from "./databases";
import { Marks, type Store, keysOf, storage } from "./unsent";

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
  const hadText = await empty(database);
  database.close();
  if (hadText && (await isNewest(copy))) tellGone(copy);
  const lock = lockName(copy.user, copy.room);
  await navigator.locks?.request(lock, { ifAvailable: true }, (held) => (held ? deleted(name) : undefined));
}

async function isNewest(copy: Copy): Promise<boolean> {
  return !(await copiesHere()).some(({ user, room, schema }) => user === copy.user && room === copy.room && schema > copy.schema);
}

/** When the copy was last opened, by the clock of this device; one that does not say so is taken to be of now. */
export async function lastUsed(copy: Copy): Promise<number> {
  const used = await inside(copy, (database) => database.get("custom", "used"));
  return typeof used === "number" ? used : Date.now();
}

/**
 * Since when nobody has opened the copy, in milliseconds.
 *
 * It is told so by the first page that looks at it afterwards, by the server's clock: that of a device may be years
 * wrong, and right again the next day.
 */
export async function idleSince(copy: Copy, now: number): Promise<number> {
  return inside(copy, async (database) => {
    const since = await database.get("custom", IDLE);
    if (typeof since === "number" && since <= now) return since;
    await database.put("custom", now, IDLE);
    return now;
  });
}

/** What this browser remembers of edits in the copy that the server may not have, wherever it stands. */
export async function marksOf(copy: Copy): Promise<Marks> {
  const marks = new Marks(copy.user, copy.room, 0);
  if (!marks.unsent) marks.readBeside(await inside(copy, (database) => database.getAllKeys("custom")));
  return marks;
}

/** The rooms in which this person has edits that the server may not have. */
export async function roomsWithUnsent(user: string): Promise<Set<string>> {
  const rooms = new Set(roomsMarked(user));
  const look = async (copy: Copy): Promise<void> => {
    if (copy.user === user && (await marksOf(copy)).unsent) rooms.add(copy.room);
  };
  await Promise.all((await within(copiesHere(), [])).map((copy) => within(look(copy), undefined)));
  return rooms;
}

/** Those of them that the browser's storage tells. */
export function roomsMarked(user: string, store: Store | null = storage()): string[] {
  const prefix = `yroom:${user}:`;
  const rooms = keysOf(store).flatMap((key) => {
    const [room, kind] = key.startsWith(prefix) ? key.slice(prefix.length).split(":") : [];
    return room && kind === "unsent" ? [room] : [];
  });
  return [...new Set(rooms)];
}

async function inside<T>(copy: Copy, ask: (database: Database) => Promise<T>): Promise<T> {
  const database = await open(databaseName(copy.user, copy.room, copy.schema));
  try {
    return await ask(database);
  } finally {
    database.close();
  }
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
