/** Numbers of lists that go on from those of a list before: drawn from it, whatever becomes of that. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Editor } from "@tiptap/core";
import * as Y from "yjs";

import { markdownToHtml } from "../surfaces/text/clipboard/markdown";
import { readHtml } from "../surfaces/text/clipboard/read-html";
import { takeActs } from "../surfaces/text/lazy";
import * as acts from "../surfaces/text/typing/acts";
import { becomeBlock } from "../surfaces/text/typing/blocks";
import { dropLines } from "../surfaces/text/typing/move";
import { dice } from "./helpers";
import { meet, press, type, writer } from "./text/people";

takeActs(acts);

/** Each line with its number, deeper ones behind a dash a level. */
function lines({ state: { doc } }: Editor): string[] {
  const found: string[] = [];
  doc.descendants((node, position) => {
    if (!node.isTextblock) return true;
    const $at = doc.resolve(position);
    const [item, list] = $at.depth > 1 && $at.index() === 0 ? [$at.depth, $at.node(-1)] : [];
    const number = item && list?.type.name === "orderedList" ? `${Number(list.attrs["start"]) + $at.index(-1)}. ` : "";
    found.push(`${"-".repeat(Math.max(0, Math.floor($at.depth / 2) - 1))}${number}${node.textContent}`);
    return false;
  });
  return found;
}

function caret(editor: Editor, word: string, end = false): void {
  let place = -1;
  editor.state.doc.descendants(({ text = "" }, position) => {
    if (text.includes(word)) place = position + text.indexOf(word) + (end ? word.length : 0);
  });
  assert.ok(place >= 0, word);
  editor.commands.setTextSelection(place);
}

/** Drags the line that begins with one word before the one that begins with another, or behind all. */
function drop({ state, view }: Editor, word: string, before: string | null): void {
  const starts = new Map<string, number>();
  state.doc.descendants((node, position) => {
    if (node.isTextblock) starts.set(node.textContent, position);
  });
  dropLines(starts.get(word)!, before === null ? state.doc.content.size : starts.get(before)!)(state, (tr) => view.dispatch(tr));
}

function two(html: string) {
  const [one, other] = [1, 2].map((seed) => writer(new Y.Doc(), dice(seed))) as [ReturnType<typeof writer>, ReturnType<typeof writer>];
  one.editor.commands.setContent(html);
  meet(one.doc, other.doc);
  one.pause();
  return { one, other, end: () => [one.destroy(), other.destroy()] };
}

test("a list that goes on from another follows it, whoever adds to that or takes from it", () => {
  const { one, other, end } = two("<ol><li>one</li><li>two</li></ol><p>between</p><ol><li>three</li><li>four</li></ol><p>more</p><ol><li>five</li></ol>");
  caret(one.editor, "four");
  acts.act(one.editor, "goOn");
  caret(one.editor, "five");
  acts.act(one.editor, "goOn");
  meet(one.doc, other.doc);
  const both = (): string[] => {
    assert.deepEqual(lines(other.editor), lines(one.editor));
    return lines(one.editor);
  };
  assert.deepEqual(both(), ["1. one", "2. two", "between", "3. three", "4. four", "more", "5. five"]);
  // Another person writes above, while one has written below.
  caret(other.editor, "one", true);
  press(other.editor, { key: "Enter" });
  type(other.editor, "new");
  caret(one.editor, "three", true);
  type(one.editor, "!");
  assert.deepEqual(lines(other.editor), ["1. one", "2. new", "3. two", "between", "4. three", "5. four", "more", "6. five"]);
  meet(one.doc, other.doc);
  assert.deepEqual(both(), ["1. one", "2. new", "3. two", "between", "4. three!", "5. four", "more", "6. five"]);
  other.undo();
  meet(one.doc, other.doc);
  assert.deepEqual(both(), ["1. one", "2. two", "between", "3. three!", "4. four", "more", "5. five"]);
  caret(one.editor, "four");
  acts.act(one.editor, "startAnew");
  assert.deepEqual(lines(one.editor), ["1. one", "2. two", "between", "3. three!", "1. four", "more", "2. five"]);
  caret(one.editor, "four");
  acts.act(one.editor, "goOn");
  caret(one.editor, "three");
  acts.act(one.editor, "startAnew");
  assert.deepEqual(lines(one.editor), ["1. one", "2. two", "between", "1. three!", "2. four", "more", "3. five"]);
  end();
});

