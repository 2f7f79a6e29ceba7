/** Whose the changes are, and how that looks. */

import type { RoomPage } from "../../frontend/feature";
import type { Difference, Doer, DoneBy, Fate, Part, Run } from "./difference";

/** More stretches are not asked for at once: see MOST_ASKED in conf.py. */
const MOST_ASKED = 5_000;

/** A client, the first clock, how many there are, and whose. */
type Stretch = [number, number, number, number];

interface Answer {
  people: Doer[];
  written: Stretch[];
  deleted: Stretch[];
}

const NOBODY: DoneBy = (_fate, { length }) => [{ length, by: null }];

/** Who inserted and who deleted what is different; nobody where the server does not know, or cannot say. */
export async function authorsOf(page: RoomPage, url: string, difference: Difference): Promise<DoneBy> {
  const parts = [...difference.parts()].filter(({ fate }) => fate);
  if (!parts.length || parts.length > MOST_ASKED) return NOBODY;
  const of = (fate: Fate): number[][] => parts.filter((part: Part) => part.fate === fate).map(({ client, clock, length }) => [client, clock, length]);
  try {
    const answer = (await page.ask(url, { method: "POST", body: { written: of("inserted"), deleted: of("deleted") } })) as Answer;
    return from(answer);
  } catch {
    return NOBODY; // what changed is worth more than by whom
  }
}

function from({ people, written, deleted }: Answer): DoneBy {
  const known = { inserted: byClient(written), deleted: byClient(deleted) };
  return function* (fate, { client, clock, length }: Run) {
    const stretches = known[fate].get(client) ?? [];
    let at = clock;
    for (let index = firstBehind(stretches, clock); at < clock + length; index++) {
      const [, start, size, person] = stretches[index] ?? [0, clock + length, 0, -1];
      const begin = Math.min(start, clock + length);
      if (begin > at) yield { length: begin - at, by: null };
      at = Math.max(at, begin);
      const end = Math.min(start + size, clock + length);
      if (end > at) yield { length: end - at, by: people[person] ?? null };
      at = Math.max(at, end);
      if (begin === clock + length) return;
    }
  };
}

function byClient(stretches: readonly Stretch[]): Map<number, Stretch[]> {
  const clients = new Map<number, Stretch[]>();
  for (const stretch of stretches) clients.set(stretch[0], [...(clients.get(stretch[0]) ?? []), stretch]);
  for (const each of clients.values()) each.sort((one, other) => one[1] - other[1]);
  return clients;
}

/** The first that ends behind a clock. */
function firstBehind(stretches: readonly Stretch[], clock: number): number {
  let [low, high] = [0, stretches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const [, start, size] = stretches[middle] as Stretch;
    if (start + size <= clock) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Classes that give colours: the page's security policy takes no styles of elements. */
export class ColorClasses {
  private readonly sheet = new CSSStyleSheet();
  private readonly classes = new Map<string, string>();

  constructor() {
    document.adoptedStyleSheets.push(this.sheet);
  }

  of(color: string): string {
    const known = this.classes.get(color);
    if (known) return known;
    if (!/^#[0-9a-f]{6}$/i.test(color)) return "history-by-nobody";
    const name = `history-by-${this.classes.size}`;
    this.sheet.insertRule(`.${name} { --by: ${color}; }`);
    this.classes.set(color, name);
    return name;
  }
}
