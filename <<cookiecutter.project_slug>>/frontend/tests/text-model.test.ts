/** The text of lines, as pure functions: whatever is in it is drawn, and what is drawn is read back as it was. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Mark } from "@tiptap/pm/model";
import { TableMap } from "@tiptap/pm/tables";
import fc from "fast-check";

import { Artist, type DrawnLine, type Drawing, type Run, THING } from "../surfaces/text/model/draw";
import { readKeys, sameKeys } from "../surfaces/text/model/keys";
import { rankBetween } from "../surfaces/text/model/ranks";
import { type ReadGrid, read, readRuns } from "../surfaces/text/model/read";
import { type Grids, readGrids } from "../surfaces/text/model/tables";
import { mention } from "../surfaces/text/model/things";
import { dice } from "./helpers";
import { MARKS, SCHEMA, SEED } from "./text/schema";

const RUNS = { seed: SEED, numRuns: 600 };
const artist = new Artist<DrawnLine>(SCHEMA);
const spare: DrawnLine = { keys: {}, runs: [], length: 0 };

const ids = fc.constantFrom("x", "y", "z");
const hostile = fc.oneof(fc.constantFrom<unknown>(-1, 0.5, 1e9, Number.NaN, "", "x".repeat(9_000), null, true, [], {}, { t: 1 }, "__proto__", "constructor"), fc.anything());
const known: Record<string, fc.Arbitrary<unknown>> = {
  kind: fc.constantFrom("heading", "code", "rule", "image", "table", "callout", "constructor"),
  level: fc.nat(7),
  language: fc.constantFrom("python", "sql"),
  src: fc.constantFrom("https://example.com/a.png", "javascript:alert(1)"),
  alt: fc.constantFrom("", "A picture"),
  width: fc.nat(20_000),
  table: ids,
  list: fc.constantFrom("bullet", "ordered", "task"),
  start: fc.oneof(fc.nat(9), fc.constant("on")),
  numbers: fc.constantFrom("a", "I", "x"),
  checked: fc.boolean(),
  indent: fc.nat(9),
  quote: fc.nat(5),
  break: fc.nat(6),
  dir: fc.constantFrom("ltr", "rtl", "auto"),
  align: fc.constantFrom("left", "center", "justify"),
  cell: fc.record({ t: ids, r: ids, c: ids }),
};
const raw = (values: (known: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>) =>
  fc.record(Object.fromEntries(Object.entries(known).map(([name, value]) => [name, values(value)])), { requiredKeys: [] });
const rawKeys = fc.oneof({ weight: 4, arbitrary: raw((value) => value) }, { weight: 1, arbitrary: raw((value) => fc.oneof(value, hostile)) });

const act = fc.oneof(
  fc.tuple(fc.constantFrom("b", "i", "u", "s", "h", "c"), fc.integer({ min: -3, max: 3 })),
  fc.tuple(fc.constant("l"), fc.record({ t: fc.nat(3), href: fc.constantFrom("https://a.example", "https://b.example") }, { requiredKeys: ["t"] })),
);
const run: fc.Arbitrary<Run> = fc
  .tuple(fc.oneof(fc.constantFrom("a", "word ", "\n", "😀", "\n\n x"), fc.string({ minLength: 1, maxLength: 4 })), fc.array(act, { maxLength: 3 }), fc.boolean(), fc.nat(9))
  .map(([text, acts, _bold, odd]) => {
    const formats = new Map<string, unknown>(acts.map(([letter, value], at) => [`${letter}:${at}`, value]));
    const marks = MARKS.of(formats);
    return odd === 0 ? { text: THING, marks, thing: text.length % 2 ? mention({ id: "m1", user: "7", name: text }) : { formula: text } } : { text, marks };
  });
const line: fc.Arbitrary<DrawnLine> = fc.tuple(rawKeys, fc.array(run, { maxLength: 3 })).map(([values, runs]) => {
  const keys = readKeys((name) => (Object.hasOwn(values, name) ? (values as Record<string, unknown>)[name] : undefined));
  return { keys, runs, length: runs.reduce((sum, { text }) => sum + text.length, 0) };
});
const grids: fc.Arbitrary<Grids> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.tuple(ids, fc.constantFrom("r", "c", "h", "w"), ids, fc.oneof(fc.constantFrom<unknown>("1", "5", "9", true, 120), hostile)) },
      { weight: 1, arbitrary: fc.tuple(ids, fc.constant("s"), fc.tuple(ids, ids).map((cell) => cell.join("/")), fc.oneof(fc.tuple(ids, ids).map((cell): unknown => cell.join("/")), hostile)) },
    ),
    { maxLength: 30 },
  )
  .map((entries) => readGrids(new Map(entries.map(([table, part, id, value]) => [`${table}/${part}/${id}`, value]))));
const texts = fc.tuple(fc.array(line, { maxLength: 12 }), grids);

const childrenOf = ({ doc }: Drawing<DrawnLine>) => [...doc.content.content];
let made = 0;
const freshId = () => `new${made++}`;

const joined = (runs: readonly Run[]): Run[] => {
  const all: Run[] = [];
  for (const each of runs) {
    const last = all.at(-1);
    if (last && last.thing === undefined && each.thing === undefined && Mark.sameSet(last.marks, each.marks)) all[all.length - 1] = { ...last, text: last.text + each.text };
    else all.push({ text: each.text, marks: each.marks, ...(each.thing === undefined ? {} : { thing: each.thing }) });
  }
  return all.map((each) => ({ ...each, marks: [...each.marks] }));
};

/** The entries of the map that would make such grids. */
function entriesOf(read: Map<string, ReadGrid>): [string, unknown][] {
  const entries: [string, unknown][] = [];
  for (const [table, grid] of read) {
    for (const { row, column, toRow, toColumn } of grid.spans) entries.push([`${table}/s/${row}/${column}`, `${toRow}/${toColumn}`]);
    for (const [part, axes] of [["r", grid.rows], ["c", grid.columns]] as const) {
      for (const [at, axis] of axes.entries()) {
        entries.push([`${table}/${part}/${axis.id}`, String(at).padStart(4, "0")]);
        if (axis.isHeader) entries.push([`${table}/h/${axis.id}`, true]);
        if ("width" in axis && axis.width) entries.push([`${table}/w/${axis.id}`, axis.width]);
      }
    }
  }
  return entries;
}

