/** The clipboard, as functions: what is read of other programs' HTML, and what is written for them. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import { type Node, Slice } from "@tiptap/pm/model";
import { AllSelection, TextSelection } from "@tiptap/pm/state";
import fc from "fast-check";

import { addContext, unwrapped } from "../surfaces/text/clipboard/cut";
import { markdownToHtml } from "../surfaces/text/clipboard/markdown";
import { readHtml } from "../surfaces/text/clipboard/read-html";
import { isMarkdown, readText, withHyphens } from "../surfaces/text/clipboard/read-text";
import { withoutStyles } from "../surfaces/text/clipboard/styles";
import { writeBlocks, writeHtml } from "../surfaces/text/clipboard/write-html";
import { writeMarkdown } from "../surfaces/text/clipboard/write-markdown";
import { writeText } from "../surfaces/text/clipboard/write-text";
import { withWholeTables } from "../surfaces/text/things/table/pasted";
import { wordsOfThing } from "../surfaces/text/model/things";
import { samples } from "./pasted/samples";
import { documents } from "./text/documents";
import { SCHEMA, SEED } from "./text/schema";

const RUNS = { seed: SEED, numRuns: 400 };

for (const { name, html, out } of samples()) {
  test(`pasted from ${name}`, () => {
    const reading = readHtml(html, SCHEMA);
    assert.ok(reading);
    SCHEMA.node("doc", null, reading.slice.content).check();
    assert.equal(writeBlocks(reading.slice.content), out);
  });
}

test("no word is taken for the sign of an item", () => {
  const item = (words: string): string => {
    const node = readHtml(`<p class=MsoListParagraph style='margin-left:36.0pt'>${words}</p>`, SCHEMA)?.slice.content.firstChild;
    return `${node?.type.name}: ${node?.textContent}`;
  };
  for (const word of ["Yes.", "Dear", "2024", "No)"]) assert.equal(item(`${word}&nbsp; the rest`), `paragraph: ${word}\u00a0 the rest`);
  for (const sign of ["·", "o", "Ø", "–"]) assert.equal(item(`${sign}&nbsp; the rest`), "bulletList: the rest");
  for (const sign of ["1.", "10.", "a)", "(iv)"]) assert.equal(item(`${sign}&nbsp; the rest`), "orderedList: the rest");
});

test("where only a picture led somewhere, words below it do", () => {
  const out = (html: string): string => writeBlocks(readHtml(html, SCHEMA)?.slice.content ?? Slice.empty.content);
  const picture = '<img src="https://example.org/a.png" alt="b">';
  const link = '<a href="https://example.org/page">';
  assert.equal(out(`<p>before ${link}${picture}</a> behind</p>`), `<p>before</p>${picture}<p>${link}b</a></p><p>behind</p>`);
  assert.equal(out(`${link}<img src="https://example.org/a.png"></a>`), `${picture.replace('"b"', '""')}<p>${link}https://example.org/page</a></p>`);
  assert.equal(out(`${link}${picture} words</a>`), `${picture}<p>${link}words</a></p>`);
  assert.equal(out(`<a href="https://example.org/a.png">${picture}</a>`), picture);
});

test("a bullet in a program is a letter", () => {
  assert.equal(withHyphens("• a\n  • b\n```\n• c\n~~~\n• d\n```\n\t• e\n"), "- a\n  - b\n```\n• c\n~~~\n• d\n```\n\t- e\n");
});

test("what is pasted takes no longer than it is long", () => {
  const deep = (name: string, style = ""): string => `<${name}${style}>`.repeat(390) + "words ".repeat(100_000) + `</${name}>`.repeat(390);
  const sheet = (text: string): string => `<style>${text}</style><p>words</p>`;
  const given = {
    elements: deep("div"),
    letters: deep("span", " style='color:#111'"),
    "no rules": sheet("a".repeat(190_000)),
    "no declarations": sheet(`p{${"a".repeat(190_000)}}`),
    "rules of one name": sheet(Array.from({ length: 20_000 }, (_, at) => `p{b${at}:c}`).join("")),
    "pictures in one link": `<a href="https://example.org/">${'<img src="https://example.org/a.png">'.repeat(20_000)}</a>`,
    emoji: `<p>a<img class=emoji alt=b src="/1f600${"-1f600".repeat(150_000)}.png"></p>`,
  };
  // With any of these one would wait for minutes.
  for (const [name, html] of Object.entries(given)) assert.ok(readHtml(html, SCHEMA), name);
  const fence = `\`\`\`${" ".repeat(200_000)}!`;
  assert.equal(withHyphens(fence), fence);
});

/** Without what is given anew in another document. */
function asJson(slice: Slice): unknown {
  return JSON.parse(JSON.stringify(slice.toJSON(), (name, value: unknown) => (["id", "column", "covers"].includes(name) ? undefined : value)) ?? "null") as unknown;
}

