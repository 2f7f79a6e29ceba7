import "./dom";

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import plain from "../surfaces/plain";
import { COMMANDS } from "../surfaces/plain/commands";
import { HELP_KEYS, isPressed } from "../ui/keys";
import { press } from "./helpers";

const awarenesses = new Set<Awareness>();
// Each has a timer: where a test fails, nobody waits for it.
after(() => {
  for (const awareness of awarenesses) awareness.destroy();
});

function mounted(words = "") {
  document.body.replaceChildren();
  const [host, toolbar] = [document.createElement("div"), document.createElement("div")];
  document.body.append(toolbar, host);
  const doc = new Y.Doc();
  const awareness = new Awareness(doc);
  awarenesses.add(awareness);
  const surface = plain.mount(host, doc, awareness, { toolbar, memory: "yroom:1:room", nonce: "", isInTouch: () => true, failed: () => undefined, colorOf: (_id, own) => own });
  doc.transact(() => doc.getText("text").insert(0, words), "somebody else");
  const button = (id: string) => toolbar.querySelector<HTMLElement>(`[data-command=${id}]`)!;
  const close = (): void => {
    surface.destroy();
    awareness.destroy();
  };
  return { surface, toolbar, button, close, text: () => doc.getText("text").toString() };
}

/** Keys that a browser, or the system, has a use for. */
const OTHERS = ["Alt-ArrowLeft", "Alt-ArrowRight", "Mod-i", "Mod-u", "Mod-k", "Mod-[", "Mod-Enter", "Mod-Shift-k", "Mod-m", "Mod-l", "Alt-l", "Mod-/"];

test("keys do what the help sheet says, and all others are the browser's", () => {
  const page = mounted("one\ntwo");
  page.surface.setEditable(true);
  page.surface.focus("start");
  const shown = page.surface.shortcuts.flatMap(({ items }) => items.map(({ keys }) => keys));
  assert.deepEqual(new Set(shown), new Set([...COMMANDS.map(({ keys }) => keys), HELP_KEYS]));
  const after = (keys: string): string => {
    assert.equal(press(keys).defaultPrevented, true, keys);
    return page.text();
  };
  assert.equal(after("Alt-ArrowDown"), "two\none");
  assert.equal(after("Alt-ArrowDown"), "two\none", "at the end there is nowhere to go");
  assert.equal(after("Alt-ArrowUp"), "one\ntwo");
  assert.equal(after("Tab"), "\tone\ntwo");
  assert.equal(after("Mod-z"), "one\ntwo");
  assert.equal(after("Mod-z"), "one\ntwo", "what others wrote is not one's own to undo");
  assert.equal(after("Mod-Shift-z"), "\tone\ntwo");
  for (const keys of OTHERS) assert.equal(press(keys).defaultPrevented, false, keys);
  assert.equal(page.text(), "\tone\ntwo");
  after("Alt-F10");
  assert.equal(document.activeElement, page.button("undo"));
  page.close();
});

test("who may only read changes nothing by any key", () => {
  const page = mounted("one\ntwo");
  page.surface.setEditable(true);
  page.surface.focus("start");
  press("Tab");
  page.surface.setEditable(false);
  page.surface.focus("start");
  const keys = ["Enter", "Backspace", "Delete", "Mod-Backspace", "Mod-Delete", "Mod-y", ...OTHERS];
  for (const each of [...COMMANDS.map((command) => command.keys), ...keys]) {
    press(each);
    assert.equal(page.text(), "\tone\ntwo", each);
  }
  assert.equal(press("Tab").defaultPrevented, false, "Tab leaves");
  assert.equal(isPressed("Mod-/", press("Mod-/")), true);
  page.close();
});

test("what phones have no keys for stands in the toolbar, and can be pressed where it does something", () => {
  const page = mounted("one");
  page.surface.setEditable(true);
  page.surface.focus("start");
  const states = () => ["undo", "redo"].map((id) => page.button(id).getAttribute("aria-disabled"));
  assert.deepEqual(states(), ["true", "true"]);
  press("Tab");
  assert.deepEqual(states(), ["false", "true"]);
  page.button("undo").click();
  assert.deepEqual([page.text(), ...states()], ["one", "true", "false"]);
  page.button("redo").click();
  assert.deepEqual([page.text(), ...states()], ["\tone", "false", "true"]);
  page.close();
  assert.equal(page.toolbar.childElementCount, 0);
});