test("what is left of a list behind a line that was taken out of it goes on from what stands before that line", () => {
  const { one, other, end } = two("<ol><li>one</li><li>two</li><li>three</li><li>four</li></ol>");
  caret(one.editor, "three");
  acts.act(one.editor, "orderedList");
  assert.deepEqual(lines(one.editor), ["1. one", "2. two", "three", "3. four"]);
  caret(one.editor, "one");
  press(one.editor, { key: "Backspace" });
  assert.deepEqual(lines(one.editor), ["one", "1. two", "three", "2. four"]);
  meet(one.doc, other.doc);
  caret(other.editor, "two", true);
  press(other.editor, { key: "Enter" });
  meet(one.doc, other.doc);
  assert.deepEqual(lines(one.editor), ["one", "1. two", "2. ", "three", "3. four"]);
  // All that stands before is no list any more.
  caret(other.editor, "two");
  press(other.editor, { key: "Backspace" });
  assert.deepEqual(lines(other.editor), ["one", "two", "1. ", "three", "2. four"]);
  end();
});

test("lists within items go on from those that are as deep, cells count for themselves", () => {
  const { one, end } = two("<ol><li><p>one</p><ol><li>inner</li></ol></li><li><p>two</p><ol><li>deep</li></ol></li></ol><table><tr><td><ol><li>cell</li></ol></td></tr></table><p>last</p>");
  caret(one.editor, "deep");
  acts.act(one.editor, "goOn");
  assert.deepEqual(lines(one.editor).slice(0, 4), ["1. one", "-1. inner", "2. two", "-2. deep"]);
  const before = one.editor.state.doc;
  caret(one.editor, "cell");
  acts.act(one.editor, "goOn");
  assert.ok(one.editor.state.doc.eq(before), "there is nothing in the cell that it could go on from");
  caret(one.editor, "inner", true);
  press(one.editor, { key: "Enter" });
  assert.deepEqual(lines(one.editor).slice(0, 5), ["1. one", "-1. inner", "-2. ", "2. two", "-3. deep"]);
  end();
});

test("who types the next number goes on from the list above, with any other number begins there", () => {
  for (const [number, after] of [[3, 4], [7, 7], [1, 1]] as const) {
    const { one, end } = two("<ol><li>one</li><li>two</li></ol><p>between</p><p>here</p>");
    caret(one.editor, "here");
    const tr = becomeBlock(one.editor.state, { become: { list: "ordered", start: number } }, 0);
    one.editor.view.dispatch(tr!);
    assert.equal(lines(one.editor)[3], `${number}. here`);
    caret(one.editor, "one", true);
    press(one.editor, { key: "Enter" });
    assert.equal(lines(one.editor)[4], `${after}. here`);
    end();
  }
});

test("what joins a list takes that list's numbers, and leaves those of its own to what is left of it", () => {
  const earlier = "<ol><li>x</li><li>y</li></ol><p>text</p>";
  const list = "<ol><li>a</li><li>b</li></ol><p>p</p><ol><li>c</li></ol>";
  const five = '<ol start="5"><li>a</li><li>b</li></ol><p>p</p>';
  const go = (word: string, act: "moveUp" | "moveDown") => (editor: Editor) => {
    caret(editor, word);
    acts.act(editor, act);
  };
  const ways: [html: string, on: string | null, move: (editor: Editor) => void, after: string[]][] = [
    [earlier + list, "c", go("p", "moveDown"), ["1. x", "2. y", "text", "1. a", "2. b", "3. c", "p"]],
    [earlier + list, "c", (editor) => drop(editor, "c", "p"), ["1. x", "2. y", "text", "1. a", "2. b", "3. c", "p"]],
    [earlier + list, "c", (editor) => drop(editor, "c", "a"), ["1. x", "2. y", "text", "1. c", "2. a", "3. b", "p"]],
    [`${five}<ol><li>c</li></ol>`, "c", go("p", "moveDown"), ["5. a", "6. b", "7. c", "p"]],
    [`${five}<ol><li>c</li></ol>`, null, (editor) => drop(editor, "c", "p"), ["5. a", "6. b", "7. c", "p"]],
    // The other way round, with more in both.
    [`${five}<ol><li>c</li><li>d</li></ol>`, null, (editor) => drop(editor, "b", "c"), ["5. a", "p", "1. b", "2. c", "3. d"]],
    [`${five}<ol><li>c</li><li>d</li></ol>`, null, (editor) => drop(editor, "a", "d"), ["5. b", "p", "1. c", "2. a", "3. d"]],
    [`<ol><li>c</li><li>d</li></ol><p>p</p>${five}`, null, (editor) => drop(editor, "a", "d"), ["1. c", "2. a", "3. d", "p", "5. b", "p"]],
    // In its own list, it takes over where that begins.
    [five, null, go("b", "moveUp"), ["5. b", "6. a", "p"]],
    [five, null, go("a", "moveDown"), ["5. b", "6. a", "p"]],
    [five, null, go("b", "moveDown"), ["5. a", "p", "6. b"]],
  ];
  for (const [index, [html, on, move, after]] of ways.entries()) {
    const { one, other, end } = two(html);
    if (on) caret(one.editor, on);
    if (on) acts.act(one.editor, "goOn");
    move(one.editor);
    meet(one.doc, other.doc);
    assert.deepEqual(lines(one.editor), after, String(index));
    assert.deepEqual(lines(other.editor), after, String(index));
    end();
  }
});

