/** What this browser remembers of edits that the server may not have: it outlives the page, which the text's copy alone does not say. */

export interface Unsent {
  title: string;
  schema: number;
  /** The document's kind. */
  kind: string;
}

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/**
 * Marks about one person's edits in one room.
 *
 * Each tab marks its own edits as unsent, and a saved tab takes back the marks it found when it was opened: it has read the
 * edits behind them from this device. It has not read what the other wrote afterwards, which makes a mark another one:
 * edits are counted in it. "Withheld" says that the server would not take them from this person: they are not
 * sent again, whatever the person's role is later, until the person has decided.
 */
export class Marks {
  private readonly prefix: string;
  private readonly own: string;
  private found: Map<string, string | null>;
  private edits = 0;

  constructor(
    user: string,
    room: string,
    tab: number,
    private readonly store: Store | null = storage(),
  ) {
    this.prefix = `yroom:${user}:${room}:`;
    this.own = `${this.prefix}unsent:${tab}`;
    const keys = this.keys().filter((key) => key.startsWith(`${this.prefix}unsent:`));
    this.found = new Map(keys.map((key) => [key, store?.getItem(key) ?? null]));
  }

  /** The edits that may not have been sent, if there are any. */
  get unsent(): Unsent | null {
    for (const key of this.keys()) {
      if (!key.startsWith(`${this.prefix}unsent:`)) continue;
      try {
        const { title, schema, kind } = JSON.parse(this.store?.getItem(key) ?? "") as Record<string, unknown>;
        // Before there were kinds, all documents were texts.
        if (typeof title === "string" && typeof schema === "number") return { title, schema, kind: typeof kind === "string" ? kind : "text" };
      } catch {
        // Written by somebody else, then.
      }
    }
    return null;
  }

  /** The rooms in which this person has edits that may not have been sent. */
  static roomsWithUnsent(user: string, store: Store | null = storage()): string[] {
    const prefix = `yroom:${user}:`;
    const rooms = keysOf(store).flatMap((key) => {
      const [room, kind] = key.startsWith(prefix) ? key.slice(prefix.length).split(":") : [];
      return room && kind === "unsent" ? [room] : [];
    });
    return [...new Set(rooms)];
  }

  get withheld(): boolean {
    return this.store?.getItem(`${this.prefix}withheld`) === "1";
  }

  edited(unsent: Unsent): void {
    this.edits += 1;
    this.write(this.own, JSON.stringify({ ...unsent, edits: this.edits }));
  }

  saved(): void {
    this.store?.removeItem(this.own);
    for (const [key, mark] of this.found) if (this.store?.getItem(key) === mark) this.store.removeItem(key);
    this.found.clear();
  }

  withhold(): void {
    this.write(`${this.prefix}withheld`, "1");
  }

  /** The person has decided that the edits may be sent after all. */
  release(): void {
    this.store?.removeItem(`${this.prefix}withheld`);
  }

  /** The edits are gone. */
  forget(): void {
    for (const key of this.keys()) this.store?.removeItem(key);
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
    return keysOf(this.store).filter((key) => key.startsWith(this.prefix));
  }

  private write(key: string, value: string): void {
    try {
      this.store?.setItem(key, value);
    } catch {
      // It is full or forbidden: what is known then lasts as long as this page.
    }
  }
}

function keysOf(store: Store | null): string[] {
  return store ? Array.from({ length: store.length }, (_, index) => store.key(index) ?? "") : [];
}

function storage(): Store | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
