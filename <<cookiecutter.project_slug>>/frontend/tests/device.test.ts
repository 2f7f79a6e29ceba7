import "./dom";
import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { test } from "node:test";

import { lastUsed } from "../session/copies";
import { open } from "../session/local-copy";
import { breakDatabases, here } from "./disk";

const DAY = 86_400_000;

async function leave(room: string, used: number): Promise<void> {
  const database = await open(here(room));
  await database.put("updates", new Uint8Array([0, 0]), 1);
  await database.put("custom", used, "used");
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
  const repair = breakDatabases("a-failing", "b-hanging");
  Object.assign(document.body.dataset, { user: "1", copyDays: "30", openRoomsUrl: "/rooms/open/", logoutUrl: "/accounts/logout/" });
  const open = ["a-failing", "b-hanging", "d-long-ago", "e-own"];
  const rooms = Object.fromEntries(open.map((room) => [room, room]));
  globalThis.fetch = async () => new Response(JSON.stringify({ user: "1", rooms }));
  await import("../pages/device");
  await until(async () => (await records("c-taken-away")) + (await records("d-long-ago")) === 0);
  assert.equal(await records("e-own"), 1);
  repair();
});

test("a copy of a time that has not come yet is of today", async () => {
  await leave("future", Date.now() + 400 * DAY);
  const copy = { user: "1", room: "future", schema: 2 };
  assert.ok((await lastUsed(copy)) <= Date.now());
  const database = await open(here("future"));
  assert.ok(((await database.get("custom", "used")) as number) <= Date.now());
  database.close();
});
