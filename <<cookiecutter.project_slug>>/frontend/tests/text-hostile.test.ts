/** Texts that somebody made to do harm: they are drawn all the same, as large as may be, and in a time that one does not notice. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import * as Y from "yjs";

import { Binding } from "../surfaces/text/binding/binding";
import { TABLES, TEXT } from "../surfaces/text/model/drawn";
import { SCHEMA, SEED } from "./text/schema";

/** A text with so many lines, each of which says this. */
function lines(count: number, say: (index: number, refs: readonly number[][]) => Record<string, unknown>, words = ""): Y.Doc {
  const doc = Object.assign(new Y.Doc(), { clientID: 1 });
  const text = doc.getText(TEXT);
  doc.transact(() => {
    const delta: { insert: string | object }[] = [];
    const maps = Array.from({ length: count }, () => new Y.Map<unknown>());
    for (const map of maps) delta.push(...(words ? [{ insert: words }] : []), { insert: map });
    text.applyDelta(delta);
    const refs = maps.map(({ _item }) => [_item!.id.client, _item!.id.clock]);
    for (const [index, map] of maps.entries()) for (const [name, value] of Object.entries(say(index, refs))) map.set(name, value);
  });
  return doc;
}

/** As somebody else gets it who opens it. */
function drawn(doc: Y.Doc): Binding["drawn"] {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  const binding = new Binding(copy, SCHEMA);
  binding.drawn.check();
  binding.destroy();
  return binding.drawn;
}

test("many empty lines", () => {
  assert.equal(drawn(lines(60_000, () => ({}))).childCount, 60_000);
});

test("lines as deep as can be", () => {
  const depths = [8, 0, 60_000, 3];
  const deep = drawn(lines(5_000, (index) => ({ quote: depths[index % 4], indent: depths[(index + 1) % 4], list: ["bullet", "ordered", "task"][index % 3], break: index % 7 })));
  let deepest = 0;
  deep.descendants((node, position) => {
    if (node.isTextblock) deepest = Math.max(deepest, deep.resolve(position).depth);
    return !node.isTextblock;
  });
  // Quotes, lists and their items.
  assert.ok(deepest <= 4 + 2 * 9, String(deepest));
  assert.ok(deep.nodeSize < 5_000 * 2 * 23);
});

test("lines that are joined in one row, to one, in circles and to nothing", () => {
  const count = 4_000;
  const joins: ((index: number, refs: readonly number[][]) => unknown)[] = [
    (index, refs) => refs[index - 1],
    (index, refs) => refs[index + 1] ?? refs[0],
    (index, refs) => refs[(index * 7919) % count],
    () => [1, 3],
    (index) => [index, 1e9],
    () => ["x", Number.NaN],
  ];
  for (const join of joins) {
    const doc = lines(count, (index, refs) => ({ join: join(index, refs) }), "ab");
    assert.equal(drawn(doc).textContent.length, 2 * count);
  }
});

test("lines that all stand somewhere else", () => {
  const count = 4_000;
  const places: ((index: number, refs: readonly number[][]) => unknown)[] = [
    (index, refs) => ({ after: refs[count - 1 - index], n: "5" }),
    (_index, refs) => ({ after: refs[0], n: "5" }),
    (index) => ({ after: null, n: "z".repeat(index % 300) }),
    (index, refs) => ({ after: refs[(index * 7919) % count], n: String(index % 9) }),
  ];
  for (const place of places) assert.equal(drawn(lines(count, (index, refs) => ({ place: place(index, refs) }), "a")).childCount, count);
});

test("tables of many rows, columns and merged cells", () => {
  const doc = lines(1, () => ({ kind: "table", table: "x" }));
  const tables = doc.getMap(TABLES);
  doc.transact(() => {
    for (let index = 0; index < 5_000; index++) {
      tables.set(`x/r/${index}`, String(index));
      tables.set(`x/c/${index}`, String(index));
      tables.set(`x/s/${index}/${index % 50}`, `${index + 60}/${index}`);
      tables.set(`x/s/0/${index}`, "4999/4999");
    }
  });
  const table = drawn(doc).firstChild!;
  assert.equal(table.childCount, 100);
  let cells = 0;
  table.descendants(({ type, attrs }) => {
    if (type.name === "tableCell") cells += (attrs["colspan"] as number) * (attrs["rowspan"] as number);
    return type.name !== "tableCell";
  });
  assert.equal(cells, 20_000);
});

test("many tables, and lines in all their cells", () => {
  const doc = lines(10_000, (index) => (index % 10 ? { cell: { t: `t${Math.floor(index / 10)}`, r: "r", c: "c" } } : { kind: "table", table: `t${Math.floor(index / 10)}` }), "a");
  const tables = doc.getMap(TABLES);
  doc.transact(() => {
    for (let index = 0; index < 1_000; index++) for (const part of ["r", "c"]) tables.set(`t${index}/${part}/${part}`, "5");
  });
  assert.equal(drawn(doc).textContent.length, 10_000);
});

test("many formats, over one another and one after the other", () => {
  for (const [letters, reach] of [[1_000, 1_000], [20_000, 1]] as const) {
    const doc = new Y.Doc();
    const text = doc.getText(TEXT);
    doc.transact(() => {
      if (reach === 1) text.applyDelta(Array.from({ length: letters }, (_, index) => ({ insert: "a", attributes: { [`b:${index}`]: index + 1 } })));
      else {
        text.insert(0, "a".repeat(letters));
        for (let index = 0; index < 1_000; index++) text.format(index % 7, letters - 14, { [`${"biush"[index % 5]}:${index}`]: index });
      }
    });
    assert.equal(drawn(doc).textContent.length, letters);
  }
});

test("things of any kind in the text", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.jsonValue(), fc.object()), { maxLength: 20 }), fc.array(fc.jsonValue(), { maxLength: 5 }), (things, values) => {
      const doc = new Y.Doc();
      const text = doc.getText(TEXT);
      for (const thing of things) text.insertEmbed(0, (typeof thing === "object" && thing ? thing : { thing }) as object);
      text.insertEmbed(0, new Y.Text("nested"));
      text.insertEmbed(0, new Y.XmlElement("script"));
      text.insertEmbed(0, new Y.Array());
      const map = new Y.Map<unknown>(values.map((value, index) => [["kind", "table", "cell", "place", "join"][index] ?? "src", value]));
      text.insertEmbed(0, map);
      map.set("list", new Y.Map());
      map.set("hidden", new Y.Text("true"));
      const { content } = drawn(doc);
      assert.ok(content.size >= things.length + 3);
    }),
    { seed: SEED, numRuns: 200 },
  );
});
