import "./dom";

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import * as encoding from "lib0/encoding";
import { Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import { writeUpdate } from "y-protocols/sync";
import * as Y from "yjs";

import { Connection, type ConnectionOptions } from "../session/connection";
import { MESSAGE_AWARENESS, MESSAGE_SYNC } from "../session/frames";
import { MESSAGE_PIECE } from "../session/pieces";
import { PIECE, Server, settled } from "./server";

globalThis.WebSocket = Server as unknown as typeof WebSocket;

interface Client {
  connection: Connection;
  doc: Y.Doc;
  closes: string[];
  withheld: boolean[];
}

function client(options: Partial<ConnectionOptions> = {}): Client {
  const doc = new Y.Doc();
  const closes: string[] = [];
  const withheld: boolean[] = [];
  const connection = new Connection({
    url: "wss://site.example/ws",
    room: "a",
    schema: 3,
    user: "1",
    doc,
    readOnly: false,
    opened: Promise.resolve(),
    withhold: false,
    onChange: () => undefined,
    onFrame: () => undefined,
    onClose: (code, reason) => closes.push(`${code} ${reason}`.trim()),
    onWithheld: (certain) => withheld.push(certain),
    ...options,
  });
  connection.awareness.setLocalStateField("user", { id: "1" });
  connection.connect();
  return { connection, doc, closes, withheld };
}

/** With a clock that goes only when it is told to. */
function timed(name: string, run: () => Promise<void>): void {
  test(name, async () => {
    mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
    try {
      await run();
    } finally {
      mock.timers.reset();
    }
  });
}

function tick(milliseconds: number): Promise<void> {
  mock.timers.tick(milliseconds);
  return settled();
}

timed("both sides have everything once they are in step, and the server's count is heard", async () => {
  Server.doc.getText("t").insert(0, "theirs ");
  const { connection, doc } = client();
  assert.equal(Server.last.url, "wss://site.example/ws/a?protocol=yroom.1&pieces=1&schema=3&user=1");
  doc.getText("t").insert(0, "before ");
  assert.deepEqual([connection.phase, connection.synced], ["connecting", false]);
  await Server.last.open();
  assert.deepEqual([connection.phase, connection.synced], ["open", true]);
  assert.equal(doc.getText("t").toString(), Server.doc.getText("t").toString());
  doc.getText("t").insert(0, "more ");
  assert.equal(connection.sent, 2, "its answer to the server's question, and what was typed since");
  Server.last.control({ type: "saved", count: 2 });
  await settled();
  assert.equal(connection.acknowledged, 2);
  connection.destroy();
});

timed("what was lost while a worker took over is asked for, and the page hears that it was", async () => {
  const heard: string[] = [];
  const { connection } = client({ onFrame: ({ type }) => heard.push(type) });
  await Server.last.open();
  Server.last.heard.length = heard.length = 0;
  Server.doc.getText("t").insert(0, "lost ");
  Server.last.control({ type: "resync" });
  await settled();
  assert.deepEqual(heard, ["resync"]);
  assert.deepEqual([...(Server.last.heard[0] ?? [])].slice(0, 2), [MESSAGE_SYNC, 0]);
  assert.equal(connection.synced, true);
  connection.destroy();
});

timed("what is too large for a frame goes in pieces, both ways", async () => {
  const { connection, doc } = client();
  await Server.last.open();
  const text = Array.from({ length: 3_000 }, (_, index) => `word${index} `).join("");
  doc.getText("t").insert(0, text);
  assert.ok(Server.doc.getText("t").toString().startsWith(text));
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, MESSAGE_SYNC);
  const other = new Y.Doc();
  other.getText("other").insert(0, text);
  writeUpdate(encoder, Y.encodeStateAsUpdate(other));
  const whole = encoding.toUint8Array(encoder);
  for (let at = 0; at < whole.length; at += PIECE) {
    const piece = whole.subarray(at, at + PIECE);
    Server.last.write(MESSAGE_PIECE, (into) => {
      encoding.writeVarUint(into, whole.length - at - piece.length);
      encoding.writeVarUint8Array(into, piece);
    });
  }
  await settled();
  assert.equal(doc.getText("other").toString(), text);
  connection.destroy();
});

timed("a lost connection is tried again, later each time and never after more than ten seconds", async () => {
  const { connection, closes } = client();
  const attempts = (): number => Server.all.length;
  const before = attempts();
  for (const [attempt, longest] of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000].entries()) {
    await Server.last.drop(1006);
    assert.equal(connection.phase, "waiting");
    assert.equal(attempts(), before + attempt);
    await tick(longest * 0.2 - 1);
    assert.equal(attempts(), before + attempt, "the soonest is a fifth of the longest");
    await tick(longest);
    assert.equal(attempts(), before + attempt + 1);
  }
  assert.deepEqual(new Set(closes), new Set(["1006"]));
  // One that has lasted makes the next failure the first again.
  await Server.last.open();
  await tick(11_000);
  await Server.last.drop(1006);
  await tick(1_000);
  assert.equal(attempts(), before + 7);
  connection.destroy();
});

timed("a network that comes back, or a tab that is shown again, is a reason to try at once", async () => {
  const { connection } = client();
  for (const [target, type] of [[window, "online"], [document, "visibilitychange"]] as const) {
    await Server.last.drop(1006);
    const before = Server.all.length;
    target.dispatchEvent(new Event(type));
    assert.deepEqual([Server.all.length, connection.phase], [before + 1, "connecting"]);
  }
  await Server.last.open();
  const before = Server.all.length;
  window.dispatchEvent(new Event("online"));
  assert.equal(Server.all.length, before, "there is one already");
  window.dispatchEvent(new Event("offline"));
  assert.deepEqual([connection.phase, Server.last.isClosed], ["waiting", true]);
  connection.destroy();
});

