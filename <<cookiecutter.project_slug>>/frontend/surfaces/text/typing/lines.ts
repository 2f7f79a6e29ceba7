/**
 * The document as lines, for keys that change what lines are: indent them, take them out of a list, join or move them.
 *
 * On the tree such a change takes lists apart and puts others together; of a line it changes a key or two. So the nodes
 * around the selection are read as lines, these are changed, and what comes of them is put back by the smallest steps that
 * there are: what is written into the text is then those keys alone, and what others do to the same lines holds as well.
 */

import { Fragment, type Node, type NodeType, type ResolvedPos, type Schema } from "@tiptap/pm/model";
import { AllSelection, NodeSelection, type Selection, TextSelection, type Transaction } from "@tiptap/pm/state";
import { CellSelection } from "@tiptap/pm/tables";

import { patchChildren } from "../binding/patch";
import { containerOf } from "../model/draw";
import { Flow } from "../model/flow";
import type { Keys } from "../model/keys";
import { read } from "../model/read";
import { keepNumbers, lastNumber } from "./numbers";

export type Dispatch = (tr: Transaction) => void;

export interface Line {
  keys: Keys;
  /** What stands in it: a textblock, a thing or a table. */
  node: Node;
  /** The how manieth it was of its stretch; a new one has none. */
  was?: number;
  /** Whether it goes elsewhere, past lines that stay. */
  isMoved?: true;
}

/** A place in a line, as it stands among those that come out; or all of the line, which is chosen then. */
export interface Place {
  line: Line;
  offset: number | "whole";
}

/** Where a selection begins and where its moving end is. */
export type Places = [anchor: Place, head?: Place];

/** Neighbouring nodes with nothing around them but the document or one cell, as lines. */
export interface Stretch {
  /** In what they stand. */
  box: Node;
  /** The how manieth node of it is the first of these, and where that begins. */
  index: number;
  from: number;
  nodes: Node[];
  lines: Line[];
  /** Where each line's node begins. */
  positions: number[];
  /** The lines in which the selection begins and ends. */
  first: number;
  last: number;
}

const CELLS = ["tableCell", "tableHeader"];

/** How deep the document or cell is in which a place stands. */
export function boxDepth($place: ResolvedPos): number {
  for (let depth = $place.depth; depth > 0; depth--) if (CELLS.includes($place.node(depth).type.name)) return depth;
  return 0;
}

/** The lines of the selection, and of `reach` nodes at each side; null where it goes from one cell into another. */
export function stretchOf({ $from, $to }: Pick<Selection, "$from" | "$to">, reach = 1): Stretch | null {
  const depth = boxDepth($from);
  if (boxDepth($to) !== depth || $from.start(depth) !== $to.start(depth)) return null;
  const box = $from.node(depth);
  const first = Math.max(0, $from.index(depth) - reach);
  const last = Math.min(box.childCount - 1, $to.index(depth) + reach);
  const from = $from.posAtIndex(first, depth);
  const nodes = box.content.content.slice(first, last + 1);
  const found = linesIn(nodes);
  const lineAt = (place: number): number => Math.max(0, lastIndex(found, ({ position }) => from + position <= place));
  return {
    box,
    index: first,
    from,
    nodes,
    lines: found.map(({ keys, node }, was) => ({ keys, node, was })),
    positions: found.map(({ position }) => from + position),
    first: lineAt($from.pos),
    last: lineAt($to.parent.isTextblock ? $to.pos : Math.max($from.pos, $to.pos - 1)),
  };
}

function linesIn(nodes: readonly Node[]): { keys: Keys; node: Node; position: number }[] {
  return read(nodes, { freshId: () => "" }).lines.filter(({ keys }) => !keys.cell);
}

/**
 * Puts these lines in the place of the stretch's, and the selection where it is said. False where nothing would change.
 *
 * What is left of a numbered list behind a line that was taken out of it goes on with its numbers, unless `isAnew`.
 */
