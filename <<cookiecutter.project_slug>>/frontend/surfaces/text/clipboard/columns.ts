/** How wide the columns of a pasted table are, in pixels, and which of its rows is a header. */

import { Fragment, type Node, type Schema } from "@tiptap/pm/model";

import type { PastedCell } from "./grid";
import type { Styles } from "./styles";

export type Width = number | null;

/** Pixels of a unit. */
const UNITS: Record<string, number> = { px: 1, pt: 4 / 3, pc: 16, in: 96, cm: 37.8, mm: 3.78, "": 1 };
const [NARROWEST, WIDEST] = [24, 1_200];

/** As it was drawn by an editor such as this one. */
export function drawnWidths(table: Element): Width[] {
  return columnsOf(table).map((column) => whole(column.getAttribute("width")));
}

/** Null where it says nothing of them: programs write the same width for all columns of which nobody has changed any. */
export function widthsOf(table: Element, rows: readonly (readonly Element[])[], styles: Styles): Width[] | null {
  const ofColumns = columnsOf(table).flatMap((column) => repeated(column, widthOf(column, styles)));
  const widths = ofColumns.some((each) => each !== null) ? ofColumns : ofCells(rows, styles);
  const isSaid = widths.every((each) => each !== null) && new Set(widths).size > 1;
  return isSaid || rows.some((cells) => cells.some(isDrawn)) ? widths : null;
}

function columnsOf(table: Element): Element[] {
  return [...table.children].flatMap((child) => {
    if (child.localName === "col") return [child];
    if (child.localName !== "colgroup") return [];
    return child.children.length ? [...child.children] : [child];
  });
}

function ofCells(rows: readonly (readonly Element[])[], styles: Styles): Width[] {
  // The first row in which no cell goes over several columns.
  const row = rows.find((cells) => cells.length && cells.every((cell) => (whole(cell.getAttribute("colspan")) ?? 1) < 2)) ?? rows[0] ?? [];
  return row.flatMap((cell) => {
    const drawn = cell.getAttribute("data-colwidth") ?? cell.getAttribute("colwidth");
    if (drawn !== null) return drawn.split(",").map((each) => bounded(Number(each)));
    return repeated(cell, widthOf(cell, styles), "colspan");
  });
}

/** Somebody has drawn it so wide, in an editor on ProseMirror. */
function isDrawn(cell: Element): boolean {
  return cell.hasAttribute("data-colwidth") || cell.hasAttribute("colwidth");
}

function repeated(element: Element, width: Width, by = "span"): Width[] {
  const count = Math.min(whole(element.getAttribute(by)) ?? 1, 1_000);
  return new Array<Width>(count).fill(by === "colspan" && count > 1 && width !== null ? bounded(width / count) : width);
}

function widthOf(element: Element, styles: Styles): Width {
  const [, number, unit = ""] = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(px|pt|pc|in|cm|mm)?\s*$/.exec(element.getAttribute("width") ?? styles.of(element).get("width") ?? "") ?? [];
  return number === undefined ? null : bounded(Number(number) * (UNITS[unit] ?? 1));
}

function bounded(pixels: number): Width {
  return pixels > 0 && Number.isFinite(pixels) ? Math.round(Math.min(Math.max(pixels, NARROWEST), WIDEST)) : null;
}

function whole(value: string | null): number | null {
  return value !== null && /^\s*\d{1,9}\s*$/.test(value) ? Number(value) : null;
}

export function isAllBold(nodes: readonly Node[]): boolean {
  let [some, all] = [false, true];
  for (const node of nodes) {
    node.descendants((inner) => {
      if (!inner.isText) return;
      some = true;
      all &&= inner.marks.some(({ type }) => type.name === "bold");
    });
  }
  return some && all;
}

/** In spreadsheets and text programs a header is a first row in bold letters. */
export function markHeader(rows: PastedCell[][], schema: Schema): void {
  const [first = [], ...rest] = rows;
  const isHeader = first.length > 0 && first.every(({ isBold, content }) => isBold || !content.length) && first.some(({ isBold }) => isBold);
  if (!isHeader || !rest.length || rest.every((row) => row.every(({ isBold }) => isBold))) return;
  for (const cell of first) {
    cell.isHeader = true;
    cell.content = withoutBold(cell.content, schema);
  }
}

/** A header's cells look bold by themselves. */
export function withoutBold(nodes: readonly Node[], schema: Schema): Node[] {
  const bold = schema.marks["bold"];
  return nodes.map((node) => {
    if (node.isText) return node.mark(bold?.removeFromSet(node.marks) ?? node.marks);
    return node.copy(Fragment.fromArray(withoutBold(node.content.content, schema)));
  });
}
