/**
 * Beside the row and above the column of a cell: a handle each, to choose them, to open their menu and to drag them
 * elsewhere. They stand at the cell under the pointer, or else at the one that one is in, and so on phones too. By keyboard
 * the same is in the table's bar of tools, so they are no stops of their own.
 */

import type { Editor } from "@tiptap/core";
import { TableMap, cellAround } from "@tiptap/pm/tables";
import { GripHorizontal, GripVertical, Plus } from "lucide";

import { icon } from "../../../ui/icons";
import * as c from "../commands";
import { type Axis, moveTo, selectAt } from "../things/table/acts";
import { onStateChange } from "./menu-bar";
import { openTableMenu } from "./table-menu";

/** Pixels that a pointer may move while it presses. */
const CLICK = 5;
/** Milliseconds in which a pointer comes from a cell to its handle. */
const LINGER = 400;

export function mountTableHandles(editor: Editor, closed: AbortSignal): void {
  const handles = new Handles(editor);
  onStateChange(editor, () => handles.place());
  const { dom } = editor.view;
  const options = { signal: closed, passive: true };
  dom.addEventListener("pointermove", ({ target, pointerType }) => pointerType === "mouse" && handles.hover(target as Element), options);
  dom.addEventListener("pointerleave", () => handles.hover(null), options);
  dom.addEventListener("scroll", () => handles.place(), { ...options, capture: true });
  window.addEventListener("resize", () => handles.place(), options);
  closed.addEventListener("abort", () => handles.remove());
}

class Handles {
  private readonly row = this.handle("row");
  private readonly column = this.handle("column");
  private readonly addRow = this.adder("rowBelow", "table-add-row");
  private readonly addColumn = this.adder("columnAfter", "table-add-column");
  private readonly mark = document.createElement("div");
  private hovered: HTMLElement | null = null;
  private cell: HTMLElement | null = null;
  private leaving = 0;
  private isHeld = false;

  constructor(private readonly editor: Editor) {
    this.mark.className = "table-mark";
    for (const each of this.all) {
      each.hidden = true;
      editor.view.dom.parentElement?.append(each);
    }
  }

  /** The pointer is over this, or over nothing of the text. */
  hover(target: Element | null): void {
    const cell = target?.closest<HTMLElement>(".text td, .text th") ?? null;
    window.clearTimeout(this.leaving);
    if (this.isHeld || cell === this.hovered) return;
    if (cell) this.over(cell);
    else this.leaving = window.setTimeout(() => this.over(null), LINGER);
  }

  place(): void {
    const { editor } = this;
    const cell = editor.isEditable ? (this.isThere(this.hovered) ?? this.current()) : null;
    this.cell = cell;
    const table = cell?.closest<HTMLElement>("table");
    const wrapper = cell?.closest<HTMLElement>(".tableWrapper");
    const layer = editor.view.dom.parentElement;
    for (const each of [this.row, this.column, this.addRow, this.addColumn]) each.hidden = !table;
    if (!cell || !table || !wrapper || !layer) return;
    const origin = layer.getBoundingClientRect();
    const [at, whole, shown] = [cell, table, wrapper].map((each) => each.getBoundingClientRect()) as [DOMRect, DOMRect, DOMRect];
    const isRtl = getComputedStyle(table).direction === "rtl";
    const top = whole.top - origin.top;
    const [left, right] = [Math.max(whole.left, shown.left) - origin.left, Math.min(whole.right, shown.right) - origin.left];
    const middle = at.left + at.width / 2;
    put(this.row, isRtl ? right + 2 : left - this.row.offsetWidth - 2, at.top + at.height / 2 - origin.top - this.row.offsetHeight / 2);
    put(this.column, middle - origin.left - this.column.offsetWidth / 2, top - this.column.offsetHeight / 2);
    this.column.hidden = middle < shown.left || middle > shown.right;
    put(this.addRow, left, whole.bottom - origin.top + 2, right - left);
    put(this.addColumn, isRtl ? left - this.addColumn.offsetWidth - 2 : right + 2, top, undefined, whole.height);
    this.row.setAttribute("aria-label", `Row ${indexOf(cell, "row") + 1}`);
    this.column.setAttribute("aria-label", `Column ${indexOf(cell, "column") + 1}`);
  }

  remove(): void {
    window.clearTimeout(this.leaving);
    for (const each of this.all) each.remove();
  }

  private get all(): HTMLElement[] {
    return [this.row, this.column, this.addRow, this.addColumn, this.mark];
  }

  private over(cell: HTMLElement | null): void {
    this.hovered = cell;
    this.place();
  }

  private isThere(cell: HTMLElement | null): HTMLElement | null {
    return cell?.isConnected ? cell : null;
  }

  /** The cell that one is in. */
  private current(): HTMLElement | null {
    const { view, state } = this.editor;
    const $cell = view.hasFocus() || this.isHeld ? cellAround(state.selection.$from) : null;
    const element = $cell && view.nodeDOM($cell.pos);
    return element instanceof HTMLElement ? element : null;
  }