test("a list that is joined keeps its letters", () => {
  const { one, end } = two('<ol type="a"><li>a</li></ol><p>p</p><ol><li>c</li></ol>');
  caret(one.editor, "c");
  acts.act(one.editor, "goOn");
  caret(one.editor, "p");
  acts.act(one.editor, "moveDown");
  assert.deepEqual(lines(one.editor), ["1. a", "2. c", "p"]);
  assert.equal(one.editor.state.doc.firstChild!.attrs["type"], "a");
  end();
});

test("a list that ends with 0 can be gone on from, as by the number that comes next", () => {
  for (const between of ["<p>between</p>", "<p>1</p><p>2</p><p>3</p>"]) {
    const { one, end } = two(`<ol start="0"><li>zero</li></ol>${between}<p>here</p><p>more</p><ol><li>other</li></ol>`);
    caret(one.editor, "other");
    acts.act(one.editor, "goOn");
    caret(one.editor, "here");
    one.editor.view.dispatch(becomeBlock(one.editor.state, { become: { list: "ordered", start: 1 } }, 0)!);
    caret(one.editor, "zero", true);
    press(one.editor, { key: "Enter" });
    assert.deepEqual(lines(one.editor).filter((line) => /[a-z]/.test(line) && line !== "between"), ["0. zero", "2. here", "more", "3. other"]);
    end();
  }
});

test("what is no list any more, or another, and then is one again has its numbers and its ticks, but where somebody has written", () => {
  const list = (html: string): string => html.replaceAll(/ (dir|data-type|class|contenteditable)="[^"]*"/g, "").replaceAll(/<label>.*?<\/label>/g, "");
  const ways: [html: string, act: "taskList" | "orderedList" | "bulletList"][][] = [[['<ul data-type="taskList"><li data-type="taskItem" data-checked="true"><p>a</p></li><li data-type="taskItem" data-checked="false"><p>b</p></li></ul>', "taskList"]], [['<ol start="5" type="a"><li><p>a</p></li><li><p>b</p></li></ol>', "orderedList"]]];
  for (const [[html, own] = ["", "bulletList"] as const] of ways) {
    for (const way of [[own, own], ["bulletList", own], [own, "bulletList", own], ["bulletList", "bulletList", own]] as const) {
      const { one, other, end } = two(html);
      const before = list(one.editor.getHTML());
      one.editor.commands.selectAll();
      for (const each of way) acts.act(one.editor, each);
      meet(one.doc, other.doc);
      assert.equal(list(one.editor.getHTML()), before, String(way));
      assert.equal(list(other.editor.getHTML()), before, String(way));
      acts.act(one.editor, own);
      caret(one.editor, "a", true);
      type(one.editor, "!");
      one.editor.commands.selectAll();
      acts.act(one.editor, own);
      assert.doesNotMatch(list(one.editor.getHTML()), /checked="true"|start=/, "who writes in it writes something new");
      end();
    }
  }
});

test("a pasted list that goes on from one before it goes on with whatever becomes of that", () => {
  for (const html of ["<ol><li>one</li><li>two</li></ol><p>text</p><ol start=3><li>three</li></ol>", markdownToHtml("1. one\n2. two\n\ntext\n\n3. three"), '<ol><li>one</li><li value="2">two</li></ol><h2>text</h2><ol><li value="3">three</li></ol>']) {
    const { one, end } = two("");
    one.editor.view.dispatch(one.editor.state.tr.replaceSelection(readHtml(html, one.editor.schema)!.slice));
    assert.deepEqual(lines(one.editor), ["1. one", "2. two", "text", "3. three"]);
    caret(one.editor, "one", true);
    press(one.editor, { key: "Enter" });
    assert.deepEqual(lines(one.editor), ["1. one", "2. ", "3. two", "text", "4. three"]);
    end();
  }
  const { one, end } = two("");
  one.editor.view.dispatch(one.editor.state.tr.replaceSelection(readHtml("<ol><li>one</li></ol><p>text</p><ol start=5><li>five</li></ol>", one.editor.schema)!.slice));
  caret(one.editor, "one", true);
  press(one.editor, { key: "Enter" });
  assert.equal(lines(one.editor)[3], "5. five");
  end();
});
