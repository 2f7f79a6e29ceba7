/** What is known of operations of Yjs, in stretches: by client, in order, and no two of one client overlap. */

/** From one clock on, and before another. */
export interface Stretch {
  from: number;
  to: number;
}

export function byClient<Known extends Stretch>(stretches: Iterable<[client: number, stretch: Known]>): Map<number, Known[]> {
  const clients = new Map<number, Known[]>();
  for (const [client, stretch] of stretches) {
    const others = clients.get(client);
    if (others) others.push(stretch);
    else clients.set(client, [stretch]);
  }
  for (const each of clients.values()) inOrder(each);
  return clients;
}

export function inOrder<Known extends Stretch>(stretches: Known[]): Known[] {
  return stretches.sort((one, other) => one.from - other.from);
}

/** All of some operations of a client, in order, each part with the stretch that it lies in; null where nothing is known. */
export function* partsOf<Known extends Stretch>(stretches: readonly Known[], from: number, to: number): IterableIterator<Stretch & { known: Known | null }> {
  let at = from;
  for (let place = firstBehind(stretches, from); at < to; place++) {
    const next = stretches[place];
    const begins = Math.min(next?.from ?? to, to);
    if (begins > at) yield { from: at, to: begins, known: null };
    at = Math.max(at, begins);
    if (!next || at >= to) return;
    const ends = Math.min(next.to, to);
    if (ends > at) yield { from: at, to: ends, known: next };
    at = Math.max(at, ends);
  }
}

/** The place of the first that ends behind a clock. */
function firstBehind(stretches: readonly Stretch[], clock: number): number {
  let [low, high] = [0, stretches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stretches[middle] as Stretch).to <= clock) low = middle + 1;
    else high = middle;
  }
  return low;
}
