/** Two states of a document in one, and the way back from one to the other: whatever was done in between. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import * as Y from "yjs";

import { type Change, Difference, type DoneBy } from "../../history/editor/difference";
import { withoutWaiting } from "../../history/editor/insides";
import { restore } from "../../history/editor/restore";
import { drawn } from "./text/drawn";
import { ACTIONS, TABLE_ACTIONS } from "./text/fuzz/actions";
import { run } from "./text/fuzz/session";
import { SEED } from "./text/schema";
import { writer } from "./text/people";

const FIRST = process.env["TEST_SEED"] ? SEED : 1;
const TEXT = { text: "text", tables: "map", title: "text", about: "map" } as const;
const PLAIN = { text: "text", title: "text", about: "map" } as const;

const nobody: DoneBy = (_fate, { length }) => [{ length, by: null }];

/** States of a document in which several people did all there is to do, in order, as the server has them. */
function states(seed: number): Uint8Array[] {
  const docs: Y.Doc[] = [];
  const found: Uint8Array[] = [];
  let count = 0;
  run({
    seed,
    actions: 60,
    offline: seed % 2 === 1,
    kinds: [...ACTIONS, ...TABLE_ACTIONS],
    make: (doc, random) => {
      docs.push(doc);
      return writer(doc, random);
    },
    watch: () => {
      if (docs[0] && count++ % 90 === 0) found.push(sent(docs[0]));
    },
  });
  if (docs[0]) found.push(sent(docs[0]));
  return found;
}

/** A document as the server sends it. */
function sent(doc: Y.Doc): Uint8Array {
  const copy = docOf(Y.encodeStateAsUpdate(doc));
  withoutWaiting(copy);
  return Y.encodeStateAsUpdate(copy);
}

/** The later one as it is, or as what makes it of the other. */
function between(older: Uint8Array, newer: Uint8Array, isWhole = true): Difference {
  return new Difference(older).until(isWhole ? newer : Y.diffUpdate(newer, Y.encodeStateVectorFromUpdate(older)));
}

function docOf(state: Uint8Array): Y.Doc {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, state);
  return doc;
}

/** The letters of a state, with the ends of lines. */
function letters(state: Uint8Array): string {
  const text = docOf(state).getText("text");
  return (text.toDelta() as { insert: unknown }[]).map(({ insert }) => (typeof insert === "string" ? insert : "\n")).join("");
}

function shown(difference: Difference, but: "inserted" | "deleted"): string {
  const parts = difference.parts().filter(({ fate }) => fate !== but);
  return parts.map(({ item, clock, length }) => (item.content instanceof Y.ContentString ? item.content.str.slice(clock - item.id.clock, clock - item.id.clock + length) : "\n")).join("");
}

test("what was inserted and what was deleted, in one text: each state is in it", () => {
  for (let seed = FIRST; seed < FIRST + 4; seed++) {
    const all = states(seed);
    for (const [index, newer] of all.entries()) {
      for (const older of all.slice(0, index + 1)) {
        const difference = between(older, newer, seed % 2 === 0);
        assert.equal(shown(difference, "inserted"), letters(older), `TEST_SEED=${seed}`);
        assert.equal(shown(difference, "deleted"), letters(newer), `TEST_SEED=${seed}`);
        if (older === newer) assert.deepEqual(difference.changes(nobody, 80), []);
        else drawn(Y.encodeStateAsUpdate(difference.doc));
      }
    }
  }
});

test("a restore makes the document what it was, one undo what it is, and a second restore changes nothing", () => {
  for (let seed = FIRST; seed < FIRST + 4; seed++) {
    const all = states(seed);
    const last = all.at(-1) as Uint8Array;
    for (const older of all) {
      const doc = docOf(last);
      const person = writer(doc, Math.random);
      person.binding.step(() => restore({ doc, past: docOf(older), roots: TEXT, writing: [] }));
      assert.equal(drawn(Y.encodeStateAsUpdate(doc)).html, drawn(older).html, `TEST_SEED=${seed}`);
      assert.equal(person.editor.state.doc.eq(person.binding.drawn), true);
      const after = Y.encodeStateVector(doc);
      person.binding.step(() => restore({ doc, past: docOf(older), roots: TEXT, writing: [] }));
      assert.deepEqual(Y.encodeStateVector(doc), after, `TEST_SEED=${seed}: the second time`);
      person.undo();
      assert.equal(drawn(Y.encodeStateAsUpdate(doc)).html, drawn(last).html, `TEST_SEED=${seed}: undone`);
      person.redo();
      assert.equal(drawn(Y.encodeStateAsUpdate(doc)).html, drawn(older).html, `TEST_SEED=${seed}: done again`);
      person.destroy();
    }
  }
});

/** A document in which people write lines, each person a client of their own. */
function written(): { doc: Y.Doc; as: (client: number, write: (text: Y.Text) => void) => void } {
  const doc = new Y.Doc();
  const others = new Map<number, Y.Doc>();
  const as = (client: number, write: (text: Y.Text) => void): void => {
    const other = others.get(client) ?? Object.assign(new Y.Doc(), { clientID: client });
    others.set(client, other);
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    write(other.getText("text"));
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
  };
  return { doc, as };
}

const end = (text: Y.Text, at: number, keys: Record<string, unknown> = {}): void => text.insertEmbed(at, new Y.Map(Object.entries(keys)));

