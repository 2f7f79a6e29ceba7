/**
 * HTML from a clipboard becomes what a document can hold.
 *
 * It is parsed in a document that is never shown, fetches nothing and runs nothing; what is made of it goes by the schema and
 * by fixed lists alone, and is bounded. Each program has its own way to say the same: what is known of them stands where it
 * is read, and tests/pasted/ holds a sample of each.
 */

import { Fragment, type Mark, type Node, type Schema, Slice } from "@tiptap/pm/model";

import { imageUrl } from "../../../lib/urls";
import { type ListKind, directionOf } from "../model/keys";
import { nodeOfThing } from "../model/things";
import { LIMITS, wellFormed } from "../model/values";
import { goesLeft } from "../things/direction/letters";
import { linkOf, placeOf } from "./addresses";
import { drawnWidths, isAllBold, markHeader, widthsOf, withoutBold } from "./columns";
import { type Cut, addContext, readCut } from "./cut";
import { type PastedCell, makeTable } from "./grid";
import { findHeadings, sizeOf } from "./headings";
import { BULLET, MARKER, formulaIn, itemByMargin, itemOfSlide, letterOf, raised } from "./letters";
import { type Container, type List, type PastedLine, goOn, nest } from "./nest";
import { joinPrograms, languageOf, programIn, programText, wordsIn } from "./programs";
import { fontOf, hasLine, isBold, isColored, isHidden, isHighlighted, isItalic, isMonospaced, isProgram, type Style, Styles, styleOf, withoutStyles } from "./styles";
import { BOX, isChecked, isCheckedInLetters, taskOf } from "./tasks";
import { type Item, LevelledLists, readMarker } from "./word-lists";

export interface Reading {
  slice: Slice;
  /** Pictures that are no address which a document may hold: files, or not by https. */
  files: number;
  unsafe: number;
  /** Cells beyond what a table may have. */
  cells: number;
  /** Only a beginning was read. */
  isCut: boolean;
  /** Letters in colours, and lines that are not aligned as all are: a document has neither. */
  isPlainer: boolean;
}

/** What stands deeper is read as letters; and how much of a page is read. */
const [DEEPEST, MOST_NODES] = [400, 400_000];
/** Lists within lists and quotes within quotes that a document draws. */
const MOST_LISTS = LIMITS.indent + 1;

const SKIPPED = new Set(
  "script style head title meta link template noscript svg select button textarea canvas map datalist colgroup col clipboard-copy".split(" "),
);
const BLOCKS = new Set(
  "p div section article codeblock header footer main nav aside address figure figcaption fieldset form details summary dl dt dd h1 h2 h3 h4 h5 h6 ul ol menu dir li blockquote pre table caption thead tbody tfoot tr td th hr center body".split(" "),
);
/** What a document holds by its address alone. */
const SHOWN_ELSEWHERE = new Set(["iframe", "embed", "object", "video", "audio"]);
const LISTS = new Set(["ul", "ol", "menu", "dir"]);
const MARKS: Record<string, string> = {
  b: "bold", strong: "bold", i: "italic", em: "italic", cite: "italic", u: "underline", ins: "underline",
  s: "strike", strike: "strike", del: "strike", mark: "highlight", code: "code", kbd: "code", samp: "code", tt: "code",
};
const ALIGNMENTS = ["left", "center", "right"];
/** Margins and what Word calls its own kinds of quotes. */
const QUOTES = /^Mso(Intense)?Quote/;
const NUMBERS: Record<string, string> = {
  "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i", "upper-roman": "I",
  a: "a", A: "A", i: "i", I: "I",
};

interface Block {
  name: "paragraph" | "heading";
  level: number;
}

interface Context {
  marks: readonly Mark[];
  /** What white space means here. */
  space: "collapse" | "lines" | "keep";
  path: readonly Container[];
  block: Block;
  isLink: boolean;
  depth: number;
  /** The letters are all as wide, by their font. */
  isMonospaced: boolean;
  size: number | null;
  dir: string | null;
  align: string | null;
}

interface OpenLine {
  path: readonly Container[];
  block: Block;
  content: Node[];
  /** Ends with white space that more white space adds nothing to. */
  isSpaced: boolean;
  isProgram: boolean;
  size: number | null;
  dir: string | null;
  align: string | null;
}

const PARAGRAPH: Block = { name: "paragraph", level: 0 };

/** Null where there is nothing in it. `isMade`: here, of Markdown, in which a box is one only where it has become one. */
export function readHtml(html: string, schema: Schema, isMade = false): Reading | null {
  const unstyled = withoutStyles(whole(html));
  const page = new DOMParser().parseFromString(unstyled.html, "text/html");
  const cut = readCut(page);
  const reader = new HtmlReader(unstyled.sheets, schema, cut !== null, isMade || cut !== null);
  const nodes = reader.read(page.body, cut?.openStart ?? 0);
  const { files, unsafe, cells, isCut, isPlainer } = reader;
  const slice = cut ? addContext(cutOpen(nodes, cut), cut, schema) : foreign(nodes);
  return slice.size || files || unsafe ? { slice, files, unsafe, cells, isCut, isPlainer } : null;
}

