/**
 * Addresses become links when a space or Enter is typed behind them, and when they are pasted.
 *
 * What finds them (see links.ts) is fetched apart. A word that is typed before it has come becomes a link afterwards: it is
 * kept in `missed`, and looked for in the document. A link that came by itself is taken back by one undo.
 */

import type { Editor } from "@tiptap/core";
import type { MarkType, Node } from "@tiptap/pm/model";
import type { EditorState, Transaction } from "@tiptap/pm/state";
import { ReplaceStep } from "@tiptap/pm/transform";

import { isFromText } from "../../binding/binding";
import { bindingOf } from "../../bound";
import { rangesOf } from "../../changed";

/** Where in a word an address stands, and what it leads to. */
export interface Found {
  from: number;
  to: number;
  href: string;
}

/** The address that a word is, but for brackets around it; or null. */
export type Find = (word: string) => Found | null;

const MOST_MISSED = 1_000;

export class Autolink {
  private find: Find | null = null;
  private readonly missed = new Set<string>();

  /** Turns the word behind which one has just typed a space or Enter into a link, if it is an address. */
  typed(editor: Editor, transaction: Transaction): void {
    if (isFromText(transaction) || isPasted(transaction)) return;
    const end = wordEnd(transaction);
    const { state } = editor;
    const word = end === null || end > state.doc.content.size ? null : wordBefore(state.doc, end);
    if (!word) return;
    if (!this.find) {
      if (this.missed.size < MOST_MISSED) this.missed.add(word.text);
      return;
    }
    const tr = state.tr;
    link(tr, word, this.find);
    if (tr.docChanged) apart(editor, tr);
  }

  /** The same for all words of what has been pasted, as one with it. */
  pasted(type: MarkType, transactions: readonly Transaction[], state: EditorState): Transaction | null {
    const { find } = this;
    if (!find || !transactions.some((each) => isPasted(each) && each.docChanged)) return null;
    const tr = state.tr;
    for (const [index, transaction] of transactions.entries()) {
      if (!isPasted(transaction)) continue;
      const later = transactions.slice(index + 1).flatMap(({ mapping }) => mapping.maps);
      for (const { from, to } of rangesOf(transaction)) {
        const ends = [later.reduce((at, map) => map.map(at, -1), from), later.reduce((at, map) => map.map(at, 1), to)] as const;
        for (const word of words(state.doc, ...ends)) link(tr, word, find, type);
      }
    }
    return tr.docChanged ? tr : null;
  }

  /** Addresses can be found from now on; what was typed before is looked for. */
  start(editor: Editor, find: Find): void {
    this.find = find;
    const { doc, tr } = editor.state;
    const isMissed = ({ text }: Word): boolean => this.missed.has(text);
    if (this.missed.size && editor.isEditable) for (const word of words(doc, 0, doc.content.size)) if (isMissed(word)) link(tr, word, find);
    this.missed.clear();
    if (tr.docChanged) editor.view.dispatch(tr);
  }
}

interface Word {
  text: string;
  at: number;
}

function isPasted(transaction: Transaction): boolean {
  return transaction.getMeta("paste") === true || transaction.getMeta("uiEvent") === "paste" || transaction.getMeta("uiEvent") === "drop";
}

/** Where the space or the end of a line was put that somebody has just typed. */
function wordEnd(transaction: Transaction): number | null {
  const step = transaction.steps.at(-1);
  if (!(step instanceof ReplaceStep)) return null;
  const { slice, from } = step;
  const text = slice.content.textBetween(0, slice.content.size, "", " ");
  const isTyped = slice.openStart > 0 ? text === "" : text.length <= 2 && /\s$/.test(text);
  return isTyped ? from : null;
}

function wordBefore(doc: Node, end: number): Word | null {
  const $end = doc.resolve(end);
  if (!$end.parent.isTextblock || $end.parent.type.spec.code) return null;
  // One sign for each thing in the line, so that letters keep their places.
  const before = $end.parent.textBetween(0, $end.parentOffset, undefined, "\n");
  const [text] = /\S+$/.exec(before) ?? [];
  return text ? { text, at: end - text.length } : null;
}

function* words(doc: Node, from: number, to: number): Iterable<Word> {
  const found: Word[] = [];
  doc.nodesBetween(from, to, (node, position) => {
    if (!node.isTextblock) return true;
    const text = node.type.spec.code ? "" : node.textBetween(0, node.content.size, undefined, "\n");
    for (const { 0: word, index } of text.matchAll(/\S+/g)) {
      const at = position + 1 + index;
      if (at < to && at + word.length > from) found.push({ text: word, at });
    }
    return false;
  });
  yield* found;
}

function link(tr: Transaction, { text, at }: Word, find: Find, type = tr.doc.type.schema.marks["link"]): void {
  const found = type && find(text);
  if (!found) return;
  const [from, to] = [at + found.from, at + found.to];
  const { code } = tr.doc.type.schema.marks;
  if (tr.doc.rangeHasMark(from, to, type) || (code && tr.doc.rangeHasMark(from, to, code))) return;
  tr.addMark(from, to, type.create({ href: found.href }));
}

/** An act of its own, for undo. */
function apart(editor: Editor, tr: Transaction): void {
  bindingOf(editor).apart(() => editor.view.dispatch(tr.setMeta("addToHistory", true)));
}
