/** What commands make of whatever is chosen: pressed again they take it back, and no word is lost. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Editor } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { AllSelection, Selection, TextSelection } from "@tiptap/pm/state";
import { CellSelection } from "@tiptap/pm/tables";
import fc from "fast-check";
import * as Y from "yjs";

import { COMMANDS, runCommand } from "../surfaces/text/commands";
import { takeActs } from "../surfaces/text/lazy";
import type { Keys } from "../surfaces/text/model/keys";
import { read } from "../surfaces/text/model/read";
import * as acts from "../surfaces/text/typing/acts";
import { dice } from "./helpers";
import { documents } from "./text/documents";
import { writer } from "./text/people";
import { SEED } from "./text/schema";

takeActs(acts);

const TOGGLES = ["bold", "code", "heading1", "heading2", "bulletList", "orderedList", "taskList", "blockquote", "codeBlock", "direction", "tick"];

/** What is chosen: from here to there, all of it, or cells. */
const choices = fc.record({ how: fc.constantFrom("caret", "range", "range", "all", "cells"), from: fc.double({ min: 0, max: 1, noNaN: true }), to: fc.double({ min: 0, max: 1, noNaN: true }) });

function choose({ state, view }: Editor, { how, from, to }: { how: string; from: number; to: number }): void {
  const { doc, tr } = state;
  const at = (part: number): number => Math.round(part * doc.content.size);
  let selection: Selection = Selection.near(doc.resolve(at(from)));
  if (how === "all") selection = new AllSelection(doc);
  if (how === "range") selection = TextSelection.between(doc.resolve(Math.min(at(from), at(to))), doc.resolve(Math.max(at(from), at(to))));
  if (how === "cells") {
    const cells: [number, number][] = [];
    doc.descendants((node, position, parent) => {
      if (["tableCell", "tableHeader"].includes(node.type.name)) cells.push([doc.resolve(position).before(), position]);
      return parent !== null;
    });
    const [, first] = cells[Math.floor(from * cells.length)] ?? [];
    const table = first === undefined ? null : doc.resolve(first).node(-1);
    const last = cells.map(([, position]) => position).filter((position) => doc.resolve(position).node(-1) === table);
    const other = last[Math.floor(to * last.length)];
    if (first !== undefined && other !== undefined) selection = CellSelection.create(doc, first, other);
  }
  view.dispatch(tr.setSelection(selection));
}

function wordsOf(doc: Node): string {
  let words = "";
  doc.descendants((node) => {
    if (node.isText) words += node.text;
    else if ("thing" in node.attrs) words += "@";
    return true;
  });
  return words.replaceAll(/\s/g, "");
}

/** Its lines. A list that is none any more forgets its numbers, a task whether it is done, and neighbours may become one: of those, only quotes stay parted. */
function linesOf(doc: Node, parted: readonly string[] = []): [Keys, string, unknown][] {
  return read(doc.content.content, { freshId: () => "" }).lines.map(({ keys: { start: _start, numbers: _numbers, checked: _checked, break: shared, ...keys }, node, position }) => {
    const { list, indent = 0, quote = 0 } = keys;
    const $at = doc.resolve(position);
    const container = shared === undefined ? undefined : $at.node($at.depth - quote - 2 * (list ? indent + 1 : indent) + 1 + shared).type.name;
    return [container && parted.includes(container) ? { ...keys, break: shared } : keys, node.type.name, node.isTextblock && node.content.toJSON()];
  });
}

/** Whether more than a line stands in some item: what stands there goes on beside it when it is none any more. */
function hasLong(doc: Node): boolean {
  let found = false;
  doc.descendants(({ type, childCount }) => {
    found ||= /Item$/.test(type.name) && childCount > 1;
  });
  return found;
}