/** Some that one can select: words, from one line into another, or all. */
const selections = fc.tuple(documents(), fc.nat(), fc.nat(), fc.nat(5)).map(([doc, one, other, kind]) => {
  const [from, to] = [one % (doc.content.size + 1), other % (doc.content.size + 1)].sort((a, b) => a - b) as [number, number];
  const selection = kind ? TextSelection.between(doc.resolve(from), doc.resolve(to)) : new AllSelection(doc);
  return selection.content();
});

test("what is copied from one document into another is the same", () => {
  fc.assert(
    fc.property(selections, (selected) => {
      const { slice: inner, context } = unwrapped(selected);
      // Half a letter is none.
      fc.pre(!/\p{Surrogate}/u.test(selected.content.textBetween(0, selected.content.size)));
      // What stands in one cell brings no table along.
      const isInCell = inner.openStart + context.length / 2 !== selected.openStart;
      const slice = isInCell ? addContext(inner, { context, openStart: 0, openEnd: 0, wrappers: 0 }, SCHEMA) : selected;
      const read = readHtml(writeHtml(slice), SCHEMA);
      assert.deepEqual(asJson(read?.slice ?? Slice.empty), asJson(slice));
    }),
    RUNS,
  );
});

test("the same text comes out that was pasted as text", () => {
  const lines = fc.array(fc.oneof(fc.string(), fc.constantFrom("", "    indented", "\t tab", "__init__(*args, **kwargs)", "# remark", "- item", "[x] a")), { maxLength: 8 });
  fc.assert(
    fc.property(lines, (given) => {
      const text = given.map((line) => line.replace(/[\r\n]/g, "")).join("\n");
      assert.equal(writeText(readText(text, SCHEMA, [])), text);
    }),
    RUNS,
  );
});

/** A document's letters. Signs of marks between letters are not always taken for signs. */
const lettersOf = (node: Node): string => node.textBetween(0, node.content.size, "", (leaf) => wordsOfThing(leaf.attrs["thing"])).replace(/[*~\s]/g, "");

test("what is copied as Markdown says the same to those who read Markdown", () => {
  const said = fc.constantFrom("a", "word ", " b c", "1. one", "- two", "# three", "_d_ `e` ~~f~~", "[x] g", "<b>&amp;</b>", "h|i", "\\j", "> k", "+ l", "==", "---");
  fc.assert(
    fc.property(documents(said), (doc) => {
      // An empty line is none in Markdown, and its sign goes into the line before.
      let empty = 0;
      doc.descendants((node) => {
        if (node.isTextblock && !/\S/.test(node.textContent)) empty++;
      });
      fc.pre(!empty);
      const markdown = writeMarkdown(doc.content);
      const read = readHtml(markdownToHtml(markdown).replaceAll("&lt;br&gt;", " "), SCHEMA, true);
      const again = SCHEMA.node("doc", null, read?.slice.content.size ? read.slice.content : [SCHEMA.node("paragraph")]);
      assert.equal(lettersOf(again), lettersOf(doc), markdown);
    }),
    { ...RUNS, numRuns: 200 },
  );
});

test("programs, settings and lists of words are no Markdown; texts with signs of several blocks are", () => {
  const plain = [
    "def f(self, *args, **kwargs):\n    # a remark\n    return self.__init__(*args)\n\n\nclass A:\n    pass\n",
    "#!/bin/sh\n# install\nnpm install foo bar\n# run\nnpm run dev now\n",
    "# a remark\nx = 1\n# another\ny = 2",
    "#include <stdio.h>\nint main(void) {\n  return 0;\n}",
    "one line",
    "Two lines\nof words - with a dash",
    "1. only one",
    "- one",
    "a * b * c",
    "name: x\nsteps:\n  - run: a\n  - run: b\n",
    "+ added\n- taken\n@@ -1 +1 @@",
    "Dear Ada,\n\nI *think* so.\n\n-- \nBob",
    "SELECT * FROM a\nWHERE b = 1; -- here",
    "{\n  \"a\": 1\n}",
    "#hashtag\n#other",
  ];
  const markdown = [
    "# Title\n\nSome words.\n\n- one\n- two\n",
    "```python\nprint(1)\n```",
    "Before\n\n```\n# x = 1;\n```\n\nafter",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "- [ ] open\n- [x] done",
    "1. one\n2. two\n3. three",
    "## Part\n\nSee [the page](https://example.org) and **this**.",
    "> said\n> more",
    "* one\n* two\n    * within",
    "Bring these\n\u2022\tbread\n\u2022\tmilk",
  ];
  for (const text of plain) assert.equal(isMarkdown(text), false, text);
  for (const text of markdown) assert.equal(isMarkdown(text), true, text);
});

