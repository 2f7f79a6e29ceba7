/** How long things take in a text, and how large they are, without a page: what the browser does to show a change is not in it. */

import type { Editor } from "@tiptap/core";
import { Fragment, type Node } from "@tiptap/pm/model";
import { TextSelection, type Transaction } from "@tiptap/pm/state";
import * as Y from "yjs";

import type { Writer } from "../people";
import { SCHEMA } from "../schema";
import { Dice } from "./dice";

const ROUNDS = Number(process.env["ROUNDS"] ?? 5);
const KEYS = 60;

const dice = new Dice(1);
const words = (count: number): string => Array.from({ length: count }, () => Array.from({ length: dice.between(2, 9) }, () => dice.pick([..."abcdefghijklmnopqrstuvwxyz"])).join("")).join(" ");

/** Some pages of about 500 words: paragraphs, a heading and a list each, some words bold. */
export function pages(count: number): Node[] {
  const { paragraph, heading, bulletList, listItem } = SCHEMA.nodes;
  const bold = SCHEMA.marks["bold"]!.create();
  const nodes: Node[] = [];
  for (let page = 0; page < count; page++) {
    nodes.push(heading!.create({ level: 2 }, SCHEMA.text(words(4))));
    for (let each = 0; each < 8; each++) nodes.push(paragraph!.create(null, [SCHEMA.text(`${words(20)} `), SCHEMA.text(words(3), [bold]), SCHEMA.text(` ${words(27)}`)]));
    nodes.push(bulletList!.create(null, Array.from({ length: 10 }, () => listItem!.create(null, paragraph!.create(null, SCHEMA.text(words(9)))))));
  }
  return nodes;
}

function median(times: number[]): number {
  return times.sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
}

function timed(act: () => void): number {
  const before = performance.now();
  act();
  return performance.now() - before;
}

function put(editor: Editor, nodes: readonly Node[]): void {
  const { tr, doc } = editor.state;
  const own = Fragment.fromJSON(editor.schema, nodes.map((node) => node.toJSON()));
  editor.view.dispatch(tr.replaceWith(0, doc.content.size, own));
}

/** In the middle of the words of a paragraph in the middle of the document. */
function goToMiddle({ view, state }: Editor): void {
  let place = 0;
  state.doc.forEach((node, offset) => {
    if (node.type.name === "paragraph" && offset < state.doc.content.size / 2) place = offset + 1 + Math.floor(node.content.size / 2);
  });
  view.dispatch(state.tr.setSelection(TextSelection.create(state.doc, place)));
}

type Make = (doc: Y.Doc, random: () => number) => Writer;

export function measure(make: Make, count: number): Record<string, number> {
  const nodes = pages(count);
  const rows: Record<string, number[]> = {};
  const note = (name: string, value: number): void => {
    rows[name] ??= [];
    rows[name].push(value);
  };
  for (let round = 0; round < ROUNDS; round++) {
    const one = make(Object.assign(new Y.Doc(), { clientID: 1 }), dice.next);
    note("paste, ms", timed(() => put(one.editor, nodes)));
    const state = Y.encodeStateAsUpdate(one.doc);
    note("state, kB", state.length / 1000);
    const other = Object.assign(new Y.Doc(), { clientID: 2 });
    Y.applyUpdate(other, state);
    let two = null as unknown as Writer;
    note("first draw, ms", timed(() => {
      two = make(other, dice.next);
    }));
    const sent: Uint8Array[] = [];
    one.doc.on("update", (update: Uint8Array) => sent.push(update));
    let last: Transaction | null = null;
    two.editor.on("transaction", ({ transaction }) => {
      last = transaction;
    });
    goToMiddle(one.editor);
    const kinds = { letter: () => one.editor.state.tr.insertText("x"), enter: () => one.editor.state.tr.split(one.editor.state.selection.from) };
    for (const [name, act] of Object.entries(kinds)) {
      for (let key = 0; key < KEYS; key++) {
        const tr = act();
        note(`${name} here, ms`, timed(() => one.editor.view.dispatch(tr)));
        const updates = sent.splice(0);
        note(`${name}, bytes`, updates.reduce((sum, { length }) => sum + length, 0));
        note(`${name} there, ms`, timed(() => {
          for (const update of updates) Y.applyUpdate(two.doc, update);
        }));
        const steps = last as Transaction | null;
        let touched = 0;
        for (const map of steps?.mapping.maps ?? []) map.forEach((from, to, newFrom, newTo) => {
          touched += to - from + newTo - newFrom;
        });
        note(`${name} there, positions touched`, touched);
      }
    }
    for (const each of [one, two]) each.destroy();
  }
  return Object.fromEntries(Object.entries(rows).map(([name, values]) => [name, median(values)]));
}
