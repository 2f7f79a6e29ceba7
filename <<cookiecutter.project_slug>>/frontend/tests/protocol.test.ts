import assert from "node:assert/strict";
import { test } from "node:test";

import { isFinal, retryDelay } from "../backoff";
import { EMPTY_STEP_2, isDocumentMessage, parseControlFrame } from "../frames";
import { closeMessage } from "../messages";

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
  assert.equal(retryDelay(50, 1006, () => 1), 30_000);
  assert.equal(retryDelay(0, 1013, () => 1), 4_000);
  assert.equal(retryDelay(0, 4513, () => 1), 4_000);
  assert.ok(isFinal(4401) && isFinal(4426) && !isFinal(4500) && !isFinal(4511) && !isFinal(1011));
});

test("every close code has a sentence and an action", () => {
  const first = (code: number, unsaved = false, kept = true) => closeMessage(code, { unsaved, kept }).actions[0];
  for (const code of [4401, 4403, 4404, 4413, 4426, 4499, 1006, 1011, 1012, 1013, 4511, 4512, 4513]) {
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