test("Markdown comes out as what it says", () => {
  const given = "# Title\n\nOne *two* **three** `four` ~~five~~ [six](https://example.org) https://example.org/7 README.md <b>eight</b>\n\n- [ ] open\n- [x] done\n\n3. three\n   - within\n4. four\n\n> said\n\n```python\nx = 1\n```\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n\n---\n![A picture](https://example.org/a.png)\n[no](javascript:alert(1))";
  const out = writeBlocks(readHtml(markdownToHtml(given), SCHEMA, true)!.slice.content);
  assert.equal(
    out,
    '<h1>Title</h1><p>One <em>two</em> <strong>three</strong> <code>four</code> <s>five</s> <a href="https://example.org">six</a> <a href="https://example.org/7">https://example.org/7</a> README.md &lt;b&gt;eight&lt;/b&gt;</p>' +
      '<ul><li><input type="checkbox" disabled> open</li><li><input type="checkbox" checked disabled> done</li></ul><ol start="3"><li>three<ul><li>within</li></ul></li><li>four</li></ol><blockquote><p>said</p></blockquote>' +
      '<pre><code class="language-python">x = 1</code></pre><table border="1" style="border-collapse: collapse"><thead><tr><th>a</th><th style="text-align: center">b</th></tr></thead><tbody><tr><td>1</td><td style="text-align: center">2</td></tr></tbody></table>' +
      '<hr><img src="https://example.org/a.png" alt="A picture"><p>[no](javascript:alert(1))</p>',
  );
});

test("a copy as text has a line for a line", () => {
  const html =
    "<h1>Title</h1><p>Words<br>and more</p><ul><li>one<ul><li>within</li></ul></li><li>two</li></ul><ol start=3><li>three</li><li>four</li></ol><ul><li><input type=checkbox checked> done</li></ul><blockquote><p>said</p></blockquote><table><tr><td>a</td><td>b<br>c</td></tr><tr><td colspan=2>d</td></tr></table><hr><pre>x\n  y</pre>";
  const text = writeText(readHtml(html, SCHEMA)!.slice);
  assert.equal(text, "Title\nWords\nand more\n- one\n  - within\n- two\n3. three\n4. four\n[x] done\n> said\na\tb c\nd\t\n---\nx\n  y");
});

test("hostile pages are read in bounds", () => {
  const deep = (tag: string, count: number): string => `${`<${tag}>`.repeat(count)}words${`</${tag}>`.repeat(count)}`;
  const pages = [deep("ul><li", 300), deep("blockquote", 300), deep("b", 300), deep("div", 2_000), deep("table><tr><td", 100), `<table><tr>${"<td colspan=1000 rowspan=60>".repeat(60)}`, "<p>a</p>".repeat(20_000), `<p style="${"a:b;".repeat(50_000)}">x</p>`, `<style>${"a{b:c}".repeat(100_000)}</style><p>x</p>`, `<table>${"<tr><td>x<td>y".repeat(15_000)}`];
  for (const page of pages) {
    const reading = readHtml(page, SCHEMA);
    assert.ok(reading, page.slice(0, 40));
    SCHEMA.node("doc", null, reading.slice.content).check();
    reading.slice.content.descendants((node) => assert.ok(node.childCount <= 20_000));
  }
});

test("styles get another name, and nothing else does", () => {
  const named = '<p class="a" STYLE = \'x:"y"\'>style=1 < b style=2</p><img alt="a style=b > c"style=d:e><a title=style style>';
  const given = withoutStyles(named).html;
  assert.equal(given, '<p class="a" data-styled-as = \'x:"y"\'>style=1 < b style=2</p><img alt="a style=b > c"data-styled-as=d:e><a title=style style>');
  const sheet = '<STYLE type="text/css" style=a>a > b { c: "<p style=d>" }</style ><styled style=e><style>f';
  assert.deepEqual(withoutStyles(sheet), { html: "</style ><styled data-styled-as=e>", sheets: ['a > b { c: "<p style=d>" }', "f"] });
  const hostile = [`<a b="${"<a b='".repeat(100_000)}`, "<a ".repeat(100_000), "<a style".repeat(100_000), '="'.repeat(100_000)];
  for (const page of hostile) assert.ok(withoutStyles(page).html.length >= page.length);
});

