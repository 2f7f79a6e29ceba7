/** Documents of schema 1 open as the text that they were when their editor made them (see schema-1/documents.ts). */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";

import * as Y from "yjs";

import { documentAsHtml } from "../surfaces/text/export";
import made from "./schema-1/documents.json";

for (const [name, { state, html }] of Object.entries(made)) {
  test(`a document of schema 1 opens as the same text: ${name}`, () => {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, gunzipSync(Buffer.from(state, "base64")));
    assert.equal(documentAsHtml(doc), html);
  });
}
