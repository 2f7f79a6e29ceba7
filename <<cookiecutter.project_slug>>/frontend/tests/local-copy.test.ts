import "./dom";
import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { test } from "node:test";

import * as Y from "yjs";

import { remove } from "../session/copies";
import { TEXT_GONE, databaseName, open } from "../session/databases";
import { LocalCopy } from "../session/local-copy";
import { Marks } from "../session/unsent";

/** A page's copy, and a way to wait for what it says. */
function page(room: string, schema = 2) {
  const doc = new Y.Doc();
  let changed = (): void => undefined;
  const copy = new LocalCopy({ doc, user: "1", room, schema, onChange: () => changed() });
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      changed = () => holds() && resolve();
      changed();
    });
  const kept = (): Promise<void> => until(() => copy.state === "kept");
  return { doc, copy, kept, until };
}

test("what was typed is kept, and is there when the document is opened again", async () => {
  const before = page("a");
  assert.equal(before.copy.state, "not kept", "nothing is promised before the device has been read");
  await before.kept();
  before.doc.getText("t").insert(0, "kept");
  assert.equal(before.copy.state, "keeping");
  await before.kept();
  before.copy.markSynced();
  before.copy.put("title:1", { title: "Plans", base: "" });
  await before.kept();
  before.copy.close();
  const after = page("a");
  await after.copy.opened;
  assert.equal(after.doc.getText("t").toString(), "kept");
  assert.equal(after.copy.wasSynced, true);
  assert.deepEqual(after.copy.found.get("title:1"), { title: "Plans", base: "" });
  after.copy.close();
});

test("many changes are put together, and none is lost", async () => {
  const before = page("many");
  await before.kept();
  for (let index = 0; index < 310; index++) {
    before.doc.getText("t").insert(0, "x");
    await before.kept();
  }
  before.copy.close();
  const database = await open(databaseName("1", "many", 2));
  assert.ok((await database.count("updates")) < 20);
  database.close();
  const after = page("many");
  await after.copy.opened;
  assert.equal(after.doc.getText("t").length, 310);
  after.copy.close();
});

test("what is cleared is gone, and a copy that is closed writes no more", async () => {
  const before = page("cleared");
  await before.kept();
  before.doc.getText("t").insert(0, "secret");
  await before.kept();
  await before.copy.clear();
  before.doc.getText("t").insert(0, "more");
  assert.equal(before.copy.state, "not kept");
  const after = page("cleared");
  await after.copy.opened;
  assert.equal(after.doc.getText("t").toString(), "");
  after.copy.close();
});

test("what an older version of the editor left is taken over", async () => {
  const older = page("older", 1);
  await older.kept();
  older.doc.getText("t").insert(0, "from before");
  await older.kept();
  older.copy.close();
  const now = page("older", 2);
  await now.copy.opened;
  assert.equal(now.doc.getText("t").toString(), "from before");
  await now.kept();
  now.copy.close();
});

/** A page's copy with its marks, in a browser that has no other place for them. */
function marked(room: string, schema: number, otherBelow = 0) {
  const doc = new Y.Doc();
  const marks = new Marks("1", room, doc.clientID, null);
  let words = "";
  const onFound = (found: Map<string, unknown>): void => {
    if (marks.withheld) return;
    marks.readBeside(found.keys(), (name, value) => copy.put(name, value));
    if (marks.withheld) words = doc.getText("t").toString();
  };
  const copy: LocalCopy = new LocalCopy({ doc, user: "1", room, schema, otherBelow, onChange: () => undefined, onFound });
  return { doc, marks, copy, words: () => words };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function names(room: string, schema: number): Promise<unknown[]> {
  const database = await open(databaseName("1", room, schema));
  const keys = await database.getAllKeys("custom");
  database.close();
  return keys.filter((key) => String(key).startsWith("mark:"));
}

for (const otherBelow of [0, 2]) {
  const form = otherBelow ? "another form" : "the same form";
  test(`the marks beside a copy of an older editor, of ${form}, are known before its text is, and move with it`, { timeout: 20_000 }, async () => {
    const room = `marked-${otherBelow}`;
    const older = marked(room, 1);
    await older.copy.opened;
    older.doc.getText("t").insert(0, "withheld");
    older.marks.edited({ title: "Plans", schema: 1, kind: "text" });
    older.marks.withhold();
    await until(() => older.copy.state === "kept");
    older.copy.close();
    const now = marked(room, 2, otherBelow);
    await until(() => now.copy.state === "kept");
    assert.deepEqual([now.marks.withheld, now.marks.unsent?.title, now.words()], [true, "Plans", ""]);
    assert.equal(now.doc.getText("t").toString(), otherBelow ? "" : "withheld");
    await until(async () => (await names(room, 1)).length === 0);
    assert.equal((await names(room, 2)).length, 2);
    now.marks.release();
    now.marks.saved();
    await until(() => now.copy.state === "kept");
    assert.deepEqual(await names(room, 2), []);
    now.copy.close();
  });
}

test("while the device fails, the marks of unsent edits do not become more with each of them", { timeout: 20_000 }, async () => {
  const { marks, copy } = marked("failing", 2);
  await until(() => copy.state === "kept");
  const deleted: unknown[] = [];
  const { put, delete: real } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = () => {
    throw new DOMException("the disk fails", "UnknownError");
  };
  IDBObjectStore.prototype.delete = function (this: IDBObjectStore, query) {
    deleted.push(query);
    return real.call(this, query);
  };
  for (let edit = 0; edit < 50; edit++) marks.edited({ title: "Plans", schema: 2, kind: "text" });
  IDBObjectStore.prototype.put = put;
  await until(() => copy.state === "kept");
  assert.ok(deleted.length < 5, `${deleted.length} names are taken away that were never written`);
  assert.equal((await names("failing", 2)).length, 1);
  marks.saved();
  await until(() => copy.state === "kept");
  assert.deepEqual(await names("failing", 2), []);
  IDBObjectStore.prototype.delete = real;
  copy.close();
});

test("that a text has gone is said where there was one, and it is the newest of the person's copies of the room", async () => {
  const gone: unknown[] = [];
  const listen = (event: Event): void => void gone.push((event as CustomEvent<unknown>).detail);
  window.addEventListener(TEXT_GONE, listen);
  const copy = { user: "1", room: "gone", schema: 2 };
  for (const [schema, updates] of [[1, 1], [2, 1], [3, 0]] as const) {
    const database = await open(databaseName("1", "gone", schema));
    if (updates) await database.put("updates", new Uint8Array([0, 0]), 1);
    database.close();
  }
  await remove({ ...copy, schema: 3 });
  await remove({ ...copy, schema: 1 });
  assert.deepEqual(gone, []);
  await new Promise((resolve) => {
    indexedDB.deleteDatabase(databaseName("1", "gone", 3)).onsuccess = resolve;
  });
  await remove(copy);
  assert.deepEqual(gone, [{ user: "1", room: "gone" }]);
  const page = new LocalCopy({ doc: new Y.Doc(), ...copy, onChange: () => undefined });
  await page.opened;
  await page.clear(); // there may be more to take away than the text: what the page says of it
  assert.equal(gone.length, 2);
  window.removeEventListener(TEXT_GONE, listen);
});

test("a database that is taken away is written anew", async () => {
  const here = page("taken");
  await here.kept();
  here.doc.getText("t").insert(0, "still here");
  await here.kept();
  await new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(databaseName("1", "taken", 2));
    request.onsuccess = resolve;
  });
  await here.until(() => here.copy.state !== "kept");
  await here.kept();
  here.copy.close();
  const after = page("taken");
  await after.copy.opened;
  assert.equal(after.doc.getText("t").toString(), "still here");
  after.copy.close();
});

