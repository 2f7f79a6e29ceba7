/** What others do, in sentences for a screen reader: who comes, who leaves, and now and then who is writing. */

import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";

import type { Person } from "./person";
import { peopleIn } from "./presence";

/** Who is back by then, after reloading the page for instance, has not been away. */
const CALM = 2_000;

/** How long nothing more is said of somebody who goes on writing. */
const QUIET = 300_000;

export interface HeardOptions {
  doc: Y.Doc;
  awareness: Awareness;
  self: () => Person;
  /** Without a connection nobody knows who is here. */
  isInTouch: () => boolean;
  came: (names: string[]) => void;
  left: (names: string[]) => void;
  writes: (person: Person) => void;
}

export class Heard {
  private known = new Map<string, Person>();
  private readonly wrote = new Map<string, number>();
  private timer: number | undefined;

  constructor(private readonly options: HeardOptions) {
    options.awareness.on("change", this.look);
    options.doc.on("afterTransaction", this.listen);
    this.look();
  }

  destroy(): void {
    window.clearTimeout(this.timer);
    this.options.awareness.off("change", this.look);
    this.options.doc.off("afterTransaction", this.listen);
  }

  private readonly look = (): void => {
    this.timer ??= window.setTimeout(() => {
      this.timer = undefined;
      if (this.options.isInTouch()) this.compare();
    }, CALM);
  };

  private compare(): void {
    const { awareness, self } = this.options;
    const own = self();
    const here = new Map(peopleIn(awareness.getStates().values(), own).filter(({ id }) => id !== own.id).map((person) => [person.id, person]));
    const not = (there: Map<string, Person>, others: Map<string, Person>): string[] => [...there.values()].filter(({ id }) => !others.has(id)).map(({ name }) => name);
    const [came, left] = [not(here, this.known), not(this.known, here)];
    this.known = here;
    if (came.length) this.options.came(came);
    if (left.length) this.options.left(left);
  }

  private readonly listen = ({ local, beforeState, afterState }: Y.Transaction): void => {
    if (local) return;
    for (const [client, clock] of afterState) {
      const { user } = (this.options.awareness.getStates().get(client) ?? {}) as { user?: Person };
      if (!user || clock === beforeState.get(client) || user.id === this.options.self().id) continue;
      const last = this.wrote.get(user.id) ?? Number.NEGATIVE_INFINITY;
      // Only who rests for a while, and begins again, is worth a word.
      this.wrote.set(user.id, Date.now());
      if (Date.now() - last > QUIET) this.options.writes(user);
    }
  };
}
