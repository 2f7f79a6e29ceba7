/** Numbers of lists that go on from those of a list before: drawn from it, whatever becomes of that. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Editor } from "@tiptap/core";
import * as Y from "yjs";

import { takeActs } from "../surfaces/text/lazy";
import * as acts from "../surfaces/text/typing/acts";
import { becomeBlock } from "../surfaces/text/typing/blocks";
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
