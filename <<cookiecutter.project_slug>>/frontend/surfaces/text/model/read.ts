/**
 * Tree to lines: exact for what `draw` makes, and lines of some sort for whatever else an editor comes up with.
 *
 * A stretch of top-level nodes is read, with the node before it for context: whether a list goes on or begins anew can
 * only be said beside what stands before it.
 */

import type { Mark, Node } from "@tiptap/pm/model";

import { type Run, THING } from "./draw";
import { Flow } from "./flow";
import type { Marks } from "./formats";
import { type Cell, directionOf, type Keys, type ListKind, readKeys } from "./keys";
import { kindOfNode } from "./kinds";
import { LIMITS, isId, isNumber } from "./values";

export interface ReadLine {
  keys: Keys;
  node: Node;
  /** Where its node begins, from the beginning of the first node that is read. */
  position: number;
  isAtom: boolean;
}

export interface ReadGrid {
  rows: { id: string; isHeader: boolean }[];
  columns: { id: string; isHeader: boolean; width: number | null }[];
  /** Merged cells, from one cell to another. */
  spans: { row: string; column: string; toRow: string; toColumn: string }[];
}

export interface Reading {
  /** A table's line stands before those of its cells. */
  lines: ReadLine[];
  grids: Map<string, ReadGrid>;
}

export interface ReadOptions {
  /** Keys, as drawn, of the lines of the top-level node before, its cells left out. */
  before?: readonly Keys[];
  /** Ids of tables that stand elsewhere. */
  taken?: ReadonlySet<string>;
  freshId: () => string;
  /** Whether a row or a column, by its id, was a header: where no cell begins, nothing else says so. */
  wasHeader?: (table: string, id: string) => boolean;
}

const LISTS: Record<string, ListKind> = { bulletList: "bullet", orderedList: "ordered", taskList: "task" };

export function read(nodes: readonly Node[], options: ReadOptions): Reading {
  return new Reader(options).read(nodes);
}

/** In how many items and quotes. */
interface Context {
  items: number;
  quote: number;
}

class Reader {
  private readonly reading: Reading = { lines: [], grids: new Map() };

  constructor(private readonly options: ReadOptions) {}

  read(nodes: readonly Node[]): Reading {
    const lines = new Sequence(null, this.options.before);
    let position = 0;
    for (const node of nodes) {
      this.block(node, position, lines, [], { items: 0, quote: 0 });
      position += node.nodeSize;
    }
    return this.reading;
  }

  /** `path`: where the containers begin in which the node stands; `context`: the keys that follow from these. */
  private block(node: Node, position: number, lines: Sequence, path: readonly number[], context: Context): void {
    const { name } = node.type;
    const kind = kindOfNode(node);
    if (kind !== undefined) {
      this.line(node, position, lines, path, context, kind ? { kind: kind.name, ...kind.kind.read(node) } : {});
    } else if (name === "table" && !lines.cell) {
      this.table(node, position, lines, path, context);
    } else if (LISTS[name]) {
      this.list(node, position, lines, path, context);
    } else if (node.isTextblock) {
      this.line(node, position, lines, path, context, {});
    } else {
      const inner = name === "blockquote" ? { ...context, quote: context.quote + 1 } : context;
      const innerPath = name === "blockquote" ? [...path, position] : path;
      node.forEach((child, offset) => {
        this.block(child, position + 1 + offset, lines, innerPath, inner);
      });
    }
  }

  private list(list: Node, position: number, lines: Sequence, path: readonly number[], context: Context): void {
    const kind = LISTS[list.type.name];
    list.forEach((item, offset, index) => {
      const innerPath = [...path, position, position + 1 + offset];
      item.forEach((child, innerOffset, innerIndex) => {
        const at = position + 1 + offset + 1 + innerOffset;
        if (innerIndex === 0 && child.type.name === "paragraph") {
          const get = (name: string): unknown =>
            name === "list" ? kind : name === "checked" ? item.attrs["checked"] : index ? null : name === "start" ? startOf(list) : list.attrs["type"];
          const { list: _list, ...own } = readKeys((name) => (["list", "checked", "start", "numbers"].includes(name) ? get(name) : null));
          this.line(child, at, lines, innerPath, context, { list: kind, ...own });
        } else this.block(child, at, lines, innerPath, { ...context, items: context.items + 1 });
      });
    });
  }