/** One operation of the device, the `at`th from now on, fails: it throws, or its transaction is aborted. */
function failOnce(at: number, how: "throws" | "aborts"): { count: () => number; repair: () => void } {
  let count = 0;
  const repairs: (() => void)[] = [];
  const failing = (prototype: object, method: string): void => {
    const all = prototype as Record<string, (...args: unknown[]) => unknown>;
    const real = all[method] as (...args: unknown[]) => unknown;
    repairs.push(() => (all[method] = real));
    all[method] = function (this: unknown, ...args: unknown[]) {
      count += 1;
      if (count !== at) return real.apply(this, args);
      const transaction = (this as IDBObjectStore).transaction as unknown;
      if (how === "throws" || typeof transaction !== "object") throw new DOMException("the disk fails", "UnknownError");
      queueMicrotask(() => (transaction as IDBTransaction).abort());
      return real.apply(this, args);
    };
  };
  failing(IDBFactory.prototype, "open");
  failing(IDBDatabase.prototype, "transaction");
  for (const method of ["add", "put", "delete", "clear", "getAll", "getAllKeys"]) failing(IDBObjectStore.prototype, method);
  const repair = (): void => {
    for (const undo of repairs) undo();
  };
  return { count: () => count, repair };
}

/** What one does with a document, with something that an older editor has left, and so much that it is put together. */
async function write(room: string): Promise<string> {
  const before = page(room);
  before.doc.getText("t").insert(0, "first ");
  await before.kept();
  before.copy.markSynced();
  before.doc.getText("t").insert(6, "second ");
  before.copy.put("title:1", "draft");
  await before.kept();
  before.doc.getText("t").insert(13, "third");
  await before.kept();
  before.copy.close();
  return before.doc.getText("t").toString();
}

for (const how of ["throws", "aborts"] as const) {
  test(`what is said to be kept is, whichever operation ${how}`, { timeout: 60_000 }, async () => {
    const wait = window.setTimeout;
    // Nobody waits here for a disk to recover.
    window.setTimeout = ((act: () => void, delay: number) => wait.call(window, act, Math.min(delay, 20))) as typeof window.setTimeout;
    for (let at = 1, most = Infinity; at <= most; at++) {
      const room = `${how}-${at}`;
      const older = page(room, 1);
      await older.kept();
      older.doc.getText("older").insert(0, "left");
      await older.kept();
      older.copy.close();
      const database = await open(databaseName("1", room, 2));
      const letters = new Y.Doc();
      letters.on("update", (update: Uint8Array) => void database.put("updates", update, letters.getText("many").length));
      for (let index = 0; index < (at % 2 ? 310 : 5); index++) letters.getText("many").insert(0, "x");
      await database.count("updates");
      database.close();
      const { count, repair } = failOnce(at, how);
      const text = await write(room);
      repair();
      most = Math.max(count(), most === Infinity ? 0 : most);
      const after = page(room);
      await after.kept();
      assert.equal(after.doc.getText("t").toString(), text, `operation ${at}`);
      assert.equal(after.doc.getText("older").toString(), "left", `operation ${at}`);
      assert.equal(after.doc.getText("many").length, at % 2 ? 310 : 5, `operation ${at}`);
      assert.equal(after.copy.found.get("title:1"), "draft", `operation ${at}`);
      assert.ok(after.copy.wasSynced, `operation ${at}`);
      after.copy.close();
    }
    window.setTimeout = wait;
  });
}
