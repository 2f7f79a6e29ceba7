/** What is typed and not sent yet: kept in this browser, for this person and this document, until it is. */

import { type WordStore, wordKeys, wordStore, wordsPrefix } from "../../frontend/lib/kept-words";
import type { Stretch } from "../../frontend/surfaces/surface";

export interface Draft {
  /** The id that the comment will have: sent twice, it is written once. */
  id: string;
  text: string;
  /** Of one that begins a thread: the words that it is about. */
  place?: Stretch & { quote: string };
}

/** What a draft is for: a new thread, a reply, another text of a comment. */
export type For = `new:${string}` | `reply:${string}` | `edit:${string}`;

export class Drafts {
  private readonly prefix: string;
  /** What the browser does not keep lasts as long as the page. */
  private readonly held = new Map<string, Draft>();

  constructor(
    user: string,
    room: string,
    private readonly store: WordStore | null = wordStore(),
  ) {
    this.prefix = `${wordsPrefix(user, room)}comments:`;
  }

  /** Whether there are words that only this page has. */
  get isHolding(): boolean {
    return this.held.size > 0;
  }

  get(what: For): Draft | null {
    return this.held.get(what) ?? read(this.store?.getItem(this.prefix + what) ?? null);
  }

  /** Keeps it; without a word in it there is nothing to keep. */
  put(what: For, draft: Draft): void {
    if (!draft.text.trim()) {
      this.drop(what);
      return;
    }
    try {
      if (!this.store) throw new Error("nothing keeps it");
      this.store.setItem(this.prefix + what, JSON.stringify(draft));
      this.held.delete(what);
    } catch {
      this.held.set(what, draft);
    }
  }

  /** It is sent, or not wanted. */
  drop(what: For): void {
    this.held.delete(what);
    this.store?.removeItem(this.prefix + what);
  }

  /** Those that begin threads. */
  begun(): Draft[] {
    const { store, prefix } = this;
    const stored = wordKeys(store, `${prefix}new:`).map((key) => read(store?.getItem(key) ?? null));
    return [...stored, ...this.held.values()].filter((draft): draft is Draft => Boolean(draft?.place));
  }
}

function read(stored: string | null): Draft | null {
  try {
    const draft = JSON.parse(stored ?? "null") as Draft | null;
    return draft && typeof draft.id === "string" && typeof draft.text === "string" ? draft : null;
  } catch {
    return null; // somebody else's
  }
}

/** A new id. Browsers have a function of their own for it, but only on sites with https. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 15) | 64;
  bytes[8] = ((bytes[8] as number) & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