  private line(node: Node, position: number, lines: Sequence, path: readonly number[], { items, quote }: Context, own: Keys): void {
    const keys: Keys = { ...own };
    if (items) keys.indent = items;
    if (quote) keys.quote = quote;
    const dir = directionOf((name) => node.attrs[name]);
    if (dir) keys.dir = dir;
    const line = { keys: lines.next(keys, path), node, position, isAtom: !node.isTextblock };
    this.reading.lines.push(line);
  }

  private table(table: Node, position: number, lines: Sequence, path: readonly number[], context: Context): void {
    const used = (id: string): boolean => this.reading.grids.has(id) || !!this.options.taken?.has(id);
    const id = idOf(table.attrs["id"], used) ?? this.options.freshId();
    const placed = placedIn(table);
    const columns = this.columns(placed);
    const rows: ReadGrid["rows"] = [];
    const spans: ReadGrid["spans"] = [];
    this.reading.grids.set(id, { rows, columns, spans });
    this.line(table, position, lines, path, context, { kind: "table", table: id });
    const taken = new Set<string>();
    const byRow = grouped(placed, ({ row }) => row);
    const isHeader = (cells: readonly Placed[], axis: string): boolean => (cells.length ? looksLikeHeader(cells) : (this.options.wasHeader?.(id, axis) ?? false));
    table.forEach((row, _offset, index) => {
      const rowId = idOf(row.attrs["id"], (each) => taken.has(each)) ?? this.options.freshId();
      taken.add(rowId);
      rows.push({ id: rowId, isHeader: isHeader(byRow[index] ?? [], rowId) });
    });
    for (const { row, column, rows: high, columns: wide, node, offset } of placed) {
      const [first, last] = [columns[column]?.id, columns[column + wide - 1]?.id];
      const [from, to] = [rows[row]?.id, rows[row + high - 1]?.id];
      if (first === undefined || last === undefined || from === undefined || to === undefined) continue;
      if (high > 1 || wide > 1) spans.push({ row: from, column: first, toRow: to, toColumn: last });
      this.cell(node, position + 1 + offset + 1, { t: id, r: from, c: first });
    }
    const byColumn = grouped(placed.filter(({ row }) => !rows[row]?.isHeader), ({ column }) => column);
    const short = shortColumns(placed, rows, columns.length);
    for (const [index, column] of columns.entries()) column.isHeader = !short.has(index) && isHeader(byColumn[index] ?? [], column.id);
  }

  private cell(cell: Node, position: number, place: Cell): void {
    const first = this.reading.lines.length;
    const lines = new Sequence(place);
    cell.forEach((child, offset) => {
      this.block(child, position + offset, lines, [], { items: 0, quote: 0 });
    });
    const align = readKeys((name) => (name === "align" ? cell.attrs["align"] : null)).align;
    const line = this.reading.lines[first];
    if (align && line) line.keys = { ...line.keys, align };
  }

  /** The columns by what most of their cells say. */
  private columns(placed: readonly Placed[]): ReadGrid["columns"] {
    const columns: ReadGrid["columns"] = [];
    const taken = new Set<string>();
    const count = Math.max(0, ...placed.map(({ column, columns: wide }) => column + wide));
    const by: Placed[][] = Array.from({ length: count }, () => []);
    for (const cell of placed) for (let at = 0; at < cell.columns; at++) by[cell.column + at]?.push(cell);
    for (let index = 0; index < count; index++) {
      const votes = new Map<string, number>();
      let width: number | null = null;
      for (const cell of by[index] ?? []) {
        const { column, covers, colwidth } = cell.node.attrs;
        const at = index - cell.column;
        // Where a column was put into a merged cell, it cannot be said which of those it covers is which.
        const known = Array.isArray(covers) && covers.length === cell.columns - 1 ? (covers[at - 1] as unknown) : null;
        const id = idOf(at ? known : column, (each) => taken.has(each));
        if (id) votes.set(id, (votes.get(id) ?? 0) + 1);
        if (Array.isArray(colwidth) && Number.isInteger(colwidth[at]) && (colwidth[at] as number) > 0) width ??= colwidth[at] as number;
      }
      const [most] = [...votes].sort(([, one], [, other]) => other - one);
      const id = most?.[0] ?? this.options.freshId();
      taken.add(id);
      columns.push({ id, isHeader: false, width });
    }
    return columns;
  }
}

