/** The pieces of a text are kept up with every change of it, and come in the same order for all. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import * as Y from "yjs";

import { Artist } from "../surfaces/text/model/draw";
import { order } from "../surfaces/text/model/order";
import { Line, Piece } from "../surfaces/text/model/piece";
import { Pieces } from "../surfaces/text/model/pieces";
import { readGrids } from "../surfaces/text/model/tables";
import { MARKS, SCHEMA, SEED } from "./text/schema";

const artist = new Artist<Line>(SCHEMA);
const spare = new Line(new Piece(null));

type Act = [what: string, where: number, length: number, value: unknown];

const value = fc.oneof(fc.constantFrom<unknown>("heading", "rule", "table", "bullet", true, 1, 3, null, [1, 2]), fc.anything());
const act: fc.Arbitrary<Act> = fc.tuple(
  fc.constantFrom("insert", "insert", "line", "line", "delete", "format", "key", "place", "join", "hide", "thing", "undo", "redo", "meet"),
  fc.nat(1_000),
  fc.nat(8),
  value,
);

/** Two people, each with the pieces of his copy. */
function pair() {
  return [1, 2].map((clientID) => {
    const doc = Object.assign(new Y.Doc(), { clientID });
    const text = doc.getText("text");
    const undo = new Y.UndoManager(text, { captureTimeout: 0 });
    const pieces = new Pieces(text, MARKS);
    doc.on("afterTransaction", (transaction: Y.Transaction) => pieces.update(transaction));
    return { doc, text, undo, pieces };
  });
}

function perform({ text, undo, pieces }: ReturnType<typeof pair>[number], [what, where, length, given]: Act): void {
  const at = where % (text.length + 1);
  const some = Math.min(length, text.length - at);
  const markers = [...pieces.list].filter(({ marker }) => marker);
  const piece = markers[where % Math.max(markers.length, 1)];
  const other = markers[length % Math.max(markers.length, 1)];
  const plain = JSON.parse(JSON.stringify(given ?? null) ?? "null") as unknown;
  if (what === "insert") text.insert(at, "abcdefgh".slice(0, length + 1));
  else if (what === "line") text.insertEmbed(at, new Y.Map<unknown>([["kind", plain], ["n", length]]));
  else if (what === "delete") text.delete(at, some);
  else if (what === "format" && some) text.format(at, Math.min(some * 8, text.length - at), { [`b:${length}`]: where % 3 ? where : null });
  else if (what === "thing") text.insertEmbed(at, { thing: plain });
  else if (what === "undo") undo.undo();
  else if (what === "redo") undo.redo();
  if (!piece?.map || !other?.ref) return;
  if (what === "key") piece.map.set(["kind", "list", "indent", "quote", "cell", "place", "join"][length % 7] ?? "kind", plain);
  else if (what === "hide") piece.map.set("hidden", true);
  else if (what === "place") piece.map.set("place", { after: length ? [...other.ref] : null, n: String(where) });
  else if (what === "join") piece.map.set("join", [...other.ref]);
}

const seen = (pieces: Pieces) =>
  [...pieces.list].map((piece) => ({
    ref: piece.ref,
    start: pieces.start(piece),
    length: piece.length,
    keys: piece.keys,
    place: piece.place,
    join: piece.join,
    isHidden: piece.isHidden,
    before: [...piece.before],
    after: [...piece.after],
    runs: piece.runs.map(({ text, marks, thing, formats }) => ({ text, marks: [...marks], thing, formats: [...(formats ?? [])] })),
  }));

const drawn = (pieces: Pieces) => artist.draw(order(pieces).filter((line) => !line.isHidden), readGrids([]), spare).doc;

test("what is kept up is what a new reading finds, and all draw the same", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1), act), { maxLength: 60 }), (acts) => {
      const people = pair();
      const meet = (): void => {
        for (const [one, other] of [people, [...people].reverse()]) {
          Y.applyUpdate(other!.doc, Y.encodeStateAsUpdate(one!.doc, Y.encodeStateVector(other!.doc)));
        }
      };
      for (const [who, each] of acts) {
        if (each[0] === "meet") meet();
        else perform(people[who]!, each);
        for (const { text, pieces } of people) assert.deepEqual(seen(pieces), seen(new Pieces(text, MARKS)));
      }
      meet();
      const [one, other] = people.map(({ pieces }) => drawn(pieces));
      one!.check();
      assert.deepEqual(one!.toJSON(), other!.toJSON());
    }),
    { seed: SEED, numRuns: 150 },
  );
});

/** A text of lines, one for each word. */
function written(...words: string[]) {
  const doc = new Y.Doc();
  const text = doc.getText("text");
  for (const word of words) {
    text.insert(text.length, word);
    text.insertEmbed(text.length, new Y.Map());
  }
  const pieces = new Pieces(text, MARKS);
  doc.on("afterTransaction", (transaction: Y.Transaction) => pieces.update(transaction));
  const named = (word: string): Piece => [...pieces.list].find(({ runs }) => runs[0]?.text === word)!;
  const set = (word: string, key: string, value: unknown): unknown => named(word).map!.set(key, value);
  const lines = (): string[] => order(pieces).filter((line) => !line.isHidden).map(({ runs }) => runs.map((run) => run.text).join("")).filter(Boolean);
  return { doc, text, pieces, set, lines, ref: (word: string) => [...named(word).ref!] };
}

test("lines stand where their places say", () => {
  const { set, lines, ref } = written("a", "b", "c", "d");
  set("a", "place", { after: ref("c"), n: "5" });
  assert.deepEqual(lines(), ["b", "c", "a", "d"]);
  set("d", "place", { after: ref("c"), n: "3" });
  assert.deepEqual(lines(), ["b", "c", "d", "a"]);
  set("c", "place", { after: null, n: "1" });
  assert.deepEqual(lines(), ["c", "b", "d", "a"], "what stands behind it stays: its marker is where it was");
  set("b", "place", { after: [99, 99], n: "1" });
  assert.deepEqual(lines(), ["c", "b", "d", "a"], "nobody knows that marker");
});

test("lines that are joined are one, wherever that one goes", () => {
  const { set, lines, ref } = written("a", "b", "c", "d");
  set("b", "join", ref("a"));
  set("d", "join", ref("b"));
  assert.deepEqual(lines(), ["abd", "c"]);
  set("a", "place", { after: ref("c"), n: "1" });
  assert.deepEqual(lines(), ["c", "abd"]);
  set("c", "join", ref("a"));
  assert.deepEqual(lines(), ["abdc"]);
  set("a", "join", ref("d"));
  assert.deepEqual(lines(), ["abdc"], "in a circle the first is the root");
  set("a", "hidden", true);
  assert.deepEqual(lines(), ["abdc"], "what has words is not hidden");
});

test("who stands behind a marker that is gone stands where its text went", () => {
  const { text, set, lines, ref } = written("a", "b", "c");
  set("c", "place", { after: ref("a"), n: "1" });
  assert.deepEqual(lines(), ["a", "c", "b"]);
  text.delete(1, 1);
  assert.deepEqual(lines(), ["ab", "c"]);
});
