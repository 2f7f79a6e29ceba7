/** Documents that are written down with what they are drawn as: for this side and, in tests/text/ in Python, for the server's. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import made from "./text/documents.json";
import { drawn } from "./text/drawn";

for (const [name, { state, html }] of Object.entries(made)) {
  test(`a text is drawn as it is written down: ${name}`, () => {
    assert.equal(drawn(Buffer.from(state, "base64")).html, html);
  });
}
