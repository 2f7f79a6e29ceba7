/**
 * What this browser keeps for times without a network: sets of pages, each with all files of the build that they are of.
 *
 * A set belongs to one person, and what is in it stays together: a page is never shown with files of another set. There
 * are sets of one person only, whoever was the last for whom a page came from the server.
 */

/** In which a page from the server says whose it is and of which build: "7 0a1b2c". Named in middleware.py too. */
export const HEADER = "Offline-Set";
/** The number is that of the form which sets have: one of another form is of no use. */
const FORM = "offline:1:";

export interface KeptSet {
  /** Of its cache. */
  name: string;
  user: string;
}

export function nameOf(of: string): string {
  return `${FORM}${of}`;
}

export function userOf(of: string): string {
  return of.split(" ")[0] ?? "";
}

/** All of them, the newest first. */
export async function sets(): Promise<KeptSet[]> {
  const names = (await caches.keys()).filter((name) => name.startsWith("offline:")).reverse();
  return names.map((name) => ({ name, user: name.startsWith(FORM) ? userOf(name.slice(FORM.length)) : "" }));
}

/** Whoever is still putting something into one of these puts it nowhere. */
export async function forget(isMeant: (set: KeptSet) => boolean): Promise<void> {
  await Promise.all((await sets()).filter(isMeant).map(({ name }) => caches.delete(name)));
}

/** This person has no such page any more. */
export async function drop(path: string): Promise<void> {
  for (const { name } of await sets()) await (await caches.open(name)).delete(path, { ignoreVary: true });
}

/** The room whose page this is. */
export function roomOf(path: string): string | null {
  return /^\/rooms\/([0-9a-f-]{36})\/$/.exec(path)?.[1] ?? null;
}

/** The rooms whose pages this person has here. */
export async function keptRooms(user: string): Promise<Set<string>> {
  const rooms = new Set<string>();
  for (const set of await sets()) {
    if (set.user !== user) continue;
    for (const { url } of await (await caches.open(set.name)).keys()) {
      const room = roomOf(new URL(url).pathname);
      if (room) rooms.add(room);
    }
  }
  return rooms;
}
