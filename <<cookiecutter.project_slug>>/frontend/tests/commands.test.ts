import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Editor } from "@tiptap/core";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import text from "../surfaces/text";
import { COMMANDS, commandsOf, runCommand } from "../surfaces/text/commands";
import { BLOCKS } from "../surfaces/text/menus/slash";
import { SHORTCUTS } from "../surfaces/text/shortcuts";
import { HELP_KEYS, isPressed, waysOf } from "../ui/keys";
import { press } from "./helpers";

async function mounted() {
  document.body.replaceChildren();
  const [host, toolbar] = [document.createElement("div"), document.createElement("div")];
  document.body.append(toolbar, host);
  const doc = new Y.Doc();
  const awareness = new Awareness(doc);
  awareness.setLocalStateField("user", { id: "1", name: "Ada", color: "#112233" });
  const surface = text.mount(host, doc, awareness, { toolbar, memory: "yroom:1:room", nonce: "", isInTouch: () => true, failed: () => undefined, colorOf: (_id, own) => own });
  await surface.writable;
  return { host, toolbar, doc, awareness, surface };
}

function close({ surface, awareness }: Awaited<ReturnType<typeof mounted>>): void {
  surface.destroy();
  awareness.destroy();
}

test("every command with keys is run by them, and by no others", async () => {
  const page = await mounted();
  page.surface.setEditable(true);
  page.surface.focus("start");
  const ran: string[] = [];
  const before = COMMANDS.map((command) => ({ ...command }));
  for (const command of COMMANDS) Object.assign(command, { isEnabled: undefined, run: () => ran.push(command.id) });
  try {
    for (const { id, keys, group } of COMMANDS) {
      if (!keys) continue;
      if (group === "table" && !page.host.querySelector("table")) {
        ran.length = 0;
        press(keys);
        assert.ok(!ran.includes(id), `${keys} where there is no table`);
        (page.host.querySelector("#text") as unknown as { editor: Editor }).editor.commands.insertTable();
      }
      for (const way of waysOf(keys)) {
        ran.length = 0;
        assert.equal(press(way).defaultPrevented, true, `${way} is not the browser's`);
        assert.deepEqual(ran, [id], way);
      }
    }
    ran.length = 0;
    press("Mod-Shift-k");
    assert.deepEqual(ran, [], "with Shift it is another key");
    page.surface.setEditable(false);
    for (const way of COMMANDS.flatMap(({ keys }) => (keys ? waysOf(keys) : []))) assert.equal(press(way).defaultPrevented, false, `${way} of who may only read`);
    assert.deepEqual(ran, [], "who may only read runs none");
  } finally {
    for (const [index, command] of COMMANDS.entries()) Object.assign(command, before[index]);
    close(page);
  }
});

/** What keyboards send that have other signs on their keys: the number stands for the key, whatever is on it. */
const ELSEWHERE: [keyboard: string, event: Partial<KeyboardEventInit> & { keyCode: number }, command: string | null][] = [
  ["German, Shift+7", { key: "/", code: "Digit7", keyCode: 55, ctrlKey: true, shiftKey: true }, "orderedList"],
  ["Swedish, Shift+8", { key: "(", code: "Digit8", keyCode: 56, ctrlKey: true, shiftKey: true }, "bulletList"],
  ["French, Shift+9", { key: "9", code: "Digit9", keyCode: 57, ctrlKey: true, shiftKey: true }, "taskList"],
  ["German, Shift+2", { key: '"', code: "Digit2", keyCode: 50, ctrlKey: true, shiftKey: true }, "heading2"],
  ["French, Shift+3", { key: "3", code: "Digit3", keyCode: 51, ctrlKey: true, shiftKey: true }, "heading3"],
  ["French, Ctrl+Alt+1", { key: "&", code: "Digit1", keyCode: 49, ctrlKey: true, altKey: true }, "heading1"],
  ["French, Z where English has W", { key: "z", code: "KeyW", keyCode: 90, ctrlKey: true }, "undo"],
  ["German, Z where English has Y", { key: "Z", code: "KeyY", keyCode: 90, ctrlKey: true, shiftKey: true }, "redo"],
  ["Russian, B", { key: "и", code: "KeyB", keyCode: 66, ctrlKey: true }, "bold"],
  ["Polish, AltGr+C", { key: "ć", code: "KeyC", keyCode: 67, modifierAltGraph: true }, null],
  ["German, AltGr+2", { key: "²", code: "Digit2", keyCode: 50, modifierAltGraph: true }, null],
];

