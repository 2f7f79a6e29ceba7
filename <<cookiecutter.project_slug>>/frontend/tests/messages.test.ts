import assert from "node:assert/strict";
import { test } from "node:test";

import { closeMessage } from "../text/messages";

/** What the server says when it closes a socket, and a few words of what the editor makes of it. */
const CLOSES: [number, string, string][] = [
  [4511, "", "problem with this document"],
  [4511, "failure: the document could not be loaded", "problem with this document"],
  [4511, "quarantined: it is damaged", "restore it"],
  [4512, "", "restarting"],
  [4513, "", "very busy"],
  [4513, "room_full: too many people", "when somebody leaves"],
  [4513, "too_many_sockets: open too many times", "too many tabs or windows"],
  [4513, "too_many_ids: too many", "Reload the page"],
  [4513, "too_fast: too much was sent", "waits a moment"],
  [4513, "too_slow: it does not read", "connection is too slow"],
  [4513, "too_much_waiting: updates are missing", "sends them all"],
  [4513, "unsaved_backlog: too much waits", "sends yours again"],
  [4400, "unknown message type 9", "Reload the page"],
  [4401, "", "logged out"],
  [4403, "", "no longer have access"],
  [4404, "", "deleted, or put into the trash"],
  [4413, "", "too large to be saved"],
  [4413, "frame_too_large: the message is too large", "in smaller parts"],
  [4413, "room_too_large: the document is too large", "in a new document"],
  [4413, "room_too_complex: the changes are too intricate", "too intricate"],
  [4426, "a newer editor is needed", "newer version of the editor"],
];

test("every limit has a sentence and an action", () => {
  for (const [code, reason, words] of CLOSES) {
    const { text, actions } = closeMessage(code, { unsaved: false, kept: true }, reason);
    assert.ok(text.includes(words), `${code} ${reason}: ${text}`);
    assert.match(text, /^\w+ .*\.$/);
    assert.notDeepEqual(actions, []);
  }
});
