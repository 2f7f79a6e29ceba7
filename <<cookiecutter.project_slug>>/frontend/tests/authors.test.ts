import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import * as Y from "yjs";

import { share } from "../../rooms/editor/authors/messages";
import { type Answer, Stretches } from "../../rooms/editor/authors/stretches";
import { PAUSE, Undone } from "../../rooms/editor/authors/undone";
import type { BroughtBack } from "../surfaces/undone";

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

test("what one brings back of others is told once it is saved, several undos together; one's own words are not", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const doc = new Y.Doc();
  const own = doc.clientID;
  let save: () => void = () => undefined;
  const told: unknown[] = [];
  const undone = new Undone(
    {
      doc,
      saved: () => new Promise((resolve) => (save = resolve)),
      ask: async (url, asked) => told.push(url, asked?.body),
    },
    "/undone/",
    2,
  );
  const back = (client: number, clock: number, to: number): BroughtBack => ({ from: { client, clock, length: 3 }, to: { client: own, clock: to, length: 3 } });
  const settle = async (): Promise<unknown[]> => {
    mock.timers.tick(PAUSE);
    save();
    await new Promise(setImmediate);
    return told.splice(0);
  };
  undone.take([back(own, 0, 10)]);
  assert.deepEqual(await settle(), []);
  undone.take([back(1, 0, 20), back(own, 3, 23)]);
  undone.take([back(2, 5, 26)]);
  mock.timers.tick(PAUSE);
  await new Promise(setImmediate);
  assert.deepEqual(told, []);
  assert.deepEqual(await settle(), ["/undone/", { runs: [[1, 0, own, 20, 3], [2, 5, own, 26, 3]] }]);
  undone.take([back(3, 0, 60), back(3, 6, 63), back(3, 12, 66)]);
  assert.deepEqual(await settle(), ["/undone/", { runs: [[3, 0, own, 60, 3], [3, 6, own, 63, 3]] }]);
  // Deleted once more and undone, they are copies of one's own that were another's.
  undone.take([back(own, 20, 40)]);
  assert.deepEqual(await settle(), ["/undone/", { runs: [[own, 20, own, 40, 3]] }]);
});
