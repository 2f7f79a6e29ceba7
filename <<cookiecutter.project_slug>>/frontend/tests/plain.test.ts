import assert from "node:assert/strict";
import { test } from "node:test";

import * as Y from "yjs";

import { readableText, stringOf } from "../surfaces/plain/text";

/** What somebody may send who has an editor of their own. */
const THINGS: Record<string, (text: Y.Text, index: number) => void> = {
  "an object": (text, index) => text.insertEmbed(index, { image: "x" }),
  "a type": (text, index) => text.insertEmbed(index, new Y.Map()),
  "an element": (text, index) => text.insertEmbed(index, new Y.XmlElement("p") as unknown as Y.Map<unknown>),
  "a mark": (text, index) => text.format(0, index, { bold: true }),
};

for (const [name, send] of Object.entries(THINGS)) {
  test(`${name} in a plain text moves nothing that is written after it`, () => {
    const doc = new Y.Doc();
    const theirs = new Y.Doc();
    const closing = new AbortController();
    const text = readableText(doc, closing.signal);
    let shown = "";
    // As the editor follows it: from changes alone.
    text.observe(({ delta }) => {
      let index = 0;
      for (const change of delta) {
        index += change.retain ?? 0;
        assert.ok(change.insert === undefined || typeof change.insert === "string");
        const inserted = change.insert ?? "";
        shown = shown.slice(0, index) + inserted + shown.slice(index + (change.delete ?? 0));
        index += inserted.length;
      }
    });
    const sync = (): void => Y.applyUpdate(doc, Y.encodeStateAsUpdate(theirs));
    theirs.getText("text").insert(0, "before after");
    sync();
    send(theirs.getText("text"), 6);
    sync();
    text.insert(text.length, "!");
    theirs.getText("text").delete(0, 2);
    sync();
    assert.equal(shown, stringOf(text));
    assert.equal(shown.length, text.length);
    assert.ok(shown.startsWith("fore") && shown.endsWith("after!"));
    closing.abort();
  });
}
