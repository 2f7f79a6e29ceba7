/** What Enter, Backspace, Delete and Tab do where a line begins or ends: as in Google Docs. */

import type { Node, ResolvedPos } from "@tiptap/pm/model";
import { AllSelection, type EditorState, NodeSelection, TextSelection, type Transaction } from "@tiptap/pm/state";

import { LIMITS } from "../model/values";
import {
  type Dispatch, type Line, NO_LIST, type Stretch, boxDepth, deepestBelow, endOfChosen, indentOf, isPlain, lastIndex, nodeFor, placesOf, put, putLines, stretchOf, withKeys,
} from "./lines";

/** Marks that end with the line. */
const OF_A_LINE = ["link", "code"];

/** The line with the caret, if that is one, in text. */
function lineAtCaret({ selection }: EditorState, reach?: number): { stretch: Stretch; line: Line; offset: number } | null {
  if (!(selection instanceof TextSelection) || !selection.$cursor) return null;
  const { parent, parentOffset: offset } = selection.$cursor;
  const stretch = parent.type.spec.code ? null : stretchOf(selection, reach);
  const line = stretch?.lines[stretch.first];
  return stretch && line ? { stretch, line, offset } : null;
}

/** Whether one cannot write beside this, as in a line: it is chosen before it is deleted. */
function isThing({ node }: Line): boolean {
  return !node.isTextblock || !!node.type.spec.code;
}

function replaced(lines: readonly Line[], from: number, to: number, ...by: Line[]): Line[] {
  return [...lines.slice(0, from), ...by, ...lines.slice(to)];
}

/**
 * What is chosen of several lines goes, where one of them stands in a list or a quote: what is left of the last goes on in
 * the first, or below it with Enter. No item stays that had its words in what went.
 */
export function erase({ selection, tr }: EditorState, dispatch: Dispatch, isSplit = false): boolean {
  const { $from, $to } = selection;
  if (!(selection instanceof TextSelection) || $from.sameParent($to)) return false;
  if (boxOf($from) !== boxOf($to)) return eraseAcross(selection, tr, dispatch);
  if ($from.parent.type.spec.code || $to.parent.type.spec.code) return false;
  const stretch = stretchOf(selection);
  if (!stretch) return false;
  const { lines, first, last } = stretch;
  const isInside = lines.slice(first, last + 1).some(({ keys }) => keys.list || keys.indent || keys.quote);
  if (!isInside) return false;
  const line = lines[first] as Line;
  const [before, after] = [line.node.cut(0, $from.parentOffset), $to.parent.cut($to.parentOffset)];
  const head: Line = { ...line, node: isSplit ? before : before.copy(before.content.append(after.content)) };
  const tail = isSplit ? tailOf({ ...line, node: before.copy(after.content) }) : null;
  const place = { line: tail ?? head, offset: tail ? 0 : $from.parentOffset };
  return put(tr, dispatch, stretch, replaced(lines, first, last + 1, head, ...(tail ? [tail] : [])), [place]);
}

/** Where the cell begins in which a place is; -1 in none. */
function boxOf($place: ResolvedPos): number {
  const depth = boxDepth($place);
  return depth ? $place.before(depth) : -1;
}

/**
 * What is chosen from a table into the text beside it, or from one cell into another: cells lose what is chosen in them and
 * stay, so that the table keeps its shape; what stands between goes.
 */
function eraseAcross({ $from, $to, from, to }: TextSelection, tr: Transaction, dispatch: Dispatch): boolean {
  const { doc } = tr;
  const [first, last] = [$from, $to].map(tableAround);
  const between: [number, number] = [first ? first.end : from, last ? last.start : to];
  if (last && last.start !== first?.start) eraseCells(tr, last, from, to);
  if (between[0] < between[1] && last?.start !== first?.start) eraseBetween(tr, doc, ...between, !first);
  if (first) eraseCells(tr, first, from, to);
  dispatch(tr.setSelection(TextSelection.near(tr.doc.resolve(tr.mapping.map(from, -1)), first ? 1 : -1)).scrollIntoView());
  return true;
}

function tableAround($place: ResolvedPos): { start: number; end: number } | null {
  for (let depth = $place.depth; depth > 0; depth--) {
    if ($place.node(depth).type.name === "table") return { start: $place.before(depth), end: $place.after(depth) };
  }
  return null;
}