  private handle(axis: Axis): HTMLButtonElement {
    const button = bare(`table-handle table-handle-${axis}`);
    button.append(icon(axis === "row" ? GripVertical : GripHorizontal, 14));
    button.setAttribute("aria-haspopup", "menu");
    button.title = "Click for what can be done, drag to move";
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.cell) return;
      event.preventDefault();
      this.take(axis, button, event);
    });
    button.addEventListener("click", ({ detail }) => {
      // Of a screen reader: no pointer was pressed.
      if (detail === 0) this.open(axis, button);
    });
    return button;
  }

  private adder(id: "rowBelow" | "columnAfter", className: string): HTMLButtonElement {
    const button = bare(`table-add ${className}`);
    const label = id === "rowBelow" ? "Add a row at the end" : "Add a column at the end";
    button.append(icon(Plus, 14));
    button.setAttribute("aria-label", label);
    button.title = label;
    button.addEventListener("click", () => {
      const { view } = this.editor;
      const last = this.cell?.closest("table")?.querySelector(":scope > tbody > tr:last-child")?.lastElementChild;
      if (!last) return;
      this.editor.commands.setTextSelection(view.posAtDOM(last, 0) + 1);
      for (const command of c.tableCommands(id)) c.runCommand(this.editor, command);
    });
    return button;
  }

  private choose(axis: Axis): boolean {
    const { view } = this.editor;
    const $cell = this.cell && cellAround(view.state.doc.resolve(view.posAtDOM(this.cell, 0)));
    if ($cell) selectAt(view, $cell.pos, axis);
    return !!$cell;
  }

  private open(axis: Axis, button: HTMLElement): void {
    if (!this.choose(axis)) return;
    openTableMenu(this.editor, axis, button, true);
  }

  private take(axis: Axis, button: HTMLButtonElement, { clientX, clientY, pointerId }: PointerEvent): void {
    const over = new AbortController();
    const options = { signal: over.signal };
    let target: HTMLElement | null = null;
    let isDragged = false;
    this.isHeld = true;
    button.setPointerCapture(pointerId);
    button.addEventListener(
      "pointermove",
      (event) => {
        if (!isDragged && Math.hypot(event.clientX - clientX, event.clientY - clientY) < CLICK) return;
        if (!isDragged) isDragged = this.choose(axis);
        target = this.show(axis, event);
      },
      options,
    );
    const end = (isDone: boolean): void => {
      over.abort();
      this.isHeld = false;
      this.mark.hidden = true;
      if (!isDone) return;
      if (!isDragged) this.open(axis, button);
      else if (target) this.drop(axis, target);
    };
    button.addEventListener("pointerup", () => end(true), options);
    button.addEventListener("pointercancel", () => end(false), options);
  }

  /** Where it would go: the cell of the same table that is under the pointer. */
  private show(axis: Axis, { clientX, clientY }: PointerEvent): HTMLElement | null {
    const table = this.cell?.closest("table");
    const layer = this.editor.view.dom.parentElement;
    if (!this.cell || !table || !layer) return null;
    const at = this.cell.getBoundingClientRect();
    const [x, y] = axis === "row" ? [at.left + at.width / 2, clientY] : [clientX, at.top + at.height / 2];
    const cell = document.elementsFromPoint(x, y).map((each) => each.closest<HTMLElement>("td, th")).find((each) => each && table.contains(each)) ?? null;
    this.mark.hidden = !cell;
    if (!cell) return null;
    const [there, whole, origin] = [cell.getBoundingClientRect(), table.getBoundingClientRect(), layer.getBoundingClientRect()];
    const isBehind = indexOf(cell, axis) > indexOf(this.cell, axis);
    if (axis === "row") put(this.mark, whole.left - origin.left, (isBehind ? there.bottom : there.top) - origin.top - 1, whole.width, 3);
    else put(this.mark, (isBehind ? there.right : there.left) - origin.left - 1, whole.top - origin.top, 3, whole.height);
    return cell;
  }

  private drop(axis: Axis, target: HTMLElement): void {
    const { view } = this.editor;
    const $cell = cellAround(view.state.doc.resolve(view.posAtDOM(target, 0)));
    if (!$cell) return;
    const rect = TableMap.get($cell.node(-1)).findCell($cell.pos - $cell.start(-1));
    moveTo(axis, axis === "row" ? rect.top : rect.left)(view.state, (tr) => view.dispatch(tr));
    this.hovered = null;
    view.focus();
  }
}

function bare(className: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = className;
  button.tabIndex = -1;
  // The caret stays where it is.
  button.addEventListener("mousedown", (event) => event.preventDefault());
  return button;
}

function indexOf(cell: HTMLElement, axis: Axis): number {
  const row = cell.parentElement;
  return [...((axis === "row" ? row?.parentElement : row)?.children ?? [])].indexOf((axis === "row" ? row : cell) as Element);
}

function put(element: HTMLElement, left: number, top: number, width?: number, height?: number): void {
  const { style } = element;
  style.left = `${left}px`;
  style.top = `${top}px`;
  if (width !== undefined) style.width = `${width}px`;
  if (height !== undefined) style.height = `${height}px`;
}
