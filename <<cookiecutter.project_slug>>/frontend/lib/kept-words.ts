/** Words that somebody has typed beside a document, into a comment say, and that this browser keeps until they are sent. */

const NAME = "yroom-words";

export type WordStore = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** What the keys of one person's words begin with, in one room. */
export function wordsPrefix(user: string, room: string): string {
  return `${NAME}:${user}:${room}:`;
}

/** The rooms beside which a person has words that are not sent. */
export function roomsWithWords(user: string, store: WordStore | null = wordStore()): string[] {
  const prefix = `${NAME}:${user}:`;
  const rooms = wordKeys(store, prefix).map((key) => key.slice(prefix.length).split(":")[0] ?? "");
  return [...new Set(rooms)];
}

/** This person leaves the device. */
export function forgetWords(user: string, store: WordStore | null = wordStore()): void {
  for (const key of wordKeys(store, `${NAME}:${user}:`)) store?.removeItem(key);
}

export function wordKeys(store: WordStore | null, prefix: string): string[] {
  const keys = store ? Array.from({ length: store.length }, (_, index) => store.key(index) ?? "") : [];
  return keys.filter((key) => key.startsWith(prefix));
}

export function wordStore(): WordStore | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