/** From one's own line up to a table, or from a table into the midst of a line. */
function eraseBetween(tr: Transaction, doc: Node, from: number, to: number, isUpToTable: boolean): void {
  const $end = doc.resolve(isUpToTable ? from : to);
  if (!isUpToTable) {
    tr.delete(from, to);
    return;
  }
  // The table may stand in the same item or quote.
  const depth = $end.sharedDepth(to) + 1;
  if ($end.depth >= depth) tr.delete($end.after(depth), to).delete(from, $end.end(depth));
}

/** From the last to the first, so that places before stay what they are. */
function eraseCells(tr: Transaction, table: { start: number; end: number }, from: number, to: number): void {
  const cells: [number, Node][] = [];
  const doc = tr.doc;
  doc.nodesBetween(Math.max(from, table.start), Math.min(to, table.end), (node, position) => {
    const isCell = node.type.spec["tableRole"] === "cell" || node.type.spec["tableRole"] === "header_cell";
    if (isCell) cells.push([position, node]);
    return !isCell;
  });
  const line = doc.type.schema.nodes["paragraph"];
  for (const [position, cell] of cells.reverse()) {
    const [start, end] = [Math.max(from, position + 1), Math.min(to, position + cell.nodeSize - 1)];
    const isAll = start <= position + 2 && end >= position + cell.nodeSize - 2;
    if (isAll && line) tr.replaceWith(position + 1, position + cell.nodeSize - 1, line.create());
    else if (start < end) tr.delete(start, end);
  }
}

/** A new item below one's own, which says nothing yet. */
function tailOf(line: Line): Line {
  const { was: _was, ...tail } = withKeys(line, { checked: undefined, start: undefined, numbers: undefined, break: undefined });
  return tail;
}

/** Of an empty line in a list, an item or a quote, and of an empty heading: out of it by one. Elsewhere in a list: a new item. */
export function enter(state: EditorState, dispatch: Dispatch): boolean {
  if (state.selection instanceof AllSelection) return beginAnew(state, dispatch);
  const at = lineAtCaret(state);
  if (!at) return leaveCode(state, dispatch) || erase(state, dispatch, true);
  const { stretch, line } = at;
  const { keys, node } = line;
  if (node.content.size) return keys.list || keys.indent ? split(state, dispatch, at) : false;
  const out = withoutOne(stretch.lines, stretch.first);
  return out ? put(state.tr, dispatch, stretch, replaced(stretch.lines, stretch.first, stretch.first + 1, out), [{ line: out, offset: 0 }]) : false;
}

/** All that was chosen goes, as by any other key; one is in a new line, below an empty one. */
function beginAnew({ doc, schema, tr }: EditorState, dispatch: Dispatch): boolean {
  const line = schema.nodes["paragraph"]?.create();
  if (!line) return false;
  tr.replaceWith(0, doc.content.size, [line, line]);
  dispatch(tr.setSelection(TextSelection.atEnd(tr.doc)).scrollIntoView());
  return true;
}

/** At an empty last line of code: into the line below, a new one if need be. Code in which there is nothing becomes text. */
function leaveCode({ selection, tr }: EditorState, dispatch: Dispatch): boolean {
  const { $from, empty } = selection;
  const { parent } = $from;
  const text = parent.textContent;
  if (!empty || !parent.type.spec.code || $from.parentOffset < text.length || !/(^|\n)$/.test(text)) return false;
  const stretch = stretchOf(selection);
  const line = stretch?.lines[stretch.first];
  if (!stretch || !line) return false;
  const { lines, first } = stretch;
  const below = lines[first + 1];
  const { kind: _kind, language: _language, ...keys } = line.keys;
  const code: Line = { ...line, node: parent.cut(0, text.length - 1) };
  const isFree = text && below && below.node.type.name === "paragraph" && !below.node.content.size && sameBox(below, line);
  const next: Line = isFree ? below : { keys, node: nodeFor(line, "paragraph", null, null) };
  const changed = replaced(lines, first, isFree ? first + 2 : first + 1, ...(text ? [code] : []), next);
  return put(tr, dispatch, stretch, changed, [{ line: next, offset: 0 }]);
}

function sameBox(one: Line, other: Line): boolean {
  return !one.keys.list && one.keys.quote === other.keys.quote && one.keys.indent === other.keys.indent;
}

/** An empty line, one container further out. */
function withoutOne(lines: readonly Line[], index: number): Line | null {
  const line = lines[index] as Line;
  const { list, indent, quote } = line.keys;
  if (list && indent) return withKeys(line, { ...NO_LIST, list: kindAround(lines, index), indent: indent - 1, break: undefined });
  if (list || indent) return withKeys(line, { ...NO_LIST, indent: indent ? indent - 1 : undefined, break: undefined });
  if (quote) return withKeys(line, { quote: quote - 1 || undefined, break: undefined });
  return line.node.type.name === "heading" ? asParagraph(line) : null;
}

