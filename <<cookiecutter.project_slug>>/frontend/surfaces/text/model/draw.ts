/**
 * Lines to tree: total, and bounded.
 *
 * Whatever lines there are, the tree is one that the schema allows, as large as the text asks for within LIMITS. Each node
 * that stands for a line is an `Entry`; entries are in the order of the document, by top-level node, so that a place
 * in the tree is found without walking it.
 */

import { type Attrs, Fragment, Mark, type Node, type NodeType, type Schema } from "@tiptap/pm/model";

import { type Container, Flow } from "./flow";
import { type Cell, type Keys, isAtom, sameCell } from "./keys";
import { kindOf } from "./kinds";
import type { Formats } from "./formats";
import type { Grid, Grids, Span } from "./tables";
import { nodeOfThing } from "./things";

/** Letters under the same formats, or one thing. "\n" is a line break. */
export interface Run {
  text: string;
  marks: readonly Mark[];
  /** In the text as it is stored: what is drawn as `marks`. */
  formats?: Formats;
  /** What stands here instead of a letter; `text` is one unit long then. */
  thing?: unknown;
}

export interface DrawnLine {
  keys: Keys;
  runs: readonly Run[];
  /** In units: a letter (UTF-16), a break, a thing. */
  length: number;
}

/** Stands for a thing in a run. */
export const THING = "\uFFFC";

export interface Entry<L extends DrawnLine> {
  /** Null for a cell that has no line yet. */
  line: L | null;
  /** "words" are those that stand in the line of a thing: they are drawn before it, and have no marker of their own. */
  face: "text" | "words" | "atom" | "table";
  /** The keys as drawn: see Flow. */
  keys: Keys;
  runs: readonly Run[];
  length: number;
  /** For a line whose row or column is gone: the line of the table behind which it is drawn. */
  behind: L | null;
  /** The top-level node in which it stands, and the how manieth entry of that. */
  block: Block<L>;
  index: number;
}

/** A top-level node with its entries. */
export interface Block<L extends DrawnLine> {
  node: Node;
  entries: Entry<L>[];
  /** The how manieth of the document. */
  index: number;
}

export interface Drawing<L extends DrawnLine> {
  doc: Node;
  blocks: Block<L>[];
  /** Which line each table stands at. */
  anchors: Map<string, L>;
}

/** Nodes that were drawn before, or made by an editor, to be used again where they would come out the same. */
export interface Reuse<L extends DrawnLine> {
  line: (line: L, type: NodeType, attrs: Attrs | null) => Node | null;
  container: (type: NodeType, attrs: Attrs | null, children: readonly Node[]) => Node | null;
}

const WRAPPED = {
  bullet: { list: "bulletList", item: "listItem" },
  ordered: { list: "orderedList", item: "listItem" },
  task: { list: "taskList", item: "taskItem" },
} as const;

export class Artist<L extends DrawnLine> {
  constructor(
    private readonly schema: Schema,
    private readonly reuse: Reuse<L> | null = null,
  ) {}

  /** `lines` in the order in which they are drawn, without those that are hidden; `spare` if there are none. */
  draw(lines: readonly L[], grids: Grids, spare: L): Drawing<L> {
    const all = lines.length ? lines : [spare];
    const places = tablesIn(all, grids);
    const blocks: Block<L>[] = [];
    let entries: Entry<L>[] = [];
    const flow = new Flow<Node>(
      (container) => this.wrap(container),
      (node) => {
        const block = { node, entries, index: blocks.length };
        for (let index = 0; index < entries.length; index++) {
          const entry = entries[index] as Entry<L>;
          entry.block = block;
          entry.index = index;
        }
        blocks.push(block);
        entries = [];
      },
    );
    const sheet: Sheet<L> = {
      flow,
      add: (line, face, keys, runs, length, behind) => {
        // Its block is there once all that stands in it is drawn.
        entries.push({ line, face, keys, runs, length, behind, block: null as unknown as Block<L>, index: 0 });
      },
    };
    // A line is entered before its entry is added: what is closed by that is a block without it.
    for (const line of all) {
      const { cell, table } = line.keys;
      if (cell) {
        if (!places.inCells.has(line) && !places.anchors.has(cell.t)) this.line(sheet, line, shown(line.keys, "cell", "align"));
      } else if (table !== undefined && places.anchors.get(table) === line) {
        this.table(sheet, line, grids, places);
        // Who wrote in a row that another took away finds the words behind the table.
        for (const stray of places.strays.get(table) ?? []) this.line(sheet, stray, shown(stray.keys, "cell", "align"), line);
      } else this.line(sheet, line, shown(line.keys, "align"));
    }
    flow.close();
    const doc = this.type("doc").create(
      null,
      blocks.map(({ node }) => node),
    );
    return { doc, blocks, anchors: places.anchors };
  }

