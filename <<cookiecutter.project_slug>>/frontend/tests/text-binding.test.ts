/** Between an editor and the text of lines: what one does, what others see of it, and where everybody's caret is then. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Editor } from "@tiptap/core";
import { Fragment, type Node, Slice } from "@tiptap/pm/model";
import { TableMap } from "@tiptap/pm/tables";
import * as Y from "yjs";

import { dice } from "./helpers";
import { type BindingOptions, isFromText } from "../surfaces/text/binding/binding";
import type { Rescued } from "../surfaces/text/binding/rescue";
import { moveLines } from "../surfaces/text/typing/move";
import { meet, press, type, writer } from "./text/people";
import { SEED } from "./text/schema";

function pair(options: Partial<BindingOptions> = {}) {
  const random = dice(7);
  const [ada, bob] = [1, 2].map((clientID) => writer(Object.assign(new Y.Doc(), { clientID }), random, options));
  return { ada: ada!, bob: bob!, meet: () => meet(ada!.doc, bob!.doc) };
}

const html = ({ state }: Editor): string => state.doc.toString();

/** Puts the caret behind these words. */
function behind(editor: Editor, words: string): void {
  let place = -1;
  editor.state.doc.descendants((node, position) => {
    const at = node.isTextblock ? node.textContent.indexOf(words) : -1;
    if (place < 0 && at >= 0) place = position + 1 + at + words.length;
  });
  assert.ok(place >= 0, `${words} is not in ${html(editor)}`);
  editor.commands.setTextSelection(place);
}

function select(editor: Editor, words: string): void {
  behind(editor, words);
  const to = editor.state.selection.from;
  editor.commands.setTextSelection({ from: to - words.length, to });
}

test("two in an empty text each go on in their own word, whoever's letters come first", () => {
  for (const clientIDs of [[1, 2], [2, 1]] as const) {
    const [ada, bob] = clientIDs.map((clientID) => writer(Object.assign(new Y.Doc(), { clientID }), dice(7)));
    for (const { editor } of [ada!, bob!]) editor.commands.setTextSelection(1);
    type(ada!.editor, "o");
    meet(ada!.doc, bob!.doc);
    assert.equal(bob!.editor.state.selection.from, 1, "bob's caret is where it was");
    // At the same time.
    type(ada!.editor, "ne");
    type(bob!.editor, "TWO");
    meet(ada!.doc, bob!.doc);
    assert.equal(html(ada!.editor), 'doc(paragraph("TWOone"))');
    assert.equal(html(bob!.editor), html(ada!.editor));
  }
});

test("a word that one is in the midst of stays whole, whatever another puts behind what he sees of it", () => {
  const puts: Record<string, (editor: Editor) => unknown> = {
    letters: (editor) => type(editor, "TWO"),
    "words, as if dropped": (editor) => editor.commands.insertContent("two words"),
    lines: (editor) => editor.view.dispatch(editor.state.tr.replaceSelection(Slice.fromJSON(editor.schema, { content: [1, 2].map((number) => ({ type: "paragraph", content: [{ type: "text", text: `line ${number}` }] })), openStart: 1, openEnd: 1 }))),
    Enter: (editor) => press(editor, { key: "Enter" }),
  };
  for (const clientIDs of [[1, 2], [2, 1]] as const) {
    for (const [name, put] of Object.entries(puts)) {
      for (const behindIt of ["", " end"]) {
        const [ada, bob] = clientIDs.map((clientID) => writer(Object.assign(new Y.Doc(), { clientID }), dice(7)));
        bob!.editor.commands.setContent(`<p>begin ${behindIt}</p>`);
        meet(ada!.doc, bob!.doc);
        ada!.editor.commands.setTextSelection(7);
        type(ada!.editor, "wo");
        meet(ada!.doc, bob!.doc);
        behind(bob!.editor, "wo");
        // At the same time.
        put(bob!.editor);
        type(ada!.editor, "rd");
        meet(ada!.doc, bob!.doc);
        assert.match(html(ada!.editor), /word/, `${name} ${behindIt}, ${clientIDs}: ${html(ada!.editor)}`);
        assert.equal(html(bob!.editor), html(ada!.editor));
        // Corrected, and gone on with.
        const { from } = ada!.editor.state.selection;
        ada!.editor.commands.deleteRange({ from: from - 1, to: from });
        meet(ada!.doc, bob!.doc);
        behind(bob!.editor, "wor");
        put(bob!.editor);
        type(ada!.editor, "ks");
        meet(ada!.doc, bob!.doc);
        assert.match(html(ada!.editor), /works/, `${name} ${behindIt}, ${clientIDs}: ${html(ada!.editor)}`);
      }
    }
  }
});

const paragraphOf = (text: string) => ({ type: "paragraph", content: [{ type: "text", text }] });

/** Drags these words to behind those, as a mouse does. */
function drag(editor: Editor, words: string, to: string): void {
  behind(editor, to);
  const target = editor.state.selection.from;
  select(editor, words);
  const { tr } = editor.state;
  const slice = tr.selection.content();
  tr.deleteSelection();
  const place = tr.mapping.map(target);
  editor.view.dispatch(tr.replaceRange(place, place, slice));
}

