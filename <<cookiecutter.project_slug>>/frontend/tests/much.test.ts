/** What is done to thousands of lines at once. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Editor } from "@tiptap/core";
import type { EditorState } from "@tiptap/pm/state";
import * as Y from "yjs";

import { COMMANDS } from "../surfaces/text/commands";
import { takeActs } from "../surfaces/text/lazy";
import { mention } from "../surfaces/text/model/things";
import * as acts from "../surfaces/text/typing/acts";
import { dice } from "./helpers";
import { meet, writer } from "./text/people";

takeActs(acts);

test("a style, a mark or a direction for very many lines comes out as ProseMirror's own way has it, in one step and one act", () => {
  const near = { heading1: (editor: Editor) => editor.commands.toggleHeading({ level: 1 }), paragraph: (editor: Editor) => editor.commands.setParagraph(), bold: (editor: Editor) => editor.commands.toggleBold(), code: (editor: Editor) => editor.commands.toggleCode() };
  const lines = '<h1>one</h1><p>two <strong>three</strong></p><ul><li><p>four</p><p dir="rtl">five</p></li></ul><blockquote><h2>six<br>seven</h2></blockquote><pre>eight\nnine</pre><hr><table><tr><td><p>ten</p></td><td><ul><li>eleven</li></ul></td></tr></table><p>twelve</p>';
  for (const [name, own] of Object.entries(near)) {
    for (const round of [1, 2]) {
      const [one, other] = [1, 2].map(() => writer(new Y.Doc(), dice(7)));
      const states = [one!, other!].map(({ editor }, index) => {
        editor.commands.setContent(lines);
        for (let time = 0; time < round; time++) {
          editor.commands.setTextSelection({ from: 2, to: editor.state.doc.content.size - 3 });
          if (index) acts.act(editor, name as acts.ActName);
          else own(editor);
        }
        return editor.state;
      });
      // What it says of its direction stays with a line.
      const plain = ({ doc }: EditorState): string => JSON.stringify(doc.toJSON()).replaceAll('"dir":"rtl"', '"dir":null');
      assert.equal(plain(states[1]!), plain(states[0]!), `${name}, ${round}`);
      if (name !== "code") assert.deepEqual(states[1]!.selection.toJSON(), states[0]!.selection.toJSON());
    }
  }
});

test("what is done to thousands of lines is one step, one update of some bytes a line, and is undone as one", () => {
  const { editor, doc, undo, pause } = writer(new Y.Doc(), dice(7));
  editor.commands.setContent(Array.from({ length: 1_200 }, (_, line) => `<p>This is line ${line}</p>`).join(""));
  const before = editor.state.doc;
  let [steps, bytes, updates] = [0, 0, 0];
  editor.on("transaction", ({ transaction }) => {
    steps += transaction.steps.length;
  });
  doc.on("update", (update: Uint8Array) => {
    updates++;
    bytes += update.length;
  });
  for (const id of ["heading2", "bold", "direction", "bulletList"]) {
    editor.commands.setTextSelection({ from: 2, to: editor.state.doc.content.size - 2 });
    pause();
    [steps, bytes, updates] = [0, 0, 0];
    COMMANDS.find((command) => command.id === id)?.run(editor);
    assert.deepEqual([steps, updates], [1, 1], id);
    assert.ok(bytes < 60 * 1_200, `${id}: ${bytes}`);
    assert.notEqual(editor.state.doc, before);
    undo();
    assert.deepEqual([steps, updates], [2, 2], `${id} undone`);
    assert.ok(editor.state.doc.eq(before), id);
  }
});

test("lines that become one program stay the letters that they were: what others write in any of them goes along", () => {
  const people = [1, 2].map((seed) => writer(new Y.Doc(), dice(seed)));
  const [one, other] = people as [(typeof people)[0], (typeof people)[0]];
  one.editor.commands.setContent("<p>first</p><p>se<strong>co</strong>nd</p><ul><li>third</li></ul><p>fourth</p><p>after</p>");
  meet(one.doc, other.doc);
  const words = (): string[] => people.map(({ editor }) => editor.state.doc.textBetween(0, editor.state.doc.content.size, "|"));
  const place = (word: string): number => {
    let found = 0;
    other.editor.state.doc.descendants(({ text = "" }, position) => {
      if (text.includes(word)) found = position + text.indexOf(word);
    });
    return found;
  };
  one.pause();
  one.editor.commands.setTextSelection({ from: 1, to: place("after") - 2 });
  acts.joinCode(one.editor, null);
  assert.equal(words()[0], "first\nsecond\nthird\nfourth|after");
  other.editor.view.dispatch(other.editor.state.tr.insertText("X", place("co") + 1));
  other.editor.view.dispatch(other.editor.state.tr.insertText("Y", place("third") + 2));
  meet(one.doc, other.doc);
  assert.deepEqual(words(), Array(2).fill("first\nsecXond\nthYird\nfourth|after"));
  one.undo();
  meet(one.doc, other.doc);
  assert.deepEqual(words(), Array(2).fill("first|secXond|thYird|fourth|after"));
  // Two at once make one of it.
  for (const { editor } of people) {
    editor.commands.setTextSelection({ from: 1, to: place("after") - 2 });
    acts.joinCode(editor, null);
  }
  meet(one.doc, other.doc);
  assert.deepEqual(words().map((each) => each.replaceAll(/\n+/g, "\n")), Array(2).fill("first\nsecXond\nthYird\nfourth|after"));
  for (const each of people) each.destroy();
});

test("what is named in a line, and a break in it, are letters of the program that it becomes", () => {
  const { editor, destroy } = writer(new Y.Doc(), dice(3));
  const code = COMMANDS.find(({ id }) => id === "codeBlock");
  editor.commands.setContent({
    type: "doc",
    content: [
      {
        type: "paragraph",
        content: [
          { type: "text", text: "ask " },
          { type: "mention", attrs: { thing: mention({ id: "m1", user: "7", name: "Ada" }) } },
          { type: "hardBreak" },
          { type: "text", text: "twice" },
        ],
      },
    ],
  });
  editor.commands.setTextSelection(3);
  code?.run(editor);
  assert.equal(editor.state.doc.firstChild?.type.name, "codeBlock");
  assert.equal(editor.state.doc.firstChild?.textContent, "ask @Ada\ntwice");
  destroy();
});