  /** The node of a line's own. */
  node(line: L, keys: Keys, face: Entry<L>["face"]): Node {
    const kind = face === "words" ? undefined : kindOf(keys);
    const type = this.type(kind?.node ?? "paragraph");
    const attrs = attrsOf(keys, face);
    const known = face === "words" ? null : this.reuse?.line(line, type, attrs);
    if (known) return known;
    if (kind?.shape === "atom") return type.create(attrs);
    return type.create(attrs, kind?.shape === "code" ? this.letters(line.runs) : this.inline(line.runs));
  }

  private line(sheet: Sheet<L>, line: L, keys: Keys, behind: L | null = null): void {
    // A second place of the same table, or one of a table that is not there.
    const own = keys.kind === "table" ? shown(keys, "kind", "table") : keys;
    const atom = isAtom(own);
    const hasWords = atom && line.length > 0;
    if (hasWords) this.put(sheet, line, wordsOf(own), "words", behind);
    this.put(sheet, line, hasWords ? shown(own, "align") : own, atom ? "atom" : "text", behind);
  }

  private put(sheet: Sheet<L>, line: L, keys: Keys, face: Entry<L>["face"], behind: L | null = null): void {
    const drawn = sheet.flow.enter(keys);
    const isCode = face === "text" && kindOf(keys)?.shape === "code";
    const runs = face === "atom" ? [] : isCode ? lettersOf(line.runs) : line.runs;
    const node = this.node(line, keys, face);
    sheet.add(line, face, drawn, runs, face === "atom" ? 0 : line.length, behind);
    sheet.flow.add(node);
  }

  private table(sheet: Sheet<L>, anchor: L, grids: Grids, places: Places<L>): void {
    const id = anchor.keys.table as string;
    const grid = grids.get(id) as Grid;
    if (anchor.length) this.put(sheet, anchor, wordsOf(shown(anchor.keys, "align")), "words");
    const keys = sheet.flow.enter(shown(anchor.keys, "align"));
    sheet.add(anchor, "table", keys, [], 0, null);
    const spans = new Map(grid.spans.map((span) => [span.row * grid.columns.length + span.column, span]));
    const covered = coveredIn(grid);
    const rows = grid.rows.map((row, rowAt) => {
      const cells: Node[] = [];
      for (const [columnAt, column] of grid.columns.entries()) {
        const at = rowAt * grid.columns.length + columnAt;
        if (covered.has(at)) continue;
        const cell = { t: id, r: row.id, c: column.id };
        const lines = places.cells.get(nameOf(cell)) ?? [];
        const type = this.type(row.isHeader || column.isHeader ? "tableHeader" : "tableCell");
        const attrs = { ...sizeOf(grid.columns, columnAt, spans.get(at)), align: lines[0]?.keys.align ?? null };
        cells.push(type.create(attrs, this.cell(sheet, cell, lines)));
      }
      return this.type("tableRow").create({ id: row.id }, cells);
    });
    sheet.flow.add(this.type("table").create({ id }, rows));
  }

  private cell(sheet: Sheet<L>, cell: Cell, lines: readonly L[]): Node[] {
    const nodes: Node[] = [];
    const flow = new Flow<Node>(
      (container) => this.wrap(container),
      (node) => nodes.push(node),
    );
    const inside = { flow, add: sheet.add };
    for (const [index, line] of lines.entries()) {
      // In a merged cell there are lines of several.
      const keys = line.keys.cell && sameCell(line.keys.cell, cell) ? line.keys : { ...line.keys, cell };
      this.line(inside, line, index ? shown(keys, "align") : keys);
    }
    if (!lines.length) {
      sheet.add(null, "text", { cell }, [], 0, null);
      nodes.push(this.type("paragraph").create());
    }
    flow.close();
    return nodes;
  }

  private wrap(container: Container<Node>): Node {
    const [name, attrs] = containerOf(container);
    const nodeType = this.type(name);
    return this.reuse?.container(nodeType, attrs, container.children) ?? nodeType.create(attrs, container.children);
  }

  private inline(runs: readonly Run[]): Fragment {
    const nodes: Node[] = [];
    const lineBreak = this.type("hardBreak");
    for (const { text, marks, thing } of runs) {
      if (thing !== undefined) {
        nodes.push(this.type(nodeOfThing(thing)).create({ thing }, null, marks));
        continue;
      }
      for (const [index, part] of text.split("\n").entries()) {
        if (index) nodes.push(lineBreak.create(null, null, marks));
        if (part) nodes.push(this.schema.text(part, marks));
      }
    }
    return Fragment.fromArray(nodes);
  }

  private letters(runs: readonly Run[]): Fragment {
    const text = runs.map((run) => run.text).join("");
    return text ? Fragment.from(this.schema.text(text)) : Fragment.empty;
  }

  private type(name: string): NodeType {
    const type = this.schema.nodes[name];
    if (!type) throw new Error(`The schema has no ${name}`);
    return type;
  }
}

