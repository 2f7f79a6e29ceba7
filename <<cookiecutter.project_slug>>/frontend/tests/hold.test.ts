import assert from "node:assert/strict";
import { test } from "node:test";

import { Hold } from "../session/hold";
import { Marks } from "../session/unsent";
import { Memory, dice } from "./helpers";

const UNSENT = { title: "Plans", schema: 1, kind: "text" };

interface Setting {
  readOnly?: boolean;
  store?: Memory;
}

/** One page of one person, with a server that the test plays. */
function page({ readOnly = false, store = new Memory() }: Setting = {}) {
  const told: string[] = [];
  const marks = new Marks("1", "a", Math.floor(Math.random() * 2 ** 32), store);
  const hold = new Hold({
    marks,
    readOnly,
    describe: () => UNSENT,
    onHeld: () => told.push("held"),
    onReleased: () => told.push("released"),
    onChange: () => told.push("changed"),
  });
  return { hold, marks, store, told };
}

test("one may write once the text is here, and no more once the connection has ended for good", () => {
  const { hold } = page();
  assert.equal(hold.mayWrite, false);
  assert.equal(hold.becomeReady(), true);
  assert.equal(hold.mayWrite, true);
  assert.equal(hold.becomeReady(), false, "it is news only once");
  hold.stop();
  assert.equal(hold.mayWrite, false);
  assert.equal(hold.becomeReady(), false, "what has ended does not begin again");
});

test("who may only read does not write, and may as soon as the role says so", () => {
  const { hold } = page({ readOnly: true });
  hold.becomeReady();
  assert.equal(hold.mayWrite, false);
  assert.equal(hold.setReadOnly(false), true);
  assert.equal(hold.mayWrite, true);
  assert.equal(hold.setReadOnly(false), false, "the same again is no news");
});

test("edits are unsaved, and marked, until the server has them", () => {
  const { hold, marks } = page();
  hold.becomeReady();
  assert.equal(hold.isUnsaved, false);
  hold.edited();
  assert.deepEqual([hold.wrote, hold.isUnsaved], [true, true]);
  assert.deepEqual(marks.unsent, UNSENT);
  hold.saved();
  assert.equal(hold.isUnsaved, false);
  assert.equal(marks.unsent, null);
});

test("edits of another page are saved once they have been read from this device, and until then they are withheld without access", () => {
  const store = new Memory();
  page({ store }).hold.edited();
  const { hold, marks } = page({ store });
  hold.saved(false);
  assert.deepEqual([hold.isUnsaved, marks.unsent], [true, UNSENT]);
  hold.loseAccess();
  assert.equal(marks.withheld, true);
  marks.release();
  hold.saved(true);
  assert.deepEqual([hold.isUnsaved, marks.unsent], [false, null]);
});

test("what the server was not sent is held until the person decides; nothing is saved meanwhile", () => {
  const { hold, marks, told } = page();
  hold.becomeReady();
  hold.edited();
  hold.setReadOnly(true);
  hold.lacked(true);
  assert.deepEqual([hold.isHeld, hold.mayWrite, marks.withheld], [true, false, true]);
  assert.ok(told.includes("held"));
  hold.saved();
  assert.equal(hold.isUnsaved, true);
  hold.setReadOnly(false);
  assert.equal(hold.mayWrite, false, "a role given back sends nothing by itself");
  hold.release();
  assert.deepEqual([hold.isHeld, hold.mayWrite, marks.withheld], [false, true, false]);
  assert.deepEqual(marks.unsent, UNSENT, "they are sent from now on, not saved yet");
  assert.ok(told.includes("released"));
});

test("deletions alone say nothing: each reader's answer lists them all", () => {
  const { hold } = page({ readOnly: true });
  hold.lacked(false);
  assert.equal(hold.isHeld, false);
  hold.edited();
  hold.lacked(false);
  assert.equal(hold.isHeld, true);
});

test("a page that is opened again finds what the one before left", () => {
  const store = new Memory();
  const before = page({ store }).hold;
  before.edited();
  const unsent = page({ store, readOnly: true }).hold;
  assert.deepEqual([unsent.isHeld, unsent.isUnsaved, unsent.wrote], [false, true, false]);
  before.hold();
  const held = page({ store }).hold;
  held.becomeReady();
  assert.deepEqual([held.isHeld, held.isUnsaved, held.mayWrite], [true, true, false]);
  held.forget();
  assert.equal(store.length, 0);
  assert.equal(page({ store }).hold.isUnsaved, false);
});

test("without access, edits wait for the person's word; without edits there is nothing to hold", () => {
  const { hold, marks } = page();
  hold.loseAccess();
  assert.equal(marks.withheld, false);
  hold.edited();
  hold.loseAccess();
  assert.equal(marks.withheld, true);
});

test("marks that the browser has cleared away are made anew with the copy they belong to", () => {
  const { hold, marks, store } = page();
  hold.kept();
  assert.equal(store.length, 0);
  hold.edited();
  store.clear();
  hold.kept();
  assert.deepEqual(marks.unsent, UNSENT);
});

test("a downloaded copy is remembered, and said only where something is held", () => {
  const { hold, told } = page();
  hold.download();
  assert.deepEqual([hold.isDownloaded, told], [true, []]);
  hold.hold();
  told.length = 0;
  hold.download();
  assert.deepEqual(told, ["changed"]);
  hold.stop();
  hold.download();
  assert.deepEqual(told, ["changed"], "what ended speaks for itself");
});

test("whatever happens, in whatever order", () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const roll = dice(seed);
  for (let round = 0; round < 200; round++) {
    const { hold, marks } = page({ readOnly: roll() < 0.5 });
    let stopped = false;
    const steps: Record<string, () => unknown> = {
      becomeReady: () => hold.becomeReady(),
      edited: () => hold.mayWrite && hold.edited(),
      kept: () => hold.kept(),
      saved: () => hold.saved(),
      lacked: () => hold.lacked(roll() < 0.5),
      hold: () => hold.hold(),
      release: () => hold.isHeld && hold.release(),
      role: () => hold.setReadOnly(roll() < 0.5),
      download: () => hold.download(),
      stop: () => {
        stopped ||= roll() < 0.1;
        if (stopped) hold.stop();
      },
    };
    const done: string[] = [];
    for (let step = 0; step < 40; step++) {
      const [name, run] = Object.entries(steps)[Math.floor(roll() * Object.keys(steps).length)]!;
      done.push(name);
      run();
      const story = `seed ${seed}: ${done.join(", ")}`;
      if (hold.isHeld) assert.ok(!hold.mayWrite && hold.isUnsaved && marks.withheld && marks.unsent, story);
      if (hold.isUnsaved) assert.ok(marks.unsent, `what is unsaved is marked, ${story}`);
      if (hold.isReadOnly || stopped) assert.ok(!hold.mayWrite, story);
    }
  }
});