test("a word that one is in the midst of stays whole, whatever is dragged beside it: words of the same letters, from its line or another", () => {
  const next = dice(SEED);
  const letters = (): string => Array.from({ length: 1 + Math.floor(next() * 3) }, () => "ab"[Math.floor(next() * 2)]).join("");
  for (let run = 0; run < 60; run++) {
    const [ada, bob] = [1, 2].map((clientID) => writer(Object.assign(new Y.Doc(), { clientID }), next));
    const [seen, rest, other, end] = [`W${letters()}`, letters(), letters(), letters()];
    const isElsewhere = next() < 0.5;
    const line = isElsewhere ? `L | ${end}` : `L D${other} | ${end}`;
    const lines = [paragraphOf(line), ...(isElsewhere ? [{ type: "horizontalRule" }, paragraphOf(`M D${other} ${end}`)] : [])];
    bob!.editor.commands.setContent({ type: "doc", content: next() < 0.5 ? lines : [{ type: "blockquote", content: lines }] });
    meet(ada!.doc, bob!.doc);
    behind(ada!.editor, "|");
    type(ada!.editor, seen);
    meet(ada!.doc, bob!.doc);
    // At the same time.
    if (next() < 0.3) drag(bob!.editor, ` ${end}`, "L");
    else drag(bob!.editor, `D${other}`, seen);
    type(ada!.editor, rest);
    meet(ada!.doc, bob!.doc);
    assert.ok(ada!.editor.state.doc.textContent.includes(seen + rest), `seed ${SEED}, run ${run}: ${seen}, ${rest} is torn in ${html(ada!.editor)}`);
    assert.equal(html(bob!.editor), html(ada!.editor));
  }
});

test("who composes puts nothing into the midst of a word of which the rest has come meanwhile, and is not shown to him yet", () => {
  const puts: Record<string, (editor: Editor) => unknown> = {
    letters: (editor) => type(editor, "TWO"),
    "words, as if dropped": (editor) => editor.commands.insertContent("two words"),
    Enter: (editor) => press(editor, { key: "Enter" }),
    "words of the line": (editor) => drag(editor, "begin", "wo"),
  };
  for (const [name, put] of Object.entries(puts)) {
    for (const behindIt of ["", " end"]) {
      const { ada, bob, meet } = pair();
      bob.editor.commands.setContent({ type: "doc", content: [paragraphOf(`begin ${behindIt}`)] });
      meet();
      behind(ada.editor, "begin ");
      type(ada.editor, "wo");
      meet();
      behind(bob.editor, "wo");
      bob.binding.compose(bob.editor.state.selection.from);
      type(ada.editor, "rd");
      meet();
      assert.match(html(bob.editor), new RegExp(`begin wo${behindIt}"`), "he does not see it yet");
      put(bob.editor);
      bob.binding.compose(null);
      meet();
      assert.match(html(ada.editor), /word/, `${name} ${behindIt}`);
      assert.equal(html(bob.editor), html(ada.editor));
    }
  }
});

test("a line that is none any more is not moved by who composed and has not seen that, and no word is torn by it", () => {
  const { ada, bob, meet } = pair();
  type(ada.editor, "above");
  ada.binding.undoManager.stopCapturing();
  press(ada.editor, { key: "Enter" });
  ada.binding.undoManager.stopCapturing();
  meet();
  // Bob's word stands in the line of which Ada's undo takes the end away.
  bob.editor.commands.setTextSelection(bob.editor.state.doc.content.size - 1);
  type(bob.editor, "wo");
  press(bob.editor, { key: "Enter" });
  type(bob.editor, "below");
  meet();
  behind(bob.editor, "wo");
  bob.binding.compose(bob.editor.state.selection.from);
  const carl = writer(Object.assign(new Y.Doc(), { clientID: 3 }), dice(7));
  Y.applyUpdate(carl.doc, Y.encodeStateAsUpdate(bob.doc));
  ada.undo();
  meet();
  moveLines(1)(bob.editor.state, (tr) => bob.editor.view.dispatch(tr));
  bob.binding.compose(null);
  behind(carl.editor, "wo");
  type(carl.editor, "rd");
  for (let round = 0; round < 2; round++) {
    meet();
    for (const [to, from] of [[carl.doc, ada.doc], [ada.doc, carl.doc]] as const) Y.applyUpdate(to, Y.encodeStateAsUpdate(from));
  }
  assert.match(html(ada.editor), /word/);
  assert.equal(html(bob.editor), html(ada.editor));
});

test("what one writes another sees", () => {
  const { ada, bob, meet } = pair();
  type(ada.editor, "One");
  press(ada.editor, { key: "Enter" });
  type(ada.editor, "Two");
  ada.editor.commands.toggleHeading({ level: 2 });
  press(ada.editor, { key: "Enter" });
  ada.editor.commands.toggleBulletList();
  type(ada.editor, "three");
  press(ada.editor, { key: "Enter" });
  type(ada.editor, "four");
  press(ada.editor, { key: "Tab" });
  meet();
  assert.equal(html(ada.editor), 'doc(paragraph("One"), heading("Two"), bulletList(listItem(paragraph("three"), bulletList(listItem(paragraph("four"))))))');
  assert.equal(html(bob.editor), html(ada.editor));
  behind(bob.editor, "O");
  type(bob.editor, "!");
  select(bob.editor, "Two");
  bob.editor.commands.toggleBold();
  meet();
  assert.equal(html(ada.editor), html(bob.editor));
  assert.match(html(ada.editor), /"O!ne".*heading\(bold\("Two"\)\)/);
});

