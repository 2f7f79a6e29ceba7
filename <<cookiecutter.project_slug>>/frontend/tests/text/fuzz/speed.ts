/**
 * How long things take, and how large they are, beside y-tiptap: `npm run speed`, ROUNDS=n for how often each is done.
 */

import "../../dom";

import { writer } from "../people";
import { measure, pages } from "./measure";
import { yTiptap } from "./other";

for (const count of process.env["PAGES"] ? [Number(process.env["PAGES"])] : [60, 68]) {
  const [ours, others] = [measure(writer, count), measure(yTiptap, count)];
  const letters = pages(count).reduce((sum, { textContent }) => sum + textContent.length, 0);
  console.log(`\n${count} pages, ${Math.round(letters / 1000)} thousand letters`);
  console.log(`| ${"".padEnd(32)} | ours    | y-tiptap |\n|${"-".repeat(34)}|---------|----------|`);
  for (const name of Object.keys(ours)) console.log(`| ${name.padEnd(32)} | ${ours[name]!.toFixed(2).padStart(7)} | ${others[name]!.toFixed(2).padStart(8)} |`);
}
process.exit(0);
