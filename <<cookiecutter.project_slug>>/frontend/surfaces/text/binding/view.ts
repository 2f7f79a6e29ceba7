/** What is drawn now: where in the editor's document each line stands, and which line stands at a place. */

import type { Node } from "@tiptap/pm/model";

import type { Block, Drawing, Entry } from "../model/draw";
import type { Line, Piece } from "../model/piece";
import type { Grids } from "../model/tables";

export type LineEntry = Entry<Line>;

interface Found {
  node: Node;
  /** Before the node, from before the top-level node in which it stands. */
  position: number;
}

const found = new WeakMap<Node, Found[]>();

/** The nodes for lines within a top-level node, in the order of its entries. */
export function nodesIn(top: Node): Found[] {
  const known = found.get(top);
  if (known) return known;
  const nodes: Found[] = [];
  const look = (node: Node, position: number): void => {
    const isLine = node.isTextblock || node.isLeaf || node.type.name === "table";
    if (isLine) nodes.push({ node, position });
    if (!node.isTextblock) {
      node.forEach((child, offset) => {
        look(child, position + 1 + offset);
      });
    }
  };
  look(top, 0);
  found.set(top, nodes);
  return nodes;
}

export class View {
  readonly blocks: Block<Line>[];
  readonly anchors: ReadonlyMap<string, Line>;

  /** Where each block begins, and behind them the end: counted once for a document, as many may ask. */
  private starts: number[] | null = null;
  private entries: Map<Line, LineEntry[]> | null = null;
  private cells: Map<string, LineEntry> | null = null;

  /** `doc` is the editor's own, equal to the drawing's. */
  constructor(
    drawing: Drawing<Line>,
    /** All pieces by their number: see order.ts. */
    readonly pieces: readonly Piece[],
    readonly grids: Grids,
    public doc: Node,
  ) {
    this.blocks = drawing.blocks;
    this.anchors = drawing.anchors;
    this.take(doc);
  }

  /** Goes over to an equal document, or to one where the text of some lines is another. */
  take(doc: Node): void {
    this.doc = doc;
    this.starts = null;
    for (const [index, block] of this.blocks.entries()) block.node = doc.child(index);
  }

  entryAt(position: number): LineEntry | null {
    const block = this.blockAt(position);
    if (!block) return this.blocks.at(-1)?.entries.at(-1) ?? null;
    const start = this.startOf(block);
    const nodes = nodesIn(block.node);
    let index = 0;
    while (index + 1 < nodes.length && start + (nodes[index + 1]?.position ?? 0) <= position) index++;
    return block.entries[index] ?? null;
  }

  startOf(block: Block<Line>): number {
    return this.counted()[block.index] ?? 0;
  }

  positionOf(entry: LineEntry): number {
    return this.startOf(entry.block) + (nodesIn(entry.block.node)[entry.index]?.position ?? 0);
  }

  nodeOf(entry: LineEntry): Node | null {
    return nodesIn(entry.block.node)[entry.index]?.node ?? null;
  }

  /** All that a line is drawn as: words before a thing, and the thing. */
  entriesOf(line: Line): readonly LineEntry[] {
    if (!this.entries) {
      this.entries = new Map();
      for (const entry of this.all()) {
        if (!entry.line) continue;
        const others = this.entries.get(entry.line);
        if (others) others.push(entry);
        else this.entries.set(entry.line, [entry]);
      }
    }
    return this.entries.get(line) ?? [];
  }

  /** The first line of a cell, or the empty place for one. */
  entryOfCell(name: string): LineEntry | null {
    if (!this.cells) {
      this.cells = new Map();
      for (const entry of this.all()) {
        const { cell } = entry.keys;
        if (cell && !this.cells.has(`${cell.t}/${cell.r}/${cell.c}`)) this.cells.set(`${cell.t}/${cell.r}/${cell.c}`, entry);
      }
    }
    return this.cells.get(name) ?? null;
  }

  *all(): IterableIterator<LineEntry> {
    for (const { entries } of this.blocks) yield* entries;
  }

  /** The last that begins at a position or before it; null behind all of them. */
  private blockAt(position: number): Block<Line> | null {
    const starts = this.counted();
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return this.blocks[low - 1] ?? null;
  }

  private counted(): readonly number[] {
    if (this.starts) return this.starts;
    let end = 0;
    const starts = [0, ...this.blocks.map(({ node }) => (end += node.nodeSize))];
    this.starts = starts;
    return starts;
  }
}