for (const id of TOGGLES) {
  const command = COMMANDS.find((each) => each.id === id)!;
  test(`${id}: no word is lost, and what was made of what is chosen is so again after two more presses`, () => {
    fc.assert(
      fc.property(documents(fc.constantFrom("a", "word ", "two words", "x")), choices, (made, choice) => {
        fc.pre(made.textContent !== "" && !(id.endsWith("List") && hasLong(made)));
        // Out of several quotes one goes one after the other.
        fc.pre(id !== "blockquote" || linesOf(made).every(([{ quote = 0 }]) => quote < 2));
        const { editor, destroy, pause, undo } = writer(new Y.Doc(), dice(5));
        try {
          editor.commands.setContent(made.toJSON());
          pause();
          choose(editor, choice);
          const states = [editor.state.doc];
          const selection = editor.state.selection.toJSON();
          for (let time = 0; time < 3; time++) {
            pause();
            runCommand(editor, command);
            editor.state.doc.check();
            states.push(editor.state.doc);
          }
          const said = () => `${JSON.stringify(selection)}\n${states.map(String).join("\n")}`;
          for (const state of states) if (id !== "codeBlock") assert.equal(wordsOf(state), wordsOf(states[0]!), said());
          const parted = id === "blockquote" ? ["blockquote", "bulletList", "orderedList", "taskList"] : id.endsWith("List") ? ["blockquote"] : [];
          assert.deepEqual(linesOf(states[3]!, parted), linesOf(states[1]!, parted), said());
          for (const state of states.slice(0, 3).reverse()) {
            if (editor.state.doc.eq(state)) continue;
            undo();
            assert.equal(JSON.stringify(editor.state.doc.toJSON()), JSON.stringify(state.toJSON()), "undone");
          }
        } finally {
          destroy();
        }
      }),
      { seed: SEED, includeErrorInReport: true, numRuns: 12 },
    );
  });
}

/** Each container's name in short, with what stands in it. */
function shape(node: Node): string {
  if (node.isTextblock) return node.textContent;
  const inner: string[] = [];
  node.forEach((child) => void inner.push(shape(child)));
  const sign = { blockquote: "q", bulletList: "ul", orderedList: "ol", listItem: "li" }[node.type.name] ?? "";
  return `${sign}(${inner.join(" ")})`;
}

test("what is parted stays so, in whatever it stands, when a quote goes or comes, and when a list does", () => {
  const [inItem, lists] = ["<ul><li><p>a</p><blockquote>x</blockquote><blockquote>y</blockquote></li></ul>", "<blockquote><ol><li>x</li></ol></blockquote><blockquote><ol><li>y</li></ol></blockquote>"];
  const both = "<ul><li><p>a</p><blockquote><blockquote>x</blockquote></blockquote><blockquote><blockquote>y</blockquote></blockquote></li></ul>";
  const inQuotes = "<blockquote><ol><li><p>a</p><blockquote>x</blockquote><blockquote>y</blockquote></li></ol></blockquote>";
  const ways: [html: string, from: string, command: string, after: string[]][] = [
    [inItem, "x", "blockquote", ["(ul(li(a x y)))"]],
    [lists, "x", "blockquote", ["(ol(li(x)) ol(li(y)))", "(q(ol(li(x)) ol(li(y))))"]],
    [both, "x", "blockquote", ["(ul(li(a q(x) q(y))))", "(ul(li(a x y)))"]],
    [inQuotes, "x", "blockquote", ["(q(ol(li(a x y))))"]],
    [inQuotes, "a", "blockquote", ["(ol(li(a q(x) q(y))))", "(q(ol(li(a q(x) q(y)))))"]],
    ["<blockquote><ul><li>x</li></ul><ul><li>y</li></ul></blockquote>", "x", "blockquote", ["(ul(li(x)) ul(li(y)))", "(q(ul(li(x)) ul(li(y))))"]],
    ["<blockquote><blockquote>x</blockquote><blockquote>y</blockquote></blockquote>", "x", "blockquote", ["(q(x) q(y))", "(x y)"]],
    [inItem, "x", "bulletList", ["(ul(li(a q(ul(li(x))) q(ul(li(y))))))", "(ul(li(a q(x) q(y))))"]],
    [inItem, "a", "bulletList", ["(ul(li(a q(ul(li(x))) q(ul(li(y))))))", "(a q(x) q(y))"]],
    ["<blockquote>x</blockquote><blockquote>y</blockquote>", "x", "bulletList", ["(q(ul(li(x))) q(ul(li(y))))", "(q(x) q(y))"]],
    ["<ul><li>x</li></ul><ul><li>y</li></ul>", "x", "orderedList", ["(ol(li(x) li(y)))"]],
  ];
  for (const [html, word, command, after] of ways) {
    const { editor, destroy } = writer(new Y.Doc(), dice(5));
    editor.commands.setContent(html);
    const places = new Map<string, number>();
    editor.state.doc.descendants(({ text }, position) => {
      if (text) places.set(text, position);
      return true;
    });
    editor.commands.setTextSelection({ from: places.get(word)!, to: places.get("y")! + 1 });
    for (const each of after) {
      runCommand(editor, COMMANDS.find(({ id }) => id === command)!);
      assert.equal(shape(editor.state.doc), each, `${html} ${command}`);
    }
    destroy();
  }
});
