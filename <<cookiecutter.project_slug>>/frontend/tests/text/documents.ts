/** Random documents, of all that one can hold. */

import type { Node } from "@tiptap/pm/model";
import fc from "fast-check";

import { Artist, type DrawnLine, type Run, THING } from "../../surfaces/text/model/draw";
import { readKeys } from "../../surfaces/text/model/keys";
import { readGrids } from "../../surfaces/text/model/tables";
import { mention } from "../../surfaces/text/model/things";
import { MARKS, SCHEMA } from "./schema";

const spare: DrawnLine = { keys: {}, runs: [], length: 0 };
const ids = fc.constantFrom("x", "y", "z");

const keys = fc
  .record(
    {
      kind: fc.constantFrom("heading", "code", "rule", "image", "table"),
      level: fc.integer({ min: 1, max: 3 }),
      language: fc.constantFrom("python", "sql"),
      src: fc.constant("https://example.com/a.png?b&c"),
      alt: fc.constantFrom("", 'A "picture" & <more>'),
      width: fc.integer({ min: 2, max: 900 }),
      table: ids,
      list: fc.constantFrom("bullet", "ordered", "task"),
      start: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant("on")),
      numbers: fc.constantFrom("a", "I"),
      checked: fc.boolean(),
      indent: fc.nat(4),
      quote: fc.nat(2),
      break: fc.nat(6),
      align: fc.constantFrom("left", "center", "right"),
      dir: fc.constantFrom("ltr", "rtl"),
      cell: fc.record({ t: ids, r: ids, c: ids }),
    },
    { requiredKeys: [] },
  )
  .map((values) => ({ ...values, ...(values.kind === "image" ? { src: "https://example.com/a.png?b&c" } : {}) }));

const act = fc.oneof(
  fc.tuple(fc.constantFrom("b", "i", "u", "s", "h", "c"), fc.constant<unknown>(1)),
  fc.tuple(fc.constant("l"), fc.constantFrom<unknown>({ t: 1, href: "https://a.example/?b=1&c=%22" }, { t: 1, href: "mailto:b@b.example" })),
);
const words = fc.oneof(
  fc.constantFrom("a", "word ", " ", "two  spaces", "\t", "[x] box", "<b>&amp;</b>", "\u00a0", "1. one", "- two", "*a* _b_ `c`", "😀", "עברית"),
  fc.string({ minLength: 1, maxLength: 6 }),
);
const runOf = (said: fc.Arbitrary<string>): fc.Arbitrary<Run> =>
  fc.tuple(said, fc.array(act, { maxLength: 3 }), fc.nat(12)).map(([text, acts, odd]) => {
    const marks = MARKS.of(new Map<string, unknown>(acts.map(([letter, value], at) => [`${letter}:${at}`, value])));
    if (odd === 0) return { text: THING, marks, thing: text.length % 2 ? mention({ id: "m1", user: "7", name: text }) : { formula: text } };
    // In a line, that is a break.
    return { text: odd === 1 ? "\n" : text.replace(/[\r\f\v\0]/g, ""), marks };
  });
const lineOf = (said: fc.Arbitrary<string>): fc.Arbitrary<DrawnLine> =>
  fc.tuple(keys, fc.array(runOf(said), { maxLength: 3 })).map(([values, runs]) => {
    const read = readKeys((name) => (Object.hasOwn(values, name) ? (values as Record<string, unknown>)[name] : undefined));
    const filled = runs.filter(({ text }) => text);
    return { keys: read, runs: filled, length: filled.reduce((sum, { text }) => sum + text.length, 0) };
  });
const grids = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.tuple(ids, fc.constantFrom("r", "c", "h", "w"), ids, fc.constantFrom<unknown>("1", "5", "9", true, 120)) },
      { weight: 1, arbitrary: fc.tuple(ids, fc.constant("s"), fc.tuple(ids, ids).map((cell) => cell.join("/")), fc.tuple(ids, ids).map((cell): unknown => cell.join("/"))) },
    ),
    { maxLength: 30 },
  )
  .map((entries) => readGrids(new Map(entries.map(([table, part, id, value]) => [`${table}/${part}/${id}`, value]))));

/** `said`: what stands in their lines. */
export function documents(said = words): fc.Arbitrary<Node> {
  return fc
    .tuple(fc.array(lineOf(said), { minLength: 1, maxLength: 10 }), grids)
    .map(([lines, tables]) => new Artist<DrawnLine>(SCHEMA).draw(lines, tables, spare).doc);
}