test("a change is told in the order of the text, with whose it is and where it stands", () => {
  const { doc, as } = written();
  as(1, (text) => {
    text.insert(0, "one two words more");
    end(text, text.length);
  });
  const older = Y.encodeStateAsUpdate(doc);
  as(2, (text) => text.delete(4, 10));
  as(3, (text) => {
    text.insert(0, "new ");
    text.insert(8, "😀");
    end(text, text.length);
    text.insert(text.length, "last line");
    end(text, text.length, { kind: "heading", level: 1 });
  });
  const difference = between(older, Y.encodeStateAsUpdate(doc));
  const people = { inserted: { id: "3", name: "Bo", color: "#123456" }, deleted: { id: "2", name: "Ada", color: "#654321" } };
  const told = difference.changes((fate, { length }) => [{ length, by: people[fate] }], 80).map(({ fate, by, words }: Change) => `${by?.name} ${fate} ${words}`);
  assert.deepEqual(told, ["Bo inserted new", "Ada deleted two words", "Bo inserted 😀", "Bo inserted last line"]);
  // Where it is nobody's, neighbours are one; a long one is cut.
  assert.deepEqual(difference.changes(nobody, 3).map(({ words }) => words.length <= 12), [true, true, true, true]);
  assert.match(drawn(Y.encodeStateAsUpdate(difference.doc)).html, /new one two words 😀more.*<h1[^>]*>last line/);
});

test("what was written and deleted in between is in no difference", () => {
  const { doc, as } = written();
  as(1, (text) => text.insert(0, "one"));
  const older = Y.encodeStateAsUpdate(doc);
  as(2, (text) => text.insert(3, "secret"));
  as(2, (text) => text.delete(3, 6));
  const difference = between(older, Y.encodeStateAsUpdate(doc));
  assert.deepEqual(difference.changes(nobody, 80), []);
  assert.equal(difference.doc.getText("text").toString(), "one");
});

test("of what somebody writes right behind what they wrote nothing is seen that is deleted again, though undo could bring it back", () => {
  const doc = new Y.Doc({ gc: false });
  const text = doc.getText("text");
  text.insert(0, "one");
  const older = Y.encodeStateAsUpdate(doc);
  text.insert(3, " two");
  text.delete(2, 4);
  const told = between(older, Y.encodeStateAsUpdate(doc)).changes(nobody, 80);
  assert.deepEqual(told.map(({ fate, words }) => `${fate} ${words}`), ["deleted e", "inserted o"]);
});

test("a restore keeps the letters that are still there, and the word that somebody is writing", () => {
  for (const roots of [TEXT, PLAIN]) {
    const { doc, as } = written();
    as(1, (text) => {
      text.insert(0, "one two three");
      if (roots === TEXT) end(text, text.length);
      text.doc?.getText("title").insert(0, "Plans");
    });
    const past = docOf(Y.encodeStateAsUpdate(doc));
    as(2, (text) => {
      text.delete(4, 4);
      text.insert(0, "zero ");
      text.doc?.getText("title").insert(5, " for May");
    });
    as(3, (text) => text.insert(text.length - (roots === TEXT ? 1 : 0), " hal"));
    const three = Y.createRelativePositionFromTypeIndex(doc.getText("text"), doc.getText("text").toString().indexOf("three"));
    const brought = restore({ doc, past, roots, writing: [3] });
    assert.equal(doc.getText("text").toString(), "one two three hal");
    assert.equal(doc.getText("title").toString(), "Plans");
    assert.equal(Y.createAbsolutePositionFromRelativePosition(three, doc)?.index, 8);
    assert.deepEqual(brought.map(({ from, to }) => [from.client, from.length, to.client === doc.clientID, to.length]), [[1, 4, true, 4]]);
    as(3, (text) => text.insert(text.toString().indexOf("hal") + 3, "f"));
    assert.equal(doc.getText("text").toString(), "one two three half");
  }
});

test("formats and lines look as in the newer state, and lines that it has not as they looked", () => {
  const { doc, as } = written();
  as(1, (text) => {
    text.insert(0, "bold");
    end(text, 4, { list: "bullet" });
    text.insert(5, "gone");
    end(text, 9, { kind: "heading", level: 2 });
    text.format(0, 4, { "b:x": 1 });
  });
  const older = Y.encodeStateAsUpdate(doc);
  as(1, (text) => {
    text.format(0, 4, { "b:x": null });
    (text.toDelta() as { insert: unknown }[]).map(({ insert }) => insert instanceof Y.Map && insert.delete("list"));
    text.delete(5, 5);
  });
  const delta = between(older, Y.encodeStateAsUpdate(doc)).doc.getText("text").toDelta() as { insert: unknown }[];
  const read = delta.map(({ insert, ...rest }) => ({ ...rest, insert: insert instanceof Y.Map ? insert.toJSON() : insert }));
  assert.deepEqual(read, [{ insert: "bold" }, { insert: {} }, { insert: "gone" }, { insert: { kind: "heading", level: 2 } }]);
});

test("a version is taken in as it is: no format that says nothing is looked for and deleted", () => {
  const one = new Y.Doc({ gc: false });
  one.getText("text").insert(0, "some words");
  const other = docOf(Y.encodeStateAsUpdate(one));
  // Two make the same word bold, and neither knows of the other.
  for (const doc of [one, other]) doc.getText("text").format(0, 4, { "b:1": 1 });
  const both = Y.mergeUpdates([one, other].map((doc) => Y.encodeStateAsUpdate(doc)));
  const deleted = (doc: Y.Doc): number => [...Y.snapshot(doc).ds.clients.values()].flat().length;
  const open = new Y.Doc();
  open.getText("text");
  Y.applyUpdate(open, both);
  assert.ok(deleted(open) > 0);
  assert.equal(deleted(new Difference(both).doc), 0);
  assert.equal(deleted(new Difference(Y.encodeStateAsUpdate(one)).until(both).doc), 0);
});
