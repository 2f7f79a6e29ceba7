/** What this browser remembers of edits that the server may not have: it outlives the page, which the text's copy alone does not say. */

export interface Unsent {
  title: string;
  schema: number;
  /** The document's kind. */
  kind: string;
}

/** How the names begin by which marks stand beside a text's copy. */
export const MARK = "mark:";
const MARKED = new RegExp(`^${MARK}(.+)\n(.+)`);

type Put = (name: string, value: 1 | undefined) => void;
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/**
 * Marks about one person's edits in one room. Where the browser's storage is full or forbidden, they stand beside the
 * text's copy, which is then the only one to tell of them.
 *
 * Each tab marks its own edits as unsent, and a saved tab takes back the marks it found when it was opened, once it has
 * read the edits behind them from this device. It has not read what the other wrote afterwards, which makes a mark another one:
 * edits are counted in it. "Withheld" says that the server would not take them from this person: they are not
 * sent again, whatever the person's role is later, until the person has decided.
 */
export class Marks {
  private readonly prefix: string;
  private readonly own: string;
  /** What was read in each of the two places: a mark that has moved since, or is in both, is not the same. */
  private readonly found: Map<string, string | null>;
  private readonly foundBeside = new Map<string, string>();
  private edits = 0;
  private readonly beside = new Map<string, string>();
  private put: Put = () => undefined;

  constructor(
    user: string,
    room: string,
    tab: number,
    private readonly store: Store | null = storage(),
  ) {
    this.prefix = `yroom:${user}:${room}:`;
    this.own = `${this.prefix}unsent:${tab}`;
    const keys = this.keys().filter((key) => key.startsWith(`${this.prefix}unsent:`));
    this.found = new Map(keys.map((key) => [key, this.read(key)]));
  }

  /** The text's copy has been read, and has what is so named beside it; `put` writes there. */
  readBeside(names: Iterable<unknown>, put: Put = this.put): void {
    const unread = new Map(this.beside);
    for (const name of names) {
      const [, key, value] = MARKED.exec(String(name)) ?? [];
      const own = this.prefix + key;
      if (!key || !value) continue;
      if (unread.get(own) === value) unread.delete(own);
      if (this.beside.has(own)) continue;
      this.beside.set(own, value);
      if (key.startsWith("unsent:")) this.foundBeside.set(own, value);
    }
    this.put = put;
    // What was just read is not put back: another tab may have taken it away meanwhile.
    for (const [key, value] of unread) put(this.nameOf(key, value), 1);
  }

  /** The edits that may not have been sent, if there are any. */
  get unsent(): Unsent | null {
    for (const key of this.keys()) {
      if (!key.startsWith(`${this.prefix}unsent:`)) continue;
      try {
        const { title, schema, kind } = JSON.parse(this.read(key) ?? "") as Record<string, unknown>;
        // Before there were kinds, all documents were texts.
        if (typeof title === "string" && typeof schema === "number") return { title, schema, kind: typeof kind === "string" ? kind : "text" };
      } catch {
        // Written by somebody else, then.
      }
    }
    return null;
  }

  get withheld(): boolean {
    return this.read(`${this.prefix}withheld`) === "1";
  }

  edited(unsent: Unsent): void {
    this.edits += 1;
    this.write(this.own, JSON.stringify({ ...unsent, edits: this.edits }));
  }

  /** The server has what this tab has written and, if the copy `isRead`, the edits behind the marks that were found. */
  saved(isRead = true): void {
    this.remove(this.own);
    if (!isRead) return;
    for (const [key, mark] of this.found) if (this.store?.getItem(key) === mark) this.store.removeItem(key);
    for (const [key, mark] of this.foundBeside) if (this.beside.get(key) === mark) this.removeBeside(key);
    this.found.clear();
    this.foundBeside.clear();
  }

  withhold(): void {
    this.write(`${this.prefix}withheld`, "1");
  }

  /** The person has decided that the edits may be sent after all. */
  release(): void {
    this.remove(`${this.prefix}withheld`);
  }

  /** The edits are gone. */
  forget(): void {
    for (const key of this.keys()) this.remove(key);
  }

  /** Calls back when another tab has decided; returns what ends that. */
  onDecided(decided: () => void): () => void {
    const stored = (event: StorageEvent): void => {
      if (event.key === `${this.prefix}withheld` && event.newValue === null) decided();
    };
    window.addEventListener("storage", stored);
    return () => window.removeEventListener("storage", stored);
  }

  private keys(): string[] {
    return [...keysOf(this.store), ...this.beside.keys()].filter((key) => key.startsWith(this.prefix));
  }

  /** Mark and value in one, so that no tab takes away a value that it has not read. */
  private nameOf(key: string, value: string): string {
    return `${MARK}${key.slice(this.prefix.length)}\n${value}`;
  }

  private read(key: string): string | null {
    return this.beside.get(key) ?? this.store?.getItem(key) ?? null;
  }

  private remove(key: string): void {
    this.store?.removeItem(key);
    this.removeBeside(key);
  }

  private removeBeside(key: string): void {
    const value = this.beside.get(key);
    if (value === undefined) return;
    this.beside.delete(key);
    this.put(this.nameOf(key, value), undefined);
  }

  private write(key: string, value: string): void {
    this.removeBeside(key);
    if (this.isTaken(key, value)) return;
    this.beside.set(key, value);
    this.put(this.nameOf(key, value), 1);
  }

  private isTaken(key: string, value: string): boolean {
    try {
      this.store?.setItem(key, value);
      return this.store !== null;
    } catch {
      return false; // it is full or forbidden
    }
  }
}

export function keysOf(store: Store | null): string[] {
  return store ? Array.from({ length: store.length }, (_, index) => store.key(index) ?? "") : [];
}

export function storage(): Store | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
