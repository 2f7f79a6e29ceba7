/** Code blocks: what a key asks of the highlighting, and how lines go in and out. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Node } from "@tiptap/pm/model";
import { EditorState, TextSelection } from "@tiptap/pm/state";

import { Memory } from "./helpers";
import { Habits } from "../surfaces/text/things/code-block/habits";
import { touchedBlocks } from "../surfaces/text/things/code-block/highlighting";
import { indent, newLine, outdent, stepOf } from "../surfaces/text/things/code-block/indent";
import { SCHEMA } from "./text/schema";

const line = (text: string) => ({ type: "paragraph", content: [{ type: "text", text }] });
const code = (text: string, language = "python") => ({ type: "codeBlock", attrs: { language }, content: [{ type: "text", text }] });
const stateOf = (...content: object[]): EditorState => EditorState.create({ doc: Node.fromJSON(SCHEMA, { type: "doc", content }) });

/** A code block with what stands between the bars selected. */
function selected(text: string): EditorState {
  const [before = "", inside = "", after = ""] = text.split("|");
  const state = stateOf(code(before + inside + after));
  return state.apply(state.tr.setSelection(TextSelection.create(state.doc, 1 + before.length, 1 + before.length + inside.length)));
}

function shown(state: EditorState): string {
  const text = state.doc.textContent;
  const { from, to } = state.selection;
  return [text.slice(0, from - 1), text.slice(from - 1, to - 1), text.slice(to - 1)].join("|");
}

test("a change asks for the colours of the blocks that it touches, and no others", () => {
  const state = stateOf(line("one"), code("two"), line("three"), code("four"));
  const [two, three, four] = [5, 10, 17];
  const blocks = (change: (tr: typeof state.tr) => unknown): number[] => {
    const { tr } = state;
    change(tr);
    return touchedBlocks(tr).map(({ position }) => position);
  };
  assert.deepEqual(blocks((tr) => tr.insertText("x", 2)), []);
  assert.deepEqual(blocks((tr) => tr.insertText("x", two + 2)), [two]);
  assert.deepEqual(blocks((tr) => tr.delete(two + 1, two + 2)), [two]);
  assert.deepEqual(blocks((tr) => tr.setNodeMarkup(four, undefined, { language: "c" })), [four]);
  assert.deepEqual(blocks((tr) => tr.insertText("x", two + 2).insertText("y", three + 3)), [two]);
  assert.deepEqual(blocks((tr) => tr.insertText("x", four + 2).insertText("long", 1)), [four + 4]);
  assert.deepEqual(blocks((tr) => tr.insert(0, SCHEMA.nodes["codeBlock"]!.create())), [0]);
});

test("lines go in and out by what the block is indented with", () => {
  assert.deepEqual(["a\n\tb", "a\n  b\n    c", "a\n    b", "a", "a\n b"].map(stepOf), ["\t", "  ", "    ", "    ", "    "]);
  const after = (text: string, act: typeof indent): string => {
    const state = selected(text);
    return shown(state.apply(act(state)!));
  };
  assert.equal(after("a||b", indent), "a   ||b");
  assert.equal(after("|a\nb\n|c", indent), "|    a\n    b\n|c");
  assert.equal(after("x\na|a\n\nb|b", indent), "x\n    a|a\n\n    b|b");
  assert.equal(after("    a|a\n  bb\n\tc|", outdent), "a|a\nbb\nc|");
  assert.equal(after("  a||", outdent), "a||");
  assert.equal(after("  a||b", newLine), "  a\n  ||b");
  assert.equal(after("  f(||", newLine), "  f(\n    ||");
  assert.equal(after(" ||  a", newLine), " \n ||  a");
  assert.equal(indent(stateOf(line("one"))), null);
});

test("how somebody likes code is remembered, whatever is stored", () => {
  const store = new Memory();
  const habits = new Habits(store);
  assert.deepEqual([habits.language, habits.isWrapped], [null, false]);
  let told = 0;
  const unwatch = habits.watch(() => (told += 1));
  habits.language = "rust";
  habits.isWrapped = true;
  unwatch();
  habits.isWrapped = false;
  assert.equal(told, 2);
  assert.deepEqual([new Habits(store).language, new Habits(store).isWrapped], ["rust", false]);
  for (const stored of ["", "null", "3", "[]", '{"language": {}, "isWrapped": "yes"}']) {
    store.setItem("code", stored);
    assert.deepEqual([new Habits(store).language, new Habits(store).isWrapped], [null, false], stored);
  }
});
