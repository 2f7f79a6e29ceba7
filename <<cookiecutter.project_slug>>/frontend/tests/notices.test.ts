import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import * as Y from "yjs";

import type { RoomPage } from "../feature";
import notices from "../../notices/editor";
import { NamedSoon } from "../../notices/editor/named";
import { settled } from "./helpers";

test("that somebody was named is told once who wrote it has paused, or a while later, and once it is stored", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const doc = new Y.Doc();
  let told = 0;
  // As a page does, when what was sent is stored.
  const waiting: (() => void)[] = [];
  const saved = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  const soon = new NamedSoon({ doc, saved }, () => told++);
  const write = (): void => doc.getText("text").insert(0, "x");
  const stored = async (): Promise<number> => {
    for (const done of waiting.splice(0)) done();
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
  assert.equal(await stored(), 0);
  // What others write is not theirs.
  const other = new Y.Doc();
  other.getText("text").insert(0, "y");
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
  mock.timers.tick(200);
  assert.equal(await stored(), 1);
  // What is stored late, as without a network.
  soon.named();
  mock.timers.tick(3_100);
  await settled();
  assert.equal(told, 1);
  assert.equal(await stored(), 2);
  // Who writes on and on.
  soon.named();
  for (let second = 0; second < 21; second++) {
    write();
    mock.timers.tick(1_000);
  }
  assert.equal(await stored(), 3);
  write();
  mock.timers.tick(60_000);
  assert.equal(await stored(), 3);
});

test("a link to a mention whose id is no part of an address leads there, and the bell goes on", async () => {
  const [before, asked, shown]: [string, string[], string[]] = [location.hash, [], []];
  location.hash = "#mention-100%";
  const surface = { offerPeople: () => undefined, showMention: (id: string) => shown.push(id) };
  const ask = (url: string): Promise<unknown> => {
    asked.push(url);
    return Promise.resolve({ unread: 0 });
  };
  const page = { doc: new Y.Doc(), surface, ask, onNews: () => undefined, announce: () => undefined };
  notices.open(page as unknown as RoomPage, { url: "/unread/", people: "", named: "" });
  await settled();
  assert.deepEqual([shown, asked], [["100%"], ["/unread/"]]);
  location.hash = before;
});
