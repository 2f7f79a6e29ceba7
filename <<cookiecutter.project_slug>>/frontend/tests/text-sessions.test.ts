/** Sessions of several people in one text: nothing written is lost, and the harness would find it if it were. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import { TextSelection } from "@tiptap/pm/state";
import * as Y from "yjs";

import { Dice } from "./text/fuzz/dice";
import { ACTIONS, type Doing, TABLE_ACTIONS, putCaret } from "./text/fuzz/actions";
import { figures } from "./text/fuzz/figures";
import { type Plan, type Report, run, textOf } from "./text/fuzz/session";
import { type Writer, unmounted, writer } from "./text/people";
import { EXTENSIONS, SEED } from "./text/schema";

const SESSIONS = 12;

/** The same sessions each time, unless one asks for others: `npm run fuzz` goes on to new ones. */
const FIRST = process.env["TEST_SEED"] ? SEED : 1;

function sessions(count: number, plan: Omit<Plan, "seed" | "offline" | "actions"> & { actions?: number }): Report[] {
  return Array.from({ length: count }, (_, index) => run({ actions: 50, ...plan, seed: FIRST + index, offline: index % 2 === 1 }));
}

const words = (reports: readonly Report[], kind: "lost" | "torn" | "doubled" | "taken" | "faults"): string[] => reports.flatMap((report) => report[kind]);

test("whatever several people do at once, every word stands once and whole, and all see the same", () => {
  for (const { seed, lost, torn, doubled, faults } of sessions(SESSIONS, { make: writer })) {
    assert.deepEqual({ lost, torn, doubled, faults }, { lost: [], torn: [], doubled: [], faults: [] }, `TEST_SEED=${seed}`);
  }
});

/** Where two texts differ: how far both are equal, what is gone, and what came. */
function difference(before: string, after: string): { at: number; gone: number; came: string } {
  const least = Math.min(before.length, after.length);
  let at = 0;
  while (at < least && before[at] === after[at]) at++;
  let end = 0;
  while (end < least - at && before.at(-1 - end) === after.at(-1 - end)) end++;
  return { at, gone: before.length - end - at, came: after.slice(at, after.length - end) };
}

/** One line in a Y.Text, bound as simply as can be. `spoil` may do something else beside what somebody writes. */
function plainText(spoil: (text: Y.Text, at: number) => void) {
  return (doc: Y.Doc): Writer => {
    const text = doc.getText("plain");
    const editor = unmounted(EXTENSIONS);
    const undo = new Y.UndoManager(text, { captureTimeout: Number.POSITIVE_INFINITY, trackedOrigins: new Set(["own"]) });
    editor.view.dispatch(editor.state.tr.insertText(text.toString(), 1));
    let last = textOf(editor);
    let isShowing = false;
    text.observe((event, { origin }) => {
      if (origin === "own") return;
      isShowing = true;
      let at = 1;
      for (const { retain = 0, insert, delete: gone = 0 } of event.delta) {
        const { tr } = editor.state;
        at += retain;
        if (gone) tr.delete(at, at + gone);
        if (typeof insert === "string") tr.insertText(insert, at);
        // A caret stays behind the letter on its left.
        if (tr.docChanged) editor.view.dispatch(tr.setSelection(TextSelection.create(tr.doc, tr.mapping.map(editor.state.selection.head, -1))));
        if (typeof insert === "string") at += insert.length;
      }
      last = textOf(editor);
      isShowing = false;
    });
    editor.on("transaction", () => {
      const { at, gone, came } = difference(last, textOf(editor));
      if (isShowing || (!gone && !came)) return;
      last = textOf(editor);
      doc.transact(() => {
        text.delete(at, gone);
        text.insert(at, came);
      }, "own");
      spoil(text, at);
    });
    return { doc, editor, undo: () => void undo.undo(), redo: () => void undo.redo(), pause: () => undo.stopCapturing(), destroy: () => editor.destroy() };
  };
}

/** Nobody deletes anything: where letters were deleted, Y.Text itself leaves room for others' words within a word. */
const PLAIN = { kinds: [{ name: "look elsewhere", weight: 1, run: ({ editor }: Doing, dice: Dice) => putCaret(editor, dice) }], actions: 40, lines: 1 };

test("the harness finds nothing in a plain text in which people only write", () => {
  const reports = sessions(8, { ...PLAIN, make: plainText(() => {}) });
  for (const kind of ["lost", "torn", "doubled", "faults"] as const) assert.deepEqual(words(reports, kind), [], kind);
});

test("the harness finds words that are lost, torn or doubled on purpose", () => {
  const dice = new Dice(FIRST);
  const spoiled = (spoil: (text: Y.Text, at: number) => void): Report[] =>
    sessions(8, { ...PLAIN, make: plainText((text, at) => (dice.chance(0.02) ? spoil(text, at) : undefined)) });
  const loses = spoiled((text) => text.delete(0, Math.min(text.length, 12)));
  assert.ok(words(loses, "lost").length > 0, "lost");
  const tears = spoiled((text) => text.insert(Math.min(text.length, 3), "-"));
  assert.ok(words(tears, "torn").length > 0, "torn");
  const doubles = spoiled((text) => text.insert(0, `${text.toString().slice(0, 12)} `));
  assert.ok(words(doubles, "doubled").length > 0, "doubled");
});

test("alone, undoing all brings back the beginning, and doing all again the end", () => {
  const kinds = [...ACTIONS, ...TABLE_ACTIONS].filter(({ name }) => name !== "undo" && name !== "redo");
  for (let seed = FIRST; seed < FIRST + 8; seed++) {
    const dice = new Dice(seed);
    const person = writer(Object.assign(new Y.Doc(), { clientID: 1 }), dice.next);
    const { editor } = person;
    const doing: Doing = { ...person, clipboard: null };
    const beginning = editor.state.doc.toJSON();
    for (let turn = 0; turn < 25; turn++) {
      person.pause();
      putCaret(editor, dice);
      for (const letter of `word${turn} `) editor.view.dispatch(editor.state.tr.insertText(letter));
      person.pause();
      dice.weighted(kinds).run(doing, dice);
    }
    const end = editor.state.doc.toJSON();
    for (let round = 0; round < 2; round++) {
      while (person.binding.undo());
      assert.deepEqual(editor.state.doc.toJSON(), beginning, `undone, TEST_SEED=${seed}`);
      while (person.binding.redo());
      assert.deepEqual(editor.state.doc.toJSON(), end, `done again, TEST_SEED=${seed}`);
    }
    person.destroy();
  }
});

test("the figures have a row for each thing that can be lost, and for each that is timed", async () => {
  const written = await figures({ sessions: 1, seed: FIRST, pages: 1 });
  assert.match(written, /\| lost \| 0 \| 0 \| \d+ \| \d+ \|/);
  assert.match(written, /\| first draw, ms \| \d/);
});
