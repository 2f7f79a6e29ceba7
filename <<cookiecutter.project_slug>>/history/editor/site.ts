/** What the site is asked about history. */

import type { RoomPage } from "../../frontend/feature";
import { fromBase64 } from "../../frontend/lib/base64";
import type { BroughtBack } from "./restore";

export interface Version {
  id: number;
  at: string;
  name: string;
  cause: "quiet" | "named" | "restore";
  by: string;
  people: string[];
  size: number;
}

export interface Listed {
  versions: Version[];
  people: Record<string, { id: string; name: string; color: string }>;
  readers: boolean;
}

/** Of more it is not noted whose they are: see MOST_BROUGHT in conf.py. */
const MOST_BROUGHT = 5_000;
/** States that are kept at hand: of two versions that one looks at in turn each is fetched once. */
const AT_HAND = 6;

export class HistorySite {
  private readonly states = new Map<number, Promise<Uint8Array>>();

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
    this.states.delete(id);
    return this.post(`${id}/erase/`, {});
  }

  setReaders(allowed: boolean): Promise<Listed> {
    return this.post("readers/", { allowed });
  }

  state(id: number): Promise<Uint8Array> {
    const known = this.states.get(id);
    if (known) return known;
    const asked = this.page.ask(`${this.url}${id}/`).then((answer) => fromBase64((answer as { state: string }).state));
    asked.catch(() => this.states.delete(id));
    this.states.set(id, asked);
    const [oldest] = this.states.keys();
    if (this.states.size > AT_HAND && oldest !== undefined) this.states.delete(oldest);
    return asked;
  }

  private post(path: string, body: unknown): Promise<Listed> {
    return this.page.ask(`${this.url}${path}`, { method: "POST", body }) as Promise<Listed>;
  }
}
