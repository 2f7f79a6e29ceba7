/** Rows and columns as they are now, written where they were others before. */

import { rankBetween } from "../model/ranks";
import type { ReadGrid, Reading } from "../model/read";
import { AXES, type Grids, HEADER, SPAN, WIDTH } from "../model/tables";
import type { Edits } from "./edits";

interface Ranked {
  grids: Grids;
  random: () => number;
}

/** `before` is read from what was drawn, so that only what somebody changed is written. */
export function writeGrids(edits: Edits, known: Ranked, before: Reading, after: Reading): void {
  for (const [table, grid] of before.grids) {
    if (after.grids.has(table)) continue;
    for (const axis of [...grid.rows, ...grid.columns]) {
      for (const part of [AXES.rows, AXES.columns, HEADER, WIDTH]) set(edits, table, part, axis.id, undefined);
    }
  }
  for (const [table, grid] of new Map([...before.grids, ...after.grids])) writeSpans(edits, table, before.grids.get(table)?.spans ?? [], after.grids.has(table) ? grid.spans : []);
  for (const [table, grid] of after.grids) writeGrid(edits, known, table, before.grids.get(table), grid);
}

function writeSpans(edits: Edits, table: string, before: ReadGrid["spans"], after: ReadGrid["spans"]): void {
  const nameOf = ({ row, column }: ReadGrid["spans"][number]): string => `${row}/${column}`;
  const endOf = ({ toRow, toColumn }: ReadGrid["spans"][number]): string => `${toRow}/${toColumn}`;
  const known = new Map(before.map((span) => [nameOf(span), endOf(span)]));
  for (const span of after) {
    if (known.get(nameOf(span)) !== endOf(span)) set(edits, table, SPAN, nameOf(span), endOf(span));
    known.delete(nameOf(span));
  }
  for (const name of known.keys()) set(edits, table, SPAN, name, undefined);
}

function writeGrid(edits: Edits, { grids, random }: Ranked, table: string, before: ReadGrid | undefined, after: ReadGrid): void {
  const known = grids.get(table);
  for (const axis of ["rows", "columns"] as const) {
    const now = new Set(after[axis].map(({ id }) => id));
    for (const { id } of before?.[axis] ?? []) {
      if (!now.has(id)) for (const part of [AXES[axis], HEADER, WIDTH]) set(edits, table, part, id, undefined);
    }
    const ranks = new Map(known?.[axis].map(({ id, rank }) => [id, rank]));
    for (const [id, rank] of reranked(after[axis], ranks, random)) set(edits, table, AXES[axis], id, rank);
    for (const { id, isHeader } of after[axis]) {
      const old = before?.[axis].find((each) => each.id === id);
      if (isHeader !== (old?.isHeader ?? false)) set(edits, table, HEADER, id, isHeader || undefined);
    }
  }
  for (const { id, width } of after.columns) {
    const old = before?.columns.find((each) => each.id === id);
    if (width !== (old?.width ?? null)) set(edits, table, WIDTH, id, width ?? undefined);
  }
}

/** Those that need another rank for this order, or their first. */
function* reranked(ids: readonly { id: string }[], ranks: ReadonlyMap<string, string>, random: () => number): Iterable<[string, string]> {
  let last: string | null = null;
  for (const [index, { id }] of ids.entries()) {
    const least: string | null = last;
    const rank = ranks.get(id);
    if (rank !== undefined && (least === null || rank > least)) {
      last = rank;
      continue;
    }
    const higher = ids.slice(index + 1).map((each) => ranks.get(each.id));
    last = rankBetween(least, higher.find((each) => each !== undefined && (least === null || each > least)) ?? null, random);
    yield [id, last];
  }
}

function set(edits: Edits, table: string, part: string, id: string, value: unknown): void {
  edits.setTable(`${table}/${part}/${id}`, value);
}
