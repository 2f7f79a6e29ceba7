/**
 * How lines stand in each other: quotes and lists are opened and closed as a line's keys ask for it.
 *
 * A line says how deep it stands (`quote`, `indent`), not in what: it stays in as many of the containers that are open
 * as it can. So a line that is taken away or put between others needs no change of its neighbours, and any keys give
 * a tree. `enter` also says with which keys the same place would be asked for in what was drawn, however far the keys
 * were off: these are what is compared with the tree after somebody's change.
 */

import type { Keys, ListKind } from "./keys";

/** An open quote, list or item. A list is always followed by an item. */
export interface Container<T> {
  type: "quote" | "item" | "list";
  list?: ListKind;
  /** For a list: the indent by which it was asked for, and the one at which it stands. */
  asked: number;
  depth: number;
  /** Of an ordered list: its first number. */
  start: number;
  keys: Keys;
  children: T[];
}

interface Stay {
  /** How many of the open containers a line stays in. */
  count: number;
  quotes: number;
  /** Whether the last of them is the list that it is an item of. */
  joins: boolean;
}

export class Flow<T> {
  private readonly open: Container<T>[] = [];
  /** The last number of ordered lists, by how deep they stand. */
  private readonly numbers: number[] = [];

  /** `wrap` makes a container's node once it is closed; `emit` takes what stands in none; `before`: the last number before all. */
  constructor(
    private readonly wrap: (container: Container<T>) => T,
    private readonly emit: (made: T) => void,
    private readonly before: (depth: number) => number = () => 0,
  ) {}

  /** Opens and closes what a line with these keys needs. Returns the keys as drawn. */
  enter(keys: Keys): Keys {
    const { open } = this;
    if (!open.length && !keys.list && !keys.quote) {
      return keys.indent || keys.quote !== undefined || keys.break !== undefined ? without(keys, "indent", "quote", "break") : keys;
    }
    const most = keys.break ?? Number.POSITIVE_INFINITY;
    const { count, quotes, joins } = this.stay(keys, most, "asked");
    const drawn = without(keys, "indent", "quote", "break");
    let items = 0;
    for (let each = 0; each < count; each++) if (open[each]?.type === "item") items++;
    if (items) drawn.indent = items;
    if (keys.quote) drawn.quote = keys.quote;
    if (joins || !keys.list) drawn.start = drawn.numbers = undefined;
    if (drawn.start === undefined) delete drawn.start;
    if (drawn.numbers === undefined) delete drawn.numbers;
    if (this.stay(drawn, Number.POSITIVE_INFINITY, "depth").count > count) drawn.break = count;
    this.close(count);
    for (let quote = quotes; quote < (keys.quote ?? 0); quote++) this.push("quote", keys, items);
    if (keys.list) {
      if (!joins) this.push("list", keys, items);
      this.push("item", keys, items);
      if (keys.list === "ordered") this.numbers[items] = joins ? this.last(items) + 1 : (this.open.at(-2)?.start ?? 1);
    }
    return drawn;
  }

  /** How many containers a line with these keys could share with what is open. */
  shares(keys: Keys): number {
    return this.stay(keys, Number.POSITIVE_INFINITY, "depth").count;
  }

  add(made: T): void {
    const last = this.open.at(-1);
    if (last) last.children.push(made);
    else this.emit(made);
  }

  close(downTo = 0): void {
    while (this.open.length > downTo) {
      const container = this.open.pop();
      if (container) this.add(this.wrap(container));
    }
  }

  private push(type: Container<T>["type"], keys: Keys, depth: number): void {
    const start = type !== "list" ? 1 : keys.start === "on" ? this.last(depth) + 1 : (keys.start ?? 1);
    this.open.push({ type, list: keys.list, asked: keys.indent ?? 0, depth, start, keys, children: [] });
  }

  private last(depth: number): number {
    return this.numbers[depth] ?? this.before(depth);
  }

  private stay(keys: Keys, most: number, by: "asked" | "depth"): Stay {
    const { open } = this;
    const [quote, indent] = [keys.quote ?? 0, keys.indent ?? 0];
    let quotes = 0;
    let count = 0;
    while (count < open.length && count < most) {
      const container = open[count];
      if (!container) break;
      if (container.type === "quote") {
        if (quotes >= quote) break;
        quotes++;
        count++;
      } else if (container[by] < indent) {
        if (count + 1 >= most) break;
        count += 2;
      } else {
        const joins = keys.list === container.list && container[by] <= indent && quotes === quote;
        return { count: joins ? count + 1 : count, quotes, joins };
      }
    }
    return { count, quotes, joins: false };
  }
}

function without(keys: Keys, ...names: string[]): Keys {
  const rest: Keys = {};
  for (const name in keys) if (!names.includes(name)) rest[name] = keys[name];
  return rest;
}