/** Cells or rows without their table would be letters. */
function whole(html: string): string {
  const first = /<(?!meta\b|html\b|head\b|body\b|!)([a-z][a-z0-9]*)/i.exec(html.slice(0, 2_000))?.[1]?.toLowerCase();
  return first && ["tr", "td", "th", "tbody", "thead", "tfoot"].includes(first) && !/<table\b/i.test(html) ? `<table>${html}</table>` : html;
}

/** The first and the last line of what comes from elsewhere go into the lines between which they are put. */
function foreign(nodes: Node[]): Slice {
  const fragment = Fragment.from(nodes);
  const { openStart, openEnd } = Slice.maxOpen(fragment, false);
  // Nobody means a program's lines by a line of text.
  return new Slice(fragment, fragment.firstChild?.type.spec.code ? 0 : openStart, fragment.lastChild?.type.spec.code ? 0 : openEnd);
}

function cutOpen(nodes: Node[], { openStart, openEnd, wrappers }: Cut): Slice {
  const fragment = Fragment.from(nodes);
  // Rows and cells come as their table.
  if (wrappers) return new Slice(fragment, 0, 0);
  const most = Slice.maxOpen(fragment, true);
  return new Slice(fragment, Math.min(openStart, most.openStart), Math.min(openEnd, most.openEnd));
}

class HtmlReader {
  files = 0;
  unsafe = 0;
  cells = 0;
  isCut = false;
  isPlainer = false;

  private readonly styles: Styles;
  private readonly lists = new LevelledLists();
  private lines: PastedLine[] = [];
  private line: OpenLine | null = null;
  private isInCell = false;
  private isBehindBox = false;
  private aligned: (string | null)[] = [];
  /** The list that ended last, and behind how many lines. */
  private ended: { list: List; path: readonly Container[]; at: number } | null = null;
  private nodes = 0;
  /** Links, and whether there are words in them. */
  private readonly worded = new Map<Element, boolean>();

  /** `isExact`: it was written by an editor such as this one, and is read letter for letter. `isMade`: boxes in letters are letters. */
  constructor(sheets: readonly string[], private readonly schema: Schema, private readonly isExact: boolean, private readonly isMade: boolean) {
    this.styles = new Styles(sheets);
  }

  read(element: Element, open: number): Node[] {
    const context: Context = { marks: [], space: this.isExact ? "keep" : "collapse", path: [], block: PARAGRAPH, isLink: false, depth: 0, isMonospaced: false, size: null, dir: null, align: null };
    this.children(element, context);
    this.flush();
    const lines = this.isExact ? this.lines : findHeadings(joinPrograms(this.lines, this.schema), this.schema);
    if (!this.isExact) goOn(lines);
    return nest(lines, this.schema, open);
  }

  private children(parent: ParentNode, context: Context): void {
    const inner = { ...context, depth: context.depth + 1 };
    for (const child of parent.childNodes) {
      this.isCut ||= this.nodes++ > MOST_NODES;
      if (this.isCut) return;
      if (inner.depth > DEEPEST) {
        this.text(parent.textContent ?? "", inner);
        return;
      }
      if (child.nodeType === 3) this.text(child.nodeValue ?? "", inner);
      else if (child.nodeType === 1) this.element(child as Element, inner);
    }
  }

  private element(element: Element, context: Context): void {
    const name = element.localName;
    // Office programs' own XML: shapes, bookmarks, settings.
    if (SKIPPED.has(name) || /^(xml|[vmx]:)/.test(name)) return;
    const style = this.styles.of(element);
    if (isHidden(element, style) || isLeftOut(element, style)) return;
    if (this.written(element, style, context)) return;
    const item = this.levelledItem(element, style);
    const isBlock = BLOCKS.has(name) || style.get("display") === "block" || style.get("display") === "table";
    if (name === "br" || element.classList.contains("LineBreakBlob")) this.lineBreak(element, style, context);
    else if (name === "img") this.image(element, context);
    else if (name === "input") this.input(element, context);
    else if (element.hasAttribute("data-thing")) this.thing(element, context);
    else if (name === "code" && !this.isExact && element.querySelector("br")) this.block(element, style, context);
    else if (item) this.levelled(element, item, this.styled(element, style, context));
    else if (isBlock) this.block(element, style, this.styled(element, style, context));
    else {
      const spaces = spacesOf(element, style);
      if (spaces === null) this.children(element, this.styled(element, style, context));
      else this.letters(spaces, context);
    }
  }

