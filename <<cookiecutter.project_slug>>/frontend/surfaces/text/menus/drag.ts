/**
 * A handle beside the line under the pointer, to drag it elsewhere with all that stands in its item; a line shows where it
 * will stand. Alt and the arrows do the same by keyboard.
 *
 * What is dragged is a line of the document, not a piece of it that was cut out: what others write in it meanwhile goes along.
 */

import type { Editor } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { NodeSelection, TextSelection } from "@tiptap/pm/state";
import { GripVertical } from "lucide";

import { icon } from "../../../ui/icons";
import { dropLines } from "../typing/move";

/** Pixels between the handle and its line; in front of an item its sign stands. */
const [GAP, SIGN] = [4, 24];

/** Where a line would stand: before what begins at `position`, shown at `y`. */
interface Target {
  position: number;
  left: number;
  y: number;
}

export function mountDragHandle(editor: Editor, closed: AbortSignal): void {
  const { view } = editor;
  const host = view.dom.parentElement;
  if (!host) return;
  const [handle, mark] = [document.createElement("div"), document.createElement("div")];
  handle.className = "drag-handle";
  handle.draggable = true;
  handle.setAttribute("aria-hidden", "true");
  handle.append(icon(GripVertical, 16));
  mark.className = "drop-line";
  mark.setAttribute("aria-hidden", "true");
  for (const element of [handle, mark]) {
    element.hidden = true;
    host.append(element);
  }
  /** The line beside which the handle stands, and whether that is being dragged. */
  let line: number | null = null;
  let isDragged = false;

  const leave = (): void => {
    line = null;
    handle.hidden = mark.hidden = true;
  };
  const place = (): void => {
    const box = line === null ? null : boxOf(editor, line);
    handle.hidden = !box || !editor.isEditable;
    if (!box) return;
    const outer = host.getBoundingClientRect();
    const isItem = view.state.doc.resolve(line ?? 0).parent.type.name.endsWith("Item");
    handle.style.left = `${box.left - outer.left - handle.offsetWidth - GAP - (isItem ? SIGN : 0)}px`;
    handle.style.top = `${box.top - outer.top}px`;
  };
  const drop = (target: Target | null): void => {
    if (line === null || !target || !editor.isEditable) return;
    dropLines(line, target.position)(view.state, (tr) => view.dispatch(tr));
    view.focus();
  };

  const listen = <Type extends keyof HTMLElementEventMap>(element: HTMLElement, type: Type, listener: (event: HTMLElementEventMap[Type]) => void, capture = false): void =>
    element.addEventListener(type, listener, { signal: closed, capture });
  listen(host, "mousemove", ({ clientX, clientY, buttons, target }) => {
    if (buttons || isDragged || handle.contains(target as Element)) return;
    line = lineAt(editor, clientX, clientY);
    place();
  });
  // Who has pressed it may be beside the text before the browser calls it dragging: what is hidden then is not dragged.
  listen(host, "mouseleave", ({ buttons }) => {
    if (!isDragged && !buttons) leave();
  });
  // The text keeps the focus: a click on the handle puts the caret into its line.
  listen(handle, "click", () => {
    if (line !== null) choose(editor, line);
    view.focus();
  });
  listen(handle, "dragstart", (event) => {
    if (line === null || !event.dataTransfer) return;
    isDragged = true;
    choose(editor, line);
    const element = view.nodeDOM(line);
    // Something must be in it for Firefox to drag at all.
    event.dataTransfer.setData("text/plain", view.state.doc.nodeAt(line)?.textContent || " ");
    event.dataTransfer.effectAllowed = "move";
    if (element instanceof HTMLElement) event.dataTransfer.setDragImage(element, 0, 0);
  });
  listen(handle, "dragend", () => {
    isDragged = false;
    leave();
    view.focus();
  });
  // Before the editor, which would take what is dragged for letters.
  listen(host, "dragover", (event) => {
    if (!isDragged) return;
    event.preventDefault();
    event.stopPropagation();
    const target = targetAt(editor, event.clientX, event.clientY);
    mark.hidden = !target;
    if (!target) return;
    const outer = host.getBoundingClientRect();
    mark.style.left = `${target.left - outer.left}px`;
    mark.style.width = `${outer.right - target.left}px`;
    mark.style.top = `${target.y - outer.top}px`;
  }, true);
  listen(host, "drop", (event) => {
    if (!isDragged) return;
    event.preventDefault();
    event.stopPropagation();
    drop(targetAt(editor, event.clientX, event.clientY));
  }, true);
  const follow = ({ transaction }: { transaction: { docChanged: boolean; mapping: { mapResult: (at: number) => { pos: number; deletedAfter: boolean } } } }): void => {
    if (line === null || !transaction.docChanged) return;
    const { pos, deletedAfter } = transaction.mapping.mapResult(line);
    line = deletedAfter || !view.state.doc.nodeAt(pos) ? null : pos;
    place();
  };
  editor.on("transaction", follow);
  closed.addEventListener("abort", () => {
    editor.off("transaction", follow);
    handle.remove();
    mark.remove();
  });
}

/** Where the line begins at these coordinates: one of the document's own, a table as a whole. */
function lineAt({ view }: Editor, x: number, y: number): number | null {
  const { left, right } = view.dom.getBoundingClientRect();
  const found = view.posAtCoords({ left: Math.min(Math.max(x, left + 1), right - 1), top: y });
  if (!found) return null;
  const { doc } = view.state;
  const $place = doc.resolve(found.pos);
  for (let depth = 1; depth <= $place.depth; depth++) if (isLine($place.node(depth))) return $place.before(depth);
  // Between two blocks, or at a thing.
  let at = found.inside >= 0 ? found.inside : found.pos;
  let node = doc.nodeAt(at);
  if (!node) {
    node = doc.resolve(at).nodeBefore;
    at -= node?.nodeSize ?? 0;
  }
  for (; node && !isLine(node); node = node.firstChild) at++;
  return node ? at : null;
}

function isLine(node: Node): boolean {
  return node.isTextblock || node.isAtom || node.type.name === "table";
}

function boxOf({ view }: Editor, line: number): DOMRect | null {
  const element = view.nodeDOM(line);
  return element instanceof HTMLElement ? element.getBoundingClientRect() : null;
}

/** Above or below the line at these coordinates. */
function targetAt(editor: Editor, x: number, y: number): Target | null {
  const line = lineAt(editor, x, y);
  const box = line === null ? null : boxOf(editor, line);
  if (line === null || !box) return null;
  if (y < (box.top + box.bottom) / 2) return { position: line, left: box.left, y: box.top };
  return { position: line + (editor.state.doc.nodeAt(line)?.nodeSize ?? 0), left: box.left, y: box.bottom };
}

/** The caret into this line, or the thing that it is. */
function choose({ view }: Editor, line: number): void {
  const { doc, tr, selection } = view.state;
  const node = doc.nodeAt(line);
  if (!node) return;
  if (!node.isTextblock) view.dispatch(tr.setSelection(NodeSelection.create(doc, line)));
  else if (selection.from < line || selection.to > line + node.nodeSize) view.dispatch(tr.setSelection(TextSelection.create(doc, line + 1 + node.content.size)));
}
