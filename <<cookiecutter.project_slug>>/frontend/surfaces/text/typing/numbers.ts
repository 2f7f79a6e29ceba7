/** The numbers of lists where lines are taken out of them, and put in. */

import type { Node } from "@tiptap/pm/model";

import { type Keys, readKeys } from "../model/keys";
import { startOf } from "../model/read";

interface Line {
  keys: Keys;
  was?: number;
  isMoved?: true;
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

/** The last number in these nodes of the lists that stand in so many items; null if there is none. */
export function lastNumber(nodes: readonly Node[], depth: number): number | null {
  for (let index = nodes.length - 1; index >= 0; index--) {
    const { type, attrs, content, childCount, isTextblock } = nodes[index] as Node;
    if (isTextblock || depth < 0 || type.name === "table") continue;
    if (type.name === "orderedList" && !depth) return Number(attrs["start"]) + childCount - 1;
    const number = lastNumber(content.content, type.name.endsWith("Item") ? depth - 1 : depth);
    if (number !== null) return number;
  }
  return null;
}

/**
 * Lines that are drawn so, of nodes that held the `former` ones: what is left of a numbered list goes on with its numbers, and a
 * list that others join keeps its own, whichever line is its first now.
 */
export function keepNumbers<L extends Line>(nodes: readonly Node[], former: readonly L[], lines: readonly L[], drawing: readonly Node[]): L[] {
  const [before, after] = [numbersIn(nodes), numbersIn(drawing)];
  /** The number that a line had, if it stands as deep as it did. */
  const kept = lines.map(({ was, keys }) => {
    const isAsDeep = was !== undefined && (keys.indent ?? 0) === (former[was]?.keys.indent ?? 0);
    return isAsDeep ? (before[was] ?? null) : null;
  });
  const lists = formerLists(kept, after, lines);
  /** How deep lists stand that were, of which a line is left that others may go on from. */
  const left = new Map<Node, number>();
  return lines.map((line, index) => {
    const [is, was] = [after[index], kept[index]];
    const { indent = 0 } = line.keys;
    if (line.keys.list) for (const [list, depth] of left) if (depth > indent) left.delete(list);
    const list = is && lists.get(is.list);
    if (!list || !(was || line.isMoved)) return line;
    const start = left.has(list) ? "on" : startOf(list);
    if (was?.list === list) left.set(list, indent);
    if (!is.begins || (was?.begins && was.list === list)) return line;
    const own = readKeys((name) => ({ list: "ordered", start, numbers: list.attrs["type"] as unknown })[name]);
    return { ...line, keys: { ...line.keys, start: undefined, numbers: undefined, ...own } };
  });
}

/** Which list each one was: that of which the first line has stayed where it was, or else that of the first line that is in it. */
function formerLists(kept: readonly (Numbered | null)[], after: readonly (Numbered | null)[], lines: readonly Line[]): Map<Node, Node> {
  const lists = new Map<Node, Node>();
  for (const stays of [true, false]) {
    for (const [index, is] of after.entries()) {
      const was = kept[index];
      if (is && was && !lists.has(is.list) && (!stays || (was.begins && !lines[index]?.isMoved))) lists.set(is.list, was.list);
    }
  }
  return lists;
}