  /** What is no element of ours but some letters. Whether it was that. */
  private written(element: Element, style: Style, context: Context): boolean {
    const name = element.localName;
    const isFormula = name === "math" || element.classList.contains("katex") || element.classList.contains("mwe-math-element");
    const formula = isFormula ? formulaIn(element) : null;
    const emoji = name === "emoji" ? element.getAttribute("alt") : null;
    const letters = formula ?? emoji ?? raised(element, style);
    if (letters !== null) this.letters(letters, this.styled(element, style, context));
    else if (name === "q" || (name === "rt" && !element.parentElement?.querySelector("rp"))) {
      const [before, after] = name === "q" ? ["“", "”"] : ["(", ")"];
      this.letters(before as string, context);
      this.children(element, this.styled(element, style, context));
      this.letters(after as string, context);
    } else if (SHOWN_ELSEWHERE.has(name)) this.elsewhere(element, context);
    else return false;
    return true;
  }

  /** A film or another page: a link leads there. What stands in its place for those who cannot see it is read. */
  private elsewhere(element: Element, context: Context): void {
    if ([element.getAttribute("width"), element.getAttribute("height")].some((side) => side === "0" || side === "1")) return;
    const href = placeOf(element);
    const link = this.schema.marks["link"];
    const written = (): string => `${this.lines.length} ${this.line?.content.length ?? 0}`;
    const before = written();
    if (!href) this.children(element, context);
    else if (link) this.letters(href, { ...context, marks: link.create({ href }).addToSet(context.marks) });
    if (before === written() && (element.hasAttribute("src") || element.hasAttribute("data"))) this.files++;
  }

  private block(element: Element, style: Style, context: Context): void {
    const name = element.localName;
    this.flush();
    if (LISTS.has(name)) this.list(element, style, context);
    else if (name === "table") this.table(element, context);
    else if (name === "hr") this.thingLine(this.schema.node("horizontalRule"), context);
    else if (["pre", "code", "codeblock"].includes(name) || isProgram(style)) this.program(element, name !== "div", context);
    else {
      const before = this.lines.length;
      const inner = this.inBlock(element, name, context);
      this.children(element, inner);
      this.flush();
      if (this.isExact && /^(p|h[1-6])$/.test(name) && before === this.lines.length) this.emptyLine(inner);
    }
    this.flush();
  }

  private inBlock(element: Element, name: string, context: Context): Context {
    if (name === "blockquote") {
      const quotes = context.path.filter(({ type }) => type === "quote").length;
      return { ...context, block: PARAGRAPH, path: quotes < LIMITS.quote ? [...context.path, { type: "quote" }] : context.path };
    }
    const level = element.getAttribute("role") === "heading" ? Number(element.getAttribute("aria-level")) : Number(/^h([1-6])$/.exec(name)?.[1]);
    const [kind = ""] = element.className.split(" ");
    if (QUOTES.test(kind)) return { ...context, block: PARAGRAPH, path: this.wordQuote(context.path) };
    const word = /^Mso(Title|Heading([1-9]))$/.exec(kind);
    const outline = name === "p" ? Number(/^[1-9]$/.exec(this.styles.of(element).get("mso-outline-level") ?? "")?.[0] ?? 0) : 0;
    const asked = level || (word ? Number(word[2] ?? 1) : outline);
    if (!asked) return /^(p|td|th|li|dt|dd)$/.test(name) ? { ...context, block: PARAGRAPH } : context;
    return { ...context, block: { name: "heading", level: Math.min(Math.max(Math.trunc(asked), 1), 3) } };
  }

  /** Word writes a quote as lines of that kind: those one below the other are one. */
  private wordQuote(path: readonly Container[]): readonly Container[] {
    const last = this.lines.at(-1)?.path;
    const before = last?.[path.length];
    return before?.type === "quote" && last?.length === path.length + 1 ? last : [...path, { type: "quote" }];
  }

  /** What an element makes of the letters in it. */
  private styled(element: Element, style: Style, context: Context): Context {
    const { localName: name } = element;
    let { marks, isLink } = context;
    const put = (mark: string, isOn: boolean, attrs: Record<string, unknown> | null = null): void => {
      const type = this.schema.marks[mark];
      if (type) marks = isOn ? type.create(attrs).addToSet(marks) : type.removeFromSet(marks);
    };
    const ofTag = Object.hasOwn(MARKS, name) ? MARKS[name] : undefined;
    const isTitle = /^h[1-6]$/.test(name);
    const bold = isTitle ? null : isBold(style);
    const italic = isItalic(style);
    if (name === "a") {
      const href = linkOf(element);
      if (href) {
        put("link", true, { href });
        isLink = true;
        if (!this.isExact) put("underline", false);
      }
    }
    if (ofTag && !(ofTag === "bold" && bold === false) && !(ofTag === "italic" && italic === false)) put(ofTag, true);
    if (bold !== null) put("bold", bold);
    if (italic !== null) put("italic", italic);
    // Links are underlined in most programs, by a style.
    if (!isLink && hasLine(style, "underline")) put("underline", true);
    if (hasLine(style, "line-through")) put("strike", true);
    if (!BLOCKS.has(name) && name !== "a" && isHighlighted(style)) put("highlight", true);
    const family = fontOf(style) ?? element.getAttribute("face")?.toLowerCase();
    const isWide = family === undefined ? context.isMonospaced : isMonospaced(family);
    // Of a block the font says something only where it is one of text.
    const isProgram = isWide && (family === undefined || !BLOCKS.has(name) || /^(p|div)$/.test(name)) && !this.isExact;
    if (isProgram) put("code", true);
    else if (context.isMonospaced) put("code", false);
    const isText = !isLink && !BLOCKS.has(name) && marks.every(({ type }) => type.name !== "code");
    if (!this.isExact && isText && !this.isPlainer && isColored(style, element) && element.textContent.trim()) this.isPlainer = true;
    const space = style.get("white-space");
    const kept = this.isExact ? "keep" : space === undefined ? context.space : space === "pre-line" ? "lines" : /^(pre|break-spaces)/.test(space) ? "keep" : "collapse";
    const align = (BLOCKS.has(name) ? alignmentOf(element, style) : null) ?? context.align;
    const dir = directionOf((attribute) => element.getAttribute(attribute)?.toLowerCase()) ?? (this.isExact && /^(p|h[1-6])$/.test(name) ? null : context.dir);
    return { ...context, marks, isLink, space: kept, isMonospaced: isProgram, size: sizeOf(style) ?? context.size, dir, align };
  }

