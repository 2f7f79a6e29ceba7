/**
 * A copy as HTML that other programs take well: lists as lists, headings as headings, nothing that only we understand.
 *
 * It is also the way from one of our documents into another, on which nothing may be lost: `readHtml` reads all of it back.
 */

import type { Fragment, Mark, Node, Slice } from "@tiptap/pm/model";

import { imageUrl, isSafeLink } from "../../../lib/urls";
import { wordsOfThing } from "../model/things";
import { CUT, unwrapped } from "./cut";

const TAGS: Record<string, string> = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strike: "s",
  highlight: "mark",
  code: "code",
};

export function writeHtml(copied: Slice): string {
  const { slice, context } = unwrapped(copied);
  const { content, openStart, openEnd } = slice;
  const first = content.firstChild;
  if (!first) return "";
  const isRows = /^table(Row|Cell|Header)$/.test(first.type.name);
  const cut = isRows ? "0 0 []" : `${openStart} ${openEnd} ${JSON.stringify(context)}`;
  const mark = ` ${CUT}="${escaped(cut)}"`;
  if (isRows) return writeTable(content, mark);
  // A part of a line: other programs put it into theirs.
  const isPart = content.childCount === 1 && openStart === 1 && openEnd === 1 && first.type.name === "paragraph" && first.attrs["dir"] === null;
  if (isPart) return `<span${mark}${spaceOf(first)}>${inline(first)}${first.childCount ? filler(first) : ""}</span>`;
  return block(first, mark) + content.content.slice(1).map((node) => block(node)).join("");
}

export function writeBlocks(content: Fragment): string {
  return content.content.map((node) => block(node)).join("");
}

function block(node: Node, mark = ""): string {
  const { attrs } = node;
  switch (node.type.name) {
    case "paragraph":
      return `<p${mark}${named("dir", attrs["dir"])}${spaceOf(node)}>${filled(node)}</p>`;
    case "heading":
      return `<h${attrs["level"]}${mark}${named("dir", attrs["dir"])}${spaceOf(node)}>${filled(node)}</h${attrs["level"]}>`;
    case "bulletList":
    case "taskList":
      return `<ul${mark}>${writeBlocks(node.content)}</ul>`;
    case "orderedList":
      return `<ol${mark}${numbered(attrs)}>${writeBlocks(node.content)}</ol>`;
    case "listItem":
      return `<li${mark}>${item(node)}</li>`;
    case "taskItem":
      return `<li${mark}><input type="checkbox"${attrs["checked"] === true ? " checked" : ""} disabled> ${item(node)}</li>`;
    case "blockquote":
      return `<blockquote${mark}>${writeBlocks(node.content)}</blockquote>`;
    case "codeBlock":
      return `<pre${mark}><code${named("class", attrs["language"] && `language-${attrs["language"]}`)}>${escaped(node.textContent)}</code></pre>`;
    case "horizontalRule":
      return `<hr${mark}>`;
    case "image":
      return `<img${mark}${image(attrs)}>`;
    case "table":
      return writeTable(node.content, mark);
    default:
      return node.isTextblock ? `<p${mark}>${filled(node)}</p>` : writeBlocks(node.content);
  }
}

/** Without a paragraph around its words, where they are alone: with one, other programs make empty lines between items. */
function item({ content }: Node): string {
  const [first, second] = content.content;
  const isLoose = first?.type.name !== "paragraph" || first.attrs["dir"] !== null || second?.isTextblock === true || (second !== undefined && !first.childCount);
  return isLoose || !first ? writeBlocks(content) : spaced(first) + content.content.slice(1).map((node) => block(node)).join("");
}

/** Words whose white space counts, in an element of their own that says so. */
function spaced(node: Node): string {
  const space = spaceOf(node);
  return space ? `<span${space}>${inline(node)}</span>${filler(node)}` : inline(node) + (node.childCount ? filler(node) : "");
}

function filled(node: Node): string {
  return inline(node) + filler(node);
}

/** An empty line, and one that ends with a break, has no height without another. */
function filler({ lastChild }: Node): string {
  return !lastChild || lastChild.type.name === "hardBreak" ? "<br>" : "";
}

function spaceOf({ textContent }: Node): string {
  return /^[ \t]|[ \t]$|[ \t]{2}|\t/.test(textContent) ? ' style="white-space: pre-wrap"' : "";
}