timed("a final code ends it; so does the page itself", async () => {
  for (const code of [4400, 4403, 4404, 4426]) {
    const { connection, closes } = client();
    await Server.last.open();
    await Server.last.drop(code, "why");
    const before = Server.all.length;
    connection.retry();
    await tick(60_000);
    assert.deepEqual([connection.phase, closes, Server.all.length], ["stopped", [`${code} why`], before]);
    connection.destroy();
  }
  const { connection, closes } = client();
  await Server.last.open();
  connection.stop(4401, "someone_else");
  assert.deepEqual([connection.phase, closes, Server.last.isClosed], ["stopped", ["4401 someone_else"], true]);
  connection.destroy();
});

timed("a session that is over is tried five times more, if this page was let in before", async () => {
  const stranger = client();
  await Server.last.drop(4401);
  assert.equal(stranger.connection.phase, "stopped");
  stranger.connection.destroy();
  const { connection, closes } = client();
  await Server.last.open();
  for (const wait of [500, 1_000, 2_000, 4_000, 8_000]) {
    await Server.last.drop(4401);
    const before = Server.all.length;
    await tick(wait - 1);
    assert.equal(Server.all.length, before);
    await tick(1);
    assert.deepEqual([Server.all.length, closes], [before + 1, []]);
  }
  await Server.last.drop(4401);
  assert.deepEqual([connection.phase, closes], ["stopped", ["4401"]]);
  connection.destroy();
});

timed("an attempt that nobody answers is given up, and so is a socket that has gone silent", async () => {
  const { connection } = client();
  await tick(15_000);
  assert.equal(connection.phase, "waiting");
  await tick(1_000);
  await Server.last.open();
  for (let second = 0; second < 30; second += 3) await tick(3_000);
  assert.equal(connection.phase, "open");
  await tick(3_000);
  assert.equal(connection.phase, "waiting");
  connection.destroy();
});

timed("silence while nothing ran here says nothing", async () => {
  const { connection } = client();
  await Server.last.open();
  mock.timers.setTime(Date.now() + 60_000);
  await tick(3_000);
  assert.equal(connection.phase, "open", "the answer has some time to come");
  for (let second = 0; second < 18; second += 3) await tick(3_000);
  assert.equal(connection.phase, "waiting");
  connection.destroy();
});

timed("who may not write sends nothing but an empty answer, and hears that it was withheld", async () => {
  const { connection, doc, withheld } = client({ readOnly: true });
  doc.getText("mine").insert(0, "kept back");
  await Server.last.open({ readOnly: true });
  assert.deepEqual([connection.withheld, withheld], [true, [true]]);
  doc.getText("mine").insert(0, "too ");
  assert.deepEqual(withheld, [true, true]);
  assert.equal(Server.doc.getText("mine").toString(), "");
  connection.setReadOnly(false);
  connection.withhold();
  doc.getText("mine").insert(0, "still ");
  assert.equal(Server.doc.getText("mine").toString(), "", "a role does not undo what the person is to decide");
  connection.release();
  await Server.last.open();
  assert.equal(Server.doc.getText("mine").toString(), "still too kept back");
  assert.equal(connection.withheld, false);
  connection.destroy();
});

timed("nothing is heard or said before the device has been read", async () => {
  let read = (): void => undefined;
  const { connection, doc } = client({ opened: new Promise<void>((resolve) => (read = resolve)) });
  await Server.last.open();
  assert.deepEqual([connection.phase, Server.last.heard.length, doc.store.clients.size], ["connecting", 0, 0]);
  read();
  await settled();
  await settled();
  assert.equal(connection.synced, true);
  connection.destroy();
});

timed("others are here as long as there is a connection; of oneself only the clock is believed", async () => {
  const { connection } = client();
  await Server.last.open();
  const { awareness } = connection;
  assert.deepEqual(Server.last.awareness.getStates().get(awareness.clientID), { user: { id: "1" } });
  const other = new Awareness(new Y.Doc());
  other.setLocalState({ user: { id: "2" } });
  const tell = (from: Awareness, clients: number[]): void =>
    Server.last.write(MESSAGE_AWARENESS, (encoder) => encoding.writeVarUint8Array(encoder, encodeAwarenessUpdate(from, clients)));
  tell(other, [other.clientID]);
  await settled();
  assert.ok(awareness.getStates().has(other.clientID));
  const heard = Server.last.heard.length;
  const stale = new Awareness(Object.assign(new Y.Doc(), { clientID: awareness.clientID }));
  for (let time = 0; time < 5; time++) stale.setLocalState({ user: { id: "stale" } });
  tell(stale, [awareness.clientID]);
  await settled();
  assert.deepEqual(awareness.getLocalState(), { user: { id: "1" } });
  assert.equal(Server.last.heard.length, heard + 1, "it says anew what it shows, by a later clock");
  await Server.last.drop(1006);
  assert.deepEqual([...awareness.getStates().keys()], [awareness.clientID]);
  for (const each of [other, stale]) each.destroy();
  connection.destroy();
});

timed("a connection that is destroyed leaves nothing behind", async () => {
  const { connection, doc, closes } = client();
  await Server.last.open();
  connection.destroy();
  const before = Server.all.length;
  window.dispatchEvent(new Event("online"));
  doc.getText("t").insert(0, "nobody hears");
  await tick(120_000);
  assert.deepEqual([Server.all.length, closes, Server.last.isClosed], [before, [], true]);
  assert.equal(doc._observers.get("update")?.size ?? 0, 0);
});
