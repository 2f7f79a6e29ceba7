import assert from "node:assert/strict";
import { test } from "node:test";

import { initials, peopleIn } from "../presence";

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