/** Of which kind the list is in whose item this line stands. */
function kindAround(lines: readonly Line[], index: number): Line["keys"]["list"] {
  const depth = indentOf(lines[index]) - 1;
  const item = lastIndex(lines.slice(0, index), ({ keys }) => !!keys.list && (keys.indent ?? 0) <= depth);
  return (lines[item] ?? lines[index])?.keys.list;
}

function asParagraph(line: Line): Line {
  const { kind: _kind, level: _level, ...keys } = line.keys;
  return { ...line, keys, node: nodeFor(line, "paragraph", null, line.node.content) };
}

function split(state: EditorState, dispatch: Dispatch, { stretch, line, offset }: { stretch: Stretch; line: Line; offset: number }): boolean {
  const { node } = line;
  // What is written keeps what was said of it: a task that was done stays so, below a new one.
  const isBefore = offset === 0;
  const head: Line = { ...(isBefore ? withKeys(line, { checked: undefined }) : line), node: node.cut(0, offset) };
  const below = { ...line, node: node.cut(offset) };
  const tail = isBefore ? withKeys(below, { start: undefined, numbers: undefined, break: undefined }) : tailOf(below);
  const lines = replaced(stretch.lines, stretch.first, stretch.first + 1, head, tail);
  const marks = (state.storedMarks ?? (isBefore ? [] : state.selection.$from.marks())).filter(({ type }) => !OF_A_LINE.includes(type.name));
  const { tr } = state;
  if (!putLines(tr, stretch, lines, [{ line: tail, offset: 0 }])) return false;
  dispatch(tr.ensureMarks(marks));
  return true;
}

/** Where a line begins: first it is an item, a quote or the document's first heading no longer; then it goes on above. */
export function backspace(state: EditorState, dispatch: Dispatch): boolean {
  const at = lineAtCaret(state);
  if (!at) return unmakeCode(state, dispatch) || erase(state, dispatch);
  if (at.offset) return false;
  const { stretch, line } = at;
  const { lines, first } = stretch;
  const { keys } = line;
  const previous = lines[first - 1];
  const become = (other: Line): boolean => put(state.tr, dispatch, stretch, replaced(lines, first, first + 1, other), [{ line: other, offset: 0 }]);
  if (keys.list) return become(withKeys(line, { ...NO_LIST, break: undefined }));
  if (keys.quote && (keys.quote > (previous?.keys.quote ?? 0) || keys.break !== undefined)) {
    return become(withKeys(line, { quote: keys.quote - 1 || undefined, break: undefined }));
  }
  if (!previous) return line.node.type.name === "heading" ? become(asParagraph(line)) : false;
  if (isThing(previous)) return choose(state, dispatch, stretch, first - 1);
  return join(state, dispatch, stretch, first - 1);
}

/** Where code begins: it is text, its lines as they were. */
function unmakeCode({ selection, schema, tr }: EditorState, dispatch: Dispatch): boolean {
  const { $from, empty } = selection;
  const paragraph = schema.nodes["paragraph"];
  if (!empty || !paragraph || !$from.parent.type.spec.code || $from.parentOffset) return false;
  dispatch(tr.setBlockType($from.pos, $from.pos, paragraph).scrollIntoView());
  return true;
}

/** Where a line ends: what is below goes on here; a thing is chosen. */
export function forwardDelete(state: EditorState, dispatch: Dispatch): boolean {
  const at = lineAtCaret(state);
  if (!at) return chooseBelow(state, dispatch) || erase(state, dispatch);
  if (at.offset !== at.line.node.content.size) return false;
  const { lines, first } = at.stretch;
  const next = lines[first + 1];
  if (!next) return false;
  return isThing(next) ? choose(state, dispatch, at.stretch, first + 1) : join(state, dispatch, at.stretch, first);
}

/** At the end of code, a thing below it is chosen, as it is from any line. */
function chooseBelow({ selection, doc, tr }: EditorState, dispatch: Dispatch): boolean {
  const { $from, empty } = selection;
  if (!empty || !$from.parent.type.spec.code || $from.parentOffset < $from.parent.content.size) return false;
  const stretch = stretchOf(selection);
  const next = stretch?.lines[stretch.first + 1];
  const position = stretch?.positions[stretch.first + 1];
  if (!next || position === undefined || !isThing(next)) return false;
  dispatch(tr.setSelection(NodeSelection.create(doc, position)).scrollIntoView());
  return true;
}

