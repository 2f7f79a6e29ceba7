import "./dom";
import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { test } from "node:test";

import * as Y from "yjs";

import { idleSince, roomsWithUnsent } from "../session/copies";
import { IDLE, open } from "../session/databases";
import { LocalCopy } from "../session/local-copy";
import { Marks } from "../session/unsent";
import { breakDatabases, here } from "./disk";

const DAY = 86_400_000;

async function leave(room: string, used: number): Promise<void> {
  const database = await open(here(room));
  await database.put("updates", new Uint8Array([0, 0]), 1);
  await database.put("custom", used, IDLE);
  database.close();
}

async function records(room: string): Promise<number> {
  const database = await open(here(room));
  const count = await database.count("updates");
  database.close();
  return count;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a copy that cannot be read, or hangs, keeps no other on the device", { timeout: 30_000 }, async () => {
  for (const room of ["a-failing", "b-hanging"]) await leave(room, Date.now());
  await leave("c-taken-away", Date.now());
  await leave("d-long-ago", Date.now() - 31 * DAY);
  await leave("e-own", Date.now());
  // As a browser keeps it whose other storage is full.
  await leave("f-unsent", Date.now() - 31 * DAY);
  const copied = await open(here("f-unsent"));
  const marks = new Marks("1", "f-unsent", 1, null);
  marks.readBeside([], (name, value) => void copied.put("custom", value, name));
  marks.edited({ title: "Plans", schema: 2, kind: "text" });
  const repair = breakDatabases("a-failing", "b-hanging");
  Object.assign(document.body.dataset, { user: "1", copyDays: "30", openRoomsUrl: "/rooms/open/", logoutUrl: "/accounts/logout/" });
  const mayOpen = ["a-failing", "b-hanging", "d-long-ago", "e-own"];
  const rooms = Object.fromEntries(mayOpen.map((room) => [room, room]));
  globalThis.fetch = async () => new Response(JSON.stringify({ user: "1", rooms, now: Date.now() }));
  await import("../pages/device");
  await until(async () => (await records("c-taken-away")) + (await records("d-long-ago")) === 0);
  assert.deepEqual([await records("e-own"), await records("f-unsent")], [1, 1]);
  assert.deepEqual([...(await roomsWithUnsent("1"))], ["f-unsent"]);
  copied.close();
  const [factory, real] = [indexedDB, indexedDB.databases];
  factory.databases = () => new Promise(() => undefined);
  assert.deepEqual([...(await roomsWithUnsent("1"))], [], "nobody waits for ever to sign out");
  factory.databases = real;
  repair();
});

test("who presses to sign out again while the device is asked is asked, and signed out, once", { timeout: 20_000 }, async () => {
  // The page of the first test is still open.
  document.body.innerHTML = '<form action="/accounts/logout/" method="post"><button></button></form>';
  const form = document.querySelector("form")!;
  let [asked, submitted] = [0, 0];
  form.submit = () => {
    submitted += 1;
  };
  const real = indexedDB.databases;
  indexedDB.databases = () => {
    asked += 1;
    return real.call(indexedDB);
  };
  const press = (): boolean => form.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true, submitter: form.querySelector("button") }));
  const dialogs = (): HTMLElement[] => [...document.querySelectorAll("dialog")];
  const answer = (at: number): void => dialogs()[0]!.querySelectorAll("button")[at]!.click();
  assert.deepEqual([press(), press(), asked], [false, false, 1]);
  await until(async () => dialogs().length > 0);
  answer(0);
  assert.deepEqual([dialogs().length, submitted], [0, 0]);
  assert.deepEqual([press(), asked], [false, 2], "who has thought better of it can press again");
  await until(async () => dialogs().length > 0);
  answer(1);
  assert.deepEqual([press(), asked], [false, 3], "the copies are looked at to be taken away");
  await until(async () => submitted > 0);
  assert.deepEqual([dialogs().length, submitted], [0, 1]);
  indexedDB.databases = real;
});

test("however wrong the device's clock is, a copy is as old as the server's clock says", { timeout: 20_000 }, async () => {
  const copy = { user: "1", room: "clock", schema: 2 };
  await leave("clock", Date.now() + 400 * DAY);
  assert.equal(await idleSince(copy, 1_000), 1_000);
  assert.equal(await idleSince(copy, 2_000), 1_000);
  const real = Date.now;
  Date.now = () => 0;
  const page = new LocalCopy({ doc: new Y.Doc(), user: "1", room: "clock", schema: 2, onChange: () => undefined });
  await page.opened;
  page.markSynced();
  await until(async () => page.state === "kept");
  page.close();
  Date.now = real;
  assert.equal(await idleSince(copy, 3_000), 3_000);
});

test("without access, edits are offered of which a browser without other storage knows by their copy alone", { timeout: 20_000 }, async () => {
  const room = "3f1a9a52-4d52-4d8c-8ac2-6d9e6b2f9d11";
  Object.defineProperty(window, "localStorage", {
    get: () => {
      throw new DOMException("forbidden", "SecurityError");
    },
  });
  const open = (): { marks: Marks; copy: LocalCopy; doc: Y.Doc } => {
    const marks = new Marks("1", room, 1);
    const onFound = (found: Map<string, unknown>): void => marks.readBeside(found.keys(), (name, value) => copy.put(name, value));
    const doc = new Y.Doc();
    const copy = new LocalCopy({ doc, user: "1", room, schema: 2, onChange: () => undefined, onFound });
    return { marks, copy, doc };
  };
  const page = open();
  await page.copy.opened;
  page.doc.getText("text").insert(0, "unsent");
  page.marks.edited({ title: "Plans", schema: 2, kind: "text" });
  await until(async () => page.copy.state === "kept");
  page.copy.close();
  document.body.innerHTML = '<div id="rescue" data-user="1"></div>';
  history.replaceState(null, "", `/rooms/${room}/`);
  await import("../pages/no-access");
  await until(async () => Boolean(document.querySelector('[data-action="download"]')));
  await until(async () => {
    const after = open();
    await after.copy.opened;
    after.copy.close();
    return after.marks.withheld;
  });
});
