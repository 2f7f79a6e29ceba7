import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import * as Y from "yjs";

import { NamedSoon } from "../../notices/editor/named";
import { settled } from "./helpers";

test("that somebody was named is told once who wrote it has paused, or a while later, and once it is stored", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const doc = new Y.Doc();
  let told = 0;
  let store: () => void = () => assert.fail("nobody waits for that");
  const saved = (): Promise<void> => new Promise((resolve) => (store = resolve));
  const soon = new NamedSoon({ doc, saved }, () => told++);
  const write = (): void => doc.getText("text").insert(0, "x");
  const stored = async (): Promise<number> => {
    store();
    await settled();
    return told;
  };
  // Whoever names nobody says nothing.
  write();
  mock.timers.tick(60_000);
  soon.named();
  mock.timers.tick(2_900);
  write();
  mock.timers.tick(2_900);
  assert.throws(store);
  // What others write is not theirs.
  const other = new Y.Doc();
  other.getText("text").insert(0, "y");
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
  mock.timers.tick(200);
  await settled();
  assert.equal(told, 0);
  assert.equal(await stored(), 1);
  // Who writes on and on.
  store = () => assert.fail("nobody waits for that");
  soon.named();
  for (let second = 0; second < 21; second++) {
    write();
    mock.timers.tick(1_000);
  }
  assert.equal(await stored(), 2);
  write();
  mock.timers.tick(60_000);
  assert.equal(told, 2);
});
