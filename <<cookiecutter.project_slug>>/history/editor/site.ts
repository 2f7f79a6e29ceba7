/** What the site is asked about history. */

import type { RoomPage } from "../../frontend/feature";
import { AskFailed } from "../../frontend/lib/ask";
import type { BroughtBack } from "../../frontend/surfaces/undone";

export interface Version {
  id: number;
  at: string;
  name: string;
  cause: "quiet" | "named" | "restore";
  by: string;
  people: string[];
  size: number;
  /** The version that this one is stored as changes of; itself, where it is stored whole. */
  base: number;
}

/** What a document was, in updates that stand one on another, and the update that makes a later version of it. */
export interface States {
  state: Uint8Array[];
  changes: Uint8Array | null;
}

export interface Listed {
  versions: Version[];
  people: Record<string, { id: string; name: string; color: string }>;
  readers: boolean;
}

/** Of more it is not noted whose they are: see MOST_BROUGHT in conf.py. */
const MOST_BROUGHT = 5_000;
/** Answers that are kept at hand: what several versions are made of is fetched once, as is one at which one looks again. */
const AT_HAND = 12;

export class HistorySite {
  private readonly atHand = new Map<string, { of: number[]; bytes: Promise<Uint8Array> }>();

  constructor(
    private readonly page: RoomPage,
    readonly url: string,
  ) {}

  list(): Promise<Listed> {
    return this.page.ask(this.url) as Promise<Listed>;
  }

  keep(asked: { name: string } | { restores: true }): Promise<Listed> {
    return this.post("", asked);
  }

  /** Which of a version's operations a restore has brought back, and as which: their authors are noted. */
  async brought(id: number, brought: readonly BroughtBack[]): Promise<void> {
    const runs = brought.slice(0, MOST_BROUGHT).map(({ from, to }) => [from.client, from.clock, to.client, to.clock, to.length]);
    if (runs.length) await this.page.ask(`${this.url}${id}/brought/`, { method: "POST", body: { runs } });
  }

  rename(id: number, name: string): Promise<Listed> {
    return this.post(`${id}/`, { name });
  }

  erase(id: number): Promise<Listed> {
    return this.post(`${id}/erase/`, {});
  }

  setReaders(allowed: boolean): Promise<Listed> {
    return this.post("readers/", { allowed });
  }

  /** What a version was, and what makes the other of it. */
  async states(older: Version, newer: Version | null): Promise<States> {
    try {
      return await this.madeOf(older.base, older, newer);
    } catch (error) {
      if (older.base === older.id || !(error instanceof AskFailed) || error.status !== 404) throw error;
      return this.madeOf(older.id, older, newer); // that one has been erased since the list came
    }
  }

  /** Of what is at hand only what is about these versions. */
  keepOnly(ids: ReadonlySet<number>): void {
    for (const [path, { of }] of this.atHand) if (!of.every((id) => ids.has(id))) this.atHand.delete(path);
  }

  private async madeOf(base: number, older: Version, newer: Version | null): Promise<States> {
    const [whole, changed, changes] = await Promise.all([
      this.bytes(base),
      base === older.id ? null : this.bytes(older.id, base),
      newer && this.bytes(newer.id, base),
    ]);
    return { state: changed ? [whole, changed] : [whole], changes };
  }

  private bytes(id: number, since?: number): Promise<Uint8Array> {
    const path = since === undefined ? `${id}/` : `${id}/?since=${since}`;
    const known = this.atHand.get(path)?.bytes;
    if (known) return known;
    const bytes = this.page.ask(`${this.url}${path}`) as Promise<Uint8Array>;
    bytes.catch(() => this.atHand.delete(path));
    this.atHand.set(path, { of: since === undefined ? [id] : [id, since], bytes });
    const [oldest] = this.atHand.keys();
    if (this.atHand.size > AT_HAND && oldest !== undefined) this.atHand.delete(oldest);
    return bytes;
  }

  private post(path: string, body: unknown): Promise<Listed> {
    return this.page.ask(`${this.url}${path}`, { method: "POST", body }) as Promise<Listed>;
  }
}
