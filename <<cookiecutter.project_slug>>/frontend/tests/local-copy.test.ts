import "./dom";
import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { test } from "node:test";

import * as Y from "yjs";

import { LocalCopy, databaseName, open } from "../session/local-copy";

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
