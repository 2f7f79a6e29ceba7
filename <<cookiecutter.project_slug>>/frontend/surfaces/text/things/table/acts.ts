/** What is done to rows, columns and cells: fetched with the menus. Without `dispatch` an act only says whether it can be done. */

import { Fragment, type Node } from "@tiptap/pm/model";
import { type EditorState, Selection, TextSelection, type Transaction } from "@tiptap/pm/state";
import {
  CellSelection,
  type TableRect,
  TableMap,
  addColumn,
  addRow,
  deleteCellSelection,
  deleteColumn,
  deleteRow,
  deleteTable,
  isInTable,
  mergeCells,
  selectedRect,
  splitCell,
  toggleHeader,
} from "@tiptap/pm/tables";
import type { EditorView } from "@tiptap/pm/view";

export type Dispatch = ((tr: Transaction) => void) | undefined;
export type TableAct = (state: EditorState, dispatch?: Dispatch, view?: EditorView) => boolean;
export type Axis = "row" | "column";

/** Pixels. */
const [NARROWEST, WIDEST, STEP] = [60, 1_500, 20];

const inTable =
  (act: (rect: TableRect, state: EditorState, dispatch: Dispatch, view?: EditorView) => boolean): TableAct =>
  (state, dispatch, view) =>
    isInTable(state) && act(selectedRect(state), state, dispatch, view);

export const TABLE_ACTS = {
  rowAbove: add("row", "top"),
  rowBelow: add("row", "bottom"),
  columnBefore: add("column", "left"),
  columnAfter: add("column", "right"),
  rowUp: move("row", -1),
  rowDown: move("row", 1),
  columnLeft: move("column", -1),
  columnRight: move("column", 1),
  selectRow: inTable((rect, state, dispatch) => select(state, dispatch, rect, { ...rect, left: 0, right: rect.map.width })),
  selectColumn: inTable((rect, state, dispatch) => select(state, dispatch, rect, { ...rect, top: 0, bottom: rect.map.height })),
  selectTable: inTable((rect, state, dispatch) =>
    select(state, dispatch, rect, { top: 0, left: 0, bottom: rect.map.height, right: rect.map.width }),
  ),
  headerRow: inTable((_rect, state, dispatch) => toggleHeader("row")(state, dispatch)),
  headerColumn: inTable((_rect, state, dispatch) => toggleHeader("column")(state, dispatch)),
  mergeCells: inTable((_rect, state, dispatch) => mergeCells(state, dispatch)),
  splitCell: inTable((_rect, state, dispatch) => splitCell(state, dispatch)),
  clearCells: inTable((_rect, state, dispatch) => deleteCellSelection(state, dispatch)),
  wider: resize(STEP),
  narrower: resize(-STEP),
  deleteRow: inTable(({ top, bottom, map }, state, dispatch) =>
    top === 0 && bottom === map.height ? deleteTable(state, dispatch) : deleteRow(state, dispatch && ((tr) => dispatch(nearby(tr, state)))),
  ),
  deleteColumn: inTable(({ left, right, map }, state, dispatch) =>
    left === 0 && right === map.width ? deleteTable(state, dispatch) : deleteColumn(state, dispatch && ((tr) => dispatch(nearby(tr, state)))),
  ),
  deleteTable: inTable((_rect, state, dispatch) => deleteTable(state, dispatch)),
} satisfies Record<string, TableAct>;

export type TableActName = keyof typeof TABLE_ACTS;

/** One goes on in what was added. */
function add(axis: Axis, side: "top" | "bottom" | "left" | "right"): TableAct {
  return inTable((rect, state, dispatch) => {
    if (!dispatch) return true;
    const at = rect[side];
    const tr = axis === "row" ? addRow(state.tr, rect, at) : addColumn(state.tr, rect, at);
    dispatch(caretIn(tr, rect.tableStart, axis === "row" ? at : rect.top, axis === "row" ? rect.left : at));
    return true;
  });
}

function caretIn(tr: Transaction, tableStart: number, row: number, column: number): Transaction {
  const table = tr.doc.nodeAt(tableStart - 1);
  if (!table) return tr;
  const { map, width, height } = TableMap.get(table);
  const cell = map[Math.min(row, height - 1) * width + Math.min(column, width - 1)] ?? 0;
  return tr.setSelection(TextSelection.near(tr.doc.resolve(tableStart + cell + 1))).scrollIntoView();
}