test("whatever lines there are, they are drawn as a document that the schema allows", () => {
  fc.assert(
    fc.property(texts, ([lines, tables]) => {
      const drawing = artist.draw(lines, tables, spare);
      drawing.doc.check();
      assert.equal(drawing.blocks.length, drawing.doc.childCount);
      for (const [at, block] of drawing.blocks.entries()) assert.equal(block.node, drawing.doc.child(at));
    }),
    RUNS,
  );
});

test("what is drawn is read back as it is, and drawn again as it was", () => {
  fc.assert(
    fc.property(texts, ([lines, tables]) => {
      const drawing = artist.draw(lines, tables, spare);
      const entries = drawing.blocks.flatMap((block) => block.entries);
      const reading = read(childrenOf(drawing), { freshId });
      assert.equal(reading.lines.length, entries.length);
      for (const [at, { keys, node, isAtom }] of reading.lines.entries()) {
        const entry = entries[at]!;
        assert.ok(sameKeys(keys, entry.keys), `${JSON.stringify(keys)} was ${JSON.stringify(entry.keys)}`);
        assert.deepEqual(isAtom ? [] : readRuns(node, MARKS).map((each) => ({ ...each, marks: [...each.marks] })), joined(entry.runs));
      }
      const again: DrawnLine[] = reading.lines.map(({ keys, node, isAtom }) => {
        const runs = isAtom ? [] : readRuns(node, MARKS);
        return { keys, runs, length: runs.reduce((sum, { text }) => sum + text.length, 0) };
      });
      assert.ok(artist.draw(again, readGrids(entriesOf(reading.grids)), spare).doc.eq(drawing.doc));
    }),
    RUNS,
  );
});

test("a stretch is read as it is within the whole", () => {
  fc.assert(
    fc.property(texts, fc.nat(12), fc.nat(12), ([lines, tables], from, length) => {
      const drawing = artist.draw(lines, tables, spare);
      const blocks = drawing.blocks.slice(from, from + length);
      const before = drawing.blocks[from - 1]?.entries.map(({ keys }) => keys).filter(({ cell }) => !cell);
      const reading = read(blocks.map(({ node }) => node), { freshId, before });
      const entries = blocks.flatMap((block) => block.entries);
      assert.deepEqual(reading.lines.map(({ keys }) => keys), entries.map(({ keys }) => keys));
    }),
    RUNS,
  );
});