  // Letters

  private text(given: string, context: Context): void {
    const words = this.isBehindBox ? given.replace(/^ /, "") : given;
    if (given) this.isBehindBox = false;
    if (!words) return;
    const isBlank = !/[^ \t\n\r\f]/.test(words);
    // Between the tags of a page's source.
    if (isBlank && !this.line && (context.space === "collapse" || words.includes("\n"))) return;
    if (context.space === "collapse") {
      this.folded(words, context);
      return;
    }
    for (const [at, part] of words.replace(/\r\n?/g, "\n").split("\n").entries()) {
      if (at) this.append(this.schema.node("hardBreak"), context);
      if (context.space === "keep") this.letters(part, context);
      else this.folded(part, context);
    }
  }

  private folded(words: string, context: Context): void {
    let folded = words.replace(/[ \t\n\r\f]+/g, " ");
    if (!this.line || this.line.isSpaced) folded = folded.replace(/^ /, "");
    if (!folded) return;
    this.letters(folded, context);
    if (this.line) this.line.isSpaced = folded.endsWith(" ");
  }

  private letters(words: string, context: Context): void {
    if (words) this.append(this.schema.text(wellFormed(words), context.marks), context);
  }

  private append(node: Node, { path, block, marks, isMonospaced: isProgram, size, dir, align }: Context): void {
    this.line ??= { path, block, content: [], isSpaced: true, isProgram: true, size, dir, align };
    if (node.isText && node.text?.trim()) {
      this.line.isProgram &&= isProgram;
      if (size !== this.line.size) this.line.size = null;
    }
    this.line.content.push(node.isText ? node : node.mark(marks));
    this.line.isSpaced = node.type.name === "hardBreak";
  }

  private lineBreak(element: Element, style: Style, context: Context): void {
    if (element.classList.contains("Apple-interchange-newline") || style.has("page-break-before")) return;
    // Between blocks it is a line of its own.
    if (!this.line && !this.isExact) this.emptyLine(context);
    else this.append(this.schema.node("hardBreak"), context);
  }

  private emptyLine({ path, block }: Context): void {
    this.lines.push({ path, node: this.schema.node(block.name, attrsOf(block)) });
  }

  /** Ends the line that is being read. */
  private flush(): void {
    const { line } = this;
    if (!line) return;
    this.line = null;
    const { content } = line;
    // The last break only gives the line its height.
    if (content.at(-1)?.type.name === "hardBreak") content.pop();
    const isEmpty = content.every((node) => node.isText && !/[^\s\u00a0\u200b]/.test(node.text ?? ""));
    if (!this.isExact) {
      if (isEmpty) content.length = 0;
      trimEnd(content, this.schema);
    }
    const node = this.schema.node(line.block.name, attrsOf(line.block), Fragment.fromArray(content));
    this.add(line, node.type.name === "paragraph" || node.type.name === "heading" ? turned(node, line.dir, this.isExact) : node);
  }

  private add({ path, isProgram, size, align, dir }: OpenLine, node: Node): void {
    const natural = dir === "rtl" || goesLeft(node.textContent) ? "right" : "left";
    if (node.content.size) {
      this.aligned.push(align);
      if (align !== null && align !== natural && !this.isInCell && !this.isExact) this.isPlainer = true;
    }
    const signed = this.isExact || this.isMade || path.some(({ type }) => type === "item") || node.type.name !== "paragraph" ? null : signIn(node.textContent);
    if (!signed) {
      this.lines.push({ path, node, isProgram: isProgram && node.content.size > 0, ...(size && { size }) });
      return;
    }
    const inner = this.lists.enter(signed.item, path, this.lines.length);
    this.lines.push({ path: inner, node: node.copy(node.content.cut(signed.length)) });
    this.lists.leave(this.lines.length);
  }

  // Lists