test("who writes in a line loses nothing, whatever another makes of it", () => {
  const { ada, bob, meet } = pair();
  type(ada.editor, "one two three");
  meet();
  behind(bob.editor, "two");
  type(bob.editor, " words");
  ada.editor.commands.toggleHeading({ level: 1 });
  behind(ada.editor, "one");
  press(ada.editor, { key: "Enter" });
  ada.editor.commands.toggleTaskList();
  meet();
  assert.equal(html(ada.editor), html(bob.editor));
  assert.match(html(ada.editor), /two words three/);
  assert.equal(bob.editor.state.selection.$head.parent.textBetween(0, bob.editor.state.selection.$head.parentOffset), " two words", "the caret is where it was");
});

test("a line that is deleted while another writes in it stands again with his words", () => {
  const { ada, bob, meet } = pair();
  type(ada.editor, "one");
  press(ada.editor, { key: "Enter" });
  type(ada.editor, "two");
  press(ada.editor, { key: "Enter" });
  type(ada.editor, "three");
  meet();
  behind(bob.editor, "two");
  type(bob.editor, " more");
  const { doc } = ada.editor.state;
  ada.pause();
  ada.editor.view.dispatch(ada.editor.state.tr.delete(doc.child(0).nodeSize, doc.child(0).nodeSize + doc.child(1).nodeSize));
  assert.equal(html(ada.editor), 'doc(paragraph("one"), paragraph("three"))');
  meet();
  assert.equal(html(ada.editor), 'doc(paragraph("one"), paragraph(" more"), paragraph("three"))');
  assert.equal(html(bob.editor), html(ada.editor));
  ada.undo();
  assert.match(html(ada.editor), /paragraph\("two more"\)/);
});

test("who was writing in a line that another deleted is told, and keeps it or deletes it too", () => {
  for (const choice of ["keep", "remove"] as const) {
    let now = 0;
    const { ada, bob, meet } = pair({ now: () => now });
    const told: Rescued[] = [];
    const others: Rescued[] = [];
    bob.binding.onRescued((each) => told.push(each));
    ada.binding.onRescued((each) => others.push(each));
    for (const words of ["one", "two", "three"]) {
      type(ada.editor, words);
      press(ada.editor, { key: "Enter" });
    }
    meet();
    const removeLine = (editor: Editor, index: number): void => {
      const { doc, tr } = editor.state;
      const start = doc.content.content.slice(0, index).reduce((sum, { nodeSize }) => sum + nodeSize, 0);
      editor.view.dispatch(tr.delete(start, start + doc.child(index).nodeSize));
    };
    behind(bob.editor, "one");
    type(bob.editor, " old");
    now += 6 * 60_000;
    behind(bob.editor, "two");
    type(bob.editor, " more");
    removeLine(ada.editor, 0);
    removeLine(ada.editor, 0);
    meet();
    assert.equal(html(bob.editor), 'doc(paragraph(" old"), paragraph(" more"), paragraph("three"), paragraph)');
    assert.deepEqual(told.map(({ client, position }) => [client, position()]), [[1, 6]], "of what he wrote minutes ago he is not told");
    assert.deepEqual(others, []);
    told[0]![choice]();
    meet();
    const kept = choice === "keep" ? ', paragraph(" more")' : "";
    assert.equal(html(ada.editor), `doc(paragraph(" old")${kept}, paragraph("three"), paragraph)`);
    if (choice === "keep") {
      behind(ada.editor, " more");
      const { from } = ada.editor.state.selection;
      ada.editor.view.dispatch(ada.editor.state.tr.delete(from - 5, from));
      assert.equal(html(ada.editor), 'doc(paragraph(" old"), paragraph, paragraph("three"), paragraph)', "it is a line like any other");
    } else {
      assert.equal(told[0]!.position(), null);
      bob.undo();
      meet();
      assert.match(html(ada.editor), / more/);
    }
  }
});

test("lines are joined and split, and moved, without a word being written again", () => {
  const { ada, bob, meet } = pair();
  for (const word of ["one", "two", "three"]) {
    type(ada.editor, word);
    press(ada.editor, { key: "Enter" });
  }
  meet();
  behind(bob.editor, "two");
  type(bob.editor, "!");
  behind(ada.editor, "one");
  ada.editor.commands.setTextSelection(ada.editor.state.selection.from + 2);
  press(ada.editor, { key: "Backspace" });
  meet();
  assert.equal(html(ada.editor), 'doc(paragraph("onetwo!"), paragraph("three"), paragraph)');
  assert.equal(html(bob.editor), html(ada.editor));
  type(bob.editor, "?");
  behind(ada.editor, "on");
  press(ada.editor, { key: "Enter" });
  meet();
  assert.equal(html(ada.editor), 'doc(paragraph("on"), paragraph("etwo!?"), paragraph("three"), paragraph)');
  behind(ada.editor, "etw");
  press(ada.editor, { key: "Enter" });
  assert.equal(html(ada.editor), 'doc(paragraph("on"), paragraph("etw"), paragraph("o!?"), paragraph("three"), paragraph)');
  const letters = ada.doc.getText("text").length;
  const { state } = ada.editor;
  const blocks = [2, 0, 1, 3, 4].map((index) => state.doc.child(index));
  ada.editor.view.dispatch(state.tr.replaceWith(0, state.doc.content.size, blocks));
  assert.equal(ada.doc.getText("text").length, letters, "nothing is written again");
  type(bob.editor, "#");
  meet();
  assert.equal(html(ada.editor), 'doc(paragraph("o!?#"), paragraph("on"), paragraph("etw"), paragraph("three"), paragraph)');
  assert.equal(html(bob.editor), html(ada.editor));
});