test("entries stand where their nodes do", () => {
  fc.assert(
    fc.property(texts, ([lines, tables]) => {
      const drawing = artist.draw(lines, tables, spare);
      for (const block of drawing.blocks) {
        for (const { keys, node, position } of read([block.node], { freshId }).lines) {
          const there = position === 0 ? block.node : block.node.nodeAt(position - 1);
          assert.equal(there, node, JSON.stringify(keys));
        }
        for (const [at, entry] of block.entries.entries()) {
          assert.equal(entry.block, block);
          assert.equal(entry.index, at);
        }
      }
    }),
    RUNS,
  );
});

test("tables are rectangular, whatever cells are merged, and every word in them is drawn once", () => {
  const axes: [string, unknown][] = ["x", "y", "z"].flatMap((id, at) => [[`x/r/${id}`, String(at)], [`x/c/${id}`, String(at)]]);
  const span = fc.tuple(ids, ids, ids, ids).map(([row, column, toRow, toColumn]): [string, unknown] => [`x/s/${row}/${column}`, `${toRow}/${toColumn}`]);
  let merged = 0;
  fc.assert(
    fc.property(fc.array(span, { maxLength: 6 }), (spans) => {
      const lines = ["x", "y", "z"].flatMap((r) => ["x", "y", "z"].map((c): DrawnLine => ({ keys: { cell: { t: "x", r, c } }, runs: [{ text: `word${r}${c}.`, marks: Mark.none }], length: 7 })));
      const anchor: DrawnLine = { keys: { kind: "table", table: "x" }, runs: [], length: 0 };
      const table = artist.draw([...lines, anchor], readGrids([...axes, ...spans]), spare).doc.firstChild!;
      const map = TableMap.get(table);
      assert.deepEqual([map.width, map.height, map.problems], [3, 3, null]);
      if (new Set(map.map).size < 9) merged++;
      for (const { runs } of lines) assert.equal(table.textContent.split(runs[0]!.text).length, 2, table.toString());
    }),
    RUNS,
  );
  assert.ok(merged > 100, "many are merged");
});

test("every word is drawn once", () => {
  const words = fc.array(fc.tuple(rawKeys), { maxLength: 12 }).map((all) =>
    all.map(([values], at): DrawnLine => {
      const text = `word${at}.`;
      return { keys: readKeys((name) => (values as Record<string, unknown>)[name]), runs: [{ text, marks: Mark.none }], length: text.length };
    }),
  );
  fc.assert(
    fc.property(words, grids, (lines, tables) => {
      const { doc } = artist.draw(lines, tables, spare);
      const text = doc.textBetween(0, doc.content.size, " ");
      for (const at of lines.keys()) assert.equal(text.split(`word${at}.`).length, 2, text);
    }),
    RUNS,
  );
});

test("large values are clamped in the drawing", () => {
  const keys = readKeys((name) => ({ indent: 60_000, quote: 60_000, list: "bullet", kind: "x" })[name]);
  const deep = Array.from({ length: 40 }, (): DrawnLine => ({ keys, runs: [], length: 0 }));
  assert.ok(artist.draw(deep, new Map(), spare).doc.content.size < 2_000);
  const entries = Array.from({ length: 5_000 }, (_, at): [string, unknown][] => [[`x/r/${at}`, "1"], [`x/c/${at}`, "1"]]).flat();
  const table: DrawnLine = { keys: { kind: "table", table: "x" }, runs: [], length: 0 };
  const { doc } = artist.draw([table], readGrids(entries), spare);
  assert.equal(doc.firstChild!.childCount * doc.firstChild!.firstChild!.childCount, 20_000);
});

test("there is always a rank between two", () => {
  const random = dice(SEED);
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 200 }), (places) => {
      const ranks: string[] = [];
      for (const place of places) {
        const at = place % (ranks.length + 1);
        const rank = rankBetween(ranks[at - 1] ?? null, ranks[at] ?? null, random);
        assert.ok((ranks[at - 1] ?? "") < rank && (ranks[at] === undefined || rank < ranks[at]), `${ranks[at - 1]} ${rank} ${ranks[at]}`);
        ranks.splice(at, 0, rank);
      }
    }),
    { ...RUNS, numRuns: 50 },
  );
});