/** After a row or a column has gone one is in what stands there now. */
function nearby(tr: Transaction, state: EditorState): Transaction {
  const { tableStart, top, left } = selectedRect(state);
  return caretIn(tr, tableStart, top, left);
}

function select(state: EditorState, dispatch: Dispatch, { tableStart, table, map }: TableRect, rect: Pick<TableRect, "top" | "left" | "bottom" | "right">): boolean {
  const first = map.positionAt(rect.top, rect.left, table);
  const cells = map.cellsInRect({ top: rect.top, left: rect.left, bottom: rect.bottom, right: rect.right });
  const last = cells.at(-1) ?? first;
  dispatch?.(state.tr.setSelection(CellSelection.create(state.doc, tableStart + (cells[0] ?? first), tableStart + last)));
  return true;
}

/** Rows or columns that merged cells hold together, as stretches of indices. */
export function groupsOf(table: TableMap, axis: Axis): [number, number][] {
  const size = axis === "row" ? table.height : table.width;
  const joined = new Set<number>();
  for (const cell of new Set(table.map)) {
    const [from, to] = alongOf(table.findCell(cell), axis);
    for (let at = from; at < to - 1; at++) joined.add(at);
  }
  const groups: [number, number][] = [];
  for (let from = 0, at = 0; at < size; at++) {
    if (joined.has(at)) continue;
    groups.push([from, at + 1]);
    from = at + 1;
  }
  return groups;
}

/** From which row to before which other a cell or a selection goes, or column. */
function alongOf({ top, bottom, left, right }: Pick<TableRect, "top" | "bottom" | "left" | "right">, axis: Axis): [from: number, to: number] {
  return axis === "row" ? [top, bottom] : [left, right];
}

function move(axis: Axis, direction: -1 | 1): TableAct {
  return moveOver(axis, (_groups, first, last) => (direction < 0 ? first - 1 : last + 1));
}

/** What dragging does: the chosen rows or columns go to the place of the one at this index. */
export function moveTo(axis: Axis, index: number): TableAct {
  return moveOver(axis, (groups) => groups.findIndex((group) => group[1] > index));
}

function moveOver(axis: Axis, targetOf: (groups: [number, number][], first: number, last: number) => number): TableAct {
  return inTable((rect, state, dispatch) => {
    const groups = groupsOf(rect.map, axis);
    const [from, to] = alongOf(rect, axis);
    const first = groups.findIndex((group) => group[1] > from);
    const last = groups.findIndex((group) => group[1] >= to);
    return moveGroups(axis, rect, groups, { first, last, target: targetOf(groups, first, last) }, state, dispatch);
  });
}

interface Move {
  first: number;
  last: number;
  /** The group over which they go. */
  target: number;
}

function moveGroups(axis: Axis, rect: TableRect, groups: [number, number][], { first, last, target }: Move, state: EditorState, dispatch: Dispatch): boolean {
  const isMoved = (index: number): boolean => index >= first && index <= last;
  if (first < 0 || last < first || target < 0 || target >= groups.length || isMoved(target)) return false;
  const passed = groups.slice(Math.min(first, target), Math.max(last, target) + 1);
  // A header stays where one reads it first.
  if (new Set(passed.map(([at]) => isHeader(rect, axis, at))).size > 1) return false;
  if (!dispatch) return true;
  const rest = groups.filter((_, index) => !isMoved(index));
  const at = target < first ? target : target - (last - first);
  const order = [...rest.slice(0, at), ...groups.slice(first, last + 1), ...rest.slice(at)].flatMap(([from, to]) => range(from, to));
  dispatch(reordered(axis, rect, order, state));
  return true;
}

function isHeader({ map, table }: TableRect, axis: Axis, at: number): boolean {
  const size = axis === "row" ? map.width : map.height;
  return range(0, size).every((other) => {
    const [row, column] = axis === "row" ? [at, other] : [other, at];
    return table.nodeAt(map.map[row * map.width + column] ?? 0)?.type.name === "tableHeader";
  });
}

