/** Programs in what is pasted: which elements hold one, its lines, and its language. */

import { Fragment, type Schema } from "@tiptap/pm/model";

import { LIMITS } from "../model/values";
import { languageName } from "../things/code-block/languages";
import type { PastedLine } from "./nest";

const NOT_SHOWN = new Set("script style button svg select textarea template".split(" "));
const BLOCKS = new Set("p div section li ul ol tr table pre h1 h2 h3 h4 h5 h6".split(" "));

/** The lines of a program: blocks and breaks in it end lines. */
export function programText(element: Element): string {
  let words = "";
  const walk = (parent: Element): void => {
    for (const child of parent.childNodes) {
      if (child.nodeType === 3) words += child.nodeValue ?? "";
      else if (child.nodeType === 1) {
        const inner = child as Element;
        if (inner.localName === "br") words += "\n";
        else if (!NOT_SHOWN.has(inner.localName)) {
          const isBlock = BLOCKS.has(inner.localName);
          if (isBlock && words && !words.endsWith("\n")) words += "\n";
          walk(inner);
          if (isBlock && !words.endsWith("\n")) words += "\n";
        }
      }
    }
  };
  walk(element);
  return unbroken(words.replace(/\r\n?/g, "\n"));
}

/** In a program a space is a space. */
function unbroken(words: string): string {
  return words.replaceAll("\u00a0", " ");
}

/** The element with the words of a block: beside it some pages put its language and a button, in the same block. */
export function wordsIn(pre: Element): Element {
  if (pre.localName !== "pre") return pre;
  const found = [...pre.querySelectorAll("code")].filter((code) => !code.parentElement?.closest("code"));
  return found.length === 1 && found[0] ? found[0] : pre;
}

/** As HTML's own elements and the libraries that colour code say it. */
export function languageOf(...elements: (Element | null)[]): string | null {
  for (const element of elements) {
    const given = element && named(element);
    if (given && given.length <= LIMITS.language) return languageName(given) ?? given.toLowerCase();
  }
  return null;
}

function named(element: Element): string | null {
  const ofClass = /(?:^|\s)(?:language-|lang-|highlight-source-|highlight-text-|highlight-|brush:\s*|sourceCode\s+)([\w+#.-]+)/.exec(element.className);
  if (ofClass?.[1] && !/^(source|default|none|block)$/.test(ofClass[1])) return ofClass[1];
  const given = element.getAttribute("data-language") ?? element.getAttribute("data-lang");
  return given ?? (element.localName === "pre" && !element.hasAttribute("xml:lang") ? element.getAttribute("lang") : null) ?? codeBlockOf(element);
}

/** Teams has an element of its own. */
function codeBlockOf(element: Element): string | null {
  return element.localName === "codeblock" ? element.className.split(" ")[0] || null : null;
}

/** A table that only stands lines and their numbers beside each other: GitHub, Pygments, Rouge, highlight.js, Confluence. */
export function programIn(table: Element): string | null {
  const lines = [...table.querySelectorAll("td.blob-code, td.js-file-line, td.hljs-ln-code")];
  if (lines.length) return lines.map((line) => unbroken(line.textContent)).join("\n").replace(/\n{2,}$/, "\n");
  const block = table.querySelector("td.rouge-code, td.code");
  const isProgram = block && (block.querySelector("pre, .line") || table.closest(".highlight, .syntaxhighlighter, .rouge-table, .highlighttable"));
  return isProgram ? programText(block) : null;
}

/** Lines one below the other that are all in letters of one width, by the font alone, are a program; one alone is code in a line. */
export function joinPrograms(lines: readonly PastedLine[], schema: Schema): PastedLine[] {
  const made: PastedLine[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as PastedLine;
    const end = line.isProgram && line.node.content.size ? endOfProgram(lines, at) : at;
    const words = lines.slice(at, end).map(({ node }) => unbroken(node.textBetween(0, node.content.size, "", "\n"))).join("\n");
    if (!words.includes("\n")) {
      made.push(line);
      continue;
    }
    made.push({ path: line.path, node: schema.node("codeBlock", { language: null }, Fragment.from(schema.text(words))) });
    at = end - 1;
  }
  return made;
}

/** Empty lines between two of a program belong to it. */
function endOfProgram(lines: readonly PastedLine[], from: number): number {
  const { path } = lines[from] as PastedLine;
  let end = from;
  for (let at = from; at < lines.length; at++) {
    const { path: other, node, isProgram } = lines[at] as PastedLine;
    const isSame = other.length === path.length && path.every((each, index) => each === other[index]);
    if (!isSame || node.type.name !== "paragraph" || (node.content.size && !isProgram)) break;
    if (node.content.size) end = at + 1;
  }
  return end;
}
