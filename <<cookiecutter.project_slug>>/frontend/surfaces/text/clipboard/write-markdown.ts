/**
 * Some text as Markdown: CommonMark with GitHub's tables, task lists and strikethrough, as the server writes whole documents.
 *
 * What Markdown has no sign for is left out (highlights, underlines, widths of columns), words never are; letters that it
 * would take for signs are escaped. Merged cells are cut into single ones; what it cannot have in a cell stands there in one
 * line.
 */

import type { Fragment, Mark, Node } from "@tiptap/pm/model";
import { TableMap } from "@tiptap/pm/tables";

import { imageUrl, isSafeLink } from "../../../lib/urls";
import { wordsOfThing } from "../model/things";

const SIGNS: Record<string, string> = { bold: "**", italic: "*", strike: "~~" };
const SPECIAL = /[\\`*_[\]<>~|&!$]/g;
/** What would make something else of a line that begins with it. */
const BEGINNING = /^(?:#{1,6}(?=\s|$)|[-+](?=\s|$)|[-=:]+\s*$)|^\d{1,9}(?=[.)](?:\s|$))/;
const ENDS: Record<string, string> = { left: ":--", center: ":-:", right: "--:" };

export function writeMarkdown(content: Fragment): string {
  const first = content.firstChild;
  if (first && !first.isBlock) return inline(content).join("\\\n");
  const lines = blocks(content.content);
  return lines.length ? `${lines.join("\n")}\n` : "";
}

function blocks(nodes: readonly Node[]): string[] {
  const lines: string[] = [];
  let isOther = false;
  for (const [at, node] of nodes.entries()) {
    // Two lists one behind the other would be one, had they the same sign.
    isOther = node.type === nodes[at - 1]?.type && !isOther;
    const made = block(node, isOther);
    if (made.length && lines.length) lines.push("");
    lines.push(...made);
  }
  return lines;
}

function block(node: Node, isOther: boolean): string[] {
  const { attrs, content } = node;
  switch (node.type.name) {
    case "heading":
      return [`${"#".repeat(Number(attrs["level"]))} ${inline(content).join(" ")}`.trimEnd()];
    case "codeBlock":
      return program(node);
    case "horizontalRule":
      return ["***"];
    case "image":
      return [image(attrs)];
    case "blockquote": {
      const made = blocks(content.content);
      return (made.length ? made : [""]).map((line) => `> ${line}`.trimEnd());
    }
    case "bulletList":
    case "orderedList":
    case "taskList":
      return list(node, isOther);
    case "table":
      return table(node);
    default:
      return node.isTextblock ? paragraph(content) : blocks(content.content);
  }
}

function paragraph(content: Fragment): string[] {
  const lines = inline(content).map((line) => line.replace(BEGINNING, (sign) => (/\d/.test(sign) ? `${sign}\\` : `\\${sign}`)));
  // A break needs something before and behind it.
  const filled = [...lines.keys()].filter((at) => lines[at]);
  const kept = lines.slice(filled[0] ?? 0, (filled.at(-1) ?? -1) + 1);
  return kept.map((line, at) => (at < kept.length - 1 ? `${line}\\` : line));
}

function list({ type, attrs, content }: Node, isOther: boolean): string[] {
  return content.content.flatMap((item, at) => {
    const sign = type.name === "orderedList" ? `${Number(attrs["start"]) + at}${isOther ? ")" : "."} ` : isOther ? "* " : "- ";
    const box = type.name !== "taskList" ? "" : item.attrs["checked"] === true ? "[x] " : "[ ] ";
    const [first, ...others] = item.content.content;
    const head = first ? blocks([first]) : [];
    const rest = blocks(others);
    // A list goes on a line of words only if it begins with 1.
    const isList = others[0]?.type.name.endsWith("List") && (others[0].attrs["start"] ?? 1) === 1;
    const gap = rest.length && !isList ? [""] : [];
    const [line = "", ...more] = [...(head.length ? head : [""]), ...gap, ...rest];
    const indent = " ".repeat(sign.length);
    return [`${sign}${box}${line}`.trimEnd(), ...more.map((each) => `${indent}${each}`.trimEnd())];
  });
}

function table(node: Node): string[] {
  const { map, width, height } = TableMap.get(node);
  const seen = new Set<number>();
  const rows: string[][] = [];
  const ends: string[] = new Array<string>(width).fill("---");
  let isHeaded = true;
  for (let row = 0; row < height; row++) {
    const cells: string[] = [];
    for (let column = 0; column < width; column++) {
      const at = map[row * width + column] ?? 0;
      const cell = node.nodeAt(at);
      if (row === 0 && cell?.type.name !== "tableHeader") isHeaded = false;
      if (row === 0 && cell && !seen.has(at)) ends[column] = ENDS[String(cell.attrs["align"])] ?? "---";
      cells.push(cell && !seen.has(at) ? inCell(cell) : "");
      seen.add(at);
    }
    rows.push(cells);
  }
  if (!isHeaded) rows.unshift(new Array<string>(width).fill(""));
  rows.splice(1, 0, ends);
  return rows.map((cells) => `| ${cells.join(" | ")} |`);
}

function inCell(cell: Node): string {
  const parts: string[] = [];
  const add = (node: Node): void => {
    if (node.type.name === "codeBlock") parts.push(...linesOf(node).filter((line) => line).map(codeSpan));
    else if (node.type.name === "image") parts.push(image(node.attrs));
    else if (node.isTextblock) parts.push(...inline(node.content).filter((line) => line));
    else node.forEach(add);
  };
  cell.forEach(add);
  return parts.map((part) => part.replaceAll("|", "\\|").replaceAll("\\\\|", "\\|")).join("<br>");
}

function image({ src, alt }: Record<string, unknown>): string {
  const words = escaped(String(alt ?? "").replace(/[\r\n]/g, " "));
  const address = imageUrl(src);
  return address === null ? words : `![${words}](<${address}>)`;
}

interface Part {
  text: string;
  marks: readonly Mark[];
}

/** What is written in a line, by its breaks. */
function inline(content: Fragment): string[] {
  const lines = [""];
  let open: Mark[] = [];
  const add = (words: string): void => {
    lines[lines.length - 1] += words;
  };
  const close = (from: number): void => {
    for (const mark of open.slice(from).reverse()) add(closing(mark));
    open = open.slice(0, from);
  };
  for (const part of [...tidied(content), { text: "", marks: [] }]) {
    if (part === BREAK) {
      close(0);
      lines.push("");
      continue;
    }
    const marks = part.marks.filter((mark) => Object.hasOwn(SIGNS, mark.type.name) || isLink(mark));
    let same = 0;
    while (same < open.length && same < marks.length && open[same]?.eq(marks[same] as Mark)) same++;
    close(same);
    for (const mark of marks.slice(same)) add(mark.type.name === "link" ? "[" : (SIGNS[mark.type.name] ?? ""));
    open = marks;
    add(isCode(part.marks) ? codeSpan(part.text) : escaped(part.text));
  }
  return lines.map((line) => line.replace(/^[ \t]+|[ \t]+$/g, ""));
}

const BREAK: Part = { text: "\n", marks: [] };

/** Letters and breaks alone, with white space at the ends of what is marked outside of it: signs take none. */
function tidied(content: Fragment): Part[] {
  const parts: Part[] = [];
  for (const part of split(content)) {
    const last = parts.at(-1);
    // Code on both sides of what cannot be written is one piece: two signs side by side would be another sign.
    if (last && part !== BREAK && isCode(last.marks) && isCode(part.marks)) parts[parts.length - 1] = { ...last, text: last.text + part.text };
    else parts.push(part);
  }
  return parts;
}

function split(content: Fragment): Part[] {
  return content.content.flatMap((node): Part[] => {
    if (node.type.name === "hardBreak") return [BREAK];
    // For whoever reads Markdown that is the end of a line.
    const written = (node.isText ? node.text : wordsOfThing(node.attrs["thing"]))?.replaceAll("\r", " ");
    if (!written) return [];
    // White space alone would be no code.
    if (isCode(node.marks)) return [{ text: written, marks: written.trim() ? node.marks : [] }];
    const [, before = "", words = "", after = ""] = /^(\s*)([\s\S]*?)(\s*)$/.exec(written) ?? [];
    const plain = node.marks.filter(({ type }) => type.name === "link");
    return [{ text: before, marks: plain }, { text: words, marks: node.marks }, { text: after, marks: plain }].filter(({ text }) => text);
  });
}

function isCode(marks: readonly Mark[]): boolean {
  return marks.some(({ type }) => type.name === "code");
}

function isLink({ type, attrs }: Mark): boolean {
  return type.name === "link" && typeof attrs["href"] === "string" && isSafeLink(attrs["href"]);
}

function closing({ type, attrs }: Mark): string {
  if (type.name !== "link") return SIGNS[type.name] ?? "";
  const address = String(attrs["href"]).replace(/[<>\\\s]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
  return `](<${address}>)`;
}

function escaped(text: string): string {
  return text.replace(SPECIAL, "\\$&");
}

function program(node: Node): string[] {
  const words = node.textContent;
  const longest = Math.max(0, ...[...words.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  const language = String(node.attrs["language"] ?? "");
  return [fence + (/^[\w+#.-]+$/.test(language) ? language : ""), ...linesOf(node), fence];
}

/** The lines of code, also as whoever reads Markdown sees their ends. */
function linesOf(program: Node): string[] {
  return program.textContent.split(/\r\n?|\n/);
}

function codeSpan(text: string): string {
  const words = text.replaceAll("\n", " ");
  const ticks = "`".repeat(Math.max(0, ...[...words.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  return words.trim() !== words || words.includes("`") ? `${ticks} ${words} ${ticks}` : `${ticks}${words}${ticks}`;
}
