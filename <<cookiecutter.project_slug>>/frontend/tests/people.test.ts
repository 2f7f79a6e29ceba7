import assert from "node:assert/strict";
import { test } from "node:test";

import { initials, peopleIn, shownOf } from "../session/presence";

const person = (id: string, name: string) => ({ id, name, color: "#112233" });

test("one avatar a person, oneself last", () => {
  const self = person("1", "Ada");
  const states = [
    { user: self },
    { user: person("3", "Zoe") },
    { user: person("2", "Bob"), cursor: null },
    { user: person("2", "Bob") },
    {},
    null,
    { user: { name: "No id" } },
  ];
  assert.deepEqual(
    peopleIn(states, self).map((found) => found.id),
    ["2", "3", "1"],
  );
});

test("initials of all sorts of names", () => {
  assert.equal(initials("Ada Lovelace"), "AL");
  assert.equal(initials("  grace  brewster hopper "), "GH");
  assert.equal(initials("Élodie"), "É");
  assert.equal(initials("bob@example.org"), "BO");
  assert.equal(initials("𝒜lan"), "𝒜");
  assert.equal(initials("Ada <b>"), "A");
  assert.equal(initials(""), "?");
});

test("oneself is shown, however many are here", () => {
  for (const most of [3, 5]) {
    for (const count of [1, 2, 3, 4, 5, 6, 12, 100]) {
      const people = Array.from({ length: count }, (_, index) => person(String(index), `Person ${index}`));
      const { shown, counted } = shownOf(people, most);
      assert.equal(shown.at(-1), people.at(-1));
      assert.ok(shown.length + Number(counted.length > 0) <= most);
      assert.deepEqual(new Set([...shown, ...counted]), new Set(people));
      assert.notEqual(counted.length, 1);
    }
  }
});