test("where several places are others at once, what stands between them stays, with what another writes there", () => {
  const { ada, bob, meet } = pair();
  for (const words of ["alpha beta gamma delta", "epsilon zeta eta", "theta iota"]) {
    type(ada.editor, words);
    press(ada.editor, { key: "Enter" });
  }
  meet();
  for (const words of ["gam", "zet", "thet"]) {
    behind(bob.editor, words);
    type(bob.editor, "!");
  }
  // Words dragged within a line, and the end of a line dragged into another.
  const { schema } = ada.editor;
  const paragraphs = (...lines: string[]) => lines.map((line) => schema.nodes["paragraph"]!.create(null, line ? schema.text(line) : null));
  const { state } = ada.editor;
  ada.editor.view.dispatch(state.tr.replaceWith(0, state.doc.content.size, paragraphs("alpha gamma delta epsilon beta", "zeta eta the", "ta iota", "")));
  meet();
  assert.equal(html(ada.editor), html(bob.editor));
  assert.equal(html(ada.editor), 'doc(paragraph("alpha gam!ma delta epsilon beta"), paragraph("zet!a eta the"), paragraph("t!a iota"), paragraph)');
});

test("of words that are dragged within a line those stay that were not dragged, with what another writes in them", () => {
  for (const [from, to, target] of [[17, 30, 1], [1, 8, 17]] as const) {
    const { ada, bob, meet } = pair();
    type(ada.editor, "one wo thirteen considerable end");
    meet();
    behind(bob.editor, from === 1 ? "thir" : "one w");
    type(bob.editor, "12");
    const { tr } = ada.editor.state;
    const slice = tr.doc.slice(from, to);
    tr.delete(from, to);
    const place = tr.mapping.map(target);
    ada.editor.view.dispatch(tr.replaceRange(place, place, slice));
    meet();
    type(bob.editor, "3");
    meet();
    assert.equal(html(ada.editor), html(bob.editor));
    assert.match(html(ada.editor), from === 1 ? /"thir123teen one wo considerable end"/ : /"considerable one w123o thirteen end"/);
  }
});

test("a word stays whole where the link in which it was begun ends before it, as another deletes the rest", () => {
  for (const swap of [false, true]) {
    const { ada, bob, meet } = pair();
    const [one, other] = swap ? [bob, ada] : [ada, bob];
    type(one.editor, "one two end");
    select(one.editor, "one two");
    one.editor.commands.setLink({ href: "https://example.com" });
    meet();
    behind(other.editor, "one ");
    type(other.editor, "H");
    select(one.editor, "two");
    one.editor.commands.deleteSelection();
    const seen = Y.encodeStateAsUpdate(one.doc);
    type(one.editor, "xyz");
    Y.applyUpdate(other.doc, seen);
    type(other.editor, "qz");
    meet();
    assert.equal(html(one.editor), html(other.editor));
    assert.match(one.editor.state.doc.textContent, /Hqz/);
    assert.match(one.editor.state.doc.textContent, /xyz/);
  }
});

test("undo takes back one's own and brings the caret there, and redo does it again", () => {
  const { ada, bob, meet } = pair();
  type(ada.editor, "one two");
  meet();
  ada.pause();
  select(ada.editor, "two");
  ada.editor.commands.deleteSelection();
  type(ada.editor, "three");
  behind(bob.editor, "one");
  type(bob.editor, " and");
  meet();
  ada.editor.commands.setTextSelection(1);
  ada.undo();
  assert.equal(html(ada.editor), 'doc(paragraph("one and two"))');
  const { from, to } = ada.editor.state.selection;
  assert.equal(ada.editor.state.doc.textBetween(from, to), "two");
  ada.redo();
  assert.equal(html(ada.editor), 'doc(paragraph("one and three"))');
});

test("what an undo brings back does not come between the letters of a word that somebody writes there", () => {
  for (const swap of [false, true]) {
    const { ada, bob, meet } = pair();
    const [one, other] = swap ? [bob, ada] : [ada, bob];
    type(one.editor, "one two");
    meet();
    behind(other.editor, "one ");
    type(other.editor, "bi");
    meet();
    one.pause();
    select(one.editor, "two");
    one.editor.commands.deleteSelection();
    meet();
    one.undo();
    type(other.editor, "rd");
    meet();
    assert.match(html(ada.editor), /bird/);
    assert.match(html(ada.editor), /two/);
    assert.equal(html(bob.editor), html(ada.editor));
  }
});