export function putLines(tr: Transaction, stretch: Stretch, lines: readonly Line[], [anchor, head = anchor]: Places, isAnew = false): boolean {
  const { box, from, nodes } = stretch;
  const { schema } = box.type;
  const numberAbove = (depth: number): number => lastAbove(stretch, depth) ?? 0;
  const drawing = drawn(schema, lines, numberAbove);
  const made = isAnew ? drawing : drawn(schema, keepNumbers(nodes, stretch.lines, lines, drawing), numberAbove);
  const [before, after] = [box.copy(Fragment.fromArray(nodes)), box.copy(Fragment.fromArray(made))];
  if (before.eq(after)) return false;
  // All, or cells, are chosen still.
  const isOfLines = !(tr.selection instanceof AllSelection || tr.selection instanceof CellSelection);
  patchChildren(tr, before, after, from);
  const positions = linesIn(made).map(({ position }) => from + position);
  const find = ({ line, offset }: Place): number => (positions[lines.indexOf(line)] ?? from) + (offset === "whole" ? 0 : 1 + offset);
  const isWhole = anchor.offset === "whole" || head.offset === "whole";
  if (isOfLines) tr.setSelection(isWhole ? NodeSelection.create(tr.doc, find({ ...anchor, offset: "whole" })) : TextSelection.create(tr.doc, find(anchor), find(head)));
  tr.scrollIntoView();
  return true;
}

/** The same, done at once. */
export function put(tr: Transaction, dispatch: Dispatch, stretch: Stretch, lines: readonly Line[], places: Places, isAnew = false): boolean {
  if (!putLines(tr, stretch, lines, places, isAnew)) return false;
  dispatch(tr);
  return true;
}

/** Where a selection stands in its lines; `changed` are those that came of them. */
export function placesOf({ lines, positions }: Stretch, selection: Selection, changed: readonly Line[] = lines): Places {
  const place = (at: number): Place => {
    const index = Math.max(0, lastIndex(positions, (position) => position <= at));
    const line = changed.find(({ was }) => was === index) ?? (lines[index] as Line);
    return { line, offset: line.node.isTextblock && !(selection instanceof NodeSelection) ? at - (positions[index] as number) - 1 : "whole" };
  };
  return [place(selection.anchor), place(selection.head)];
}

export function drawn(schema: Schema, lines: readonly Line[], numberAbove?: (depth: number) => number): Node[] {
  const nodes: Node[] = [];
  const flow = new Flow<Node>(
    (container) => {
      const [name, attrs] = containerOf(container);
      return (schema.nodes[name] as NodeType).create(attrs, container.children);
    },
    (node) => nodes.push(node),
    numberAbove,
  );
  for (const { keys, node } of lines) {
    flow.enter(keys);
    flow.add(node);
  }
  flow.close();
  return nodes;
}

/** The last number above these nodes of the lists that stand in so many items; null if there is none. */
export function lastAbove({ box, index }: Stretch, depth: number): number | null {
  return lastNumber(box.content.content.slice(0, index), depth);
}

/** The same line with other keys; undefined takes a key away. */
export function withKeys(line: Line, changes: Keys): Line {
  const keys: Keys = { ...line.keys, ...changes };
  for (const name of Object.keys(keys)) if (keys[name] === undefined) delete keys[name];
  return { ...line, keys };
}

/** Another node for a line; what it says of its direction stays. */
export function nodeFor({ node: { type, attrs: { dir } } }: Line, name: string, attrs: Record<string, unknown> | null, content: Node["content"] | null): Node {
  return (type.schema.nodes[name] as NodeType).create({ dir, ...attrs }, content);
}

/** What only a line of a list says. */
export const NO_LIST: Keys = { list: undefined, checked: undefined, start: undefined, numbers: undefined };

/** Before which line those end that stand in the item which begins here; or this line alone. */
export function endOfItem(lines: readonly Line[], index: number): number {
  const depth = indentOf(lines[index]);
  let end = index + 1;
  if (lines[index]?.keys.list) while (end < lines.length && indentOf(lines[end]) > depth) end++;
  return end;
}

/** Before which line those end that are chosen, with all that stands in their items. */
export function endOfChosen({ lines, first, last }: Stretch): number {
  let end = last + 1;
  for (let index = first; index <= last; index++) end = Math.max(end, endOfItem(lines, index));
  return end;
}

/** How deep the line may stand that comes below this one. */
export function deepestBelow(above: Line | undefined): number {
  return above?.keys.list ? indentOf(above) + 1 : indentOf(above);
}

export function indentOf(line: Line | undefined): number {
  return line?.keys.indent ?? 0;
}

/** A paragraph of its own: what stands in it is all that it is. */
export function isPlain({ keys, node }: Line): boolean {
  return node.type.name === "paragraph" && !keys.list && !keys.indent && !keys.quote;
}

/** The last for which this holds, or -1. */
export function lastIndex<T>(list: readonly T[], holds: (each: T, index: number) => boolean): number {
  let index = list.length - 1;
  while (index >= 0 && !holds(list[index] as T, index)) index--;
  return index;
}
