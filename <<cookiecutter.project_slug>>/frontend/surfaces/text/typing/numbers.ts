/** The numbers of lists where lines are taken out of them, and put in. */

import type { Node } from "@tiptap/pm/model";

import type { Keys } from "../model/keys";

interface Line {
  keys: Keys;
  was?: number;
}

/** The number before a line. */
export interface Numbered {
  list: Node;
  number: number;
  /** Whether it is the first of its list. */
  begins: boolean;
}

/** The numbers of the lines in these nodes, in their order; null for those that have none. */
export function numbersIn(nodes: readonly Node[]): (Numbered | null)[] {
  const numbers: (Numbered | null)[] = [];
  const visit = (node: Node, own: Numbered | null): void => {
    if (node.isTextblock || node.isAtom || node.type.name === "table") {
      numbers.push(own);
      return;
    }
    node.forEach((child, _offset, index) => {
      const isItem = child.type.name === "listItem";
      if (isItem && node.type.name === "orderedList") {
        const number = Number(node.attrs["start"] ?? 1) + index;
        child.forEach((inner, _at, place) => {
          visit(inner, place ? null : { list: node, number, begins: index === 0 });
        });
      } else visit(child, null);
    });
  };
  for (const node of nodes) visit(node, null);
  return numbers;
}

/** Lines that are drawn so, of nodes that held the `former` ones: what is left of a numbered list goes on with its numbers. */
export function keepNumbers<L extends Line>(nodes: readonly Node[], former: readonly L[], lines: readonly L[], drawing: readonly Node[]): L[] {
  const [before, after] = [numbersIn(nodes), numbersIn(drawing)];
  /** The last numbers of lists that were, where these may go on. */
  const last = new Map<Node, { number: number; indent: number }>();
  const moved = new Map<Node, number>();
  return lines.map((line, index) => {
    const is = after[index];
    const was = line.was === undefined ? null : before[line.was];
    const { indent = 0 } = line.keys;
    if (line.keys.list) for (const [list, known] of last) if (known.indent > indent) last.delete(list);
    if (!is) return line;
    const isThere = indent === (former[line.was ?? 0]?.keys.indent ?? 0);
    const isSplit = was && isThere && is.begins && !was.begins;
    const start = isSplit ? (last.get(was.list)?.number ?? Number(was.list.attrs["start"]) - 1) + 1 : is.number;
    if (isSplit) moved.set(is.list, start - is.number);
    if (was && isThere) last.set(was.list, { number: is.number + (moved.get(is.list) ?? 0), indent });
    if (!isSplit) return line;
    const numbers = (was.list.attrs["type"] as string | null) ?? undefined;
    return { ...line, keys: { ...line.keys, ...(start !== 1 && { start }), ...(numbers && { numbers }) } };
  });
}
