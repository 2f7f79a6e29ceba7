import assert from "node:assert/strict";
import { test } from "node:test";

import { mergeTitles, moveCaret } from "../session/title-merge";

const both = (base: string, mine: string, theirs: string): string => mergeTitles(base, mine, theirs).title;

test("changes in different places are both made", () => {
  assert.equal(both("Room", "My Room", "Room for two"), "My Room for two");
  assert.equal(both("a b c", "x b z", "a y c"), "x y z");
  // One goes on with a word before which, or behind which, the other has put one.
  assert.equal(both("Pla", "Plans", "Ide Pla"), "Ide Plans");
  assert.equal(both("Hel", "Hello", "Hel world"), "Hello world");
});

test("words that both wrote in one place stand side by side, and that is said", () => {
  assert.deepEqual(mergeTitles("", "Mine", "Theirs"), { title: "Mine Theirs", isDoubled: true });
  assert.deepEqual(mergeTitles("cat", "bat", "cap"), { title: "bat cap", isDoubled: true });
  assert.equal(
    both("Plans for the summer", "Summer by the sea", "Autumn in the hills"),
    "Summer by the sea Autumn in the hills",
  );
  assert.equal(both("A day at sea", "A day at seaside", "A day at seafront"), "A day at seaside seafront");
  assert.deepEqual(mergeTitles("Plan", "Plans", "Plans"), { title: "Plans", isDoubled: false });
  assert.deepEqual(mergeTitles("Plan", "Plans", "Plans B"), { title: "Plans B", isDoubled: false });
});

test("no word that either has written is lost, and the caret stays beside its letters", () => {
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`seed ${seed}`);
  const random = generator(seed);
  for (let round = 0; round < 3_000; round += 1) {
    const base = Array.from({ length: random(5) }, (_, index) => `w${index}`);
    const [mine, theirs] = [edit(base, "m", random), edit(base, "t", random)];
    const { title } = mergeTitles(base.join(" "), mine.join(" "), theirs.join(" "));
    const there = new Set(title.split(" "));
    for (const word of [...mine, ...theirs]) {
      if (!base.includes(word)) assert.ok(there.has(word), `${base.join(" ")} | ${mine.join(" ")} | ${theirs.join(" ")} -> ${title}`);
    }
    const before = mine.join(" ");
    const caret = random(before.length + 1);
    const moved = moveCaret(caret, before, title);
    assert.ok(moved >= 0 && moved <= title.length);
    const start = title.indexOf(before);
    if (start >= 0 && caret > 0) assert.equal(moved, start + caret);
    const [head, tail] = [before.slice(0, caret), before.slice(caret)];
    // Words only behind it, or only before it, do not move it.
    assert.equal(moveCaret(caret, before, `${head}${tail} more`), caret);
    assert.equal(moveCaret(caret, before, head), caret);
  }
});

/** The words with some taken out, put in or put in place of others. */
function edit(words: string[], mark: string, random: (below: number) => number): string[] {
  const edited = [...words];
  for (let step = random(3); step >= 0; step -= 1) {
    edited.splice(random(edited.length + 1), random(2), ...(random(3) ? [`${mark}${random(1_000)}`] : []));
  }
  return edited;
}

function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
