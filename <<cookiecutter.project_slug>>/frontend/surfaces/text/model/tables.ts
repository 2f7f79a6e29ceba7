/**
 * The grid of each table: rows and columns of a Y.Map with flat keys.
 *
 * `T/r/<id>` and `T/c/<id>` hold a rank each, by which rows and columns of table T are ordered; `T/h/<id>` makes a row or
 * a column a header, `T/w/<id>` is a column's width. A grid is rows x columns, so it is rectangular whatever several
 * people add, move and take away at once. Cells have no keys: their lines name row and column (see keys.ts).
 */

import { LIMITS, isId, isNumber, isText } from "./values";

export interface Axis {
  id: string;
  rank: string;
  isHeader: boolean;
  width: number | null;
}

export interface Grid {
  rows: Axis[];
  columns: Axis[];
}

export type Grids = ReadonlyMap<string, Grid>;

export const AXES = { rows: "r", columns: "c" } as const;
export const HEADER = "h";
export const WIDTH = "w";

/** The tables that these entries make, as many and as large as may be drawn. */
export function readGrids(entries: Iterable<[string, unknown]>): Grids {
  const raw = new Map<string, Grid>();
  const more = new Map<string, unknown>();
  for (const [key, value] of entries) {
    const [table, part, id, ...rest] = key.split("/");
    if (!isId(table) || !isId(id) || rest.length) continue;
    if (part === HEADER || part === WIDTH) more.set(key, value);
    const rank = isText(value, LIMITS.rank);
    const axis = part === AXES.rows ? "rows" : part === AXES.columns ? "columns" : null;
    if (rank === null || !axis) continue;
    const grid = raw.get(table) ?? { rows: [], columns: [] };
    raw.set(table, grid);
    grid[axis].push({ id, rank, isHeader: false, width: null });
  }
  // Which tables are too many is the same for all, in whatever order their keys have come.
  return new Map(limited([...raw].sort(([one], [other]) => (one < other ? -1 : 1)), more));
}

function* limited(grids: [string, Grid][], more: Map<string, unknown>): Iterable<[string, Grid]> {
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
    yield [table, { rows, columns }];
  }
}

function byRank(one: Axis, other: Axis): number {
  if (one.rank !== other.rank) return one.rank < other.rank ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}
