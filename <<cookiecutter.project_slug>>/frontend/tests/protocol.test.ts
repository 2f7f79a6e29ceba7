import assert from "node:assert/strict";
import { test } from "node:test";

import { isFinal, retryDelay } from "../session/backoff";
import { EMPTY_STEP_2, isDocumentMessage, parseControlFrame } from "../session/frames";
import { closeMessage, leftoverMessage } from "../text/messages";

test("document messages are sync step 2 and updates, nothing else", () => {
  assert.equal(isDocumentMessage(new Uint8Array([0, 0, 1, 0])), false);
  assert.equal(isDocumentMessage(new Uint8Array([0, 1, 2, 0, 0])), true);
  assert.equal(isDocumentMessage(new Uint8Array([0, 2, 2, 0, 0])), true);
  assert.equal(isDocumentMessage(new Uint8Array([1, 1, 0])), false);
  assert.equal(isDocumentMessage(EMPTY_STEP_2), true);
});

test("unknown and broken control frames are passed over", () => {
  assert.equal(parseControlFrame("{"), null);
  assert.equal(parseControlFrame("null"), null);
  assert.equal(parseControlFrame('{"type": "later"}'), null);
  assert.equal(parseControlFrame('{"type": "saved", "count": "3"}'), null);
  assert.deepEqual(parseControlFrame('{"type": "saved", "count": 3}'), { type: "saved", count: 3 });
  assert.deepEqual(parseControlFrame('{"type": "resync"}'), { type: "resync" });
});

test("retries back off, never together and never for ever longer", () => {
  assert.equal(retryDelay(0, 1012, () => 0), 200);
  assert.equal(retryDelay(0, 1012, () => 1), 1_000);
  assert.equal(retryDelay(3, 1006, () => 1), 8_000);
  assert.equal(retryDelay(50, 1006, () => 1), 10_000);
  assert.equal(retryDelay(50, 4513, () => 1), 30_000);
  assert.equal(retryDelay(0, 1013, () => 1), 4_000);
  assert.equal(retryDelay(0, 4513, () => 1), 4_000);
  assert.ok(isFinal(4401) && isFinal(4426) && !isFinal(4500) && !isFinal(4511) && !isFinal(1011));
});

test("every close code has a sentence and an action", () => {
  const first = (code: number, unsaved = false, kept = true) => closeMessage(code, { unsaved, kept }).actions[0];
  for (const code of [4400, 4401, 4403, 4404, 4413, 4426, 4499, 1006, 1011, 1012, 1013, 4511, 4512, 4513]) {
    for (const unsaved of [true, false]) {
      const message = closeMessage(code, { unsaved, kept: true });
      assert.match(message.text, /\.$/);
      assert.ok(message.actions.length > 0);
    }
  }
  assert.deepEqual([4401, 4403, 4404, 4413, 4426, 1012].map((code) => first(code)), [
    "login",
    "download",
    "dashboard",
    "download",
    "reload",
    "retry",
  ]);
  assert.ok(closeMessage(4426, { unsaved: true, kept: false }).actions.includes("download"));
});

test("every reason has a sentence of its own and says what to do next", () => {
  const circumstances = { unsaved: true, kept: true };
  const words: Record<number, string[]> = {
    4413: ["frame_too_large", "room_too_large", "room_too_complex"],
    4511: ["quarantined"],
    4513: ["room_full", "too_many_sockets", "too_many_ids", "too_fast", "too_slow", "too_much_waiting", "unsaved_backlog"],
  };
  const seen = new Set<string>();
  for (const [code, reasons] of Object.entries(words)) {
    seen.add(closeMessage(Number(code), circumstances).text);
    for (const reason of reasons) {
      const message = closeMessage(Number(code), circumstances, `${reason}: in words`);
      assert.deepEqual(closeMessage(Number(code), circumstances, reason), message);
      assert.match(message.text, /^[A-Z].*\.$/);
      assert.ok(message.actions.length > 0);
      seen.add(message.text);
    }
  }
  assert.equal(seen.size, 3 + 11);
});

test("a reason that is not known, or belongs to another code, leaves it at the code", () => {
  const circumstances = { unsaved: false, kept: true };
  for (const reason of ["later: a new limit", "constructor", "toString: x", "too_fast"]) {
    assert.deepEqual(closeMessage(4403, circumstances, reason), closeMessage(4403, circumstances));
  }
  assert.deepEqual(closeMessage(4513, circumstances, "later: a new limit"), closeMessage(4513, circumstances));
  assert.deepEqual(closeMessage(4511, circumstances, "failure: x"), closeMessage(4511, circumstances));
  assert.deepEqual(closeMessage(4512, circumstances, "restart: x"), closeMessage(4512, circumstances));
  assert.deepEqual(closeMessage(4513, circumstances, "constructor"), closeMessage(4513, circumstances));
});

test("each code takes the reasons that belong to it", () => {
  const circumstances = { unsaved: false, kept: true };
  assert.deepEqual(closeMessage(4513, circumstances, "frame_too_large: x"), closeMessage(4513, circumstances));
  assert.deepEqual(closeMessage(4413, circumstances, "too_fast: x"), closeMessage(4413, circumstances));
});

test("edits without the right to them wait for a decision", () => {
  const first = (readOnly: boolean, downloaded: boolean) => leftoverMessage({ readOnly, comments: false, downloaded }).actions;
  assert.deepEqual(first(true, false), ["download", "discard"]);
  assert.deepEqual(first(true, true), ["discard", "download"]);
  assert.deepEqual(first(false, false), ["send", "download", "discard"]);
});

test("where edits are in this tab only, one is told so and offered a copy first", () => {
  for (const [code, reason] of [[4401, ""], [4401, "someone_else: x"], [4426, ""]] as const) {
    const message = closeMessage(code, { unsaved: true, kept: false }, reason);
    assert.match(message.text, /in this tab only/);
    assert.equal(message.actions[0], "download");
    assert.match(closeMessage(code, { unsaved: true, kept: true }, reason).text, /kept on this device/);
    assert.doesNotMatch(closeMessage(code, { unsaved: false, kept: false }, reason).text, /changes/);
  }
});