test("Word's numbers go on, whatever they are written in", () => {
  const paragraph = (marker: string): string => `<p style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">${marker}<span>&nbsp; </span></span>x</p>`;
  const lists = (...markers: string[]): string => writeBlocks(readHtml(markers.map(paragraph).join(""), SCHEMA)!.slice.content).replaceAll("<li>x</li>", "x");
  assert.equal(lists("iii.", "iv.", "v.", "vi."), '<ol start="3" type="i">xxxx</ol>');
  assert.equal(lists("g)", "h)", "i)", "j)"), '<ol start="7" type="a">xxxx</ol>');
  assert.equal(lists("1.9.", "1.10.", "1.2."), '<ol start="9">xx</ol><ol start="2">x</ol>');
  assert.equal(lists("(A)", "\u00b7", "o", "\u00d8"), '<ol type="A">x</ol><ul>xxx</ul>');
});

test("a table of several cells is put as a whole; what one cell holds comes without it", () => {
  const cell = (text: string) => `<td><p>${text}</p></td>`;
  const doc = SCHEMA.node("doc", null, readHtml(`<table><tr>${cell("one")}${cell("two")}</tr></table><p>end</p>`, SCHEMA)?.slice.content);
  const places = (words: string): [number, number] => {
    let at = 0;
    doc.descendants((node, position) => {
      if (node.isText && node.text === words) at = position;
    });
    return [at, at + words.length];
  };
  const selected = (from: number, to: number): Slice => withWholeTables(TextSelection.create(doc, from, to).content());
  const both = selected(places("one")[0] + 1, places("two")[1] - 1);
  assert.deepEqual([both.openStart, both.openEnd], [0, 0]);
  assert.ok(selected(...places("one")).openStart > 0);
  const on = selected(places("one")[0], places("end")[1]);
  assert.deepEqual([on.openStart, on.openEnd], [0, 1]);
});

test("links lead where they say, whoever sent them round", () => {
  const leads = (href: string): string => /href="([^"]*)"/.exec(writeBlocks(readHtml(`<a href="${href}">x</a>`, SCHEMA)!.slice.content))?.[1] ?? "";
  const round = encodeURIComponent("https://example.org/a?b=c");
  for (const href of [
    `https://www.google.com/url?q=${round}&amp;sa=D`,
    `https://nam02.safelinks.protection.outlook.com/?url=${round}&amp;data=05`,
    `https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url=${round}`,
    `https://slack-redir.net/link?url=${round}&amp;v=3`,
    `https://l.facebook.com/l.php?u=${round}&amp;h=x`,
    "https://urldefense.com/v3/__https://example.org/a?b=c__;!!x!y",
    `https://eur01.safelinks.protection.outlook.com/?url=${encodeURIComponent(`https://www.google.com/url?q=${round}`)}`,
  ]) {
    assert.equal(leads(href), "https://example.org/a?b=c", href);
  }
  const elsewhere = "https://www.google.com/url?q=javascript:alert(1)";
  assert.equal(leads(elsewhere), elsewhere);
  assert.equal(leads("https://example.org/url?q=https://other.example"), "https://example.org/url?q=https://other.example");
});

test("large letters make a heading of a line, by what most letters are", () => {
  const made = (html: string): string => writeBlocks(readHtml(html, SCHEMA)!.slice.content);
  const line = (size: string, words: string): string => `<p style="font-size: ${size}">${words}</p>`;
  const body = line("16px", "words of the text, of which there are more than of anything else");
  assert.match(made(line("32px", "Title") + body + line("24px", "Part") + body), /^<h1>Title<\/h1><p>.*<h2>Part<\/h2><p>/);
  assert.match(made(line("20px", "<b>Small</b>") + body + line("20px", "more")), /^<h3>Small<\/h3><p>.*<p>more<\/p>$/);
  // A page in large letters is a page.
  assert.equal(made(line("24px", "one") + line("24px", "two")), "<p>one</p><p>two</p>");
});