  private list(element: Element, style: Style, context: Context): void {
    const last = context.path.at(-1);
    let { path } = context;
    // A list directly in a list belongs to the item before it, or stands for the list itself.
    if (last?.type === "list") path = last.item ? [...path, last.item] : path.slice(0, -1);
    const isDeep = path.filter(({ type }) => type === "list").length >= MOST_LISTS;
    const outer = isDeep ? [...path].reverse().find((each): each is List => each.type === "list") : undefined;
    if (outer) path = path.slice(0, path.indexOf(outer));
    let list: List | null = outer ?? null;
    const kindOf = (child: Element): ListKind => (taskOf(child) !== null && !this.isPlainItem(child) ? "task" : element.localName === "ol" ? "ordered" : "bullet");
    const bullets = (): List => (list ??= newList(element, style, "bullet"));
    const begin = (item: Element, kind: ListKind): List => this.goingOn(element, path, kind) ?? newList(element, item === element ? style : this.styles.of(item), kind);
    const inner = { ...context, depth: context.depth + 1 };
    for (const child of element.childNodes) {
      if (child.nodeType === 3) {
        if (child.nodeValue?.trim()) this.text(child.nodeValue, { ...inner, path: this.pathIn(path, bullets(), false) });
      } else if (child.nodeType === 1 && (child as Element).localName === "li") {
        const item = child as Element;
        if (list?.item && !this.isExact && inner.depth < DEEPEST && isWrapper(item)) {
          for (const deeper of item.children) this.element(deeper, { ...inner, path: [...path, list] });
          continue;
        }
        const kind = kindOf(item);
        if (!list || list.kind !== kind) list = list ? newList(element, this.styles.of(item), kind) : begin(item, kind);
        const value = list.kind === "ordered" && list.count && !this.isExact && !element.hasAttribute("reversed") ? numberOf(item.getAttribute("value")) : null;
        if (value !== null && value !== list.start + list.count) list = { ...newList(element, this.styles.of(item), kind), start: value };
        this.item(item, list, { ...inner, path });
      } else if (child.nodeType === 1) {
        this.element(child as Element, { ...inner, path: [...path, list ?? newList(element, style, "bullet")] });
        this.flush();
      }
    }
    if (list) this.ended = { list, path, at: this.lines.length };
  }

  /** The list right before this one, where each item stands in one of its own: by its number, or as Notion writes a page. */
  private goingOn(element: Element, path: readonly Container[], kind: ListKind): List | null {
    const { ended } = this;
    const isBeside = ended?.at === this.lines.length && ended.list.kind === kind && ended.path.length === path.length && ended.path.every((each, at) => each === path[at]);
    if (!ended || !isBeside || this.isExact) return null;
    const { start, count, numbers } = ended.list;
    const first = numberOf(element.getAttribute("start") ?? element.firstElementChild?.getAttribute("value") ?? null);
    const isNext = kind === "ordered" && first === start + count && numbers === numbersOf(element, this.styles.of(element));
    return isNext || /^(to-do|bulleted)-list\b/.test(element.className) ? ended.list : null;
  }

  /** In an editor's own HTML what looks like a box in brackets is letters. */
  private isPlainItem(item: Element): boolean {
    return this.isMade && taskOf(item) === "letters";
  }

  private pathIn(path: readonly Container[], list: List, checked: boolean): Container[] {
    list.item = { type: "item", checked };
    list.count++;
    return [...path, list, list.item];
  }

  private item(element: Element, list: List, context: Context): void {
    this.flush();
    const style = this.styles.of(element);
    if (isHidden(element, style)) return;
    const levelled = this.levelledItem(element, style);
    if (levelled) {
      this.levelled(element, levelled, this.styled(element, style, { ...context, path: context.path.filter(({ type }) => type === "quote") }));
      return;
    }
    if (!list.count && list.kind === "ordered") list.start = numberOf(element.getAttribute("value")) ?? list.start;
    const task = list.kind === "task" ? taskOf(element) : null;
    const inner = this.styled(element, style, { ...context, block: PARAGRAPH, path: this.pathIn(context.path, list, task === "checked" || isCheckedInLetters(element, task)) });
    const before = this.lines.length;
    this.children(element, inner);
    this.flush();
    if (this.lines.length === before) this.emptyLine(inner);
    if (task === "letters") this.withoutLetters(before);
  }

  /** Takes "[ ] " away at the beginning of a line, or another sign. */
  private withoutLetters(at: number, letters = BOX): void {
    const line = this.lines[at];
    if (!line) return;
    const size = letters.exec(line.node.textContent)?.[0].length ?? 0;
    this.lines[at] = { ...line, node: line.node.copy(line.node.content.cut(size)) };
  }