function inline(node: Node): string {
  let html = "";
  let open: Mark[] = [];
  const close = (from: number): void => {
    for (const mark of open.slice(from).reverse()) html += `</${tagOf(mark)}>`;
    open = open.slice(0, from);
  };
  node.forEach((child) => {
    const marks = child.marks.filter((mark) => tagOf(mark));
    let same = 0;
    while (same < open.length && same < marks.length && open[same]?.eq(marks[same] as Mark)) same++;
    close(same);
    for (const mark of marks.slice(same)) html += `<${tagOf(mark)}${mark.type.name === "link" ? named("href", mark.attrs["href"]) : ""}>`;
    open = marks;
    if (child.isText) html += escaped(child.text ?? "");
    else if (child.type.name === "hardBreak") html += "<br>";
    else html += thing(child.attrs["thing"]);
  });
  close(0);
  return html;
}

function thing(it: unknown): string {
  return `<span${named("data-thing", JSON.stringify(it ?? null))}>${escaped(wordsOfThing(it) || "\u25A1")}</span>`;
}

function tagOf({ type: { name }, attrs }: Mark): string | undefined {
  if (name === "link") return typeof attrs["href"] === "string" && isSafeLink(attrs["href"]) ? "a" : undefined;
  return TAGS[name];
}

function numbered({ start, type, goesOn }: Record<string, unknown>): string {
  return (start === 1 ? "" : named("start", start)) + named("type", type) + named("data-goes-on", goesOn || null);
}

function image({ src, alt, title, width, height }: Record<string, unknown>): string {
  return named("src", imageUrl(src)) + named("alt", alt ?? "") + named("title", title) + named("width", width) + named("height", height);
}

/** `content`: rows, or some cells of one. */
function writeTable(content: Fragment, mark = ""): string {
  const isRow = content.firstChild?.type.name !== "tableRow";
  const rows = isRow ? [content] : content.content.map((row) => row.content);
  const header = rows.findIndex((cells) => !cells.childCount || cells.content.some(({ type }) => type.name !== "tableHeader"));
  const heads = rows.slice(0, header);
  // A merged cell does not reach over the end of a head.
  const isApart = heads.length > 0 && heads.every((cells, at) => cells.content.every(({ attrs }) => at + Number(attrs["rowspan"]) <= heads.length));
  const made = rows.map((cells) => `<tr>${cells.content.map(cell).join("")}</tr>`);
  const head = isApart ? `<thead>${made.slice(0, header).join("")}</thead>` : "";
  return `<table${mark} border="1" style="border-collapse: collapse">${columns(rows)}${head}<tbody>${made.slice(isApart ? header : 0).join("")}</tbody></table>`;
}

function columns(rows: readonly Fragment[]): string {
  const widths: number[] = [];
  // By the first row, as far as no cell above reaches into it.
  for (const { attrs } of rows[0]?.content ?? []) {
    const known = Array.isArray(attrs["colwidth"]) ? (attrs["colwidth"] as number[]) : [];
    for (let each = 0; each < Number(attrs["colspan"]); each++) widths.push(known[each] ?? 0);
  }
  if (!widths.some((width) => width)) return "";
  return `<colgroup>${widths.map((width) => `<col${width ? named("width", width) : ""}>`).join("")}</colgroup>`;
}

function cell(node: Node): string {
  const { colspan, rowspan, align } = node.attrs;
  const tag = node.type.name === "tableHeader" ? "th" : "td";
  const spans = (colspan > 1 ? named("colspan", colspan) : "") + (rowspan > 1 ? named("rowspan", rowspan) : "");
  const [first] = node.content.content;
  const isAlone = node.childCount === 1 && first?.type.name === "paragraph" && first.attrs["dir"] === null;
  return `<${tag}${spans}${align ? named("style", `text-align: ${align}`) : ""}>${isAlone && first ? spaced(first) : writeBlocks(node.content)}</${tag}>`;
}

function named(name: string, value: unknown): string {
  return value === null || value === undefined || value === "" && name !== "alt" ? "" : ` ${name}="${escaped(String(value))}"`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"\u00a0]/g, (sign) => ESCAPES[sign] ?? sign);
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\u00a0": "&nbsp;" };
