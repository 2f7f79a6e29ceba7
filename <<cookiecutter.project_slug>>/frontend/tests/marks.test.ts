import assert from "node:assert/strict";
import { test } from "node:test";

import { roomsMarked } from "../session/copies";
import { Marks } from "../session/unsent";
import { Memory } from "./helpers";

const unsent = { title: "Plans", schema: 1, kind: "text" };

test("edits are unsent until they are saved, by this tab or by one that was opened later", () => {
  const store = new Memory();
  const first = new Marks("1", "a", 1, store);
  assert.equal(first.unsent, null);
  first.edited(unsent);
  assert.deepEqual(new Marks("1", "a", 2, store).unsent, unsent);
  first.saved();
  assert.equal(new Marks("1", "a", 3, store).unsent, null);
  first.edited(unsent);
  new Marks("1", "a", 4, store).saved();
  assert.equal(first.unsent, null);
});

test("a tab that is saved says nothing about what another has edited since", () => {
  const store = new Memory();
  const first = new Marks("1", "a", 1, store);
  const second = new Marks("1", "a", 2, store);
  first.edited(unsent);
  second.edited(unsent);
  second.saved();
  assert.deepEqual(first.unsent, unsent);
});

test("a tab that is saved has not sent what another one wrote after it was opened", () => {
  const store = new Memory();
  const first = new Marks("1", "a", 1, store);
  first.edited(unsent);
  const second = new Marks("1", "a", 2, store);
  first.edited(unsent);
  second.saved();
  assert.deepEqual(second.unsent, unsent);
  new Marks("1", "a", 3, store).saved();
  assert.equal(second.unsent, null);
});

test("marks are one person's, in one room", () => {
  const store = new Memory();
  const marks = new Marks("1", "a", 1, store);
  marks.edited(unsent);
  marks.withhold();
  for (const other of [new Marks("2", "a", 1, store), new Marks("1", "b", 1, store)]) {
    assert.equal(other.unsent, null);
    assert.equal(other.withheld, false);
    other.forget();
  }
  assert.deepEqual(marks.unsent, unsent);
  assert.equal(marks.withheld, true);
  marks.forget();
  assert.equal(store.length, 0);
});

test("a mark from before there were kinds is about a text", () => {
  const store = new Memory();
  store.setItem("yroom:1:a:unsent:1", JSON.stringify({ title: "Plans", schema: 3, edits: 1 }));
  assert.deepEqual(new Marks("1", "a", 2, store).unsent, { title: "Plans", schema: 3, kind: "text" });
});

test("the rooms with unsent edits are one person's", () => {
  const store = new Memory();
  new Marks("1", "a", 1, store).edited(unsent);
  new Marks("1", "a", 2, store).edited(unsent);
  new Marks("1", "b", 3, store).withhold();
  new Marks("11", "c", 4, store).edited(unsent);
  assert.deepEqual(roomsMarked("1", store), ["a"]);
});

test("unsent edits go by the title that was typed last", () => {
  const store = new Memory();
  const marks = new Marks("1", "a", 1, store);
  marks.edited(unsent);
  marks.edited({ ...unsent, title: "Better plans" });
  assert.equal(marks.unsent?.title, "Better plans");
});

test("what is withheld stays unsent when it is released", () => {
  const store = new Memory();
  const marks = new Marks("1", "a", 1, store);
  marks.edited(unsent);
  marks.withhold();
  marks.release();
  assert.equal(marks.withheld, false);
  assert.deepEqual(marks.unsent, unsent);
});

test("without a store, and with a full one, nothing breaks", () => {
  const full = new Memory();
  full.setItem = () => {
    throw new Error("full");
  };
  for (const marks of [new Marks("1", "a", 1, null), new Marks("1", "a", 1, full)]) {
    marks.edited(unsent);
    marks.withhold();
    assert.deepEqual(marks.unsent, unsent);
    marks.saved();
    assert.equal(marks.unsent, null);
    marks.release();
    assert.equal(marks.withheld, false);
  }
});

test("what the browser's storage does not take stands beside the text's copy", () => {
  const beside = new Map<string, unknown>();
  const put = (name: string, value: unknown): unknown => (value === undefined ? beside.delete(name) : beside.set(name, value));
  const page = (tab: number): Marks => {
    const marks = new Marks("1", "a", tab, null);
    marks.readBeside([...beside.keys(), "synced", 1], put);
    return marks;
  };
  const early = new Marks("1", "a", 1, null);
  early.edited(unsent); // the copy has not been read yet
  early.readBeside([], put);
  early.edited({ ...unsent, title: "Better plans" });
  early.withhold();
  assert.equal(beside.size, 2);
  const [second, third] = [page(2), page(3)];
  assert.deepEqual([second.unsent?.title, second.withheld], ["Better plans", true]);
  second.release();
  assert.equal(page(4).withheld, false);
  early.edited(unsent); // the others have not read this
  second.saved();
  third.saved();
  assert.deepEqual(page(5).unsent, unsent);
  early.saved();
  assert.equal(beside.size, 0);
  early.edited(unsent);
  page(6).forget();
  assert.equal(beside.size, 0);
});

/** What stands beside a text's copy, for all tabs, and how one of them writes there. */
function besideCopy(): { names: Set<string>; put: (name: string, value: unknown) => void } {
  const names = new Set<string>();
  return { names, put: (name, value) => void (value === undefined ? names.delete(name) : names.add(name)) };
}

test("a tab that is saved before it has read the copy has sent its own edits, and no others", () => {
  const store = new Memory();
  new Marks("1", "a", 1, store).edited(unsent);
  const second = new Marks("1", "a", 2, store);
  second.edited({ ...unsent, title: "Mine" });
  second.saved(false);
  assert.deepEqual(second.unsent, unsent);
  assert.equal(store.length, 1);
  second.saved();
  assert.equal(second.unsent, null);
});

test("a mark that has moved into the browser's storage, or out of it, is another one", () => {
  const store = new Memory();
  const { names, put } = besideCopy();
  const page = (tab: number): Marks => {
    const marks = new Marks("1", "a", tab, store);
    marks.readBeside([...names], put);
    return marks;
  };
  const fill = (isFull: boolean): void => {
    store.setItem = (key, value) => {
      if (isFull) throw new Error("full");
      Memory.prototype.setItem.call(store, key, value);
    };
  };
  const writer = page(1);
  fill(true);
  writer.edited(unsent);
  const second = page(2);
  fill(false);
  writer.edited(unsent); // this one the other has not read
  second.saved();
  assert.equal(store.length, 1);
  const third = page(3);
  fill(true);
  writer.edited(unsent); // nor this one: the one before stays in the full store
  third.saved();
  assert.deepEqual([store.length, names.size], [0, 1]);
  const fourth = page(4);
  fill(false);
  writer.edited(unsent);
  fill(true);
  writer.edited(unsent);
  const fifth = page(5); // it finds one mark in both places
  assert.deepEqual([store.length, names.size], [1, 1]);
  fourth.saved();
  assert.deepEqual([store.length, names.size], [1, 1]);
  fifth.saved();
  assert.deepEqual([store.length, names.size], [0, 0]);
});

test("what is read beside the copy is not put back there: another tab may have been saved meanwhile", () => {
  const { names, put } = besideCopy();
  const writer = new Marks("1", "a", 1, null);
  writer.readBeside([], put);
  writer.edited(unsent);
  const read = [...names];
  writer.saved();
  const second = new Marks("1", "a", 2, null);
  second.readBeside(read, put);
  assert.equal(names.size, 0);
  second.readBeside([]); // the copy was taken away
  assert.equal(names.size, 1);
});
