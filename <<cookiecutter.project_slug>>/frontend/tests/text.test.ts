import assert from "node:assert/strict";
import { test } from "node:test";

import { fileName, htmlFile } from "../lib/files";
import { keyText } from "../ui/keys";
import { languageName } from "../surfaces/text/things/code-block/languages";
import { matching } from "../lib/matching";
import { SHORTCUTS } from "../surfaces/text/shortcuts";
import { imageUrl, isSafeLink, linkUrl } from "../lib/urls";

test("links are completed, and only safe ones pass", () => {
  assert.equal(linkUrl("example.org/a"), "https://example.org/a");
  assert.equal(linkUrl(" https://example.org "), "https://example.org");
  assert.equal(linkUrl("ada@example.org"), "mailto:ada@example.org");
  assert.equal(linkUrl("localhost:8000/x"), "https://localhost:8000/x");
  assert.equal(linkUrl("tel:+3212345"), "tel:+3212345");
  assert.equal(linkUrl("javascript:alert(1)"), null);
  assert.equal(linkUrl("JaVaScRiPt:alert(1)"), null);
  assert.equal(linkUrl("data:text/html,x"), null);
  assert.equal(linkUrl(""), null);
  assert.equal(linkUrl("+32 (123) 45-67"), "tel:+321234567");
  assert.equal(linkUrl("bücher.example/a?b#c"), "https://bücher.example/a?b#c");
  assert.equal(linkUrl("localhost"), "https://localhost");
  for (const typed of ["word", "two words", "java\nscript:alert(1)", "file:///etc/passwd", "vbscript:x", "/path", "#part", "."]) {
    assert.equal(linkUrl(typed), null, typed);
  }
  assert.equal(isSafeLink("java\nscript:alert(1)"), false);
});

test("images come over https, or from the site itself", () => {
  assert.equal(imageUrl("https://example.org/a.png"), "https://example.org/a.png");
  assert.equal(imageUrl("http://example.org/a.png", "http://localhost:8000"), null);
  assert.equal(imageUrl("http://localhost:8000/a.png", "http://localhost:8000"), "http://localhost:8000/a.png");
  assert.equal(imageUrl("data:image/png;base64,AAAA"), null);
  assert.equal(imageUrl("javascript:alert(1)"), null);
  assert.equal(imageUrl(null), null);
});

test("the slash menu finds by name and by other words", () => {
  const commands = [
    { label: "Text", words: "paragraph" },
    { label: "Table" },
    { label: "Task list", words: "todo checkbox" },
    { label: "Heading 1", words: "h1 title" },
  ];
  assert.deepEqual(matching(commands, "ta").map((command) => command.label), ["Table", "Task list"]);
  assert.deepEqual(matching(commands, "todo").map((command) => command.label), ["Task list"]);
  assert.deepEqual(matching(commands, "heading1").map((command) => command.label), ["Heading 1"]);
  assert.deepEqual(matching(commands, "zzz"), []);
  assert.equal(matching(commands, "").length, 4);
});

test("shortcuts are read as each keyboard writes them, and none stands twice", () => {
  assert.equal(keyText("Mod-Shift-s", false), "Ctrl+Shift+S");
  assert.equal(keyText("Mod-Shift-s", true), "⌘⇧S");
  const all = SHORTCUTS.flatMap((group) => group.items.map((item) => item.keys));
  assert.equal(new Set(all).size, all.length);
});

test("a copy is a page of its own", () => {
  assert.ok(htmlFile("a <b> & c", "<p>x</p>").text.includes("<title>a &lt;b> &amp; c</title>"));
  assert.equal(fileName('a/b: "c"?', "html"), "a b c.html");
  assert.equal(fileName("  ", "html"), "Untitled.html");
});

test("languages are known by their aliases", () => {
  assert.equal(languageName("PY"), "python");
  assert.equal(languageName("toString"), null);
  assert.equal(languageName(null), null);
});
