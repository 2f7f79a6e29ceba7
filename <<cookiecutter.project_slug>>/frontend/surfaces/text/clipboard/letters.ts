/** Letters that pages write as elements, and signs at the beginning of a line that stand for what it is. */

import { type Style, styleOf } from "./styles";
import { type Item, readMarker } from "./word-lists";

const RAISED = new Map([..."0123456789+-=()ni"].map((letter, at) => [letter, [..."⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ"][at] as string]));
const LOWERED = new Map([..."0123456789+-=()aeox"].map((letter, at) => [letter, [..."₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓ"][at] as string]));

/** Letters above or below the line, which a document has only as letters of their own; null where there are none for these. */
export function raised(element: Element, style: Style): string | null {
  const { localName, firstElementChild } = element;
  const side = style.get("vertical-align");
  const letters = localName === "sup" || side === "super" ? RAISED : localName === "sub" || side === "sub" ? LOWERED : null;
  if (!letters || firstElementChild?.localName === "a") return null;
  const words = element.textContent.trim();
  if (!words || words.length > 20) return null;
  const written = [...words.replaceAll("\u2212", "-")].map((letter) => letters.get(letter));
  return written.every((each) => each !== undefined) ? written.join("") : null;
}

/** The letters that a small picture stands for. */
export function letterOf(image: Element, alt: string): string | null {
  const isLetter = /^\p{Extended_Pictographic}/u.test(alt) && alt.length < 20;
  if (isLetter) return alt;
  const isEmoji = image.hasAttribute("data-stringify-emoji") || /\b(g-?)?emoji\b/i.test(`${image.className} ${image.getAttribute("itemtype") ?? ""}`);
  if (!isEmoji) return null;
  // The names of such files are the numbers of the letters.
  const [, numbers = ""] = /\/([0-9a-f]{4,6}(?:-[0-9a-f]{2,6}){0,15})(?:@\dx)?\.(?:png|svg|gif)/i.exec(image.getAttribute("src") ?? "") ?? [];
  const points = numbers.split("-").map((each) => Number.parseInt(each, 16));
  return numbers && points.every((point) => point > 0x20 && point < 0x110000) ? String.fromCodePoint(...points) : alt || image.getAttribute("title");
}

/** A formula as it is written in TeX, where the page has that beside what it shows. */
export function formulaIn(element: Element): string | null {
  const written = element.querySelector('annotation[encoding="application/x-tex"]')?.textContent ?? element.getAttribute("alttext");
  return (written ?? (element.localName === "math" ? element.textContent : ""))?.trim() || null;
}

/** A sign in place of an item's, in letters. (Word's own, "·" and "o", only where it says that the line is of a list.) */
export const BULLET = /^[\u2022\u25e6\u25aa\u2023\u2043\u25cf\u25cb\u25a0]\s*(?=\S)/u;
/** A number or one sign, and the space behind it: a short word is none. */
export const MARKER = /^\s*(\(?(?:\p{Nd}{1,5}|[ivxlcdm]{2,5}|[IVXLCDM]{2,5})[.)]|\(?[\p{L}\p{N}\u00b7\u00a7\u2022\u25aa\u25e6\u2013-][.)]?)[\s\u00a0]{2,}/u;

/** An item in Outlook, which takes away what Word says of lists, and leaves signs and margins. */
export function itemByMargin(element: Element, style: Style): Item | null {
  if (!/(^|_)MsoListParagraph/.test(element.className)) return null;
  const found = MARKER.exec(element.textContent);
  if (!found?.[1]) return null;
  const [, margin = "", unit = ""] = /([\d.]+)(pt|in|cm|px)\s*$/.exec(style.get("margin-left") ?? style.get("margin")?.split(" ")[3] ?? "") ?? [];
  const points = Number(margin) * ({ pt: 1, in: 72, cm: 28.35, px: 0.75 }[unit] ?? 0);
  return { ...readMarker(found[1]), level: Math.min(Math.max(Math.round(points / 36), 1), 9), checked: false };
}

/** An item in PowerPoint: a block of a class that says how deep it stands, its sign in an element of its own. */
export function itemOfSlide(element: Element): Item | null {
  const sign = element.firstElementChild?.firstElementChild ?? element.firstElementChild;
  const format = sign && /mso-special-format:\s*"?([a-z]+)/i.exec(styleOf(sign))?.[1];
  if (!sign || !format) return null;
  const level = Number(/\bO(\d)\b/.exec(element.className)?.[1] ?? 0) + 1;
  return { ...readMarker(format === "bullet" ? "" : sign.textContent), level, checked: false };
}
