/**
 * Tables that come from elsewhere are rectangles before anything looks at them: rows as long as each other, and no cell
 * that reaches beyond them. ProseMirror's own ways with tables count on that, and fail where it is not so.
 */

import { Fragment, type Node, Slice } from "@tiptap/pm/model";
import { type EditorState, Plugin, type Transaction } from "@tiptap/pm/state";
import { CellSelection, isInTable } from "@tiptap/pm/tables";

import { type Placed, placedIn } from "../../model/read";
import { LIMITS } from "../../model/values";

export function pastedTables(): Plugin {
  return new Plugin({ props: { transformPasted: (slice, { state }) => withRectangles(slice, state) } });
}

/**
 * What one cell holds goes into the cell that one writes in, where the caret is, or in place of all that a chosen one holds:
 * as a rectangle of one it would cut a merged cell into pieces. Null where something else is pasted, or elsewhere.
 */
export function intoCell(state: EditorState, slice: Slice): Transaction | null {
  const cell = isInTable(state) ? onlyCell(slice.content) : null;
  if (!cell) return null;
  const { selection, tr } = state;
  if (!(selection instanceof CellSelection)) return tr.replaceSelection(Slice.maxOpen(cell.content));
  const { $anchorCell, $headCell } = selection;
  const chosen = $anchorCell.nodeAfter;
  if (!chosen || $anchorCell.pos !== $headCell.pos) return null;
  tr.replaceWith($anchorCell.pos + 1, $anchorCell.pos + chosen.nodeSize - 1, cell.content);
  return tr.setSelection(CellSelection.create(tr.doc, $anchorCell.pos));
}

function onlyCell({ childCount, firstChild }: Fragment): Node | null {
  const part: unknown = childCount === 1 && firstChild?.type.spec["tableRole"];
  if (part === "table" || part === "row") return onlyCell((firstChild as Node).content);
  return part === "cell" || part === "header_cell" ? firstChild : null;
}

function withRectangles({ content, openStart, openEnd }: Slice, state: EditorState): Slice {
  // Into cells that are chosen as many others are put, cut off or repeated: merged ones would not fit.
  const isApart = isInTable(state) && state.selection instanceof CellSelection;
  const isInside = isInTable(state);
  const made = each(content, (table) => rectangle(table, isApart, isInside));
  // A table without cells is gone, with all that was open in it.
  const most = Slice.maxOpen(made);
  const slice = new Slice(made, Math.min(openStart, most.openStart), Math.min(openEnd, most.openEnd));
  return isInside ? slice : withWholeTables(slice);
}

/** A table of several cells is put as a whole: what stands behind the caret does not become part of its last cell. */
export function withWholeTables({ content, openStart, openEnd }: Slice): Slice {
  const upToTable = (open: number, next: (node: Node) => Node | null, first: Node | null): number => {
    let depth = 0;
    for (let node = first; node && depth < open; node = next(node), depth++) if (node.type.name === "table" && !onlyCell(Fragment.from(node))) return depth;
    return open;
  };
  const start = upToTable(openStart, ({ firstChild }) => firstChild, content.firstChild);
  return new Slice(content, start, upToTable(openEnd, ({ lastChild }) => lastChild, content.lastChild));
}

function each(content: Fragment, change: (table: Node) => Node | null): Fragment {
  const nodes: Node[] = [];
  content.forEach((node) => {
    const made = node.type.name === "table" ? change(node) : node.isTextblock || node.isLeaf ? node : node.copy(each(node.content, change));
    if (made) nodes.push(made);
  });
  return Fragment.fromArray(nodes);
}

/** Null for a table without cells. */
function rectangle(table: Node, isApart: boolean, isInside: boolean): Node | null {
  const placed = placedIn(table);
  const width = Math.max(0, ...placed.map(({ column, columns }) => column + columns));
  const rows = table.content.content.filter((_row, at) => placed.some(({ row, rows: high }) => row <= at && at < row + high)).length;
  if (!width || rows * width > LIMITS.cells) return width ? table : null;
  const corner = placed.find(({ row, column, rows: high, columns }) => row + high === table.childCount && column + columns === width);
  const apart = isApart || (isInside && !!corner && (corner.rows > 1 || corner.columns > 1));
  return table.copy(Fragment.fromArray(rowsOf(table, placed, width, apart)));
}

function rowsOf(table: Node, placed: readonly Placed[], width: number, isApart: boolean): Node[] {
  const { tableCell } = table.type.schema.nodes;
  const taken = new Map<number, Placed>();
  for (const each of placed) {
    for (let row = each.row; row < each.row + each.rows; row++) for (let column = each.column; column < each.column + each.columns; column++) taken.set(row * width + column, each);
  }
  const rows: Node[] = [];
  table.forEach((rowNode, _offset, row) => {
    const cells: Node[] = [];
    for (let column = 0; column < width; column++) {
      const there = taken.get(row * width + column);
      const isFirst = there?.row === row && there.column === column;
      const size = there && !isApart ? { rowspan: there.rows, colspan: there.columns } : { rowspan: 1, colspan: 1, covers: null, colwidth: null };
      if (isFirst) cells.push(there.node.type.create({ ...there.node.attrs, ...size }, there.node.content));
      else if (!there || isApart) cells.push(((there?.node.type ?? tableCell) as NonNullable<typeof tableCell>).createAndFill() as Node);
    }
    rows.push(rowNode.copy(Fragment.fromArray(cells)));
  });
  return rows;
}