/** Chooses a thing beside the caret; the line with the caret goes if there is nothing in it. */
function choose(state: EditorState, dispatch: Dispatch, stretch: Stretch, index: number): boolean {
  const { lines, first, positions } = stretch;
  const [thing, line] = [lines[index] as Line, lines[first] as Line];
  if (isPlain(line) && !line.node.content.size) return put(state.tr, dispatch, stretch, replaced(lines, first, first + 1), [{ line: thing, offset: "whole" }]);
  dispatch(state.tr.setSelection(NodeSelection.create(state.doc, positions[index] as number)).scrollIntoView());
  return true;
}

/** A line goes on in the one above; above an empty paragraph it stays what it is. */
function join(state: EditorState, dispatch: Dispatch, stretch: Stretch, index: number): boolean {
  const { lines } = stretch;
  const [upper, lower] = [lines[index] as Line, lines[index + 1] as Line];
  const { size } = upper.node.content;
  if (!size && isPlain(upper)) return put(state.tr, dispatch, stretch, replaced(lines, index, index + 1), [{ line: lower, offset: 0 }]);
  const joined: Line = { ...upper, node: upper.node.copy(upper.node.content.append(lower.node.content)) };
  return put(state.tr, dispatch, stretch, replaced(lines, index, index + 2, joined), [{ line: joined, offset: size }]);
}

/** Deeper by one, or less deep: all lines that are chosen, with what stands in their items. */
export function indent(by: 1 | -1) {
  return (state: EditorState, dispatch: Dispatch): boolean => {
    const stretch = stretchOf(state.selection);
    if (!stretch) return false;
    const { lines, first } = stretch;
    const chosen = lines.slice(first, stretch.last + 1);
    const isList = chosen.some(({ keys }) => keys.list || keys.indent);
    if (isList) return shift(state, dispatch, stretch, by);
    if (boxDepth(state.selection.$from)) return false;
    return tab(state, dispatch, stretch, by);
  };
}

function shift(state: EditorState, dispatch: Dispatch, stretch: Stretch, by: 1 | -1): boolean {
  const { lines, first } = stretch;
  const end = endOfChosen(stretch);
  const inItems = lines.slice(first, end).filter(({ keys }) => keys.list || keys.indent);
  const deepest = Math.max(...inItems.map(indentOf)) + by;
  const room = by > 0 ? deepestBelow(lines[first - 1]) - indentOf(inItems[0]) : 1;
  if (room < 1 || deepest > LIMITS.indent) return true;
  const changed = lines.map((line, index) => (index < first || index >= end || !inItems.includes(line) ? line : deeper(lines, index, by)));
  put(state.tr, dispatch, stretch, changed, placesOf(stretch, state.selection, changed));
  return true;
}

function deeper(lines: readonly Line[], index: number, by: 1 | -1): Line {
  const line = lines[index] as Line;
  const depth = indentOf(line) + by;
  if (depth < 0) return withKeys(line, { ...NO_LIST, break: undefined });
  // Into another list: of its kind, if there is one already.
  return withKeys(line, { indent: depth || undefined, break: undefined, start: undefined, numbers: undefined });
}

/** In text: a paragraph right below an item goes into it; elsewhere there is a gap before what follows. */
function tab(state: EditorState, dispatch: Dispatch, stretch: Stretch, by: 1 | -1): boolean {
  const { selection, tr } = state;
  if (!(selection instanceof TextSelection) || !selection.$cursor || selection.$cursor.parent.type.spec.code) return false;
  const { lines, first } = stretch;
  const [line, { pos, parentOffset }] = [lines[first] as Line, selection.$cursor];
  const depth = deepestBelow(lines[first - 1]);
  if (by > 0 && parentOffset === 0 && depth && line.node.type.name === "paragraph" && line.keys.quote === lines[first - 1]?.keys.quote) {
    const inside = withKeys(line, { indent: depth });
    return put(state.tr, dispatch, stretch, replaced(lines, first, first + 1, inside), [{ line: inside, offset: 0 }]);
  }
  if (by > 0) dispatch(tr.insertText("\t").scrollIntoView());
  else if (selection.$cursor.nodeBefore?.text?.endsWith("\t")) dispatch(tr.delete(pos - 1, pos).scrollIntoView());
  return true;
}