test("keys exist on keyboards of other countries, and take none of their signs", async () => {
  const page = await mounted();
  page.surface.setEditable(true);
  page.surface.focus("start");
  const ran: string[] = [];
  const before = COMMANDS.map((command) => ({ ...command }));
  for (const command of COMMANDS) Object.assign(command, { isEnabled: undefined, run: () => ran.push(command.id) });
  try {
    for (const [keyboard, init, command] of ELSEWHERE) {
      ran.length = 0;
      const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init });
      document.activeElement!.dispatchEvent(event);
      assert.deepEqual(ran, command ? [command] : [], keyboard);
      assert.equal(event.defaultPrevented, command !== null, keyboard);
    }
    assert.ok(isPressed(HELP_KEYS, { key: "F1", ctrlKey: false, metaKey: false }), "help, where a sign is not to be had");
  } finally {
    for (const [index, command] of COMMANDS.entries()) Object.assign(command, before[index]);
    close(page);
  }
});

test("a command that cannot run here changes nothing, and its keys do nothing else either", async () => {
  const page = await mounted();
  page.surface.setEditable(true);
  page.surface.focus("start");
  press("Mod-Alt-c");
  const html = (): string => text.export(page.doc, "").text;
  const before = html();
  assert.match(before, /<pre>/);
  const idle = COMMANDS.filter(({ group, keys }) => keys && group === "mark");
  assert.ok(idle.length > 4);
  for (const { keys } of idle) {
    // Ctrl+U would show the page's source, Ctrl+B a bar of bookmarks, to somebody who writes.
    assert.equal(press(keys!).defaultPrevented, true, keys);
    assert.equal(html(), before, keys);
  }
  close(page);
});

/** They ask first. */
const ASKING = ["link", "image"];

test("what one does is undone by itself, however soon one does something else", async () => {
  const undone: string[] = [];
  for (const command of COMMANDS.filter(({ id, group }) => group !== "history" && !ASKING.includes(id))) {
    const page = await mounted();
    await page.surface.loadRest();
    page.surface.setEditable(true);
    page.surface.focus("start");
    const { editor } = page.host.querySelector("#text") as unknown as { editor: Editor };
    const html = (): string => text.export(page.doc, "").text;
    editor.commands.insertContent(command.group === "number" ? "<ol><li>one</li><li>two</li></ol>" : "<p>one</p><p>two</p>");
    if (command.group === "table") editor.commands.insertTable();
    const states = [html()];
    for (let time = 0; time < 2; time++) {
      if (command.group === "mark") editor.commands.setTextSelection({ from: 1, to: 3 });
      press(command.keys ? waysOf(command.keys)[0]! : "F24");
      if (!command.keys) runCommand(editor, command);
      if (html() !== states.at(-1)) states.push(html());
    }
    // What has nothing to do here has changed nothing.
    if (states.length === 3) {
      undone.push(command.id);
      editor.commands.undo();
      assert.equal(html(), states[1], command.id);
      editor.commands.undo();
      assert.equal(html(), states[0], command.id);
    }
    close(page);
  }
  for (const id of ["bold", "heading1", "bulletList", "rowBelow", "columnAfter", "deleteRow", "wider"]) assert.ok(undone.includes(id), `${id} in ${undone}`);
});

/** What browsers ask for where somebody uses a system's menu, say. */
function ask(inputType: string, data: string | null = null): boolean {
  const event = new InputEvent("beforeinput", { inputType, data, bubbles: true, cancelable: true });
  document.activeElement!.dispatchEvent(event);
  return event.defaultPrevented;
}

