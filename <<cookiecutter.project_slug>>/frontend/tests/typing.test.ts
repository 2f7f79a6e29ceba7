/** Signs that are typed: of which text they make what, and of which they are letters. */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Keys } from "../surfaces/text/model/keys";
import { addressRule, blockRule, fenceRule, markRule, printRule } from "../surfaces/text/typing/rules";

/** What is typed, and what has a mark then; null where there is none at the last letter, nor was at any before. */
const MARKS: [typed: string, mark: string | null, marked?: string][] = [
  ["**bold**", "bold", "bold"],
  ["a **b c**", "bold", "b c"],
  ["*it*", "italic", "it"],
  ["_it_", "italic", "it"],
  ["(_it_", "italic", "it"],
  ["“*it*", "italic", "it"],
  ["~~gone~~", "strike", "gone"],
  ["==seen==", "highlight", "seen"],
  ["`x = 1`", "code", "x = 1"],
  ["`a\\`", "code", "a\\"],
  ["字**粗**", "bold", "粗"],
  ["ไทย*เอียง*", "italic", "เอียง"],
  ["🙂*it*", "italic", "it"],
  ["__init__", null],
  ["snake_case_name", null],
  ["a.b_c_", null],
  ["2*3*4", null],
  ["2**3**", null],
  ["x~~y~~", null],
  ["é*a*", null],
  ["слово*а*", null],
  ["f(*args, **kwargs)", null],
  ["a * b * c", null],
  ["* a*", null],
  ["*a *", null],
  ["****", null],
  ["**", null],
  ["``", null],
  ["\\*a*", null],
  ["*a\\*", null],
  ["*a\nb*", null],
  ["`**a**", null],
  ["call `**a**", null],
  ["__dunder_", null],
];

/** What is typed, and what stands there in the end. */
const PRINTED: [typed: string, printed: string][] = [
  ["a -> b", "a → b"],
  ["->", "→"],
  ["a <- b <-> c", "a ← b ↔ c"],
  ["so => that", "so ⇒ that"],
  ["word -- word", "word – word"],
  ["word --- word", "word — word"],
  ["ls --all -> x", "ls --all → x"],
  ["a--b a---b -- ", "a--b a---b – "],
  ["<!--> --> ==> >= <= =>>", "<!--> --> ==> >= <= ⇒>"],
  ["-- at the start", "-- at the start"],
  ["`a -> b", "`a -> b"],
];

test("arrows and dashes come of the signs that stand for them, and of no others", () => {
  for (const [typed, printed] of PRINTED) {
    let text = "";
    for (const letter of typed) {
      text += letter;
      const rule = printRule(text);
      if (rule) text = text.slice(0, text.length - rule.from) + rule.printed + text.slice(text.length - rule.to);
    }
    assert.equal(text, printed, typed);
  }
});

test("words between two signs get a mark, and words in which signs are letters get none", () => {
  for (const [typed, mark, marked] of MARKS) {
    const letters = [...typed];
    const found = letters.map((_letter, index) => markRule(letters.slice(0, index + 1).join(""))).findIndex((rule) => rule !== null);
    const before = letters.slice(0, found + 1).join("");
    const rule = found < 0 ? null : markRule(before);
    assert.equal(rule?.mark ?? null, mark, typed);
    if (!rule) continue;
    assert.equal(before, typed, `${typed}: not before its end`);
    assert.equal(before.slice(before.length - rule.length + rule.sign, before.length - rule.sign), marked, typed);
  }
});

const PARAGRAPH: Keys = {};
const BLOCKS: [before: string, keys: Keys, become: unknown, behind?: string][] = [
  ["# ", PARAGRAPH, { kind: "heading", level: 1 }],
  ["### ", PARAGRAPH, { kind: "heading", level: 3 }],
  ["#### ", PARAGRAPH, null],
  ["# ", { kind: "heading", level: 2 }, { kind: "heading", level: 1 }],
  ["# ", { kind: "heading", level: 1 }, null],
  ["# ", { list: "bullet" }, null],
  ["- ", PARAGRAPH, { list: "bullet" }],
  ["- ", { kind: "heading", level: 1 }, null],
  ["- ", { list: "bullet" }, null],
  ["- ", { list: "ordered" }, { list: "bullet" }],
  ["1) ", PARAGRAPH, { list: "ordered", start: 1 }],
  ["2024. ", PARAGRAPH, { list: "ordered", start: 2024 }],
  ["12345678901. ", PARAGRAPH, null],
  ["[] ", PARAGRAPH, { list: "task", checked: undefined }],
  ["[x] ", { list: "bullet" }, { list: "task", checked: true }],
  ["> ", PARAGRAPH, "quote"],
  ["> ", { list: "bullet" }, null],
  ["---", PARAGRAPH, "rule"],
  ["---", PARAGRAPH, null, "x"],
  ["---", { list: "bullet" }, null],
  ["x- ", PARAGRAPH, null],
  ["-", PARAGRAPH, null],
];

test("signs at the beginning of a line make something of it, where it can be that", () => {
  for (const [before, keys, become, behind = ""] of BLOCKS) {
    assert.deepEqual(blockRule({ before, behind, keys })?.become ?? null, become, `${before} ${JSON.stringify(keys)}`);
  }
});

test("three backticks begin code, with a language or without", () => {
  for (const [before, language] of [["```", ""], ["```py", "py"], ["```c++", "c++"], ["~~~", ""], ["``", null], ["x```", null], ["```a b", null]] as const) {
    assert.equal(fenceRule({ before, behind: "", keys: {} }), language, before);
  }
  assert.equal(fenceRule({ before: "```", behind: "x", keys: {} }), null);
  assert.equal(fenceRule({ before: "```", behind: "", keys: { list: "bullet" } }), null);
});

test("links and pictures are typed as Markdown writes them", () => {
  const typed: [before: string, words: string | null, address?: string, isImage?: boolean][] = [
    ["see [this page](example.org)", "this page", "example.org", false],
    ["![a picture](https://example.org/a.png)", "a picture", "https://example.org/a.png", true],
    ["![](https://example.org/a.png)", "", "https://example.org/a.png", true],
    ["[a](https://example.org/b_(c))", "a", "https://example.org/b_(c)", false],
    ["[a](https://example.org/b_(c)", null],
    ["[](example.org)", null],
    ["\\[a](b.c)", null],
    ["`[a](b.c)", null],
    ["f[0](x y)", null],
  ];
  for (const [before, words, address, isImage] of typed) {
    const rule = addressRule(before);
    assert.equal(rule?.words ?? null, words, before);
    if (words !== null) assert.deepEqual([rule?.address, rule?.isImage], [address, isImage], before);
  }
  // With a key in a long line that only begins as one, one would wait for minutes.
  assert.equal(addressRule(`[a](${"b".repeat(500_000)}`), null);
});
