/** Whose the changes are, and how that looks. */

import type { RoomPage } from "../../frontend/feature";
import { byClient, partsOf } from "../../frontend/lib/stretches";
import type { Difference, Doer, DoneBy, Fate, Part, Run } from "./difference";

/** More stretches are not asked for at once: see MOST_ASKED in conf.py. */
const MOST_ASKED = 5_000;

/** A client, the first clock, how many there are, and whose. */
type Row = [number, number, number, number];

interface Answer {
  people: Doer[];
  written: Row[];
  deleted: Row[];
}

const NOBODY: DoneBy = (_fate, { length }) => [{ length, by: null }];

/** Who inserted and who deleted what is different; nobody where the server does not know, or cannot say. */
export async function authorsOf(page: RoomPage, url: string, difference: Difference): Promise<DoneBy> {
  const parts = difference.parts().filter(({ fate }) => fate);
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
  const known = { inserted: byClient(written.map(named)), deleted: byClient(deleted.map(named)) };
  return function* (fate, { client, clock, length }: Run) {
    for (const { from, to, known: by } of partsOf(known[fate].get(client) ?? [], clock, clock + length)) {
      yield { length: to - from, by: (by && people[by.person]) ?? null };
    }
  };
}

function named([client, clock, length, person]: Row): [number, { from: number; to: number; person: number }] {
  return [client, { from: clock, to: clock + length, person }];
}
