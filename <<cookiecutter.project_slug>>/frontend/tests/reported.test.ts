/** What others' editors have been told of in public, and a page is not needed to try: it goes well here. */

import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Editor } from "@tiptap/core";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import text from "../surfaces/text";
import { COMMANDS, runCommand } from "../surfaces/text/commands";
import { press } from "./helpers";

async function mounted() {
  const [host, toolbar] = [document.createElement("div"), document.createElement("div")];
  document.body.replaceChildren(toolbar, host);
  const doc = new Y.Doc();
  const awareness = new Awareness(doc);
  const surface = text.mount(host, doc, awareness, { toolbar, memory: "yroom:1:room", nonce: "", isInTouch: () => true, failed: () => undefined, colorOf: (_id, own) => own });
  await surface.writable;
  await surface.loadRest();
  surface.setEditable(true);
  const { editor } = host.querySelector(".text") as unknown as { editor: Editor };
  return { editor, end: () => [surface.destroy(), awareness.destroy()] };
}

/** Begins with this, `^` at the caret, or at both ends of what is chosen. */
function begin(editor: Editor, html: string): void {
  editor.commands.setContent(html);
  const found: number[] = [];
  editor.state.doc.descendants(({ text: words = "" }, position) => {
    for (let at = words.indexOf("^"); at >= 0; at = words.indexOf("^", at + 1)) found.push(position + at);
    return true;
  });
  const { tr } = editor.state;
  for (const at of [...found].reverse()) tr.delete(at, at + 1);
  editor.view.dispatch(tr);
  const [from, to = (from ?? 0) + 1] = found;
  editor.commands.setTextSelection({ from: from!, to: to - 1 });
  editor.view.focus();
}

/** What came of it, without what says how it looks. */
function came(editor: Editor): string {
  return editor
    .getHTML()
    .replaceAll(/ (dir|data-type|class|contenteditable|colspan|rowspan|style)="[^"]*"/g, "")
    .replaceAll(/<label>.*?<\/label>|<\/?(colgroup|col|tbody)>/g, "")
    .replaceAll(/<(\/?)div>/g, "")
    .replace(/<p><\/p>$/, "");
}

function clip(editor: Editor, kinds: Record<string, string>, how = "paste"): Record<string, string> {
  const clipboardData = {
    files: [],
    types: Object.keys(kinds),
    getData: (kind: string) => kinds[kind] ?? "",
    setData: (kind: string, words: string) => Object.assign(kinds, { [kind]: words }),
    clearData: () => undefined,
  };
  editor.view.dom.dispatchEvent(Object.assign(new Event(how, { bubbles: true, cancelable: true }), { clipboardData }));
  return kinds;
}

const html = (words: string) => (editor: Editor): unknown => clip(editor, { "text/html": words });
const plain = (words: string) => (editor: Editor): unknown => clip(editor, { "text/plain": words });
const keys = (...pressed: string[]) => (): void => {
  for (const each of pressed) press(each);
};
const command = (id: string) => (editor: Editor): void => runCommand(editor, COMMANDS.find((each) => each.id === id)!);

const TASK = (words: string, checked = false): string => `<li data-type="taskItem" data-checked="${checked}">${words}</li>`;

