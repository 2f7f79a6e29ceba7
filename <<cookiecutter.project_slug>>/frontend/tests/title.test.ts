import assert from "node:assert/strict";
import { test } from "node:test";

import * as Y from "yjs";

import { Places, changeOf } from "../session/title-places";
import { dice } from "./helpers";

test("of letters that are alike, those at the caret were typed or deleted", () => {
  assert.deepEqual(changeOf("aaa", "aaaa", 2), { from: 1, to: 1, text: "a" });
  assert.deepEqual(changeOf("aaa", "aaaa", 4), { from: 3, to: 3, text: "a" });
  assert.deepEqual(changeOf("aaa", "aa", 1), { from: 1, to: 2, text: "" });
  assert.deepEqual(changeOf("aaa", "aa", 0), { from: 0, to: 1, text: "" });
  // A caret that is elsewhere has nothing to decide.
  assert.deepEqual(changeOf("Room", "My Room", 7), { from: 0, to: 0, text: "My " });
});

test("what was selected and replaced is replaced as a whole, whatever letters are in both", () => {
  assert.deepEqual(changeOf("Draft", "Alpha report", 12), { from: 0, to: 4, text: "Alpha repor" });
  assert.deepEqual(changeOf("Draft", "Alpha report", 12, [0, 5]), { from: 0, to: 5, text: "Alpha report" });
  assert.deepEqual(changeOf("one two", "one too", 7, [4, 7]), { from: 4, to: 7, text: "too" });
  // A selection that is not what was replaced.
  assert.deepEqual(changeOf("teh cat", "the cat", 3, [5, 7]), { from: 1, to: 3, text: "he" });
});

test("a change is one of whole characters", () => {
  // 😀 and 😁 have their first half in common, 😀 and 🨀 their second.
  assert.deepEqual(changeOf("a😀b", "a😁b", 3), { from: 1, to: 3, text: "😁" });
  assert.deepEqual(changeOf("a😀b", "a🨀b", 3), { from: 1, to: 3, text: "🨀" });
  assert.deepEqual(changeOf("😀😀", "😀", 2), { from: 2, to: 4, text: "" });
  assert.deepEqual(changeOf("😁", "😁😀", 4), { from: 2, to: 2, text: "😀" });
});

const LETTERS = ["a", "b", " ", "😀", "😁", "🨀", "é"];

function text(roll: () => number, most: number): string {
  return Array.from({ length: Math.floor(roll() * most) }, () => LETTERS[Math.floor(roll() * LETTERS.length)]).join("");
}

test("a change makes of one text the other, and cuts no character", () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const roll = dice(seed);
  for (let round = 0; round < 5_000; round++) {
    const [before, after] = [text(roll, 8), text(roll, 8)];
    const caret = Math.floor(roll() * (after.length + 1));
    const { from, to, text: instead } = changeOf(before, after, caret);
    const story = `seed ${seed}: ${JSON.stringify([before, after, caret, from, to])}`;
    assert.equal(before.slice(0, from) + instead + before.slice(to), after, story);
    assert.doesNotMatch(`${instead}|${before.slice(from, to)}|${before.slice(0, from)}`, /\p{Surrogate}/u, story);
  }
});

test("letters are found again, whatever others write meanwhile and oneself does", () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const roll = dice(seed);
  for (let round = 0; round < 500; round++) {
    const source = new Y.Doc().getText("title");
    source.insert(0, "abcdefgh");
    let field = source.toString();
    const places = new Places(field.length);
    source.observe(({ delta }) => places.follow(delta));
    for (let step = 0; step < 12; step++) {
      const at = Math.floor(roll() * (source.length + 1));
      const story = `seed ${seed}, round ${round}, step ${step}`;
      switch (Math.floor(roll() * 4)) {
        case 0:
          source.insert(at, "others".slice(0, 1 + Math.floor(roll() * 5)).toUpperCase());
          break;
        case 1:
          source.insertEmbed(at, {});
          break;
        case 2:
          source.delete(at, Math.min(2, source.length - at));
          break;
        default: {
          const from = Math.floor(roll() * (field.length + 1));
          const to = Math.min(field.length, from + Math.floor(roll() * 3));
          const typed = roll() < 0.7 ? String.fromCharCode(0x430 + Math.floor(roll() * 32)) : "";
          const place = places.behind(from);
          for (const part of places.partsOf(from, to).reverse()) source.delete(part.at, part.length);
          source.insert(place, typed);
          places.take({ from, to, text: typed }, place);
          field = field.slice(0, from) + typed + field.slice(to);
        }
      }
      const there = (source.toDelta() as { insert: unknown }[]).map(({ insert }) => (typeof insert === "string" ? insert : "\ufffc")).join("");
      for (let index = 0; index < field.length; index++) {
        const [part] = places.partsOf(index, index + 1);
        if (part) assert.equal(there[part.at], field[index], story);
      }
    }
  }
});
