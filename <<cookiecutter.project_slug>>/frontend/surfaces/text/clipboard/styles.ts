/**
 * What a pasted page says about how it looks, without asking the browser.
 *
 * The site's security policy forbids style attributes: the browser does not apply them, so that `element.style` is empty, and
 * tells the console of each, which takes thirty times as long as parsing does. So they get another name before the page is
 * parsed. The style sheets that office programs send along are taken out of it, and read as text.
 */

export type Style = ReadonlyMap<string, string>;

const NONE: Style = new Map();

/** What is looked at of one attribute, and of all style sheets together. */
const [LONGEST_ATTRIBUTE, LONGEST_SHEET] = [4_000, 200_000];

const NAMED_AS = "data-styled-as";

/** A page that says nothing to the browser of how it looks, and what its style sheets say. */
export interface Unstyled {
  html: string;
  sheets: string[];
}

export function withoutStyles(html: string): Unstyled {
  const tags = /<[a-z]/gi;
  const sheets: string[] = [];
  let kept = "";
  let done = 0;
  const all = (): Unstyled => ({ html: kept + html.slice(done), sheets });
  while (tags.exec(html)) {
    const start = tags.lastIndex - 1;
    const isSheet = /^style[\s/>]/i.test(html.slice(start, start + 6));
    if (isSheet) {
      kept += html.slice(done, start - 1);
      done = start - 1;
    }
    let at = tags.lastIndex;
    for (let sign = html[at]; sign !== undefined && sign !== ">"; sign = html[++at]) {
      if ((sign === '"' || sign === "'") && /=\s*$/.test(html.slice(at - 4, at))) {
        const end = html.indexOf(sign, at + 1);
        if (end < 0) return all();
        at = end;
      } else if (!isSheet && (sign === "s" || sign === "S") && /^[\s"'/]style[\s=]/i.test(html.slice(at - 1, at + 6))) {
        kept += html.slice(done, at) + NAMED_AS;
        at += 4;
        done = at + 1;
      }
    }
    if (isSheet) {
      // Up to the tag that ends it, which ends nothing then.
      const end = endOfSheet(html, at);
      sheets.push(html.slice(at + 1, end));
      at = done = end;
    }
    tags.lastIndex = at;
  }
  return all();
}

function endOfSheet(html: string, from: number): number {
  const end = /<\/style[\s/>]/gi;
  end.lastIndex = from;
  return end.exec(html)?.index ?? html.length;
}

export function styleOf(element: Element): string {
  return element.getAttribute(NAMED_AS) ?? element.getAttribute("style") ?? "";
}

export class Styles {
  private readonly rules = new Map<string, Map<string, string>>();
  private readonly known = new Map<string, Style>();

  constructor(sheets: readonly string[]) {
    let left = LONGEST_SHEET;
    for (const sheet of sheets) {
      this.readSheet(sheet.slice(0, Math.max(left, 0)));
      left -= sheet.length;
    }
  }

  /** An element's own style: of its tag, its classes and its attribute. What it inherits is not in it. */
  of(element: Element): Style {
    const attribute = styleOf(element);
    const names = this.rules.size ? selectorsOf(element).filter((name) => this.rules.has(name)) : [];
    if (!names.length) return attribute ? this.declarations(attribute) : NONE;
    const style = new Map<string, string>();
    for (const name of names) for (const [property, value] of this.rules.get(name) ?? NONE) style.set(property, value);
    if (attribute) for (const [property, value] of this.declarations(attribute)) style.set(property, value);
    return style;
  }

  /** The same text stands at thousands of elements. */
  private declarations(text: string): Style {
    let style = this.known.get(text);
    if (!style) {
      style = readDeclarations(text.slice(0, LONGEST_ATTRIBUTE));
      this.known.set(text, style);
    }
    return style;
  }

  /** Rules for a tag, a class, or a class of a tag: no others are what office programs write about letters. */
  private readSheet(text: string): void {
    const rules = text.replace(/<!--|-->/g, " ").replace(/\/\*[\s\S]*?\*\//g, " ");
    for (const rule of rules.split("}").slice(0, -1)) {
      const [selectors = "", body] = rule.split("{").slice(-2);
      if (body === undefined) continue;
      const style = readDeclarations(body);
      for (const selector of selectors.split(",")) {
        const name = selector.trim().toLowerCase();
        if (!/^[a-z0-9]*(\.[\w-]+)?$/.test(name) || !name) continue;
        const known = this.rules.get(name) ?? new Map<string, string>();
        for (const [property, value] of style) known.set(property, value);
        this.rules.set(name, known);
      }
    }
  }
}

function selectorsOf(element: Element): string[] {
  const tag = element.localName;
  const classes = [...element.classList].map((each) => `.${each.toLowerCase()}`);
  return [tag, ...classes, ...classes.map((each) => tag + each)];
}

function readDeclarations(text: string): Style {
  const style = new Map<string, string>();
  for (const [, property = "", value = ""] of text.matchAll(/(?:^|[^\w-])([\w-]+)\s*:\s*((?:"[^"]*"|'[^']*'|[^;"'])*)/g)) {
    style.set(property.toLowerCase(), value.replace(/!important/i, "").trim().toLowerCase());
  }
  return style;
}

/** Bold, or not, or nothing is said. */
export function isBold(style: Style): boolean | null {
  const weight = style.get("font-weight") ?? /\b(bold|[1-9]00)\b/.exec(style.get("font") ?? "")?.[1];
  if (weight === undefined) return null;
  if (/^bold/.test(weight)) return true;
  if (/^(normal|lighter)/.test(weight)) return false;
  const number = Number.parseInt(weight, 10);
  return Number.isNaN(number) ? null : number >= 600;
}

export function isItalic(style: Style): boolean | null {
  const value = style.get("font-style");
  if (value === undefined) return null;
  return /^(italic|oblique)/.test(value) ? true : /^normal/.test(value) ? false : null;
}

/** A line under or through the letters: what it says, it only adds. */
export function hasLine(style: Style, line: "underline" | "line-through"): boolean {
  return [style.get("text-decoration"), style.get("text-decoration-line")].some((value) => value?.includes(line));
}

/** A background by which somebody has marked words; greys, white and black are what a page looks like. */
export function isHighlighted(style: Style): boolean {
  if (style.has("mso-highlight")) return true;
  const value = style.get("background-color") ?? style.get("background") ?? "";
  const [red, green, blue] = channels(value);
  if (red === undefined || green === undefined || blue === undefined) return false;
  return Math.max(red, green, blue) - Math.min(red, green, blue) >= 48 && Math.max(red, green, blue) >= 160;
}

/** Letters in a colour: greys are what a page looks like, and so is what it gives links and code. */
export function isColored(style: Style, element: Element): boolean {
  const value = style.get("color") ?? element.getAttribute("color")?.toLowerCase() ?? "";
  const [red, green, blue] = channels(value);
  if (red === undefined || green === undefined || blue === undefined) return false;
  return Math.max(red, green, blue) - Math.min(red, green, blue) >= 96;
}

/** The font that is asked for first, also where size and font are said in one. */
export function fontOf(style: Style): string | undefined {
  return style.get("font-family") ?? /\d(?:\.\d+)?(?:px|pt|em|rem|%)\S*\s+(.+)$/.exec(style.get("font") ?? "")?.[1];
}

const NAMED: Record<string, number[]> = { yellow: [255, 255, 0], lime: [0, 255, 0], aqua: [0, 255, 255], cyan: [0, 255, 255], fuchsia: [255, 0, 255], magenta: [255, 0, 255], red: [255, 0, 0], blue: [0, 0, 255], green: [0, 128, 0], orange: [255, 165, 0], purple: [128, 0, 128] };

function channels(value: string): number[] {
  const name = /^[a-z]+/.exec(value)?.[0] ?? "";
  if (Object.hasOwn(NAMED, name)) return NAMED[name] ?? [];
  const hex = /^#([0-9a-f]{6})\b/.exec(value)?.[1] ?? /^#([0-9a-f]{3})\b/.exec(value)?.[1]?.replace(/./g, "$&$&");
  if (hex) return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  const parts = /^rgba?\(([^)]*)\)/.exec(value)?.[1]?.split(/[\s,/]+/).map(Number) ?? [];
  return parts.length > 3 && (parts[3] ?? 1) < 0.1 ? [] : parts.slice(0, 3);
}

const MONOSPACED = /courier|consolas|menlo|monaco|lucida console|\bmono(space|spaced)?\b|sfmono|source code|fira code|cascadia|inconsolata|hack\b/;

/** Letters that are all as wide: by the font that is asked for first, as programs name one of these last for any text. */
export function isMonospaced(family: string | undefined): boolean {
  return family !== undefined && MONOSPACED.test(family.split(",")[0] ?? "");
}

/** Lines of a program, as code editors copy them. */
export function isProgram(style: Style): boolean {
  return style.get("--en-codeblock") === "true" || /^pre/.test(style.get("white-space") ?? "") && MONOSPACED.test(style.get("font-family") ?? "");
}

export function isHidden(element: Element, style: Style): boolean {
  return (
    element.hasAttribute("hidden") ||
    style.get("display") === "none" ||
    style.get("visibility") === "hidden" ||
    style.get("mso-hide") === "all"
  );
}
