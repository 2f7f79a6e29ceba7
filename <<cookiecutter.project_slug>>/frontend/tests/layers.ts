/** What is drawn over a document stays at its words, whatever others write, delete and bring back: in every kind of document. */

import "./dom";

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import type { Painter, Surface, SurfaceKind } from "../surfaces/surface";
import { type BroughtBack, watchUndone } from "../surfaces/undone";

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

/** A kind of document, how "one two three" is written in it, and how letters of that line are selected. */
export interface Case {
  kind: SurfaceKind;
  write: (text: Y.Text) => void;
  select: (host: HTMLElement, from: number, to: number) => void;
  /** As its own key does; otherwise by Yjs. */
  undo?: (host: HTMLElement) => void;
}

const look = { className: "marked", attributes: { "data-test": "mark" } };

/** A document in its editor, and the same at somebody else's, who writes it. */
async function mounted({ kind, write }: Case) {
  document.body.replaceChildren();
  const [host, toolbar] = [document.createElement("div"), document.createElement("div")];
  document.body.append(toolbar, host);
  const [doc, others] = [new Y.Doc(), new Y.Doc()];
  const awareness = new Awareness(doc);
  const page = { toolbar, memory: "yroom:1:room", nonce: "", isInTouch: () => true, failed: () => undefined, colorOf: (_id: string, own: string) => own };
  const surface = kind.mount(host, doc, awareness, page);
  others.on("update", (update: Uint8Array) => Y.applyUpdate(doc, update, "others"));
  doc.on("update", (update: Uint8Array, origin: unknown) => origin !== "others" && Y.applyUpdate(others, update, "here"));
  const undo = new Y.UndoManager(others.getText("text"), { captureTimeout: 0 });
  write(others.getText("text"));
  undo.clear();
  await surface.loadRest();
  closing.push(() => {
    surface.destroy();
    awareness.destroy();
    undo.destroy();
  });
  const marked = (): string[] => [...host.querySelectorAll(".marked")].map(({ textContent }) => textContent ?? "");
  return { doc, host, surface, others: others.getText("text"), undo, marked };
}

/** What is drawn the next time, and which marks are there then. */
function drawing(surface: Surface, layer: string, marks: Parameters<Surface["mark"]>[1]) {
  let hear: (shown: string[]) => void = () => undefined;
  const next = (): Promise<string[]> =>
    new Promise((resolve) => {
      hear = resolve;
    });
  surface.mark(layer, marks, (shown) => hear([...shown]));
  return next;
}

