/**
 * Sessions by the hundred: `npm run fuzz -- [sessions] [actions]`, SEED=n for the first session's seed, OTHER=1 for y-tiptap,
 * TABLES=1 with tables, HARD=1 with tables, and with undo, moves and times offline by far more often than people have them,
 * WATCH=word to see what becomes of a word in everybody's text.
 */

import "../../dom";

import { setImmediate } from "node:timers/promises";

import type { Editor } from "@tiptap/core";

import { yTiptap } from "./other";
import { ACTIONS, HARD_ACTIONS, TABLE_ACTIONS } from "./actions";
import { type Report, run, textOf } from "./session";
import { writer } from "../people";

const [sessions = 100, actions = 60] = process.argv.slice(2).map(Number);
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const make = process.env["OTHER"] ? yTiptap : writer;

const isHard = !!process.env["HARD"];
const kinds = isHard ? HARD_ACTIONS : process.env["TABLES"] ? [...ACTIONS, ...TABLE_ACTIONS] : ACTIONS;

const watched = process.env["WATCH"];
const total = { sessions: 0, words: 0, standing: 0, lost: 0, torn: 0, doubled: 0, taken: 0, carets: 0, thrown: 0, faulty: 0, clean: 0 };
const started = Date.now();
for (let index = 0; index < sessions; index++) {
  const report = run({ seed: seed + index, actions, offline: isHard || (seed + index) % 2 === 1, make, kinds, watch: watched ? watcher(watched) : undefined });
  add(report);
  // Editors leave timers behind, which hold them until they have had their turn.
  await setImmediate();
}
console.log(JSON.stringify({ seed, actions, seconds: Math.round((Date.now() - started) / 1000), ...total }));
process.exit(0);

function add(report: Report): void {
  const { words, standing, lost, torn, doubled, taken, carets, thrown, faults } = report;
  const isClean = !lost.length && !torn.length && !doubled.length && !taken.length && !faults.length;
  total.sessions++;
  total.words += words;
  total.standing += standing;
  for (const name of ["lost", "torn", "doubled", "taken"] as const) total[name] += report[name].length;
  total.carets += carets;
  total.thrown += thrown;
  total.faulty += faults.length ? 1 : 0;
  total.clean += isClean ? 1 : 0;
  if (!isClean && !process.env["OTHER"]) console.log(JSON.stringify({ seed: report.seed, lost, torn, doubled, taken, faults }));
}

/** Says whenever a word, or what is there of it, stands otherwise in somebody's text. */
function watcher(word: string): (what: string, editors: readonly Editor[]) => void {
  let before = "";
  return (what, editors) => {
    const parts = new RegExp(`.{0,6}${word.slice(0, 2)}.{0,6}|.{0,6}${word.slice(-2)}(?![a-z]).{0,6}`, "g");
    const now = editors.map((editor) => (textOf(editor).match(parts) ?? []).join(" / "));
    if (now.join("|") !== before) console.log(what, JSON.stringify(now), process.env["FULL"] ? editors.map(({ state }) => `\n   ${state.doc} @${state.selection.head}`).join("") : "");
    before = now.join("|");
  };
}