test("who writes on where another deletes and takes that back writes on in the same word", () => {
  for (const swap of [false, true]) {
    const { ada, bob, meet } = pair();
    const [one, other] = swap ? [bob, ada] : [ada, bob];
    type(one.editor, "one tw");
    meet();
    one.pause();
    select(one.editor, "tw");
    one.editor.commands.deleteSelection();
    behind(other.editor, "tw");
    type(other.editor, "o!");
    meet();
    one.undo();
    meet();
    assert.equal(html(ada.editor), 'doc(paragraph("one two!"))');
    assert.equal(html(bob.editor), html(ada.editor));
  }
});

test("what others do where somebody composes is shown when he is done, and both stand whole", () => {
  const { ada, bob, meet } = pair();
  type(ada.editor, "one two");
  press(ada.editor, { key: "Enter" });
  type(ada.editor, "three");
  meet();
  behind(ada.editor, "one");
  ada.compose!(true);
  type(ada.editor, "に");
  behind(bob.editor, "two");
  type(bob.editor, "!");
  behind(bob.editor, "on");
  type(bob.editor, "?");
  behind(bob.editor, "three");
  type(bob.editor, "#");
  select(bob.editor, " tw");
  bob.editor.commands.deleteSelection();
  const line = ada.editor.state.doc.firstChild;
  meet();
  assert.equal(html(ada.editor), 'doc(paragraph("oneに two"), paragraph("three#"))');
  assert.ok(ada.editor.state.doc.firstChild === line, "its line is the very same");
  behind(ada.editor, "に");
  type(ada.editor, "ほん");
  assert.equal(html(ada.editor), 'doc(paragraph("oneにほん two"), paragraph("three#"))');
  meet();
  assert.equal(html(bob.editor), 'doc(paragraph("on?eにほんo!"), paragraph("three#"))');
  ada.compose!(false);
  assert.equal(html(ada.editor), html(bob.editor));
  const { parentOffset } = ada.editor.state.selection.$head;
  assert.equal(parentOffset, "on?eにほん".length, "the caret is behind what was composed");
});

test("what would draw anew the line in which somebody composes is shown when he is done", () => {
  const acts: Record<string, (editor: Editor) => void> = {
    split: (editor) => press(editor, { key: "Enter" }),
    heading: (editor) => editor.commands.toggleHeading({ level: 1 }),
    list: (editor) => editor.commands.toggleBulletList(),
    hidden: (editor) => editor.view.dispatch(editor.state.tr.delete(5, 5 + editor.state.doc.child(1).nodeSize)),
    moved: (editor) => editor.view.dispatch(editor.state.tr.replaceWith(0, 10, [editor.state.doc.child(1), editor.state.doc.child(0)])),
    joined: (editor) => {
      editor.commands.setTextSelection(editor.state.doc.child(0).nodeSize + 1);
      press(editor, { key: "Backspace" });
    },
  };
  for (const [name, act] of Object.entries(acts)) {
    const { ada, bob, meet } = pair();
    for (const words of ["abc", "defg", "h"]) {
      type(ada.editor, words);
      press(ada.editor, { key: "Enter" });
    }
    meet();
    behind(ada.editor, "de");
    ada.compose!(true);
    type(ada.editor, "1");
    behind(bob.editor, "def");
    act(bob.editor);
    const line = ada.editor.state.doc.child(1);
    meet();
    assert.ok(ada.editor.state.doc.content.content.includes(line), `${name}: ${html(ada.editor)}`);
    type(ada.editor, "2");
    assert.match(html(ada.editor), /paragraph\("de12fg"\)/, name);
    // An Enter in the midst of it ends it.
    const enters = name === "heading";
    if (enters) press(ada.editor, { key: "Enter" });
    else ada.compose!(false);
    meet();
    assert.equal(html(ada.editor), html(bob.editor), name);
    assert.match(html(ada.editor), enters ? /paragraph\("de12"\), heading\("fg"\)/ : name === "hidden" ? /"12"/ : /de12f/, name);
    const { $head } = ada.editor.state.selection;
    if (!enters) assert.match($head.parent.textContent.slice(0, $head.parentOffset), /12$/, name);
  }
});

test("tables are rectangular whatever two add to them", () => {
  const { ada, bob, meet } = pair();
  ada.editor.commands.insertTable({ rows: 2, cols: 2, withHeaderRow: true });
  type(ada.editor, "head");
  meet();
  behind(bob.editor, "head");
  bob.editor.commands.addColumnAfter();
  ada.editor.commands.addRowAfter();
  behind(ada.editor, "head");
  type(ada.editor, "er");
  meet();
  assert.equal(html(bob.editor), html(ada.editor));
  const table = ada.editor.state.doc.firstChild!;
  assert.deepEqual(table.content.content.map(({ childCount }) => childCount), [3, 3, 3]);
  assert.match(html(ada.editor), /tableHeader\(paragraph\("header"\)\)/);
  behind(bob.editor, "head");
  bob.editor.commands.deleteRow();
  type(ada.editor, "!");
  meet();
  assert.equal(html(bob.editor), html(ada.editor));
  assert.match(html(ada.editor), /paragraph\("!"\)/, "what was written in the row stands behind the table");
});

const actsIn = (doc: Y.Doc): number => {
  const keys = new Set<string>();
  for (const { attributes } of doc.getText("text").toDelta() as { attributes?: object }[]) for (const key of Object.keys(attributes ?? {})) keys.add(key);
  return keys.size;
};

