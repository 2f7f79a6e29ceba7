/**
 * HTML from a clipboard becomes what a document can hold.
 *
 * It is parsed in a document that is never shown, fetches nothing and runs nothing; what is made of it goes by the schema and
 * by fixed lists alone, and is bounded. Each program has its own way to say the same: what is known of them stands where it
 * is read, and tests/pasted/ holds a sample of each.
 */

import { Fragment, type Mark, type Node, type Schema, Slice } from "@tiptap/pm/model";

import { imageUrl, isSafeLink } from "../../../lib/urls";
import type { ListKind } from "../model/keys";
import { nodeOfThing } from "../model/things";
import { LIMITS, wellFormed } from "../model/values";
import { languageName } from "../things/code-block/languages";
import { type Cut, addContext, readCut } from "./cut";
import { type PastedCell, makeTable } from "./grid";
import { type Container, type List, type PastedLine, nest } from "./nest";
import { hasLine, isBold, isHidden, isHighlighted, isItalic, isMonospaced, isProgram, type Style, Styles, styleOf, withoutStyles } from "./styles";
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
}

/** What stands deeper is read as letters; and how much of a page is read. */
const [DEEPEST, MOST_NODES] = [400, 400_000];
/** Lists within lists and quotes within quotes that a document draws. */
const MOST_LISTS = LIMITS.indent + 1;

const SKIPPED = new Set(
  "script style head title meta link template noscript iframe object embed svg math select button textarea audio video canvas map rp rt datalist colgroup col clipboard-copy".split(" "),
);
const BLOCKS = new Set(
  "p div section article header footer main nav aside address figure figcaption fieldset form details summary dl dt dd h1 h2 h3 h4 h5 h6 ul ol menu dir li blockquote pre table caption thead tbody tfoot tr td th hr center body".split(" "),
);
const LISTS = new Set(["ul", "ol", "menu", "dir"]);
const MARKS: Record<string, string> = {
  b: "bold", strong: "bold", i: "italic", em: "italic", cite: "italic", u: "underline", ins: "underline",
  s: "strike", strike: "strike", del: "strike", mark: "highlight", code: "code", kbd: "code", samp: "code", tt: "code",
};
const ALIGNMENTS = ["left", "center", "right"];
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
  space: "collapse" | "keep";
  path: readonly Container[];
  block: Block;
  isLink: boolean;
  depth: number;
}

interface OpenLine {
  path: readonly Container[];
  block: Block;
  content: Node[];
  /** Ends with white space that more white space adds nothing to. */
  isSpaced: boolean;
}

const PARAGRAPH: Block = { name: "paragraph", level: 0 };

