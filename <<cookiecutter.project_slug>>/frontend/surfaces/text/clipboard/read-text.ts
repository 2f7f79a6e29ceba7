/** Plain text: letter for letter, unless it plainly is Markdown. */

import { Fragment, type Mark, type Schema, Slice } from "@tiptap/pm/model";

import { writtenLink } from "../../../lib/urls";
import { LIMITS, wellFormed } from "../model/values";
import { type PastedCell, makeTable } from "./grid";

/** A line for a line. `marks` are those at the caret. */
export function readText(text: string, schema: Schema, marks: readonly Mark[]): Slice {
  const lines = wellFormed(text).split(/\r\n?|\n/);
  const paragraphs = lines.map((line) => schema.node("paragraph", null, line ? [schema.text(line, marks)] : []));
  return new Slice(Fragment.fromArray(paragraphs), 1, 1);
}

/** The address that a text is, if a document can hold it. */
export function addressIn(text: string): string | null {
  const word = text.trim();
  return word.length <= LIMITS.address ? writtenLink(word) : null;
}

/** Rows and columns, as spreadsheets copy them. */
export function readRows(text: string, schema: Schema): Slice | null {
  if (!text.includes("\t")) return null;
  const rows = wellFormed(text).replace(/(\r\n?|\n)$/, "").split(/\r\n?|\n/);
  const cells = rows.map((row) =>
    row.split("\t").map((words): PastedCell => {
      const content = [schema.node("paragraph", null, words ? [schema.text(words)] : [])];
      return { content, isHeader: false, colspan: 1, rowspan: 1, align: null, isBold: false };
    }),
  );
  const table = makeTable(cells, null, false, schema);
  return table && new Slice(Fragment.from(table.node), 0, 0);
}

const FENCE = /^ {0,3}(```|~~~)[ \t]*(?:[\w+#.-]+[ \t]*)?$/;
/** What stands below a table's head. */
const RULER = /^\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)+\|?\s*$/;
/** What a line of Markdown begins with; words like those of a program do not count. */
const SIGNS: readonly [kind: string, pattern: RegExp][] = [
  ["heading", /^#{1,6} \S/],
  ["list", /^ {0,8}[-*] (?![-*] )\S/],
  ["list", /^ {0,8}\d{1,4}[.)] \S/],
  ["list", /^\s{0,8}[\u2022\u25e6\u25aa\u2023\u2043\u25cf]\s+\S/],
  ["task", /^ {0,8}[-*] \[[ xX]\] \S/],
  ["quote", /^> ?\S/],
  ["table", /^\|.+\|\s*$/],
  ["table", RULER],
  ["image", /^!\[[^\]]*\]\(\S+\)\s*$/],
  ["link", /\[[^\]\n]+\]\((https?:|mailto:)[^)\s]+\)/],
  ["bold", /(^|[\s(])\*\*[^\s*][^*\n]*\*\*($|[\s).,:;!?])/],
];
/** What is more likely in a program than in a text. */
const PROGRAM = /^\s*(def |class |import |from \w+ import|#include|#!|function |const |let |var |return\b|if ?\(|for ?\(|while ?\(|public |private |package |using |\}|@\w+|<\?|<\/?[a-z])|[;{]\s*$|^\s*\w+\s*=\s*\S|\*\*\w+[,)]|->|=>|\(\)$|^\s*\$ |^\s+[\w-]+:(\s|$)|^[\w-]+:$|^(\+|@@|diff |index )/;

/** Whether it plainly is Markdown: a fence, a table, or signs of blocks in several lines, and few of a program. */
export function isMarkdown(text: string): boolean {
  const lines = text.slice(0, 50_000).split(/\r\n?|\n/);
  let fences = 0;
  let programs = 0;
  let filled = 0;
  const kinds = new Map<string, number>();
  for (const line of lines) {
    if (FENCE.test(line)) fences++;
    // What stands in a fence is a program's, and no sign against Markdown.
    if (fences % 2 || !line.trim() || FENCE.test(line)) continue;
    filled++;
    const signs = SIGNS.filter(([, pattern]) => pattern.test(line)).map(([kind]) => kind);
    if (!signs.length && PROGRAM.test(line)) programs++;
    for (const kind of signs) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  if (fences >= 2 && fences % 2 === 0) return programs * 4 <= filled;
  if (programs * 8 > filled) return false;
  const count = (kind: string): number => kinds.get(kind) ?? 0;
  const isTable = lines.some((line, at) => at > 0 && RULER.test(line) && (lines[at - 1] ?? "").includes("|"));
  if (isTable) return true;
  // "# " begins a remark in many programs: by itself it says little, and so does a list.
  const blocks = count("heading") + count("list") + count("quote") + count("task") + count("image");
  if (count("task") > 0 || (count("heading") > 0 && kinds.size > 1)) return blocks >= 2 || kinds.size > 1;
  if (count("list") >= 2 || count("quote") >= 2) return true;
  return count("heading") >= 2 && filled > count("heading") && isProse(lines);
}

/** What programs without lists write for a bullet, as Markdown does. In a program it is a letter like any other. */
export function withHyphens(text: string): string {
  let fence: string | null = null;
  return text.replace(/.+/g, (line) => {
    const sign = FENCE.exec(line)?.[1];
    if (sign && (!fence || sign === fence)) fence = fence ? null : sign;
    return fence ? line : line.replace(/^([ \t]*)[\u2022\u25e6\u25aa\u2023\u2043\u25cf][ \t\u00a0]+/, "$1- ");
  });
}

/** Between its headings stand sentences. */
function isProse(lines: readonly string[]): boolean {
  const others = lines.filter((line) => line.trim() && !/^#{1,6} /.test(line));
  return others.length > 0 && others.every((line) => /^\p{Lu}.*(\s\S+){2,}[.!?:…]$/u.test(line));
}