test("who is alone leaves no more acts behind than are drawn, and can take them all back", () => {
  const left: number[] = [];
  const all: string[][] = [];
  for (const isAlone of [false, true]) {
    const random = dice(SEED);
    const below = (end: number): number => Math.floor(random() * end);
    const { ada, bob, meet } = pair({ isAlone: () => isAlone });
    for (const words of ["one two three four ", "five six seven eight "]) {
      type(ada.editor, words.repeat(6));
      press(ada.editor, { key: "Enter" });
    }
    meet();
    select(bob.editor, "six");
    bob.editor.commands.setItalic();
    const before = html(ada.editor);
    const drawn = [before];
    for (let each = 0; each < 250; each++) {
      ada.pause();
      const [from, to] = [1 + below(230), 1 + below(230)];
      ada.editor.commands.setTextSelection({ from: Math.min(from, to), to: Math.max(from, to) + 1 });
      ada.editor.commands.toggleMark(["bold", "highlight"][below(2)]!);
      drawn.push(html(ada.editor));
    }
    const copy = writer(new Y.Doc(), random);
    Y.applyUpdate(copy.doc, Y.encodeStateAsUpdate(ada.doc));
    assert.equal(html(copy.editor), html(ada.editor), `TEST_SEED=${SEED}`);
    left.push(actsIn(ada.doc));
    all.push([...drawn]);
    for (const was of drawn.reverse()) {
      const now = html(ada.editor);
      if (was === now) continue;
      // What one did may show nothing.
      while (html(ada.editor) === now && ada.binding.undo());
      assert.equal(html(ada.editor), was, `TEST_SEED=${SEED} ${isAlone}`);
    }
    meet();
    assert.equal(html(ada.editor), html(bob.editor));
    assert.match(html(ada.editor), /italic\("six"\)/, "what another did meanwhile holds");
  }
  assert.deepEqual(all[1], all[0], `TEST_SEED=${SEED}`);
  const [amongOthers, alone] = left as [number, number];
  assert.ok(alone < amongOthers, `${alone} of ${amongOthers}, TEST_SEED=${SEED}`);
});

test("two merge cells that overlap, and others write in them: the table stays rectangular, and every word stands", () => {
  const { ada, bob, meet } = pair();
  ada.editor.commands.insertTable({ rows: 3, cols: 3, withHeaderRow: false });
  for (const word of ["aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh", "ii"]) {
    type(ada.editor, word);
    ada.editor.commands.goToNextCell();
  }
  meet();
  const merge = (editor: Editor, from: string, to: string): void => {
    const [one, other] = [from, to].map((word) => {
      behind(editor, word);
      return editor.state.selection.$from.before(-1);
    });
    editor.commands.setCellSelection({ anchorCell: one!, headCell: other! });
    assert.ok(editor.commands.mergeCells());
  };
  behind(bob.editor, "ff");
  merge(ada.editor, "aa", "ee");
  assert.equal(ada.editor.state.doc.firstChild!.firstChild!.firstChild!.textContent, "aabbddee");
  merge(bob.editor, "ee", "ii");
  behind(bob.editor, "bb");
  type(bob.editor, "!");
  meet();
  assert.equal(html(ada.editor), html(bob.editor));
  const table = ada.editor.state.doc.firstChild!;
  const map = TableMap.get(table);
  assert.deepEqual([map.width, map.height, map.problems], [3, 3, null]);
  for (const word of ["aa", "bb!", "cc", "dd", "ee", "ff", "gg", "hh", "ii"]) assert.equal(table.textContent.split(word).length, 2, html(ada.editor));
  behind(ada.editor, "aa");
  ada.editor.commands.addRowAfter();
  ada.editor.commands.addColumnBefore();
  meet();
  assert.equal(html(ada.editor), html(bob.editor));
  assert.equal(TableMap.get(bob.editor.state.doc.firstChild!).problems, null);
  behind(bob.editor, "aa");
  assert.ok(bob.editor.commands.splitCell());
  meet();
  assert.equal(html(ada.editor), html(bob.editor));
  while (bob.binding.undo());
  while (ada.binding.undo());
  meet();
  assert.equal(html(ada.editor), "doc(paragraph)");
});

test("a table stands in a quote or in an item of a list; one that is put into a cell becomes lines of that cell", () => {
  const { ada, bob, meet } = pair();
  const nodes = (json: object[]): void => {
    const { state, schema } = ada.editor;
    ada.editor.view.dispatch(state.tr.replaceWith(0, state.doc.content.size, json.map((each) => schema.nodeFromJSON(each))));
  };
  const paragraph = (text: string) => ({ type: "paragraph", content: [{ type: "text", text }] });
  const table = (...content: object[]) => ({ type: "table", content: [{ type: "tableRow", content: [{ type: "tableCell", content }] }] });
  nodes([
    { type: "blockquote", content: [paragraph("said"), table(paragraph("one"))] },
    { type: "bulletList", content: [{ type: "listItem", content: [paragraph("item"), table(paragraph("two"), table(paragraph("deep")))] }] },
  ]);
  meet();
  const drawn = 'doc(blockquote(paragraph("said"), table(tableRow(tableCell(paragraph("one"))))), bulletList(listItem(paragraph("item"), table(tableRow(tableCell(paragraph("two"), paragraph("deep")))))))';
  assert.equal(html(ada.editor), drawn);
  assert.equal(html(bob.editor), drawn);
  behind(bob.editor, "one");
  bob.editor.commands.addColumnAfter();
  behind(ada.editor, "said");
  ada.editor.commands.lift("blockquote");
  behind(ada.editor, "two");
  ada.editor.commands.addRowAfter();
  type(ada.editor, "!");
  meet();
  assert.equal(html(ada.editor), html(bob.editor));
  assert.equal(html(ada.editor), 'doc(paragraph("said"), blockquote(table(tableRow(tableCell(paragraph("one")), tableCell(paragraph)))), bulletList(listItem(paragraph("item"), table(tableRow(tableCell(paragraph("two!"), paragraph("deep"))), tableRow(tableCell(paragraph))))))');
});

