/** Tab, Shift+Tab and Enter in code: lines in and out, by what the block itself is indented with. */

import type { Node, ResolvedPos } from "@tiptap/pm/model";
import { type EditorState, TextSelection, type Transaction } from "@tiptap/pm/state";

const USUAL = "    ";

/** One step: a tab where the block has tabs, else the fewest spaces with which a line of it begins. */
export function stepOf(code: string): string {
  const starts = code.split("\n").flatMap((line) => /^(\t| {2,})(?=\S)/.exec(line)?.[1] ?? []);
  if (starts.includes("\t")) return "\t";
  const spaces = Math.min(...starts.map(({ length }) => length));
  return spaces === 2 || spaces === 3 || spaces === 8 ? " ".repeat(spaces) : USUAL;
}

/** The selection moves in by one step; where nothing is selected the step is written at the caret. Null outside of code. */
export function indent(state: EditorState): Transaction | null {
  const place = codeAt(state);
  if (!place) return null;
  const { code, $from, $to } = place;
  const step = stepOf(code);
  if (state.selection.empty) {
    const column = $from.parentOffset - lineStart(code, $from.parentOffset);
    const missing = step === "\t" ? step : " ".repeat(step.length - (column % step.length));
    return state.tr.insertText(missing).scrollIntoView();
  }
  const starts = lineStarts(code, $from.parentOffset, $to.parentOffset).filter((at) => code[at] !== "\n" && at < code.length);
  const tr = state.tr;
  for (const at of starts.reverse()) tr.insertText(step, $from.start() + at);
  return keepLines(tr, state, $from.start(), starts.at(-1) === lineStart(code, $from.parentOffset));
}

export function outdent(state: EditorState): Transaction | null {
  const place = codeAt(state);
  if (!place) return null;
  const { code, $from, $to } = place;
  const step = stepOf(code);
  const tr = state.tr;
  for (const at of lineStarts(code, $from.parentOffset, $to.parentOffset).reverse()) {
    const [found = ""] = /^(\t| *)/.exec(code.slice(at)) ?? [];
    const length = found === "\t" ? 1 : Math.min(found.length, step === "\t" ? USUAL.length : step.length);
    if (length) tr.delete($from.start() + at, $from.start() + at + length);
  }
  return tr.scrollIntoView();
}

/** A new line that begins as this one does, and one step further in behind a bracket that opens. */
export function newLine(state: EditorState): Transaction | null {
  const place = codeAt(state);
  if (!place) return null;
  const { code, $from } = place;
  const before = code.slice(lineStart(code, $from.parentOffset), $from.parentOffset);
  const [start = ""] = /^[\t ]*/.exec(before) ?? [];
  const opens = /[([{]\s*$/.test(before);
  return state.tr.insertText(`\n${start}${opens ? stepOf(code) : ""}`).scrollIntoView();
}

interface Place {
  code: string;
  $from: ResolvedPos;
  $to: ResolvedPos;
}

function codeAt({ selection: { $from, $to } }: EditorState): Place | null {
  const isCode = ({ type }: Node): boolean => type.name === "codeBlock";
  return isCode($from.parent) && $from.sameParent($to) ? { code: $from.parent.textContent, $from, $to } : null;
}

function lineStart(code: string, offset: number): number {
  return offset === 0 ? 0 : code.lastIndexOf("\n", offset - 1) + 1;
}

/** Where the lines begin of which something is selected; a selection that ends before a line's first letter leaves it out. */
function lineStarts(code: string, from: number, to: number): number[] {
  const starts = [lineStart(code, from)];
  for (let at = code.indexOf("\n", from); at >= 0 && at + 1 < to; at = code.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** What was selected from a line's beginning is so afterwards. */
function keepLines(tr: Transaction, state: EditorState, start: number, isMoved: boolean): Transaction {
  const { from, to, anchor } = state.selection;
  const wholeLine = isMoved && from === start + lineStart(state.selection.$from.parent.textContent, from - start);
  const [first, last] = [wholeLine ? from : tr.mapping.map(from), tr.mapping.map(to)];
  return tr.setSelection(TextSelection.create(tr.doc, anchor === from ? first : last, anchor === from ? last : first)).scrollIntoView();
}
