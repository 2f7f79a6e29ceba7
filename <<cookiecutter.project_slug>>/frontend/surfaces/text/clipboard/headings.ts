/**
 * Headings that are none in HTML: lines in larger letters than the rest, as titles come from Google Docs, Pages and Gmail.
 */

import type { Schema } from "@tiptap/pm/model";

import { isAllBold } from "./columns";
import type { PastedLine } from "./nest";
import type { Style } from "./styles";

const WORDS: Record<string, number> = { "x-small": 7.5, small: 10, medium: 12, large: 13.5, "x-large": 18, "xx-large": 24, "xxx-large": 36 };
const UNITS: Record<string, number> = { pt: 1, px: 0.75, rem: 12 };
const LONGEST = 200;
/** What text has where nothing is said. */
const USUAL = 11;

/** In points; null where nothing is said, or by what is around it. */
export function sizeOf(style: Style): number | null {
  const given = style.get("font-size") ?? /(?:^|\s)([\d.]+(?:pt|px))/.exec(style.get("font") ?? "")?.[1];
  if (given === undefined) return null;
  const [, number, unit = ""] = /^([\d.]+)(pt|px|rem)$/.exec(given) ?? [];
  return number === undefined ? (WORDS[given] ?? null) : Number(number) * (UNITS[unit] ?? 1);
}

/** Lines in no list or quote, all of whose letters are larger than most. */
export function findHeadings(lines: readonly PastedLine[], schema: Schema): PastedLine[] {
  const letters = new Map<number, number>();
  for (const { size, node } of lines) if (size) letters.set(size, (letters.get(size) ?? 0) + node.content.size);
  const most = [...letters].sort((one, other) => other[1] - one[1])[0]?.[0];
  const isAlone = lines.filter(({ node }) => node.content.size).length === 1;
  const usual = isAlone || letters.size < 2 ? USUAL : Math.max(most ?? USUAL, 8);
  if (!isAlone && letters.size < 2 && !lines.some(({ size, node }) => !size && node.content.size)) return [...lines];
  return lines.map((line) => {
    const { node, path, size } = line;
    const level = size && !path.length ? levelOf(size / usual, isAllBold([node])) : null;
    if (!level || node.type.name !== "paragraph" || !node.textContent.trim() || node.content.size > LONGEST) return line;
    const content = isAllBold([node]) ? node.content.content.map((each) => each.mark(each.marks.filter(({ type }) => type.name !== "bold"))) : node.content;
    return { ...line, node: schema.node("heading", { ...node.attrs, level }, content) };
  });
}

function levelOf(ratio: number, isBold: boolean): number | null {
  return ratio >= 1.75 ? 1 : ratio >= 1.45 ? 2 : ratio >= 1.15 && isBold ? 3 : null;
}