test("what is asked for without a key is done as by the key for it", async () => {
  const page = await mounted();
  await page.surface.loadRest();
  page.surface.setEditable(true);
  page.surface.focus("start");
  const { editor } = page.host.querySelector(".text") as unknown as { editor: Editor };
  const start = (html: string, from: number, to = from): void => {
    editor.commands.setContent(html);
    editor.commands.setTextSelection({ from, to });
  };
  // What one of these makes, undo takes back and redo makes again.
  for (const [inputType, made] of [
    ["formatBold", "<p><strong>one</strong></p><p>two</p>"],
    ["formatItalic", "<p><em>one</em></p><p>two</p>"],
    ["formatUnderline", "<p><u>one</u></p><p>two</p>"],
    ["formatStrikeThrough", "<p><s>one</s></p><p>two</p>"],
    ["insertUnorderedList", "<ul><li><p>one</p></li></ul><p>two</p>"],
    ["insertOrderedList", "<ol><li><p>one</p></li></ol><p>two</p>"],
  ] as const) {
    start("<p>one</p><p>two</p>", 1, 4);
    assert.ok(ask(inputType), inputType);
    const html = (): string => editor.getHTML().replaceAll(' dir="auto"', "");
    assert.equal(html(), made);
    assert.ok(ask("historyUndo"));
    assert.equal(html(), "<p>one</p><p>two</p>", inputType);
    assert.ok(ask("historyRedo"));
    assert.equal(html(), made);
  }
  for (const inputType of ["formatFontColor", "formatFontName", "formatSuperscript", "formatJustifyRight"]) {
    assert.ok(ask(inputType), `${inputType}: nobody else would see it`);
  }
  // Where lines begin and end, and over several of them; within a line it is the browser's.
  const words = (): string => editor.state.doc.toString();
  const list = "<ul><li>one</li><li>two</li></ul>";
  for (const [html, from, to, inputType, data, after] of [
    [list, 4, 11, "deleteContentBackward", null, 'bulletList(listItem(paragraph("owo")))'],
    [list, 4, 11, "insertText", "😀", 'bulletList(listItem(paragraph("o😀wo")))'],
    [list, 6, 6, "deleteHardLineForward", null, 'bulletList(listItem(paragraph("onetwo")))'],
    [list, 10, 10, "deleteWordBackward", null, 'bulletList(listItem(paragraph("one"))), paragraph("two")'],
    ["<p>one</p><p>two</p>", 2, 7, "deleteContentForward", null, 'paragraph("owo")'],
    ["<p>one</p><p>two</p>", 2, 7, "insertText", "x", 'paragraph("oxwo")'],
    ["<p>one</p><p>two</p>", 6, 6, "deleteSoftLineBackward", null, 'paragraph("onetwo")'],
  ] as const) {
    start(html, from, to);
    assert.ok(ask(inputType, data), `${inputType} ${html}`);
    assert.equal(words(), `doc(${after})`, `${inputType} ${html}`);
  }
  start("<p>one</p>", 3);
  for (const inputType of ["deleteContentBackward", "deleteWordForward", "deleteSoftLineBackward", "insertText", "insertReplacementText"]) assert.ok(!ask(inputType, "x"), inputType);
  assert.equal(words(), 'doc(paragraph("one"))');
  page.surface.setEditable(false);
  assert.ok(!ask("formatBold") && !ask("historyUndo"));
  assert.equal(words(), 'doc(paragraph("one"))');
  close(page);
});

test("the toolbar has every command that has an icon but those of tables, which have a bar of their own, in the order of the list", async () => {
  const page = await mounted();
  const buttons = [...page.toolbar.querySelectorAll<HTMLElement>("[data-command]")].map((button) => button.dataset["command"]);
  const styles = [...page.toolbar.querySelectorAll("option")].map((option) => option.value);
  const inList = (ids: (string | undefined)[]): string[] => COMMANDS.map(({ id }) => id).filter((id) => ids.includes(id));
  assert.deepEqual(buttons, inList(buttons));
  assert.deepEqual(styles, commandsOf("style").map(({ id }) => id));
  assert.deepEqual(new Set([...buttons, ...styles]), new Set(COMMANDS.filter(({ icon, group }) => icon && group !== "table").map(({ id }) => id)));
  close(page);
});

test("the slash menu has every command that makes a block", () => {
  assert.deepEqual(BLOCKS, commandsOf("style", "list", "number", "block", "table"));
  assert.ok(BLOCKS.every(({ icon, group }) => icon || group === "number"));
});

