/** Rows of pasted cells, of which each may span others, become a table without holes and overlaps, of bounded size. */

import { Fragment, type Node, type Schema } from "@tiptap/pm/model";

import { LIMITS } from "../model/values";

export interface PastedCell {
  content: Node[];
  isHeader: boolean;
  colspan: number;
  rowspan: number;
  align: string | null;
  /** Whether all that is written in it is bold. */
  isBold: boolean;
}

interface Placed extends PastedCell {
  row: number;
  column: number;
}

export interface PastedTable {
  node: Node;
  /** Cells for which there was no room. */
  left: number;
}

/** HTML's own limit, and how far to the right a cell is looked at. */
const [WIDEST_SPAN, FARTHEST] = [1_000, 20_000];

/** `given` are the widths of the columns, as far as they are known. `isExact`: it is as it was drawn here, with all of its spans. */
export function makeTable(rows: readonly PastedCell[][], given: readonly (number | null)[] | null, isExact: boolean, schema: Schema): PastedTable | null {
  const { placed, left } = place(rows);
  const columns = linesOf(placed, "column", "colspan", isExact);
  const kept = columns.slice(0, LIMITS.columns);
  const widths = kept.map((column) => given?.[column] ?? null);
  const lines = linesOf(placed, "row", "rowspan", isExact);
  const [ofColumn, ofRow] = [kept, lines].map((each) => new Map(each.map((line, at) => [line, at])));
  const height = Math.min(lines.length, Math.floor(LIMITS.cells / Math.max(kept.length, 1)));
  if (!kept.length || !height) return null;
  const owners: (Placed | undefined)[][] = Array.from({ length: height }, () => []);
  let without = left;
  for (const cell of placed) {
    const [row, rowspan] = between(lines, height, ofRow?.get(cell.row), cell.row + cell.rowspan);
    const [column, colspan] = between(kept, kept.length, ofColumn?.get(cell.column), cell.column + cell.colspan);
    if (!rowspan || !colspan) {
      without++;
      continue;
    }
    const owner = { ...cell, row, rowspan, column, colspan };
    for (let down = 0; down < rowspan; down++) for (let right = 0; right < colspan; right++) (owners[row + down] ?? [])[column + right] = owner;
  }
  const made = owners.map((owned, row) => {
    const cells: Node[] = [];
    for (let column = 0; column < kept.length; column++) {
      const cell = owned[column];
      if (!cell) cells.push(cellNode(empty(isHeaderRow(owned)), column, widths, schema));
      else if (cell.row === row && cell.column === column) cells.push(cellNode(cell, column, widths, schema));
    }
    return schema.node("tableRow", null, Fragment.from(cells));
  });
  return { node: schema.node("table", null, Fragment.from(made)), left: without };
}

/** The rows or columns in which a cell begins: a span over others spans nothing. */
function linesOf(placed: readonly Placed[], side: "row" | "column", span: "rowspan" | "colspan", areAll: boolean): number[] {
  const begun = new Set<number>();
  for (const cell of placed) for (let each = 0; each < (areAll ? cell[span] : 1); each++) begun.add(cell[side] + each);
  return [...begun].sort((one, other) => one - other);
}

/** Where a cell begins among the first of these lines, and over how many it goes. */
function between(lines: readonly number[], most: number, first = most, end: number): [first: number, count: number] {
  let count = 0;
  while (first + count < most && (lines[first + count] ?? end) < end) count++;
  return [first, count];
}

/** Where each cell comes to stand: in the next free column of its row. One that runs into another ends before it. */
function place(rows: readonly PastedCell[][]): { placed: Placed[]; left: number } {
  const placed: Placed[] = [];
  // Of each column, the first row in which it is free again.
  const free: number[] = [];
  let left = 0;
  for (const [row, cells] of rows.entries()) {
    let column = 0;
    for (const cell of cells) {
      while ((free[column] ?? 0) > row) column++;
      if (column >= FARTHEST || placed.length >= LIMITS.cells) {
        left++;
        continue;
      }
      let colspan = 1;
      const most = Math.min(cell.colspan, WIDEST_SPAN);
      while (colspan < most && (free[column + colspan] ?? 0) <= row) colspan++;
      const rowspan = Math.max(1, Math.min(cell.rowspan, rows.length - row));
      for (let each = 0; each < colspan; each++) free[column + each] = row + rowspan;
      placed.push({ ...cell, row, column, colspan, rowspan });
      column += colspan;
    }
  }
  return { placed, left };
}

function isHeaderRow(row: readonly (Placed | undefined)[]): boolean {
  const cells = row.filter((cell) => cell);
  return cells.length > 0 && cells.every((cell) => cell?.isHeader);
}

function empty(isHeader: boolean): PastedCell {
  return { content: [], isHeader, colspan: 1, rowspan: 1, align: null, isBold: false };
}

function cellNode(cell: PastedCell, column: number, widths: readonly (number | null)[], schema: Schema): Node {
  const { content, isHeader, colspan, rowspan, align } = cell;
  const known = Array.from({ length: colspan }, (_, at) => widths[column + at] ?? 0);
  const colwidth = known.some((each) => each) ? known : null;
  const blocks = content.length ? content : [schema.node("paragraph")];
  return schema.node(isHeader ? "tableHeader" : "tableCell", { colspan, rowspan, align, colwidth }, Fragment.from(blocks));
}
