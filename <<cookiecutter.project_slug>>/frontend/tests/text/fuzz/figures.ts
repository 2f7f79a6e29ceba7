/** What is lost and what things take, ours beside y-tiptap, as tables of Markdown. */

import { setImmediate } from "node:timers/promises";

import { writer } from "../people";
import { ACTIONS, TABLE_ACTIONS } from "./actions";
import { measure, pages } from "./measure";
import { yTiptap } from "./other";
import { type Plan, type Report, run } from "./session";

const ACTIONS_EACH = 60;

export interface Size {
  /** Of each kind. */
  sessions: number;
  seed: number;
  pages: number;
}

const KINDS: [string, Pick<Plan, "make" | "kinds">][] = [
  ["ours", { make: writer, kinds: ACTIONS }],
  ["ours, with tables", { make: writer, kinds: [...ACTIONS, ...TABLE_ACTIONS] }],
  ["y-tiptap", { make: yTiptap, kinds: ACTIONS }],
  ["y-tiptap, with tables", { make: yTiptap, kinds: [...ACTIONS, ...TABLE_ACTIONS] }],
];

const ROWS: [string, (report: Report) => number][] = [
  ["words written", ({ words }) => words],
  ["words that must stand", ({ standing }) => standing],
  ["lost", ({ lost }) => lost.length],
  ["torn", ({ torn }) => torn.length],
  ["doubled", ({ doubled }) => doubled.length],
  ["taken by another's undo", ({ taken }) => taken.length],
  ["carets looked at", ({ carets }) => carets],
  ["thrown off their letter", ({ thrown }) => thrown],
  ["sessions with another fault", ({ faults }) => Math.min(faults.length, 1)],
];

export async function figures(size: Size): Promise<string> {
  const counts: number[][] = [];
  for (const [, plan] of KINDS) counts.push(await counted(plan, size));
  const lost = table(
    ["", ...KINDS.map(([name]) => name)],
    ROWS.map(([name], at) => [name, ...counts.map((each) => String(each[at]))]),
  );
  const [ours, other] = [measure(writer, size.pages), measure(yTiptap, size.pages)];
  const letters = Math.round(pages(size.pages).reduce((sum, { textContent }) => sum + textContent.length, 0) / 1000);
  const speed = table(["", "ours", "y-tiptap"], Object.keys(ours).map((name) => [name, ...[ours, other].map((each) => each[name]?.toFixed(2) ?? "")]));
  return `${size.sessions} sessions each from seed ${size.seed} on, of ${ACTIONS_EACH} actions; half of them with people offline.\n\n${lost}\n\n${size.pages} pages, ${letters} thousand letters; medians.\n\n${speed}\n`;
}

async function counted(plan: Pick<Plan, "make" | "kinds">, { sessions, seed }: Size): Promise<number[]> {
  const sums = ROWS.map(() => 0);
  for (let index = 0; index < sessions; index++) {
    const report = run({ ...plan, seed: seed + index, actions: ACTIONS_EACH, offline: index % 2 === 1 });
    for (const [at, [, count]] of ROWS.entries()) sums[at] = (sums[at] ?? 0) + count(report);
    // Editors leave timers behind, which hold them until they have had their turn.
    await setImmediate();
  }
  return sums;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, at) => (at ? "--:" : "---"))), ...rows.map(line)].join("\n");
}