  private levelledItem(element: Element, style: Style): Item | null {
    const state = element.getAttribute("data-task-state");
    if (state !== null) return { ...readMarker(""), kind: "task", level: depthOf(element), checked: state === "DONE" };
    if (this.isExact) return null;
    const slide = element.localName === "div" || element.localName === "p" ? itemOfSlide(element) : null;
    if (slide) return slide;
    const level = levelOf(element, style);
    if (level === null) return element.localName === "p" ? itemByMargin(element, style) : null;
    if (element.localName !== "li") {
      const marker = [...element.querySelectorAll("span")].find((span) => /mso-list:\s*ignore/i.test(styleOf(span)));
      const read = marker ? readMarker(marker.textContent) : readMarker("");
      // A heading with a number stays a heading.
      return /^h[1-6]$/.test(element.localName) ? null : { ...read, level, checked: false };
    }
    const list = element.parentElement;
    const task = taskOf(element);
    const kind = task && task !== "letters" ? "task" : list?.localName === "ol" && element.getAttribute("data-list") !== "bullet" ? "ordered" : "bullet";
    const number = kind === "ordered" && element === list?.firstElementChild ? numberOf(list.getAttribute("start")) : null;
    return { level, kind, number, other: null, numbers: kind === "ordered" && list ? numbersOf(list, this.styles.of(element)) : null, checked: task === "checked" };
  }

  private levelled(element: Element, item: Item, context: Context): void {
    this.flush();
    const path = this.lists.enter(item, context.path, this.lines.length);
    const before = this.lines.length;
    const inner = { ...context, path: path.slice(0, 2 * MOST_LISTS + context.path.length), block: PARAGRAPH };
    this.children(element, inner);
    this.flush();
    if (this.lines.length === before) this.emptyLine(inner);
    const style = this.styles.of(element);
    if (element.localName === "p" && levelOf(element, style) === null && itemByMargin(element, style)) this.withoutLetters(before, MARKER);
    this.lists.leave(this.lines.length);
  }

  private input(element: Element, context: Context): void {
    if (element.getAttribute("type")?.toLowerCase() !== "checkbox") return;
    this.isBehindBox = true;
    if (this.line || context.path.at(-1)?.type === "item") return;
    // A line that begins with a box, in no list.
    const path = this.lists.enter({ level: 1, kind: "task", number: null, other: null, numbers: null, checked: element.hasAttribute("checked") }, context.path, this.lines.length);
    this.line = { path, block: PARAGRAPH, content: [], isSpaced: true, isProgram: false, size: null, dir: null, align: null };
    this.lists.leave(this.lines.length + 1);
  }

  // Things

  private thingLine(node: Node, { path }: Context): void {
    this.flush();
    this.lines.push({ path, node });
  }

  private image(element: Element, context: Context): void {
    const alt = (element.getAttribute("alt") ?? "").slice(0, LIMITS.words);
    const letter = letterOf(element, alt);
    if (letter !== null) {
      this.letters(letter, context);
      return;
    }
    const [width, height] = ["width", "height"].map((side) => numberOf(element.getAttribute(side)));
    // What counts who reads, and the boxes of Google's check lists.
    if (width === 1 || height === 1 || element.closest("[role=checkbox]")) return;
    const given = element.getAttribute("src");
    const src = imageUrl(given);
    if (src === null || src.length > LIMITS.address) {
      if (/^(data|blob|file|cid|webkit-fake-url|content):/i.test(given ?? "")) this.files++;
      else if (given) this.unsafe++;
      if (!this.isExact || given) return;
    }
    const title = element.getAttribute("title");
    const size = this.isExact ? { width, height } : {};
    this.thingLine(this.schema.node("image", { src, alt, title, ...size }), context);
    const href = context.marks.find(({ type }) => type.name === "link")?.attrs["href"] as string | undefined;
    // A picture leads nowhere here: where only that led there, words below it do.
    if (this.isExact || !href || href === src || this.hasWords(element.closest("a"))) return;
    this.letters(alt.trim() || href, context);
    this.flush();
  }

  /** Read once for each link, however many pictures are in it. */
  private hasWords(link: Element | null): boolean {
    if (!link) return false;
    const known = this.worded.get(link) ?? link.textContent.trim() !== "";
    this.worded.set(link, known);
    return known;
  }

  /** A thing in a line, as an editor such as this one has written it: somebody's name, or what only a newer version knows. */
  private thing(element: Element, context: Context): void {
    const json = element.getAttribute("data-thing") ?? "";
    if (!this.isExact || json.length > LIMITS.words) return;
    try {
      const thing: unknown = JSON.parse(json);
      this.append(this.schema.node(nodeOfThing(thing), { thing }), context);
    } catch {
      // It is no thing, then.
    }
  }

  private program(element: Element, isBlock: boolean, context: Context): void {
    const code = wordsIn(element);
    let words = wellFormed(this.isExact ? code.textContent : programText(code));
    if (!this.isExact) words = words.replace(/\n$/, "");
    if (!isBlock && !words.includes("\n")) {
      const mark = this.schema.marks["code"]?.create();
      // One line: of a program, if there are more of it above or below.
      this.letters(words, { ...context, isMonospaced: true, marks: mark ? [mark] : [] });
      return;
    }
    this.codeLine(words, languageOf(element, code, element.parentElement), context, element);
  }