test("the help sheet shows every command that has keys, once, and no keys stand for two", () => {
  const shown = SHORTCUTS.flatMap(({ items }) => items);
  for (const { label, keys } of COMMANDS) {
    assert.equal(shown.filter((item) => item.label === label && item.keys === keys).length, keys ? 1 : 0, label);
  }
  const others = shown.filter(({ label, keys }) => !COMMANDS.some((command) => command.label === label && command.keys === keys));
  assert.deepEqual(others.map(({ keys }) => keys), ["Mod-a", "Escape-Tab", HELP_KEYS, "Tab", "Shift-Tab"], "and what the text and the page do by themselves");
  // In a table some keys are its own.
  const tables = new Set(SHORTCUTS.find(({ title }) => title === "Tables")?.items);
  for (const some of [shown.filter((item) => tables.has(item)), shown.filter((item) => !tables.has(item))]) {
    const ways = some.flatMap(({ keys }) => waysOf(keys));
    assert.equal(new Set(ways).size, ways.length);
  }
});

test("what is done to very many lines is one step, with all that was said of it", async () => {
  const page = await mounted();
  page.surface.setEditable(true);
  const { editor } = page.host.querySelector(".text") as unknown as { editor: Editor };
  editor.commands.setContent(Array.from({ length: 300 }, (_, line) => `<p>${line}</p>`).join(""));
  const steps: number[] = [];
  const metas: unknown[] = [];
  editor.on("transaction", ({ transaction }) => {
    if (transaction.docChanged) steps.push(transaction.steps.length);
    metas.push(transaction.getMeta("said"));
  });
  for (const mark of ["heading", "bold", "list"] as const) {
    editor.commands.setTextSelection({ from: 2, to: editor.state.doc.content.size - 1 });
    const { from, to } = editor.state.selection;
    const before = editor.state.doc;
    const chain = editor.chain().setMeta("said", mark);
    const asked = { heading: () => chain.toggleHeading({ level: 2 }), bold: () => chain.toggleBold(), list: () => chain.clearNodes().toggleBulletList() };
    assert.ok(asked[mark]().run());
    const { doc, selection } = editor.state;
    assert.notEqual(doc, before);
    if (mark === "heading") assert.deepEqual([selection.from, selection.to], [from, to]);
    assert.equal(doc.textBetween(selection.from, selection.to, " ").split(" ").length, 300, mark);
    assert.ok(metas.includes(mark));
    editor.commands.undo();
    assert.ok(editor.state.doc.eq(before), mark);
    editor.commands.redo();
    assert.ok(editor.state.doc.eq(doc), mark);
  }
  assert.deepEqual(new Set(steps), new Set([1]));
  close(page);
});

test("where all is empty and chosen, lines become what one makes of them, and come back", async () => {
  for (const [id, tag] of [["blockquote", "blockquote"], ["heading1", "h1"], ["bulletList", "ul"], ["codeBlock", "pre"]] as const) {
    const page = await mounted();
    await page.surface.loadRest();
    page.surface.setEditable(true);
    const { editor } = page.host.querySelector(".text") as unknown as { editor: Editor };
    editor.commands.setContent("<p></p><p></p>");
    editor.commands.setTextSelection({ from: 1, to: 3 });
    runCommand(editor, COMMANDS.find((command) => command.id === id)!);
    assert.match(editor.getHTML(), new RegExp(`^<${tag}`), id);
    editor.commands.undo();
    assert.equal(editor.getHTML(), "<p></p><p></p>", id);
    close(page);
  }
});

test("a surface that is closed leaves nothing behind", async () => {
  const listened = new Map<string, number>();
  for (const target of [document, window]) {
    const { addEventListener, removeEventListener } = target;
    const count = (type: string, by: number): void => void listened.set(type, (listened.get(type) ?? 0) + by);
    target.addEventListener = ((type: string, listener: EventListener, options?: AddEventListenerOptions) => {
      count(type, 1);
      options?.signal?.addEventListener("abort", () => count(type, -1));
      addEventListener.call(target, type, listener, options);
    }) as typeof target.addEventListener;
    target.removeEventListener = ((type: string, listener: EventListener) => {
      count(type, -1);
      removeEventListener.call(target, type, listener);
    }) as typeof target.removeEventListener;
  }
  const page = await mounted();
  const observed = page.awareness._observers.get("change")?.size ?? 0;
  assert.ok(observed > 0);
  assert.notEqual(page.toolbar.innerHTML, "");
  close(page);
  assert.equal(page.toolbar.innerHTML + page.host.innerHTML, "");
  assert.equal(page.awareness._observers.get("change")?.size ?? 0, 0);
  assert.deepEqual([...listened].filter(([, count]) => count > 0), []);
});
