/** Lines that say what they stand in become the tree that the editor holds. */

import { Fragment, type Node, type NodeType, type Schema } from "@tiptap/pm/model";

import type { ListKind } from "../model/keys";

/** A quote, a list or an item. Two lines stand in the same one if it is the same object. */
export type Container =
  | { type: "quote" }
  | { type: "list"; kind: ListKind; start: number; goesOn?: boolean; numbers: string | null; count: number; item: Container | null }
  | { type: "item"; checked: boolean };

export type List = Extract<Container, { type: "list" }>;

export interface PastedLine {
  path: readonly Container[];
  node: Node;
  /** All of it is in letters of one width, by the font alone. */
  isProgram?: boolean;
  /** How large all of its letters are, in points, where that is said of each. */
  size?: number;
}

const LISTS = {
  bullet: ["bulletList", "listItem"],
  ordered: ["orderedList", "listItem"],
  task: ["taskList", "taskItem"],
} as const satisfies Record<ListKind, readonly [string, string]>;

/** `open`: in how many nodes the first line was cut out, of which the beginnings may be missing. */
export function nest(lines: readonly PastedLine[], schema: Schema, open = 0): Node[] {
  return new Nest(lines, schema, open).between(0, lines.length, 0);
}

/** A list that begins with the number that comes next goes on from the one before that is as deep, as it did where it was copied. */
export function goOn(lines: readonly PastedLine[]): void {
  const last: number[] = [];
  const seen = new Set<Container>();
  for (const { path } of lines) {
    let depth = 0;
    for (const container of path) {
      if (container.type === "item") depth++;
      if (container.type !== "list" || container.kind !== "ordered" || seen.has(container)) continue;
      seen.add(container);
      container.goesOn ||= container.start > 1 && container.start - 1 === last[depth];
      last[depth] = container.start + container.count - 1;
    }
  }
}

class Nest {
  constructor(private readonly lines: readonly PastedLine[], private readonly schema: Schema, private readonly open: number) {}

  between(from: number, to: number, depth: number, list: List | null = null): Node[] {
    const nodes: Node[] = [];
    for (let at = from; at < to; ) {
      const line = this.lines[at];
      if (!line) break;
      const container = line.path[depth];
      let end = at + 1;
      if (!container) {
        nodes.push(line.node);
      } else {
        while (end < to && this.lines[end]?.path[depth] === container) end++;
        const inner = this.between(at, end, depth + 1, container.type === "list" ? container : null);
        nodes.push(this.wrap(container, inner, list, at === 0 && depth < this.open));
      }
      at = end;
    }
    return nodes;
  }

  private wrap(container: Container, inner: Node[], list: List | null, isOpen: boolean): Node {
    if (container.type === "quote") return this.make("blockquote", null, inner);
    if (container.type === "item") {
      const [, item] = LISTS[list?.kind ?? "bullet"];
      return this.make(item, item === "taskItem" ? { checked: container.checked } : null, isOpen ? inner : this.asItem(inner));
    }
    const attrs = container.kind === "ordered" ? { start: container.start, type: container.numbers, goesOn: container.goesOn } : null;
    return this.make(LISTS[container.kind][0], attrs, inner);
  }

  /** An item begins with a paragraph. */
  private asItem(inner: Node[]): Node[] {
    const [first, ...rest] = inner;
    if (first?.type.name === "paragraph") return inner;
    if (first?.type.name === "heading") return [this.make("paragraph", null, [...first.content.content]), ...rest];
    return [this.make("paragraph", null, []), ...inner];
  }

  private make(name: string, attrs: Record<string, unknown> | null, inner: Node[]): Node {
    return (this.schema.nodes[name] as NodeType).create(attrs, Fragment.from(inner));
  }
}