  /** Word writes each line of a program as a block of its own. */
  private codeLine(words: string, language: string | null, context: Context, element: Element): void {
    const last = this.lines.at(-1);
    const isOfWord = !this.isExact && [...this.styles.of(element).keys()].some((name) => name.startsWith("mso-")) && element.previousElementSibling?.localName === "pre";
    if (isOfWord && last?.node.type.name === "codeBlock") {
      this.lines[this.lines.length - 1] = { ...last, node: this.schema.node("codeBlock", last.node.attrs, this.schema.text(`${last.node.textContent}\n${words}`)) };
      return;
    }
    const text = words ? [this.schema.text(words)] : [];
    this.thingLine(this.schema.node("codeBlock", { language }, text), context);
  }

  // Tables

  private table(element: Element, context: Context): void {
    const program = this.isExact ? null : programIn(element);
    if (program !== null) {
      this.codeLine(wellFormed(program), languageOf(element, element.closest("[class*='highlight']"), element.parentElement), context, element);
      return;
    }
    const rows = rowsOf(element);
    const only = rows.length === 1 && cellsOf(rows[0]).length === 1;
    // What a mail is laid out with, a table in a cell, and the single cell that a spreadsheet copies.
    if (this.isInCell || /^(presentation|none)$/.test(element.getAttribute("role") ?? "") || (only && !this.isExact)) {
      for (const row of rows) for (const cell of cellsOf(row)) this.loose(cell, context);
      return;
    }
    const cells: PastedCell[][] = [];
    for (const row of rows) {
      const isLeftOut = this.isHidden(row);
      // Cells that others see in the rows below begin in one that nobody does.
      const shown = cellsOf(row).filter((cell) => !this.isHidden(cell) && (!isLeftOut || (numberOf(cell.getAttribute("rowspan")) ?? 1) > 1));
      const made = shown.map((cell) => this.cell(cell, row, context));
      if (made.length || this.isExact || (isLeftOut && cells.length)) cells.push(made);
    }
    if (!this.isExact) markHeader(cells, this.schema);
    const drawn = drawnWidths(element);
    const isDrawn = this.isExact && drawn.some((width) => width);
    const table = makeTable(cells, isDrawn ? drawn : widthsOf(element, rows.map(cellsOf), this.styles), this.isExact, this.schema);
    if (!table) return;
    this.cells += table.left;
    for (const child of element.children) if (child.localName === "caption") this.loose(child, context);
    this.thingLine(table.node, context);
  }

  /** A row or a cell that a spreadsheet has folded away. */
  private isHidden(element: Element): boolean {
    return !this.isExact && isHidden(element, this.styles.of(element));
  }

  private loose(cell: Element, context: Context): void {
    this.flush();
    this.children(cell, { ...this.styled(cell, this.styles.of(cell), context), block: PARAGRAPH });
    this.flush();
  }

  private cell(element: Element, row: Element, context: Context): PastedCell {
    const before = { lines: this.lines, isInCell: this.isInCell, aligned: this.aligned };
    Object.assign(this, { lines: [], isInCell: true, aligned: [] });
    const style = this.styles.of(element);
    const isHeader = element.localName === "th" || row.parentElement?.localName === "thead";
    const inner: Context = { ...context, path: [], block: PARAGRAPH, marks: [], isMonospaced: false, align: null };
    const styled = this.styled(element, style, inner);
    this.children(element, isHeader && !this.isExact ? { ...styled, marks: [] } : styled);
    this.flush();
    const content = nest(this.isExact ? this.lines : joinPrograms(this.lines, this.schema), this.schema);
    // What all of its lines say is what a cell says.
    const [ofLines] = new Set(this.aligned).size === 1 ? this.aligned : [undefined];
    Object.assign(this, before);
    const align = ofLines ?? alignmentOf(element, style) ?? undefined;
    return {
      content: isHeader && !this.isExact && isAllBold(content) ? withoutBold(content, this.schema) : content,
      isHeader,
      colspan: numberOf(element.getAttribute("colspan")) || 1,
      rowspan: numberOf(element.getAttribute("rowspan")) || 1,
      align: align !== undefined && (this.isExact || align !== "left") ? align : null,
      isBold: isAllBold(content),
    };
  }
}

function attrsOf({ name, level }: Block): Record<string, unknown> | null {
  return name === "heading" ? { level } : null;
}

/** Left, in the middle or right, where that is said. */
function alignmentOf(element: Element, style: Style): string | null {
  const given = [style.get("text-align"), element.getAttribute("align")?.toLowerCase(), element.localName];
  return given.find((each) => each !== undefined && ALIGNMENTS.includes(each)) ?? null;
}

/** A line that is read another way than its letters say. */
function turned(node: Node, dir: string | null, isExact: boolean): Node {
  const isTold = dir !== null && (isExact || (/\p{L}/u.test(node.textContent) && (dir === "rtl") !== goesLeft(node.textContent)));
  return isTold ? node.type.create({ ...node.attrs, dir }, node.content) : node;
}

