/** What becomes of signs while one types: `# ` of a heading, `**` around words of bold. Looks at one line, and only at that. */

import type { Keys } from "../model/keys";

/** What the line becomes: these keys, without the letters before the caret. */
export interface BlockRule {
  become: Keys | "rule" | "quote";
}

/** Letters between two signs get a mark, and the signs go. */
export interface MarkRule {
  mark: string;
  /** How many letters from the caret backwards the first sign begins. */
  length: number;
  /** How many letters a sign has. */
  sign: number;
}

/** Where it is typed. */
export interface Where {
  /** What stands before the caret in the line, the letter that is typed included; things and breaks are one letter each. */
  before: string;
  /** What stands behind it. */
  behind: string;
  /** The line as it is: a paragraph or a heading. */
  keys: Keys;
}

const BLOCKS: [RegExp, (found: RegExpExecArray) => BlockRule["become"]][] = [
  [/^(#{1,3}) $/, ([, signs = ""]) => ({ kind: "heading", level: signs.length })],
  [/^[-*+] $/, () => ({ list: "bullet" })],
  [/^(\d{1,9})[.)] $/, ([, number]) => ({ list: "ordered", start: Number(number) })],
  [/^[-*+]? ?\[( |x|X)?\] $/, ([, sign = " "]) => ({ list: "task", checked: sign === " " ? undefined : true })],
  [/^> $/, () => "quote"],
  [/^(?:---|\u2014-|\*\*\* |___ )$/, () => "rule"],
];

/** Three backticks and perhaps a language, where Enter or a space follows. */
const FENCE = /^(?:```|~~~)([\w+#.-]*)$/;

export function blockRule({ before, behind, keys }: Where): BlockRule | null {
  for (const [pattern, make] of BLOCKS) {
    const found = pattern.exec(before);
    if (!found) continue;
    const become = make(found);
    if (become === "rule" ? behind || keys.list || keys.indent : !fits(become, keys)) return null;
    return { become };
  }
  return null;
}

function fits(become: BlockRule["become"], { kind, list, indent, level }: Keys): boolean {
  if (become === "quote") return !list && !indent;
  if (typeof become === "string") return true;
  // Lines of a list are of one kind alone, headings too; a heading can become another.
  if (become.kind) return !list && (kind === undefined || become.level !== level);
  return kind === undefined && become.list !== list;
}

/** The language of code that begins here, "" if none is named; null if none begins. */
export function fenceRule({ before, behind, keys }: Where): string | null {
  const found = keys.kind === undefined && !keys.list && !behind ? FENCE.exec(before) : null;
  return found ? (found[1] ?? "") : null;
}

const SIGNS: [sign: string, mark: string][] = [
  ["**", "bold"],
  ["*", "italic"],
  ["_", "italic"],
  ["~~", "strike"],
  ["==", "highlight"],
  ["`", "code"],
];

/** A link or a picture as Markdown writes it: the words, the address, and how many letters it takes. */
export function addressRule(before: string): { words: string; address: string; isImage: boolean; length: number } | null {
  const found = /(!?)\[([^[\]\n]*)\]\(<?([^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)?)>?\)$/.exec(before);
  const [all, sign, words = "", address = ""] = found ?? [];
  if (!found || all === undefined || (!sign && !words.trim()) || before[found.index - 1] === "\\" || isInCode(before.slice(0, found.index))) return null;
  return { words, address, isImage: sign === "!", length: all.length };
}

/** Letters of scripts that write words without spaces between them. */
const UNSPACED = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]/u;

/** Whether this is the inside of a word: `snake_case_name`, `2*3*4`. */
export function isOfWord(letter: string): boolean {
  return /[\p{L}\p{M}\p{N}_]/u.test(letter) && !UNSPACED.test(letter);
}

export function markRule(before: string): MarkRule | null {
  for (const [sign, mark] of SIGNS) {
    if (!before.endsWith(sign)) continue;
    const [letter] = sign;
    const end = before.length - sign.length;
    const start = before.lastIndexOf(sign, end - 1);
    if (start < 0) continue;
    const inside = before.slice(start + sign.length, end);
    // The letter before, which may be of two units.
    const outside = [...before.slice(Math.max(0, start - 2), start)].at(-1) ?? "";
    const isEscaped = outside === "\\" || (inside.endsWith("\\") && mark !== "code");
    if (!inside || /^\s|\s$|\n/.test(inside) || inside.includes(letter as string)) continue;
    if (outside === letter || isOfWord(outside) || isEscaped || (mark !== "code" && isInCode(before.slice(0, start)))) continue;
    return { mark, length: before.length - start, sign: sign.length };
  }
  return null;
}

/** Signs that print has one sign for. A dash stands between spaces: `--help` and `a--b` are no such. */
const PRINT: [typed: RegExp, printed: string][] = [
  [/(?:^|[^-<=>])(->)$/, "→"],
  [/(?:^|[^<])(<-)$/, "←"],
  [/(←>)$/, "↔"],
  [/(?:^|[^-<=>])(=>)$/, "⇒"],
  [/\s(--) $/, "–"],
  [/\s(---) $/, "—"],
];

/** For what the signs before the caret stand, where one has switched that on: how many letters before it they begin and end. */
export function printRule(before: string): { printed: string; from: number; to: number } | null {
  for (const [typed, printed] of PRINT) {
    const found = typed.exec(before);
    if (!found?.[1] || isInCode(before)) continue;
    const from = before.length - before.lastIndexOf(found[1]);
    return { printed, from, to: from - found[1].length };
  }
  return null;
}

/** Whether a backtick has been typed that waits for its like. */
function isInCode(before: string): boolean {
  return /(?:^|[^\p{L}\p{N}`\\])`(?=\S)[^`]*$|(?:^|[^\p{L}\p{N}`\\])`$/u.test(before);
}