/** A cell, and where it stands in the grid. */
export interface Placed {
  row: number;
  column: number;
  rows: number;
  columns: number;
  node: Node;
  /** From before the first row. */
  offset: number;
}

/** Where the cells of a table stand: each in the first place of its row that no other covers. */
export function placedIn(table: Node): Placed[] {
  const placed: Placed[] = [];
  /** Down to before which row a column is covered. */
  const until: number[] = [];
  table.forEach((rowNode, rowOffset, row) => {
    let column = 0;
    rowNode.forEach((node, offset) => {
      while ((until[column] ?? 0) > row) column++;
      let wide = Math.min(isNumber(node.attrs["colspan"], LIMITS.columns) || 1, LIMITS.columns);
      for (let at = 1; at < wide; at++) if ((until[column + at] ?? 0) > row) wide = at;
      const rows = Math.min(isNumber(node.attrs["rowspan"], LIMITS.cells) || 1, table.childCount - row);
      for (let at = 0; at < wide; at++) until[column + at] = row + rows;
      placed.push({ row, column, rows, columns: wide, node, offset: rowOffset + 1 + offset });
      column += wide;
    });
  });
  return placed;
}

/**
 * Whether these are cells of a header. Those decide that were drawn before: a column that is put before the first one has no
 * header's cell in a header's row.
 */
function looksLikeHeader(cells: readonly Placed[]): boolean {
  const known = cells.filter(({ node }) => node.attrs["column"] !== null);
  return (known.length ? known : cells).every(({ node }) => node.type.name === "tableHeader");
}

function grouped(placed: readonly Placed[], at: (cell: Placed) => number): Placed[][] {
  const groups: Placed[][] = [];
  for (const cell of placed) {
    const group = groups[at(cell)];
    if (group) group.push(cell);
    else groups[at(cell)] = [cell];
  }
  return groups;
}

/** The columns for which some row that is no header is too short. */
function shortColumns(placed: readonly Placed[], rows: readonly { isHeader: boolean }[], count: number): Set<number> {
  const filled = new Set<number>();
  for (const { row, column, rows: high, columns: wide } of placed) {
    for (let at = row; at < row + high; at++) for (let across = column; across < column + wide; across++) filled.add(at * count + across);
  }
  const short = new Set<number>();
  for (const [at, { isHeader }] of rows.entries()) {
    if (!isHeader) for (let across = 0; across < count; across++) if (!filled.has(at * count + across)) short.add(across);
  }
  return short;
}

/** Lines one after the other, top-level or in a cell. */
class Sequence {
  private readonly flow = new Flow<null>(
    () => null,
    () => {},
  );
  private path: readonly number[] = [];

  constructor(
    readonly cell: Cell | null,
    before: readonly Keys[] = [],
  ) {
    for (const [index, keys] of before.entries()) this.flow.enter(index ? keys : { ...keys, break: 0 });
  }

  next(keys: Keys, path: readonly number[]): Keys {
    let shared = 0;
    while (shared < path.length && path[shared] === this.path[shared]) shared++;
    const full: Keys = { ...keys };
    if (this.flow.shares(full) > shared) full.break = shared;
    if (this.cell) full.cell = this.cell;
    this.flow.enter(full);
    this.path = path;
    return full;
  }
}

function idOf(value: unknown, taken: (id: string) => boolean): string | null {
  return isId(value) && !taken(value) ? value : null;
}

/** With what an ordered list begins, as a line says it. */
export function startOf({ attrs: { goesOn, start } }: Node): unknown {
  return goesOn === true ? "on" : start;
}

/** What is written in a textblock. */
export function readRuns(node: Node, marks: Marks): Run[] {
  const runs: Run[] = [];
  node.forEach((child) => {
    const drawn = marks.normalized(child.marks);
    if ("thing" in child.attrs) {
      runs.push({ text: THING, marks: drawn, thing: child.attrs["thing"] });
      return;
    }
    add(runs, child.isText ? (child.text ?? "") : "\n", drawn);
  });
  return runs;
}

function add(runs: Run[], text: string, marks: readonly Mark[]): void {
  const last = runs.at(-1);
  if (last && last.thing === undefined && last.marks === marks) runs[runs.length - 1] = { text: last.text + text, marks };
  else runs.push({ text, marks });
}