/** A line that begins with the sign of an item. */
function signIn(words: string): { item: Item; length: number } | null {
  const box = BOX.exec(words);
  if (box && !words.startsWith("[")) return { item: { ...readMarker(""), kind: "task", level: 1, checked: isChecked(words) }, length: box[0].length };
  const bullet = BULLET.exec(words);
  return bullet && { item: { ...readMarker(""), level: 1, checked: false }, length: bullet[0].length };
}

/** An item that only holds a list, which belongs to the item before. */
function isWrapper(item: Element): boolean {
  const { children } = item;
  return children.length > 0 && [...children].every(({ localName }) => LISTS.has(localName)) && [...item.childNodes].every((node) => node.nodeType !== 3 || !node.nodeValue?.trim());
}

/** In how many of Confluence's lists of tasks one stands. */
function depthOf(task: Element): number {
  let depth = 0;
  for (let list = task.closest("[data-node-type=actionList]"); list; list = list.parentElement?.closest("[data-node-type=actionList]") ?? null) depth++;
  return Math.max(depth, 1);
}

function trimEnd(content: Node[], schema: Schema): void {
  const last = content.at(-1);
  if (!last?.isText || last.marks.some(({ type }) => type.name === "code")) return;
  const words = (last.text ?? "").replace(/[ \t]+$/, "");
  if (words === last.text) return;
  content.pop();
  if (words) content.push(schema.text(words, last.marks));
}

/** What programs put into a copy that is not its text: comments, marks of deletions, anchors of headings. */
function isLeftOut(element: Element, style: Style): boolean {
  const list = style.get("mso-list");
  return (
    (list !== undefined && /^ignore/.test(list)) ||
    style.has("mso-special-format") ||
    /^(comment|header|footer)/.test(style.get("mso-element") ?? "") ||
    style.get("mso-special-character") === "comment" ||
    /^(EOP|MsoCommentReference|gmail_extra_hidden|blob-num)$/.test(element.classList[0] ?? "") ||
    isAnchor(element)
  );
}

/** A sign beside a heading that leads to the heading itself. */
function isAnchor(element: Element): boolean {
  const isLink = element.localName === "a" && /#/.test(element.getAttribute("href") ?? "");
  if (!isLink || !(/\b(anchor|headerlink|permalink|hash-link)\b/.test(element.className) || element.closest("h1, h2, h3, h4, h5, h6"))) return false;
  return !/[\p{L}\p{N}]/u.test(element.textContent) && !element.querySelector("img");
}

/** Runs of spaces and tabs that Word and Safari write as spaces that do not break. */
function spacesOf(element: Element, style: Style): string | null {
  if (element.localName !== "span" || element.children.length) return null;
  const words = element.textContent;
  if (!/^[\s\u00a0]+$/.test(words)) return null;
  if (style.has("mso-tab-count")) return "\t";
  if (style.has("mso-spacerun") || element.classList.contains("Apple-converted-space")) return words.replace(/[\s\u00a0]/g, " ");
  if (element.classList.contains("Apple-tab-span")) return "\t";
  return words === "\u00a0" && !element.attributes.length ? " " : null;
}

function numberOf(value: string | null): number | null {
  return value !== null && /^\s*\d{1,9}\s*$/.test(value) ? Number(value) : null;
}

function newList(element: Element, style: Style, kind: ListKind): List {
  const isOrdered = kind === "ordered";
  return {
    type: "list",
    kind,
    start: (isOrdered ? numberOf(element.getAttribute("start")) : null) ?? 1,
    goesOn: isOrdered && element.hasAttribute("data-goes-on"),
    numbers: isOrdered ? numbersOf(element, style) : null,
    count: 0,
    item: null,
  };
}

function numbersOf(list: Element, style: Style): string | null {
  const given = list.getAttribute("type") ?? style.get("list-style-type") ?? /list-style-type:\s*([a-z-]+)/i.exec(styleOf(list))?.[1] ?? "";
  return Object.hasOwn(NUMBERS, given) ? (NUMBERS[given] ?? null) : null;
}

/** How deep an item says that it stands, where its list does not tell. */
function levelOf(element: Element, style: Style): number | null {
  const word = /\blevel(\d)/.exec(style.get("mso-list") ?? "")?.[1];
  if (word && element.localName !== "li") return Number(word);
  if (element.localName !== "li") return null;
  const web = numberOf(element.getAttribute("data-aria-level"));
  if (web) return web;
  const indent = numberOf(element.getAttribute("data-stringify-indent") ?? element.parentElement?.getAttribute("data-indent") ?? null);
  if (indent !== null) return indent + 1;
  const quill = /\bql-indent-(\d)/.exec(element.className)?.[1];
  return quill ? Number(quill) + 1 : element.hasAttribute("data-list") ? 1 : null;
}

function rowsOf(table: Element): Element[] {
  return [...table.children].flatMap((child) => (child.localName === "tr" ? [child] : /^t(head|body|foot)$/.test(child.localName) ? rowsOf(child) : []));
}

function cellsOf(row: Element | undefined): Element[] {
  return [...(row?.children ?? [])].filter(({ localName }) => localName === "td" || localName === "th");
}
