/** What the server has told of who wrote which operations: see rooms/authors.py. */

import { byClient, inOrder, partsOf, type Stretch as Place } from "../../../frontend/lib/stretches";

export interface Person {
  id: string;
  name: string;
  color: string;
}

/** What is known of some operations. */
export interface Written {
  person: Person;
  /** When the last of them was made, in milliseconds; null where that is not known. */
  last: number | null;
  /** Who sent them, where that was somebody else and the person has not confirmed them; or who has brought them back. */
  by: Person | null;
  /** Whether they are new ones for the person's own, which were gone. */
  isBrought: boolean;
}

type Stretch = Written & Place;

/** Client, clock, length, person, from when, to when and, if it is not confirmed, who sent it; with a 1, who brought it back. */
type Row = [number, number, number, number, number | null, number | null, number?, number?];

export interface Answer {
  now: number;
  people: Person[];
  written: Row[];
}

export class Stretches {
  private readonly clients = new Map<number, Stretch[]>();

  /** Whether there is anything that may be confirmed yet: then news is not all that changes. */
  get isOpen(): boolean {
    for (const stretches of this.clients.values()) if (stretches.some(({ by, isBrought }) => by && !isBrought)) return true;
    return false;
  }

  clear(): void {
    this.clients.clear();
  }

  /** What is told now counts, and takes the place of what was known of the same operations. */
  take({ people, written }: Pick<Answer, "people" | "written">): void {
    const fresh = written.map(([client, clock, length, person, , last, by, brought]): [number, Stretch] => {
      return [client, { from: clock, to: clock + length, person: people[person] as Person, last, by: by === undefined ? null : (people[by] as Person), isBrought: brought === 1 }];
    });
    for (const [client, stretches] of byClient(fresh)) {
      const kept = stretches.reduce(without, this.clients.get(client) ?? []);
      this.clients.set(client, inOrder([...kept, ...stretches]));
    }
  }

  /** All of some operations, in order, with what is known of them. */
  *of(client: number, clock: number, length: number): IterableIterator<{ from: number; to: number; written: Written | null }> {
    for (const { from, to, known } of partsOf(this.clients.get(client) ?? [], clock, clock + length)) yield { from, to, written: known };
  }
}

function without(stretches: Stretch[], { from, to }: Stretch): Stretch[] {
  if (!stretches.some((stretch) => stretch.from < to && stretch.to > from)) return stretches;
  return stretches.flatMap((stretch) => {
    const before = { ...stretch, to: Math.min(stretch.to, from) };
    const behind = { ...stretch, from: Math.max(stretch.from, to) };
    return [before, behind].filter((part) => part.from < part.to && (part.to <= from || part.from >= to));
  });
}
