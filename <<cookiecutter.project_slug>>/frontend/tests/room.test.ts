import "./dom";
import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { test } from "node:test";

import * as Y from "yjs";

import { open } from "../session/databases";
import { Marks } from "../session/unsent";
import { breakDatabases, here } from "./disk";
import { Server, settled } from "./server";

const ROOM = "unread";
const UNSENT = { title: "Plans", schema: 2, kind: "text" };

// Nothing closes the page: what it has open must not keep the process.
const { setInterval: repeat } = globalThis;
globalThis.setInterval = ((...given: Parameters<typeof repeat>) => repeat(...given).unref()) as typeof repeat;
globalThis.BroadcastChannel = class extends BroadcastChannel {
  constructor(name: string) {
    super(name);
    (this as unknown as { unref(): void }).unref();
  }
};

function config(): object {
  const names = { kind: "none", title: "Plans", role: "editor", socketPath: "/ws", membersUrl: "", dashboardUrl: "", loginUrl: "", nonce: "", token: "" };
  const user = { id: "1", name: "Ada", color: "#112233" };
  return { room: ROOM, ...names, abilities: { editor: ["write"] }, user, colors: [], schema: 2, offline: { below: 0 }, features: {} };
}

test("edits on a device that could not be read yet keep their marks, and are not taken off it when access ends, nor sent later unasked", { timeout: 20_000 }, async () => {
  const left = new Y.Doc();
  left.getText("title").insert(0, "Plans");
  const database = await open(here(ROOM));
  await database.put("updates", Y.encodeStateAsUpdate(left), 1);
  const beside = new Marks("1", ROOM, 1, null);
  const puts: Promise<unknown>[] = [];
  beside.readBeside([], (name, value) => puts.push(database.put("custom", value, name)));
  beside.edited(UNSENT);
  await Promise.all(puts);
  database.close();
  new Marks("1", ROOM, 2).edited(UNSENT);
  const ids = ["toolbar", "banners", "editor", "title-carets", "title-hint", "status", "announcer", "avatars", "toasts", "help"];
  document.body.innerHTML = `<div id="room"></div><textarea id="title"></textarea>${ids.map((id) => `<div id="${id}"></div>`).join("")}`;
  const script = Object.assign(document.createElement("script"), { id: "editor-config", type: "application/json", textContent: JSON.stringify(config()) });
  document.body.append(script);
  globalThis.WebSocket = Server as unknown as typeof WebSocket;
  const repair = breakDatabases(ROOM, "");
  await import("../pages/room");
  await settled();
  await Server.last.open();
  Server.last.control({ type: "saved", count: 1 });
  await settled();
  while (document.getElementById("status")?.dataset["state"] !== "saved") await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(new Marks("1", ROOM, 3).unsent, UNSENT);
  // As if the browser had forbidden the other storage: what stands beside the copy is all that tells of the edits.
  localStorage.clear();
  Server.last.control({ type: "saved", count: 1 });
  await settled();
  repair();
  await Server.last.drop(4403);
  while (!new Marks("1", ROOM, 3).withheld) await new Promise((resolve) => setTimeout(resolve, 5));
  const kept = await open(here(ROOM));
  assert.equal(await kept.count("updates"), 1);
  kept.close();
});