/** As which node a quote, a list or an item is drawn. */
export function containerOf({ type, list, start, keys }: Container<unknown>): [name: string, attrs: Attrs | null] {
  if (type === "quote" || !list) return ["blockquote", null];
  const name = WRAPPED[list][type];
  if (type === "item" && list === "task") return [name, { checked: keys.checked === true }];
  if (type === "list" && list === "ordered") return [name, { start, type: keys.numbers ?? null, goesOn: keys.start === "on" }];
  return [name, null];
}

interface Sheet<L extends DrawnLine> {
  flow: Flow<Node>;
  add: (line: L | null, face: Entry<L>["face"], keys: Keys, runs: readonly Run[], length: number, behind: L | null) => void;
}

interface Places<L> {
  /** At which line each table stands. */
  anchors: Map<string, L>;
  cells: Map<string, L[]>;
  inCells: Set<L>;
  /** By table: lines that name a cell which is not there. */
  strays: Map<string, L[]>;
}

/** Which lines stand in which cell, and where each table stands. */
function tablesIn<L extends DrawnLine>(lines: readonly L[], grids: Grids): Places<L> {
  const places: Places<L> = { anchors: new Map(), cells: new Map(), inCells: new Set(), strays: new Map() };
  if (!grids.size) return places;
  for (const line of lines) {
    const { kind, table, cell } = line.keys;
    if (kind !== "table" || cell || table === undefined || places.anchors.has(table)) continue;
    const grid = grids.get(table);
    if (!grid) continue;
    places.anchors.set(table, line);
    for (const row of grid.rows) for (const column of grid.columns) places.cells.set(nameOf({ t: table, r: row.id, c: column.id }), []);
    for (const { row, column, rows, columns } of grid.spans) {
      const nameAt = (at: number, across: number): string => nameOf({ t: table, r: grid.rows[at]?.id ?? "", c: grid.columns[across]?.id ?? "" });
      const first = places.cells.get(nameAt(row, column)) ?? [];
      for (let at = row; at < row + rows; at++) for (let across = column; across < column + columns; across++) places.cells.set(nameAt(at, across), first);
    }
  }
  for (const line of lines) {
    const { cell } = line.keys;
    if (!cell) continue;
    const there = places.cells.get(nameOf(cell));
    if (there) {
      there.push(line);
      places.inCells.add(line);
    } else if (places.anchors.has(cell.t)) {
      const strays = places.strays.get(cell.t);
      if (strays) strays.push(line);
      else places.strays.set(cell.t, [line]);
    }
  }
  return places;
}

/** The cells that a merged one covers, its first one not among them; by row and column, counted on. */
function coveredIn({ spans, columns: { length } }: Grid): Set<number> {
  const covered = new Set<number>();
  for (const { row, column, rows, columns } of spans) {
    for (let at = row; at < row + rows; at++) for (let across = column; across < column + columns; across++) covered.add(at * length + across);
    covered.delete(row * length + column);
  }
  return covered;
}

/** What a cell says of its columns. */
function sizeOf(columns: Grid["columns"], at: number, span: Span | undefined): Attrs {
  const own = columns.slice(at, at + (span?.columns ?? 1));
  return {
    column: own[0]?.id,
    covers: own.length > 1 ? own.slice(1).map(({ id }) => id) : null,
    colspan: own.length,
    rowspan: span?.rows ?? 1,
    colwidth: own.some(({ width }) => width) ? own.map(({ width }) => width ?? 0) : null,
  };
}

/** One name for each cell. */
export function nameOf({ t, r, c }: Cell): string {
  return `${t}/${r}/${c}`;
}

/** The keys of words that stand in the line of a thing. */
/** What its node says. */
function attrsOf(keys: Keys, face: Entry<DrawnLine>["face"]): Attrs | null {
  const kind = face === "words" ? undefined : kindOf(keys);
  const dir = face === "words" ? null : (keys.dir ?? null);
  if (kind) return kind.shape === "text" ? { ...kind.attrs(keys), dir } : kind.attrs(keys);
  return dir ? { dir } : null;
}

export function wordsOf({ quote, indent, cell, align }: Keys): Keys {
  const keys: Keys = {};
  if (quote) keys.quote = quote;
  if (indent) keys.indent = indent;
  if (cell) keys.cell = cell;
  if (align) keys.align = align;
  return keys;
}

/** The keys of a line where some say nothing. */
function shown(keys: Keys, ...not: string[]): Keys {
  if (!not.some((name) => name in keys)) return keys;
  const rest: Keys = {};
  for (const name in keys) if (!not.includes(name)) rest[name] = keys[name];
  return rest;
}

/** What a block of code shows: one run without marks. */
export function lettersOf(runs: readonly Run[]): Run[] {
  const text = runs.map((run) => run.text).join("");
  return text ? [{ text, marks: Mark.none }] : [];
}