test("a deletion from within a cell to elsewhere joins what another writes behind it", () => {
  for (const [from, to] of [["he", "af"], ["fo", "he"], ["he", "ce"]] as const) {
    const { ada, bob, meet } = pair();
    type(ada.editor, "fore");
    press(ada.editor, { key: "Enter" });
    ada.editor.commands.insertTable({ rows: 1, cols: 2, withHeaderRow: false });
    type(ada.editor, "head");
    ada.editor.commands.goToNextCell();
    type(ada.editor, "cell");
    ada.editor.commands.setTextSelection(ada.editor.state.doc.content.size - 1);
    type(ada.editor, "after");
    meet();
    behind(bob.editor, to.slice(0, 2));
    bob.editor.commands.setTextSelection(bob.editor.state.selection.from + 1);
    type(bob.editor, "12");
    behind(ada.editor, from);
    const anchor = ada.editor.state.selection.from;
    behind(ada.editor, to);
    ada.editor.commands.setTextSelection({ from: anchor, to: ada.editor.state.selection.from });
    ada.editor.commands.deleteSelection();
    meet();
    assert.equal(html(ada.editor), html(bob.editor));
    const end = { af: "t12er", he: "a12d", ce: "l12l" }[to];
    assert.equal(ada.editor.state.doc.textContent.split(`${from}${end}`).length, 2, html(ada.editor));
    type(bob.editor, "3");
    meet();
    assert.equal(html(ada.editor), html(bob.editor));
    assert.match(html(ada.editor), /123/);
  }
});

test("words in the line of a thing are moved with what another writes behind them", () => {
  for (const swap of [false, true]) {
    const { ada, bob, meet } = pair();
    const [one, other] = swap ? [bob, ada] : [ada, bob];
    const text = one.doc.getText("text");
    for (const [words, kind] of [["first", null], ["words", "rule"]] as const) {
      text.insert(text.length, words);
      text.insertEmbed(text.length, new Y.Map<unknown>(kind ? [["kind", kind]] : []));
    }
    meet();
    assert.equal(html(one.editor), 'doc(paragraph("first"), paragraph("words"), horizontalRule)');
    const { state } = one.editor;
    const blocks = [1, 0, 2].map((index) => state.doc.child(index));
    behind(other.editor, "words");
    type(other.editor, "12");
    one.editor.view.dispatch(state.tr.replaceWith(0, state.doc.content.size, blocks));
    meet();
    assert.equal(html(one.editor), 'doc(paragraph("words12"), paragraph("first"), horizontalRule)');
    assert.equal(html(other.editor), html(one.editor));
  }
});

test("Yjs does not tidy up formats in the copy of somebody who reads", () => {
  const { ada, bob } = pair();
  const reader = new Y.Doc();
  const third = writer(reader, dice(1));
  const sent: Uint8Array[] = [];
  reader.on("update", (_update: Uint8Array, _origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
    if (transaction.local) sent.push(_update);
  });
  ada.doc.getText("text").insert(0, "one two three");
  meet(ada.doc, bob.doc, reader);
  for (const { doc } of [ada, bob]) doc.getText("text").format(0, 7, { "b:same": 1 });
  // The reader gets both before either has seen the other's.
  for (const { doc } of [ada, bob]) Y.applyUpdate(reader, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(reader)));
  assert.deepEqual(sent, []);
  third.destroy();
});

/** Takes a block out of a document, and puts it before another: what dragging does. */
function move(editor: Editor, from: number, to: number): void {
  const placeOf = (doc: Node, index: number): number => Array.from({ length: index }, (_, at) => doc.child(at).nodeSize).reduce((sum, size) => sum + size, 0);
  const { doc, tr } = editor.state;
  const [block, place] = [doc.child(from), placeOf(doc, from)];
  tr.delete(place, place + block.nodeSize);
  editor.view.dispatch(tr.insert(placeOf(tr.doc, to), block));
}

test("what is moved stands where it was put, wherever the lines before it were moved", () => {
  const { ada, bob, meet } = pair();
  const list = 'bulletList(listItem(paragraph("a")), listItem(paragraph("b")))';
  ada.editor.commands.setContent("<ul><li><p>a</p></li><li><p>b</p></li></ul><p>1</p><p>2</p><p>3</p><p>4</p><p>5</p>");
  const shown = [1, 2, 3, 4, 5].map((number) => `paragraph("${number}")`);
  for (let place = 1; place <= 5; place++) {
    move(ada.editor, place - 1, place);
    assert.equal(html(ada.editor), `doc(${[...shown.slice(0, place), list, ...shown.slice(place)].join(", ")})`);
  }
  meet();
  assert.equal(html(bob.editor), html(ada.editor));
});