const REPORTED: [report: string, before: string, act: (editor: Editor) => unknown, after: string][] = [
  ["ProseMirror/prosemirror#1511", "<p>^</p>", html('<b style="font-weight:normal" id="docs-internal-guid-1"><p dir="ltr"><span>a</span></p><br><p dir="ltr"><span>b</span></p></b>'), "<p>a</p><p></p><p>b</p>"],
  ["ProseMirror/prosemirror#1332", "<p>^</p>", html("<div><br><br><div>c</div><div>d</div><br></div><p>e</p>"), "<p></p><p></p><p>c</p><p>d</p><p></p><p>e</p>"],
  ["ProseMirror/prosemirror#1218", "<p>^</p>", html("a<div><br></div><div>b</div>"), "<p>a</p><p></p><p>b</p>"],
  ["ProseMirror/prosemirror#397", "<ul><li>a</li><li>^</li></ul>", html("<p>hello</p>"), "<ul><li><p>a</p></li><li><p>hello</p></li></ul>"],
  ["ProseMirror/prosemirror#411", "<blockquote><p>^</p></blockquote>", html("<p>hello</p>"), "<blockquote><p>hello</p></blockquote>"],
  ["ProseMirror/prosemirror#411, a heading", "<ul><li>a</li><li>^</li><li>c</li></ul>", html("<h2>x</h2>"), "<ul><li><p>a</p></li><li><p>x</p></li><li><p>c</p></li></ul>"],
  ["ProseMirror/prosemirror#411, several", "<ul><li>a</li><li>^</li><li>c</li></ul>", html("<h2>x</h2><p>y</p>"), "<ul><li><p>a</p></li><li><p>x</p></li><li><p>y</p></li><li><p>c</p></li></ul>"],
  ["ProseMirror/prosemirror#695", "<p>^words</p>", html("<ul><li>a</li><li>b</li></ul>"), "<ul><li><p>a</p></li><li><p>bwords</p></li></ul>"],
  ["outline/outline#10147", "<p>^</p>", plain("- Lorem\n- Ipsum\n- Dolor Sit Amet"), "<ul><li><p>Lorem</p></li><li><p>Ipsum</p></li><li><p>Dolor Sit Amet</p></li></ul>"],
  ["outline/outline#4635", `<ul data-type="taskList">${TASK("a<p>^</p>")}</ul>`, command("bulletList"), '<ul><li data-checked="false"><p>a</p><ul><li><p></p></li></ul></li></ul>'],
  ["ueberdosis/tiptap#6289", `<ul data-type="taskList">${TASK("^a", true)}</ul>`, keys("Enter"), '<ul><li data-checked="false"><p></p></li><li data-checked="true"><p>a</p></li></ul>'],
  ["ueberdosis/tiptap#7970", "<ul><li>^a<ul><li>b<ul><li>c^</li></ul></li></ul></li></ul>", command("orderedList"), "<ol><li><p>a</p><ol><li><p>b</p><ol><li><p>c</p></li></ol></li></ol></li></ol>"],
  ["ueberdosis/tiptap#7398", "<ul><li>^hello</li></ul><p></p>", (editor) => [keys("Mod-a")(), command("bulletList")(editor)], "<p>hello</p>"],
  ["ueberdosis/tiptap#7398, a quote", "<blockquote><p>^hello</p></blockquote><p></p>", (editor) => [keys("Mod-a")(), command("blockquote")(editor)], "<p>hello</p>"],
  ["ueberdosis/tiptap#2428", "<ul><li>1<ul><li>2<ul><li>^3</li></ul></li></ul></li></ul>", command("taskList"), '<ul><li><p>1</p><ul><li><p>2</p><ul><li data-checked="false"><p>3</p></li></ul></li></ul></li></ul>'],
  ["ueberdosis/tiptap#4437", "<ul><li>some ^words^</li></ul>", (editor) => { const kinds = clip(editor, {}, "copy"); begin(editor, "<p>^</p>"); clip(editor, kinds); }, "<p>words</p>"],
  ["ueberdosis/tiptap#4379", "<ol><li>1</li><li>2</li><li>^3</li><li>4</li><li>5</li></ol>", keys("Shift-Tab", "Backspace"), "<ol><li><p>1</p></li><li><p>23</p></li><li><p>4</p></li><li><p>5</p></li></ol>"],
  ["ueberdosis/tiptap#1329", "<ul><li>a</li></ul><p>^b</p><ul><li>c</li></ul>", command("bulletList"), "<ul><li><p>a</p></li><li><p>b</p></li><li><p>c</p></li></ul>"],
  ["facebook/lexical#5003", "<p>one<br>^<br>two</p>", keys("Backspace"), "<p>one<br>two</p>"],
  ["ether/etherpad#3447", "<p>^</p>", html("<ol class='list-number1' start='1'><li>a</li></ol>\n<ol class='list-number1' start='2'><li>b</li></ol>\n<ol start='3'><li>c</li></ol>"), "<ol><li><p>a</p></li><li><p>b</p></li><li><p>c</p></li></ol>"],
  ["ether/etherpad#3620", "<p>^</p>", html("<html><body><ul> <li>FOO</li></ul></body></html>"), "<ul><li><p>FOO</p></li></ul>"],
  ["ether/etherpad#3019", "<p>^</p>", html('<ul><li><p style="margin-bottom: 0.28cm">Bullet 1</p>\n\t<li><p style="margin-bottom: 0.28cm">Bullet 2</p>\n</ul>'), "<ul><li><p>Bullet 1</p></li><li><p>Bullet 2</p></li></ul>"],
  ["froala/wysiwyg-editor#1970", "<ul><li>a<ul><li>^</li></ul></li></ul>", html("<ul><li>x</li><li>y</li></ul>"), "<ul><li><p>a</p><ul><li><p>x</p></li><li><p>y</p></li></ul></li></ul>"],
  ["ckeditor/ckeditor5#11355", "<ul><li>a</li><li>b^</li><li>c</li></ul>", html("<table><tr><td>1</td><td>2</td></tr></table>"), "<ul><li><p>a</p></li><li><p>b</p><table><tr><td><p>1</p></td><td><p>2</p></td></tr></table></li><li><p>c</p></li></ul>"],
  ["over a table in an item", "<ul><li><p>a^b</p><p>m</p><table><tr><td>c^d</td><td>e</td></tr></table></li></ul>", keys("Backspace"), "<ul><li><p>a</p><table><tr><td><p>d</p></td><td><p>e</p></td></tr></table></li></ul>"],
  ["udecode/plate#1360", "<ol><li>one</li><li>two</li><li>three</li><li>^four</li><li>^five</li></ol>", (editor) => { const kinds = clip(editor, {}, "cut"); begin(editor, came(editor).replace("two", "^two")); clip(editor, kinds); }, "<ol><li><p>one</p></li><li><p>four</p></li><li><p>two</p></li><li><p>three</p></li><li><p>five</p></li></ol>"],
];

test("what was reported of other editors", async () => {
  const { editor, end } = await mounted();
  const faults: string[] = [];
  for (const [report, before, act, after] of REPORTED) {
    begin(editor, before);
    act(editor);
    const found = came(editor);
    if (found !== after) faults.push(`${report}\n   ${before}\n   ${found}\n   ${after}`);
    editor.state.doc.check();
  }
  end();
  assert.equal(faults.length, 0, faults.join("\n"));
});
