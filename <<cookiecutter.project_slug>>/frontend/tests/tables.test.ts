/** Tables as an editor makes them of what people do: pasted, merged, grown. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Editor } from "@tiptap/core";
import { DOMParser, type Slice } from "@tiptap/pm/model";
import { TextSelection } from "@tiptap/pm/state";
import { CellSelection, TableMap } from "@tiptap/pm/tables";
import * as Y from "yjs";

import { dice } from "./helpers";
import { pastedTables } from "../surfaces/text/things/table/pasted";
import { moveLines } from "../surfaces/text/typing/move";
import { meet, type, writer } from "./text/people";
import { SEED } from "./text/schema";

const ROUNDS = 80;

/** As far as the editor's plugins go. */
function paste(editor: Editor, html: string): void {
  const element = document.createElement("div");
  element.innerHTML = html;
  const view = {
    get state() {
      return editor.state;
    },
    dispatch: editor.view.dispatch,
  } as never;
  let slice: Slice = DOMParser.fromSchema(editor.schema).parseSlice(element, { preserveWhitespace: true });
  for (const plugin of [pastedTables(), ...editor.state.plugins]) slice = plugin.props.transformPasted?.call(plugin, slice, view, false) ?? slice;
  const isHandled = editor.state.plugins.some((plugin) => plugin.props.handlePaste?.call(plugin, view, {} as never, slice));
  if (!isHandled) editor.view.dispatch(editor.state.tr.replaceSelection(slice));
}

/** Chooses cells of the first table by their numbers, spans counted as often as they are wide and high. */
function choose(editor: Editor, from: number, to: number): void {
  const { doc } = editor.state;
  const [table] = doc.content.content.filter(({ type }) => type.name === "table");
  let place = 1;
  doc.forEach((node, offset) => {
    if (node === table) place = offset + 1;
  });
  const { map } = TableMap.get(table!);
  editor.view.dispatch(editor.state.tr.setSelection(CellSelection.create(doc, place + map[from % map.length]!, place + map[to % map.length]!) as never));
}

test("whatever is pasted over cells, the table is a rectangle, and nothing fails", () => {
  const random = dice(SEED);
  const below = (end: number): number => Math.floor(random() * end);
  const one = <T>(of: readonly T[]): T => of[below(of.length)] as T;
  const span = (): string => one(["", "", "rowspan=9", "colspan=2", "rowspan=2 colspan=3", "rowspan=0"]);
  const rows = (): string => Array.from({ length: 1 + below(3) }, () => `<tr>${Array.from({ length: below(4) }, () => `<${one(["td", "th"])} ${span()}>${one(["", "word"])}`).join("")}</tr>`).join("");
  const others = ["<p>words</p>", "<ul><li>item</li></ul>", "<pre><code>a\nb</code></pre>", "<hr>", "words", "<img src='https://a.example/1.png'>"];
  for (let round = 0; round < ROUNDS; round++) {
    const { editor, destroy } = writer(Object.assign(new Y.Doc(), { clientID: 1 }), random);
    editor.commands.insertTable({ rows: 1 + below(3), cols: 1 + below(3), withHeaderRow: below(2) === 0 });
    choose(editor, below(9), below(9));
    if (below(3) === 0) editor.commands.mergeCells();
    const html = `${below(3) ? "" : one(others)}<table>${rows()}</table>${below(3) ? "" : one(others)}`;
    const before = editor.state.doc.toString();
    try {
      if (below(3) === 0) editor.commands.goToNextCell();
      paste(editor, below(4) ? html : one(others));
      editor.state.doc.check();
      editor.state.doc.descendants((node) => {
        if (node.type.name === "table") assert.equal(TableMap.get(node).problems, null);
      });
    } catch (error) {
      assert.fail(`TEST_SEED=${SEED}: ${html} into ${before}: ${String((error as Error).stack)}`);
    }
    destroy();
  }
});

test("a table is moved from within, wherever else something is chosen too", () => {
  const { editor, destroy } = writer(new Y.Doc(), dice(7));
  editor.commands.setContent("<p>ab</p><table><tr><td><p>cd</p></td></tr></table><p>ef</p><p>gh</p>");
  const { state } = editor;
  const ends = Array.from({ length: state.doc.content.size + 1 }, (_, place) => state.doc.resolve(place));
  const chosen = ends.flatMap((anchor) => ends.map((head) => TextSelection.between(anchor, head)));
  for (const direction of [-1, 1] as const) {
    for (const selection of chosen) {
      let moved = state.apply(state.tr.setSelection(selection));
      moveLines(direction)(moved, (tr) => (moved = moved.apply(tr)));
      moved.doc.check();
      assert.equal([...moved.doc.textContent].sort().join(""), "abcdefgh");
    }
  }
  destroy();
});

test("a header keeps its look where columns are put before it, and cells are merged in it and split again", () => {
  const [ada, bob] = [1, 2].map((clientID) => writer(Object.assign(new Y.Doc(), { clientID }), dice(7)));
  const { editor } = ada!;
  const cells = (): string[] => editor.state.doc.firstChild!.content.content.map((row) => row.content.content.map(({ type }) => (type.name === "tableHeader" ? "h" : ".")).join(""));
  editor.commands.insertTable({ rows: 3, cols: 2, withHeaderRow: true });
  editor.commands.toggleHeaderColumn();
  assert.deepEqual(cells(), ["hh", "h.", "h."]);
  editor.commands.addColumnBefore();
  assert.deepEqual(cells(), ["hhh", ".h.", ".h."]);
  ada!.pause();
  editor.commands.addRowBefore();
  assert.deepEqual(cells().slice(1), ["hhh", ".h.", ".h."]);
  ada!.undo();
  choose(editor, 0, 2);
  editor.commands.mergeCells();
  assert.deepEqual(cells(), ["h", ".h.", ".h."]);
  editor.commands.splitCell();
  assert.deepEqual(cells(), ["hhh", ".h.", ".h."]);
  // Where no cell begins, nobody has made a header of a row.
  choose(editor, 3, 8);
  editor.commands.mergeCells();
  assert.deepEqual(cells(), ["hhh", ".", ""]);
  editor.commands.splitCell();
  assert.deepEqual(cells(), ["hhh", "...", "..."]);
  meet(ada!.doc, bob!.doc);
  assert.equal(bob!.editor.state.doc.toString(), editor.state.doc.toString());
});

test("a deletion from the first line of a cell into another cell leaves no line behind", () => {
  const [ada, bob] = [1, 2].map((clientID) => writer(Object.assign(new Y.Doc(), { clientID }), dice(7)));
  const { editor } = ada!;
  editor.commands.setContent("<table><tr><td><p>cc</p></td><td><p>dd</p></td></tr><tr><td><p>ee</p><p>ff</p></td><td><p>gg</p></td></tr></table>");
  meet(ada!.doc, bob!.doc);
  bob!.editor.commands.setTextSelection(30);
  type(bob!.editor, "!");
  // From before "ee" to between the two letters of "gg".
  editor.commands.setTextSelection({ from: 18, to: 29 });
  editor.commands.deleteSelection();
  assert.equal(editor.state.doc.firstChild!.lastChild!.toString(), 'tableRow(tableCell(paragraph("g")), tableCell(paragraph))');
  meet(ada!.doc, bob!.doc);
  assert.equal(bob!.editor.state.doc.toString(), editor.state.doc.toString());
  assert.match(editor.state.doc.toString(), /tableCell\(paragraph\("g!"\)\)/);
});