test("Enter in a line that was moved breaks it where it stands", () => {
  const { ada } = pair();
  ada.editor.commands.setContent("<p>aa</p><p>bb two</p><p>cc</p>");
  move(ada.editor, 1, 2);
  move(ada.editor, 0, 1);
  behind(ada.editor, "bb");
  press(ada.editor, { key: "Enter" });
  assert.equal(html(ada.editor), 'doc(paragraph("cc"), paragraph("aa"), paragraph("bb"), paragraph(" two"))');
});

test("what is pasted stands where it was put, in its order, before a line that was moved", () => {
  const { editor } = pair().ada;
  editor.commands.setContent("<p>aa</p><p>bb</p><p>ccb</p>");
  move(editor, 2, 1);
  // From within the first line to the beginning of the third.
  editor.view.dispatch(editor.state.tr.replace(2, 2, editor.state.doc.slice(2, 10)));
  assert.equal(html(editor), 'doc(paragraph("aa"), paragraph("ccb"), paragraph("a"), paragraph("ccb"), paragraph("bb"))');
  for (let times = 0; times < 5; times++) {
    editor.commands.setContent("<p>aa</p><p>bb two</p><p>cc</p>");
    move(editor, 0, 1);
    editor.commands.insertContentAt({ from: 3, to: 10 }, "<img src='https://a.example/1'><img src='https://a.example/2'><img src='https://a.example/3'>");
    const images: unknown[] = [];
    editor.state.doc.descendants(({ attrs }) => void (attrs["src"] && images.push(attrs["src"])));
    assert.deepEqual(images, [1, 2, 3].map((number) => `https://a.example/${number}`), html(editor));
  }
});

test("things and lines that are put over the end of a line that was moved stand in their order", () => {
  const { ada, bob, meet } = pair();
  const { editor } = ada;
  const { nodes, text } = { nodes: editor.schema.nodes, text: (words: string) => editor.schema.nodes["paragraph"]!.create(null, editor.schema.text(words)) };
  const rule = () => nodes["horizontalRule"]!.create();
  editor.commands.setContent("<p>aa</p><p>bb two</p>");
  move(editor, 1, 0);
  editor.view.dispatch(editor.state.tr.replaceWith(8, 10, [rule(), text("ff"), text("gg")]));
  assert.equal(html(editor), 'doc(paragraph("bb two"), horizontalRule, paragraph("ff"), paragraph("gg"), paragraph("a"))');
  ada.pause();
  editor.commands.setContent("<p>bb</p><p>cc two</p><p>aa</p>");
  move(editor, 1, 0);
  move(editor, 2, 1);
  ada.pause();
  const before = html(editor);
  editor.view.dispatch(editor.state.tr.replaceWith(7, 9, [text("ff"), rule(), text("gg"), rule()]));
  const after = html(editor);
  assert.equal(after, 'doc(paragraph("cc two"), paragraph("ff"), horizontalRule, paragraph("gg"), horizontalRule, paragraph("aa"), paragraph("bb"))');
  meet();
  assert.equal(html(bob.editor), after);
  ada.undo();
  assert.equal(html(editor), before, "what put them in order is one act with what put them there");
});

test("wherever blocks are moved and broken, the text has them where they were put", () => {
  const random = dice(SEED);
  const below = (limit: number): number => Math.floor(random() * limit);
  for (let round = 0; round < 100; round++) {
    const { editor, destroy } = pair().ada;
    const blocks = [0, 1, 2, 3, 4].map((name) => (below(3) ? `<p>${name} one</p>` : `<ul><li><p>${name} one</p></li><li><p>two</p></li></ul>`));
    editor.commands.setContent(blocks.join(""));
    const done: string[] = [];
    editor.on("transaction", ({ transaction }) => {
      if (isFromText(transaction)) assert.equal(transaction.doc.toString(), transaction.before.toString(), done.join("; "));
    });
    for (let act = 0; act < 5; act++) {
      const { childCount } = editor.state.doc;
      const [from, to, name] = [below(childCount), below(childCount), below(5)];
      const [breaks, puts] = [!below(3), !below(4)];
      if (puts) {
        const { doc, tr, schema } = editor.state;
        const [start, end] = [below(doc.content.size), below(doc.content.size)].sort((one, other) => one - other) as [number, number];
        const nodes = Array.from({ length: 3 }, () => (below(2) ? schema.nodes["horizontalRule"]!.create() : schema.nodes["paragraph"]!.create(null, schema.text(`${name} one`))));
        done.push(html(editor), `${nodes} over ${start} to ${end}`);
        editor.view.dispatch(tr.replaceRange(start, end, new Slice(Fragment.from(nodes), 0, 0)));
        continue;
      }
      done.push(html(editor), breaks ? `Enter in ${name}` : `${from} to ${to}`);
      if (!breaks) move(editor, from, to);
      else if (html(editor).includes(`"${name}`)) {
        behind(editor, `${name}`);
        press(editor, { key: "Enter" });
      }
    }
    destroy();
  }
});
