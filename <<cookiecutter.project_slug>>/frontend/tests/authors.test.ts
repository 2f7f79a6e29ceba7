import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { share } from "../../rooms/editor/authors/messages";
import { type Answer, Stretches } from "../../rooms/editor/authors/stretches";

const PEOPLE = ["Ada", "Ben", "Cleo"].map((name, place) => ({ id: String(place + 1), name, color: "#2474cf" }));

type Row = Answer["written"][number];

const row = fc.tuple(fc.nat(2), fc.nat(40), fc.integer({ min: 1, max: 15 }), fc.nat(2), fc.option(fc.nat(2)));

test("what was told last of an operation counts", () => {
  fc.assert(
    fc.property(fc.array(fc.array(row, { maxLength: 6 }), { maxLength: 6 }), (answers) => {
      const stretches = new Stretches();
      const letters = new Map<string, string>();
      for (const rows of answers) {
        // The server's do not overlap.
        const taken = new Set<string>();
        const written = rows.flatMap(([client, clock, length, person, by]): Row[] => {
          const keys = Array.from({ length }, (_, at) => `${client}:${clock + at}`);
          if (keys.some((key) => taken.has(key))) return [];
          for (const key of keys) {
            taken.add(key);
            letters.set(key, `${PEOPLE[person]?.name}${by === null ? "" : ` by ${PEOPLE[by]?.name}`}`);
          }
          return [[client, clock, length, person, 1, 2, ...(by === null ? [] : [by])] as Row];
        });
        stretches.take({ people: PEOPLE, written });
      }
      for (const client of [0, 1, 2, 3]) {
        let at = 5;
        for (const { from, to, written } of stretches.of(client, 5, 40)) {
          assert.equal(from, at);
          assert.ok(to > from);
          for (; at < to; at++) {
            const said = written && `${written.person.name}${written.by ? ` by ${written.by.name}` : ""}`;
            assert.equal(said, letters.get(`${client}:${at}`) ?? null);
          }
        }
        assert.equal(at, 45);
      }
      assert.equal(
        stretches.isOpen,
        [...letters.values()].some((said) => said.includes(" by ")),
      );
    }),
  );
});

test("who has left and who is here are named", () => {
  const stretches = new Stretches();
  const former = { id: "", name: "Former member", color: "#5f5e62" };
  stretches.take({ people: [former], written: [[7, 0, 3, 0, null, null]] });
  assert.deepEqual([...stretches.of(7, 0, 3)], [{ from: 0, to: 3, written: { from: 0, to: 3, person: former, last: null, by: null, isBrought: false } }]);
  assert.equal(share(1, 1000), "less than 1 %");
  assert.equal(share(2, 3), "67 %");
});
