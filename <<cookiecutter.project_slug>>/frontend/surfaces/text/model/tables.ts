/**
 * The grid of each table: rows and columns of a Y.Map with flat keys.
 *
 * `T/r/<id>` and `T/c/<id>` hold a rank each, by which rows and columns of table T are ordered; `T/h/<id>` makes a row or
 * a column a header, `T/w/<id>` is a column's width. A grid is rows x columns, so it is rectangular whatever several
 * people add, move and take away at once. Cells have no keys: their lines name row and column (see keys.ts).
 *
 * `T/s/<row>/<column>` = "<row>/<column>" merges the cells from the one to the other. What is written in any of them stands
 * in the first. An end that is gone, or stands before the beginning, is the beginning; of two that overlap the one that
 * begins first, by rows and then columns, is drawn.
 */

import { LIMITS, isId, isNumber, isText } from "./values";

export interface Axis {
  id: string;
  rank: string;
  isHeader: boolean;
  width: number | null;
}

/** A merged cell, by indices. */
export interface Span {
  row: number;
  column: number;
  rows: number;
  columns: number;
}

export interface Grid {
  rows: Axis[];
  columns: Axis[];
  spans: Span[];
}

export type Grids = ReadonlyMap<string, Grid>;

export const AXES = { rows: "r", columns: "c" } as const;
export const HEADER = "h";
export const WIDTH = "w";
export const SPAN = "s";

/** The tables that these entries make, as many and as large as may be drawn. */
export function readGrids(entries: Iterable<[string, unknown]>): Grids {
  const raw = new Map<string, Grid>();
  const more = new Map<string, unknown>();
  const merged = new Map<string, Ends[]>();
  for (const [key, value] of entries) {
    const [table, part, id, column, ...rest] = key.split("/");
    if (!isId(table) || !isId(id) || rest.length) continue;
    if (part === SPAN && isId(column)) {
      const [toRow, toColumn, ...others] = isText(value, 2 * LIMITS.id + 1)?.split("/") ?? [];
      if (toRow === undefined || toColumn === undefined || others.length) continue;
      const ends = { row: id, column, toRow, toColumn };
      const there = merged.get(table);
      if (there) there.push(ends);
      else merged.set(table, [ends]);
    }
    if (column !== undefined) continue;
    if (part === HEADER || part === WIDTH) more.set(key, value);
    const rank = isText(value, LIMITS.rank);
    const axis = part === AXES.rows ? "rows" : part === AXES.columns ? "columns" : null;
    if (rank === null || !axis) continue;
    const grid = raw.get(table) ?? { rows: [], columns: [], spans: [] };
    raw.set(table, grid);
    grid[axis].push({ id, rank, isHeader: false, width: null });
  }
  // Which tables are too many is the same for all, in whatever order their keys have come.
  return new Map(limited([...raw].sort(([one], [other]) => (one < other ? -1 : 1)), more, merged));
}

function* limited(grids: [string, Grid][], more: Map<string, unknown>, merged: Map<string, Ends[]>): Iterable<[string, Grid]> {
  let left = LIMITS.cells;
  for (const [table, { rows, columns }] of grids.slice(0, LIMITS.tables)) {
    rows.sort(byRank);
    columns.sort(byRank);
    columns.length = Math.min(columns.length, LIMITS.columns);
    rows.length = Math.min(rows.length, columns.length ? Math.floor(left / columns.length) : 0);
    if (!rows.length || !columns.length) continue;
    left -= rows.length * columns.length;
    for (const axis of [...rows, ...columns]) axis.isHeader = more.get(`${table}/${HEADER}/${axis.id}`) === true;
    for (const column of columns) column.width = isNumber(more.get(`${table}/${WIDTH}/${column.id}`), LIMITS.size) || null;
    yield [table, { rows, columns, spans: spansIn(rows, columns, merged.get(table) ?? []) }];
  }
}

interface Ends {
  row: string;
  column: string;
  toRow: string;
  toColumn: string;
}

/** Spans of more than one cell, none of which overlap. */
function spansIn(rows: readonly Axis[], columns: readonly Axis[], ends: readonly Ends[]): Span[] {
  if (!ends.length) return [];
  const [rowAt, columnAt] = [rows, columns].map((axes) => new Map(axes.map(({ id }, at) => [id, at]))) as [Map<string, number>, Map<string, number>];
  const asked: Span[] = [];
  for (const each of ends) {
    const [row, column] = [rowAt.get(each.row), columnAt.get(each.column)];
    if (row === undefined || column === undefined) continue;
    const span = { row, column, rows: (rowAt.get(each.toRow) ?? row) - row + 1, columns: (columnAt.get(each.toColumn) ?? column) - column + 1 };
    for (const side of ["rows", "columns"] as const) span[side] = Math.max(span[side], 1);
    if (span.rows > 1 || span.columns > 1) asked.push(span);
  }
  asked.sort((one, other) => one.row - other.row || one.column - other.column);
  const covered = new Set<number>();
  return asked.filter((span) => {
    const first = span.row * columns.length + span.column;
    // What begins before it, and reaches into it, reaches into its first row.
    for (let at = 0; at < span.columns; at++) if (covered.has(first + at)) return false;
    for (let row = 0; row < span.rows; row++) for (let at = 0; at < span.columns; at++) covered.add(first + row * columns.length + at);
    return true;
  });
}

function byRank(one: Axis, other: Axis): number {
  if (one.rank !== other.rank) return one.rank < other.rank ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}