/** Whether the first row or column of the table one is in is a header. */
export function hasHeader({ state }: { state: EditorState }, axis: Axis): boolean {
  return isInTable(state) && isHeader(selectedRect(state), axis, 0);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** Rows and cells are those that were there, so that what others write in them meanwhile goes along. */
function reordered(axis: Axis, rect: TableRect, order: number[], { tr, selection }: EditorState): Transaction {
  const { table, map, tableStart } = rect;
  const placeOf = (index: number): number => order.indexOf(index);
  const rows = axis === "row" ? order.map((index) => table.child(index)) : range(0, map.height).map((row) => cellsInOrder(table, map, row, placeOf));
  tr.replaceWith(tableStart, tableStart + table.content.size, Fragment.from(rows));
  const moved = TableMap.get(tr.doc.nodeAt(tableStart - 1) ?? table);
  const now = (cell: number): number => {
    const { top, left } = map.findCell(cell - tableStart);
    const [row, column] = axis === "row" ? [placeOf(top), left] : [top, placeOf(left)];
    return tableStart + (moved.map[row * moved.width + column] ?? 0);
  };
  if (selection instanceof CellSelection) {
    tr.setSelection(CellSelection.create(tr.doc, now(selection.$anchorCell.pos), now(selection.$headCell.pos)));
  } else {
    const cell = tableStart + (map.map[rect.top * map.width + rect.left] ?? 0);
    const at = (place: number): number => now(cell) + place - cell;
    tr.setSelection(TextSelection.between(tr.doc.resolve(at(selection.anchor)), tr.doc.resolve(at(selection.head))));
  }
  return tr.scrollIntoView();
}

function cellsInOrder(table: Node, map: TableMap, row: number, placeOf: (column: number) => number): Node {
  const node = table.child(row);
  const start = range(0, row).reduce((size, each) => size + table.child(each).nodeSize, 1);
  const cells: { cell: Node; place: number }[] = [];
  node.forEach((cell, offset) => void cells.push({ cell, place: placeOf(map.findCell(start + offset).left) }));
  return node.copy(Fragment.from(cells.sort((one, other) => one.place - other.place).map(({ cell }) => cell)));
}

/** The chosen columns become this much wider. */
function resize(by: number): TableAct {
  return inTable((rect, state, dispatch, view) => {
    const { table, map, tableStart, left, right } = rect;
    const tr = state.tr;
    const widths = range(0, map.width).map((column) => widthOf(rect, column, view));
    for (let column = left; column < right; column++) widths[column] = Math.min(Math.max((widths[column] ?? NARROWEST) + by, NARROWEST), WIDEST);
    for (const cell of new Set(map.map)) {
      const node = table.nodeAt(cell);
      const { left: from, right: to } = map.findCell(cell);
      if (!node || to <= left || from >= right) continue;
      const own: (number | null)[] = node.attrs["colwidth"] ?? Array(to - from).fill(0);
      const colwidth = own.map((width, index) => (from + index >= left && from + index < right ? widths[from + index] : width));
      tr.setNodeMarkup(tableStart + cell, undefined, { ...node.attrs, colwidth });
    }
    if (tr.docChanged) dispatch?.(tr);
    return tr.docChanged;
  });
}

/** As it is on the page, where nobody has chosen it. */
function widthOf({ table, map, tableStart }: TableRect, column: number, view: EditorView | undefined): number {
  const cell = map.map[column] ?? 0;
  const { left, right } = map.findCell(cell);
  const chosen = (table.nodeAt(cell)?.attrs["colwidth"] as number[] | null)?.[column - left];
  if (chosen) return chosen;
  const element = view?.nodeDOM(tableStart + cell);
  return element instanceof HTMLElement ? Math.round(element.offsetWidth / (right - left)) : 2 * NARROWEST;
}

/** Chooses the row or the column of the cell at this position. */
export function selectAt(view: EditorView, cell: number, axis: Axis): void {
  const $cell = view.state.doc.resolve(cell);
  view.dispatch(view.state.tr.setSelection(axis === "row" ? CellSelection.rowSelection($cell) : CellSelection.colSelection($cell)));
}

/** The caret is in the chosen cell again. */
export function caretInCell(view: EditorView): void {
  const { selection, doc } = view.state;
  if (selection instanceof CellSelection) view.dispatch(view.state.tr.setSelection(Selection.near(doc.resolve(selection.$anchorCell.pos + 1))));
}
