import assert from "node:assert/strict";
import { test } from "node:test";

import { UntilSaved } from "../session/saved";
import { isSaved, statusOf, type StatusInput } from "../session/status";

const open: StatusInput = {
  phase: "open",
  tried: true,
  synced: true,
  sent: 3,
  acknowledged: 3,
  readOnly: false,
  copy: "kept",
  unsaved: true,
};

test("saved is what the server has committed, all of it", () => {
  assert.equal(statusOf(open).text, "Saved");
  assert.equal(statusOf({ ...open, acknowledged: 2 }).text, "Saving…");
});

test("nothing is saved before the server's own question is answered", () => {
  assert.equal(isSaved({ ...open, sent: 0, acknowledged: 0 }), false);
  assert.equal(statusOf({ ...open, sent: 0, acknowledged: 0 }).name, "saving");
});

test("who has only opened the page is not told that something is being saved", () => {
  for (const answered of [{ sent: 0, acknowledged: 0 }, { sent: 1, acknowledged: 0 }]) {
    assert.equal(statusOf({ ...open, ...answered, unsaved: false }).name, "connecting");
  }
});

test("without a connection the status says where the changes are", () => {
  assert.equal(statusOf({ ...open, phase: "waiting" }).text, "Offline, changes kept on this device");
  assert.equal(statusOf({ ...open, phase: "waiting", copy: "not kept" }).text, "Offline, changes kept in this tab only");
  assert.equal(statusOf({ ...open, phase: "waiting", copy: "keeping" }).text, "Offline, keeping changes on this device…");
  assert.equal(statusOf({ ...open, phase: "connecting", tried: false }).text, "Connecting…");
  assert.equal(statusOf({ ...open, phase: "waiting", readOnly: true }).text, "Offline");
  assert.equal(statusOf({ ...open, phase: "stopped" }).name, "stopped");
});

test("a viewer saves nothing", () => {
  assert.equal(statusOf({ ...open, readOnly: true, sent: 1, acknowledged: 0 }).text, "View only");
  assert.equal(statusOf({ ...open, readOnly: true, comments: true }).text, "Comment only");
});

test("who waits for all to be stored waits no longer than until it is", async () => {
  let stored = true;
  const until = new UntilSaved(() => stored);
  await until.promise();
  stored = false;
  const told: string[] = [];
  const waiting = [until.promise().then(() => told.push("one")), until.promise().then(() => told.push("two"))];
  until.look();
  await new Promise(setImmediate);
  assert.deepEqual(told, []);
  stored = true;
  until.look();
  await Promise.all(waiting);
  assert.deepEqual(told, ["one", "two"]);
});