/** Null where there is nothing in it. `isMade`: here, of Markdown, in which a box is one only where it has become one. */
export function readHtml(html: string, schema: Schema, isMade = false): Reading | null {
  const unstyled = withoutStyles(whole(html));
  const page = new DOMParser().parseFromString(unstyled.html, "text/html");
  const cut = readCut(page);
  const reader = new HtmlReader(unstyled.sheets, schema, cut !== null, isMade || cut !== null);
  const nodes = reader.read(page.body, cut?.openStart ?? 0);
  const { files, unsafe, cells, isCut } = reader;
  const slice = cut ? addContext(cutOpen(nodes, cut), cut, schema) : foreign(nodes);
  return slice.size || files || unsafe ? { slice, files, unsafe, cells, isCut } : null;
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

  private readonly styles: Styles;
  private readonly lists = new LevelledLists();
  private lines: PastedLine[] = [];
  private line: OpenLine | null = null;
  private isInCell = false;
  private isBehindBox = false;
  private nodes = 0;

  /** `isExact`: it was written by an editor such as this one, and is read letter for letter. `isMade`: boxes in letters are letters. */
  constructor(sheets: readonly string[], private readonly schema: Schema, private readonly isExact: boolean, private readonly isMade: boolean) {
    this.styles = new Styles(sheets);
  }

  read(element: Element, open: number): Node[] {
    const context: Context = { marks: [], space: this.isExact ? "keep" : "collapse", path: [], block: PARAGRAPH, isLink: false, depth: 0 };
    this.children(element, context);
    this.flush();
    return nest(this.lines, this.schema, open);
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
    if (SKIPPED.has(name) || /^(xml|[vwmx]:)/.test(name)) return;
    const style = this.styles.of(element);
    if (isHidden(element, style) || isLeftOut(element, style)) return;
    const item = this.levelledItem(element, style);
    const isBlock = BLOCKS.has(name) || style.get("display") === "block" || style.get("display") === "table";
    if (name === "br" || element.classList.contains("LineBreakBlob")) this.lineBreak(element, style, context);
    else if (name === "img") this.image(element, context);
    else if (name === "input") this.input(element, context);
    else if (element.hasAttribute("data-thing")) this.thing(element, context);
    else if (item) this.levelled(element, item, this.styled(element, style, context));
    else if (isBlock) this.block(element, style, this.styled(element, style, context));
    else {
      const spaces = spacesOf(element, style);
      if (spaces === null) this.children(element, this.styled(element, style, context));
      else this.letters(spaces, context);
    }
  }

  private block(element: Element, style: Style, context: Context): void {
    const name = element.localName;
    this.flush();
    if (LISTS.has(name)) this.list(element, style, context);
    else if (name === "table") this.table(element, context);
    else if (name === "hr") this.thingLine(this.schema.node("horizontalRule"), context);
    else if (name === "pre" || isProgram(style)) this.program(element, name === "pre", context);
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
    const word = /^Mso(Title|Heading([1-9]))$/.exec(element.className.split(" ")[0] ?? "");
    const asked = level || (word ? Number(word[2] ?? 1) : 0);
    if (!asked) return /^(p|td|th|li|dt|dd)$/.test(name) ? { ...context, block: PARAGRAPH } : context;
    return { ...context, block: { name: "heading", level: Math.min(Math.max(Math.trunc(asked), 1), 3) } };
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
    if (!BLOCKS.has(name) && isMonospaced(style.get("font-family") ?? element.getAttribute("face")?.toLowerCase())) put("code", true);
    const space = style.get("white-space");
    const kept = this.isExact ? "keep" : space === undefined ? context.space : /^(pre|break-spaces)/.test(space) && space !== "pre-line" ? "keep" : "collapse";
    return { ...context, marks, isLink, space: kept };
  }

  // Letters

  private text(given: string, context: Context): void {
    const words = this.isBehindBox ? given.replace(/^ /, "") : given;
    if (given) this.isBehindBox = false;
    if (!words) return;
    const isBlank = !/[^ \t\n\r\f]/.test(words);
    // Between the tags of a page's source.
    if (isBlank && !this.line && (context.space === "collapse" || words.includes("\n"))) return;
    if (context.space === "keep") {
      for (const [at, part] of words.replace(/\r\n?/g, "\n").split("\n").entries()) {
        if (at) this.append(this.schema.node("hardBreak"), context);
        this.letters(part, context);
      }
      return;
    }
    let folded = words.replace(/[ \t\n\r\f]+/g, " ");
    if (!this.line || this.line.isSpaced) folded = folded.replace(/^ /, "");
    if (!folded) return;
    this.letters(folded, context);
    if (this.line) this.line.isSpaced = folded.endsWith(" ");
  }

  private letters(words: string, context: Context): void {
    if (words) this.append(this.schema.text(wellFormed(words), context.marks), context);
  }

  private append(node: Node, { path, block, marks }: Context): void {
    this.line ??= { path, block, content: [], isSpaced: true };
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
    this.lines.push({ path: line.path, node: this.schema.node(line.block.name, attrsOf(line.block), Fragment.fromArray(content)) });
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
    const inner = { ...context, depth: context.depth + 1 };
    for (const child of element.childNodes) {
      if (child.nodeType === 3) {
        if (child.nodeValue?.trim()) this.text(child.nodeValue, { ...inner, path: this.pathIn(path, bullets(), false) });
      } else if (child.nodeType === 1 && (child as Element).localName === "li") {
        const item = child as Element;
        const kind = kindOf(item);
        if (!list || list.kind !== kind) list = newList(element, this.styles.of(item), kind);
        this.item(item, list, { ...inner, path });
      } else if (child.nodeType === 1) {
        this.element(child as Element, { ...inner, path: [...path, list ?? newList(element, style, "bullet")] });
        this.flush();
      }
    }
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

  /** Takes "[ ] " away at the beginning of a line. */
  private withoutLetters(at: number): void {
    const line = this.lines[at];
    if (!line) return;
    const size = /^\[[ xX]\](\s+|$)/.exec(line.node.textContent)?.[0].length ?? 0;
    this.lines[at] = { ...line, node: line.node.copy(line.node.content.cut(size)) };
  }

  private levelledItem(element: Element, style: Style): Item | null {
    if (this.isExact) return null;
    const level = levelOf(element, style);
    if (level === null) return null;
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
    this.lists.leave(this.lines.length);
  }

  private input(element: Element, context: Context): void {
    if (element.getAttribute("type")?.toLowerCase() !== "checkbox") return;
    this.isBehindBox = true;
    if (this.line || context.path.at(-1)?.type === "item") return;
    // A line that begins with a box, in no list.
    const path = this.lists.enter({ level: 1, kind: "task", number: null, other: null, numbers: null, checked: element.hasAttribute("checked") }, context.path, this.lines.length);
    this.line = { path, block: PARAGRAPH, content: [], isSpaced: true };
    this.lists.leave(this.lines.length + 1);
  }

  // Things

  private thingLine(node: Node, { path }: Context): void {
    this.flush();
    this.lines.push({ path, node });
  }

  private image(element: Element, context: Context): void {
    const alt = (element.getAttribute("alt") ?? "").slice(0, LIMITS.words);
    if (/^\p{Extended_Pictographic}/u.test(alt) && alt.length < 20) {
      this.letters(alt, context);
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
    const code = element.localName === "pre" && element.firstElementChild?.localName === "code" ? element.firstElementChild : element;
    let words = wellFormed(this.isExact ? code.textContent : programText(element));
    if (!this.isExact) words = words.replace(/\n$/, "");
    if (!isBlock && !words.includes("\n")) {
      const mark = this.schema.marks["code"]?.create();
      this.letters(words.trim(), { ...context, marks: mark ? [mark] : [] });
      return;
    }
    const language = languageOf(element) ?? languageOf(code) ?? languageOf(element.parentElement);
    const text = words ? [this.schema.text(words)] : [];
    this.thingLine(this.schema.node("codeBlock", { language }, text), context);
  }

  // Tables

  private table(element: Element, context: Context): void {
    const rows = rowsOf(element);
    const only = rows.length === 1 && cellsOf(rows[0]).length === 1;
    // What a mail is laid out with, a table in a cell, and the single cell that a spreadsheet copies.
    if (this.isInCell || /^(presentation|none)$/.test(element.getAttribute("role") ?? "") || (only && !this.isExact)) {
      for (const row of rows) for (const cell of cellsOf(row)) this.loose(cell, context);
      return;
    }
    const cells: PastedCell[][] = [];
    for (const row of rows) {
      const made = cellsOf(row).map((cell) => this.cell(cell, row, context));
      if (made.length || this.isExact) cells.push(made);
    }
    if (!this.isExact) markHeader(cells, this.schema);
    const table = makeTable(cells, this.isExact ? widthsOf(element) : null, this.schema);
    if (!table) return;
    this.cells += table.left;
    for (const child of element.children) if (child.localName === "caption") this.loose(child, context);
    this.thingLine(table.node, context);
  }

  private loose(cell: Element, context: Context): void {
    this.flush();
    this.children(cell, { ...this.styled(cell, this.styles.of(cell), context), block: PARAGRAPH });
    this.flush();
  }

  private cell(element: Element, row: Element, context: Context): PastedCell {
    const before = { lines: this.lines, isInCell: this.isInCell };
    Object.assign(this, { lines: [], isInCell: true });
    const style = this.styles.of(element);
    const isHeader = element.localName === "th" || row.parentElement?.localName === "thead";
    const inner: Context = { ...context, path: [], block: PARAGRAPH, marks: [] };
    const styled = this.styled(element, style, inner);
    this.children(element, isHeader && !this.isExact ? { ...styled, marks: [] } : styled);
    this.flush();
    const content = nest(this.lines, this.schema);
    Object.assign(this, before);
    const align = [style.get("text-align"), element.getAttribute("align")?.toLowerCase()].find((each) => each !== undefined && ALIGNMENTS.includes(each));
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
    /^(comment|footnote-list|endnote-list|header|footer)/.test(style.get("mso-element") ?? "") ||
    style.get("mso-special-character") === "comment" ||
    /^(EOP|MsoCommentReference|anchor|gmail_extra_hidden|blob-num)$/.test(element.classList[0] ?? "")
  );
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

function linkOf(element: Element): string | null {
  const href = element.getAttribute("href")?.trim() ?? "";
  if (!href || href.length > LIMITS.address || !isSafeLink(href)) return null;
  const url = new URL(href);
  // Google sends readers round by itself.
  const wanted = /(^|\.)google\.[a-z.]+$/.test(url.hostname) && url.pathname === "/url" ? url.searchParams.get("q") : null;
  return wanted && isSafeLink(wanted) ? wanted : href;
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

/** Whether an item is one of a list of tasks, and by what. */
function taskOf(item: Element): "checked" | "open" | "letters" | null {
  const list = item.getAttribute("data-list");
  if (list === "checked" || list === "unchecked") return list === "checked" ? "checked" : "open";
  const own = item.getAttribute("data-checked") ?? item.getAttribute("aria-checked");
  if (own !== null && item.hasAttribute("data-checked")) return own === "true" ? "checked" : "open";
  if (item.getAttribute("role") === "checkbox") return own === "true" ? "checked" : "open";
  const box = boxIn(item);
  if (box) return box;
  if (/^(taskItem|checkbox_item|task_item)$/.test(item.getAttribute("data-type") ?? "")) return /\bchecked\b/.test(item.className) ? "checked" : "open";
  return /^\[[ xX]\](\s|$)/.test(firstText(item)) ? "letters" : null;
}

function isCheckedInLetters(item: Element, task: string | null): boolean {
  return task === "letters" && /^\[x\]/i.test(firstText(item));
}

/** A box at the beginning of an item: looked for in few elements, so that lists in lists take no longer than they are. */
function boxIn(item: Element): "checked" | "open" | null {
  let element: Element | null = item;
  for (let each = 0; each < 6 && element; each++) {
    const first: Element | null = element.firstElementChild;
    if (!first) return null;
    const isBox = (first.localName === "input" && first.getAttribute("type")?.toLowerCase() === "checkbox") || first.getAttribute("role") === "checkbox" || first.classList.contains("checkbox");
    if (isBox) {
      const isOn = first.hasAttribute("checked") || first.getAttribute("aria-checked") === "true" || first.classList.contains("checkbox-on");
      return isOn ? "checked" : "open";
    }
    if (/^(ul|ol|table)$/.test(first.localName)) return null;
    element = first;
  }
  return null;
}

function firstText(element: Element): string {
  let node: ChildNode | null = element.firstChild;
  for (let each = 0; each < 20 && node; each++) {
    if (node.nodeType === 3 && node.nodeValue?.trim()) return node.nodeValue.trimStart().slice(0, 8);
    node = node.firstChild ?? node.nextSibling ?? (node.parentElement === element ? null : (node.parentElement?.nextSibling ?? null));
  }
  return "";
}

/** The lines of a program: blocks and breaks in it end lines. */
function programText(element: Element): string {
  let words = "";
  const walk = (parent: Element): void => {
    for (const child of parent.childNodes) {
      if (child.nodeType === 3) words += child.nodeValue ?? "";
      else if (child.nodeType === 1) {
        const inner = child as Element;
        if (inner.localName === "br") words += "\n";
        else if (!SKIPPED.has(inner.localName)) {
          const isBlock = BLOCKS.has(inner.localName);
          if (isBlock && words && !words.endsWith("\n")) words += "\n";
          walk(inner);
          if (isBlock && !words.endsWith("\n")) words += "\n";
        }
      }
    }
  };
  walk(element);
  return words.replace(/\r\n?/g, "\n").replaceAll("\u00a0", " ");
}

function languageOf(element: Element | null): string | null {
  const name = /(?:^|\s)(?:language-|lang-|highlight-source-|brush:\s*)([\w+#.-]+)/.exec(element?.className ?? "")?.[1] ?? element?.getAttribute("data-language") ?? "";
  if (!name || name.length > LIMITS.language) return null;
  return languageName(name) ?? name.toLowerCase();
}

function rowsOf(table: Element): Element[] {
  return [...table.children].flatMap((child) => (child.localName === "tr" ? [child] : /^t(head|body|foot)$/.test(child.localName) ? rowsOf(child) : []));
}

function cellsOf(row: Element | undefined): Element[] {
  return [...(row?.children ?? [])].filter(({ localName }) => localName === "td" || localName === "th");
}

function widthsOf(table: Element): (number | null)[] {
  return [...table.querySelectorAll(":scope > colgroup > col")].map((column) => numberOf(column.getAttribute("width")));
}

function isAllBold(nodes: readonly Node[]): boolean {
  let [some, all] = [false, true];
  for (const node of nodes) {
    node.descendants((inner) => {
      if (!inner.isText) return;
      some = true;
      all &&= inner.marks.some(({ type }) => type.name === "bold");
    });
  }
  return some && all;
}

/** In spreadsheets and text programs a header is a first row in bold letters. */
function markHeader(rows: PastedCell[][], schema: Schema): void {
  const [first = [], ...rest] = rows;
  const isHeader = first.length > 0 && first.every(({ isBold, content }) => isBold || !content.length) && first.some(({ isBold }) => isBold);
  if (!isHeader || !rest.length || rest.every((row) => row.every(({ isBold }) => isBold))) return;
  for (const cell of first) {
    cell.isHeader = true;
    cell.content = withoutBold(cell.content, schema);
  }
}

/** A header's cells look bold by themselves. */
function withoutBold(nodes: readonly Node[], schema: Schema): Node[] {
  const bold = schema.marks["bold"];
  return nodes.map((node) => {
    if (node.isText) return node.mark(bold?.removeFromSet(node.marks) ?? node.marks);
    return node.copy(Fragment.fromArray(withoutBold(node.content.content, schema)));
  });
}