export function checkLayers(name: string, each: Case): void {
  const { select } = each;
  test(`${name}: marks stay at their words, go with them, and come back with them`, async () => {
    const { host, surface, others, undo, marked } = await mounted(each);
    assert.equal(surface.chosen(), null);
    select(host, 4, 7);
    const chosen = surface.chosen();
    assert.equal(chosen?.quote, "two");
    const stretch = chosen!;
    const next = drawing(surface, "test", [{ id: "a", stretch, look }]);
    assert.deepEqual(marked(), ["two"]);
    others.insert(4, "big ");
    others.insert(9, "x");
    assert.deepEqual(await next(), ["a"]);
    assert.deepEqual([surface.wordsOf(stretch), marked()], ["txwo", ["txwo"]]);
    others.delete(9, 1);
    await next();
    undo.stopCapturing();
    others.delete(8, 3);
    assert.deepEqual(await next(), []);
    assert.deepEqual([surface.wordsOf(stretch), marked()], [null, []]);
    undo.undo();
    assert.deepEqual(await next(), ["a"]);
    assert.deepEqual([surface.wordsOf(stretch), marked()], ["two", ["two"]]);
    surface.mark("test", null);
    assert.deepEqual(marked(), []);
  });

  test(`${name}: words that are brought back are bound to the letters that they consist of now`, async () => {
    const { host, surface, others, undo } = await mounted(each);
    select(host, 4, 7);
    const before = surface.chosen()!;
    const next = drawing(surface, "test", [{ id: "a", stretch: before, look }]);
    assert.deepEqual(surface.asNow(before), before);
    undo.stopCapturing();
    others.delete(6, 3);
    await next();
    // Not all of them are there.
    assert.equal(surface.asNow(before), null);
    undo.undo();
    await next();
    const now = surface.asNow(before)!;
    assert.equal(now.quote, "two");
    assert.deepEqual([now.start === before.start, now.end === before.end], [true, false]);
    assert.deepEqual(surface.asNow({ start: now.start, end: now.end }), now);
  });

  test(`${name}: what one brings back oneself is told, and known whatever is written in it right then`, async () => {
    const { doc, host, surface, others, marked } = await mounted(each);
    select(host, 4, 7);
    const before = surface.chosen()!;
    const next = drawing(surface, "test", [{ id: "a", stretch: before, look }]);
    const told: BroughtBack[] = [];
    watchUndone(surface.undoManager, (back) => told.push(...back));
    for (let round = 0; round < 2; round++) {
      told.length = 0;
      surface.step(() => doc.getText("text").delete(4, 3));
      if (each.undo) each.undo(host);
      else surface.undoManager.undo();
      assert.equal(told.reduce((sum, { from }) => sum + from.length, 0), 3);
      for (const { from, to } of told) {
        assert.deepEqual([from.client, to.client, to.length], [round ? doc.clientID : others.doc!.clientID, doc.clientID, from.length]);
      }
    }
    surface.step(() => doc.getText("text").insert(5, "x"));
    assert.deepEqual(await next(), ["a"]);
    assert.deepEqual([surface.wordsOf(before), surface.asNow(before)?.quote, marked().join("")], ["txwo", "txwo", "txwo"]);
  });

  test(`${name}: words that stand there several times are not taken for each other`, async () => {
    const { surface, host, others, undo } = await mounted(each);
    others.insert(13, " one two three");
    select(host, 18, 21);
    const stretch = surface.chosen()!;
    const at = (): string[] => [...host.querySelectorAll(".marked")].map((mark) => mark.previousSibling?.textContent ?? "");
    const next = drawing(surface, "test", [{ id: "a", stretch, look }]);
    undo.stopCapturing();
    others.delete(18, 3);
    assert.deepEqual(await next(), []);
    assert.equal(surface.wordsOf(stretch), null);
    undo.undo();
    assert.deepEqual(await next(), ["a"]);
    assert.deepEqual([surface.wordsOf(stretch), at()], ["two", ["one two three one "]]);
  });

  test(`${name}: letters are painted by who brought them`, async () => {
    const { host, surface, others, marked } = await mounted(each);
    const paint: Painter = function* (client, clock, length) {
      if (client === others.doc!.clientID && clock + length > 4) yield { from: Math.max(0, 4 - clock), to: length, look };
    };
    const next = drawing(surface, "authors", paint);
    assert.equal(marked().join(""), "two three");
    others.insert(0, "now ");
    await next();
    assert.equal(marked().join(""), "now two three");
    assert.equal(host.textContent?.includes("now one two three"), true);
  });

  test(`${name}: one hears at which marks one is`, async () => {
    const { host, surface } = await mounted(each);
    select(host, 4, 7);
    const stretch = surface.chosen()!;
    surface.mark("test", [{ id: "a", stretch, look }]);
    const heard: [boolean, Record<string, readonly string[]>][] = [];
    const stop = surface.onChosen((isChosen, at) => heard.push([isChosen, Object.fromEntries(at)]));
    select(host, 1, 1);
    select(host, 2, 2);
    select(host, 5, 5);
    select(host, 0, 5);
    assert.deepEqual(heard, [
      [false, {}],
      [false, { test: ["a"] }],
      [true, { test: ["a"] }],
    ]);
    stop();
    select(host, 1, 1);
    assert.equal(heard.length, 3);
  });

  test(`${name}: what is no place is drawn nowhere`, async () => {
    const { surface, marked } = await mounted(each);
    const nowhere = ["", "?", "AAAA", btoa("\u0000\u00ff\u00ff\u00ff\u00ff\u000f\u00ff\u0001\u0000")];
    surface.mark("test", nowhere.map((place) => ({ id: place, stretch: { start: place, end: place, quote: "" }, look })));
    assert.deepEqual(marked(), []);
    for (const place of nowhere) assert.equal(surface.wordsOf({ start: place, end: place }), null);
  });
}
