import "./dom";

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { StatusLine } from "../session/status";
import type { Action, Message } from "../text/messages";
import { Banners } from "../ui/banners";
import { confirm } from "../ui/confirm";
import { ask, showHelp } from "../ui/dialogs";
import { say } from "../ui/toast";

const WARNING: Message = { tone: "warning", text: "Something is to be decided.", actions: ["download", "discard"] };

function inPage<T extends HTMLElement = HTMLDivElement>(tag = "div"): T {
  const element = document.createElement(tag) as T;
  document.body.append(element);
  return element;
}

function buttonsOf(holder: ParentNode): HTMLButtonElement[] {
  return [...holder.querySelectorAll("button")];
}

test("a banner has its sentence and its buttons, and goes when it no longer holds", () => {
  const acts: Action[] = [];
  const holder = inPage();
  const banners = new Banners(holder, (action) => acts.push(action));
  banners.set("leftover", WARNING);
  assert.equal(banners.has("leftover"), true);
  assert.equal(holder.querySelector("p")?.textContent, WARNING.text);
  for (const button of buttonsOf(holder)) button.click();
  assert.deepEqual(acts, WARNING.actions);
  banners.set("leftover", null);
  assert.deepEqual([banners.has("leftover"), holder.children.length], [false, 0]);
});

test("a banner that changes keeps the buttons that stay, and the focus that is on one", () => {
  const holder = inPage();
  const banners = new Banners(holder, () => undefined);
  banners.set("leftover", WARNING);
  const [download, discard] = buttonsOf(holder);
  discard?.focus();
  banners.set("leftover", { ...WARNING, text: "It is another now.", actions: ["discard", "download"] });
  assert.deepEqual(buttonsOf(holder), [discard, download]);
  assert.equal(document.activeElement, discard);
  assert.equal(discard?.className, "button button-primary");
  banners.set("leftover", { ...WARNING, actions: ["reload"] });
  assert.equal(document.activeElement, buttonsOf(holder)[0], "a button that goes hands the focus on");
});

test("the focus in a banner that goes returns to where it came from", () => {
  const before = inPage<HTMLInputElement>("input");
  const holder = inPage();
  const banners = new Banners(holder, () => undefined);
  banners.set("role", WARNING);
  before.focus();
  const button = buttonsOf(holder)[0]!;
  button.focus();
  holder.dispatchEvent(new FocusEvent("focusin", { relatedTarget: before, bubbles: true }));
  banners.set("role", null);
  assert.equal(document.activeElement, before);
});

test("a question is answered by its button alone, and gives the focus back", () => {
  let accepted = 0;
  const from = inPage<HTMLButtonElement>("button");
  for (const [index, expected] of [[0, 0], [1, 1]] as const) {
    confirm({ sentence: "Discard it?", label: "Discard", accept: () => (accepted += 1), from });
    const dialog = document.querySelector("dialog")!;
    assert.equal(dialog.open, true);
    assert.equal(dialog.querySelector("p")?.textContent, "Discard it?");
    buttonsOf(dialog)[index]?.click();
    assert.equal(accepted, expected);
    assert.equal(document.querySelector("dialog"), null);
    assert.equal(document.activeElement, from);
  }
});

test("a form says what is wrong, and closes once its values are accepted", () => {
  const asked: Record<string, string>[] = [];
  let closed = 0;
  ask({
    testId: "link-dialog",
    title: "Link",
    submit: "Save",
    fields: [{ name: "url", label: "Address", value: "x" }],
    accept: (values) => (asked.push(values) > 1 ? null : "That is no address."),
    closed: () => (closed += 1),
  });
  const dialog = document.querySelector("dialog")!;
  const form = dialog.querySelector("form")!;
  const send = (): boolean => form.dispatchEvent(new Event("submit", { cancelable: true }));
  send();
  assert.equal(dialog.querySelector("[role=alert]")?.textContent, "That is no address.");
  assert.equal(dialog.open, true);
  form.querySelector("input")!.value = "https://example.org";
  send();
  assert.deepEqual([asked, closed], [[{ url: "x" }, { url: "https://example.org" }], 1]);
  assert.equal(document.querySelector("dialog"), null);
});

test("what is typed as a dialog closes goes where one was before: its event comes later, in browsers", () => {
  for (const leave of ["Save", "Cancel", "Escape"]) {
    const text = document.createElement("textarea");
    document.body.replaceChildren(text);
    ask({ testId: "form", title: "Form", submit: "Save", fields: [{ name: "one", label: "One" }], accept: () => null, closed: () => text.focus() });
    const dialog = document.querySelector("dialog") as HTMLDialogElement;
    // As in a browser.
    const late = (event: Event): void => event.stopImmediatePropagation();
    window.addEventListener("close", late, true);
    if (leave === "Escape") dialog.dispatchEvent(new Event("cancel", { cancelable: true }));
    else [...dialog.querySelectorAll("button")].find((button) => button.textContent === leave)?.click();
    window.removeEventListener("close", late, true);
    assert.deepEqual([document.activeElement === text, dialog.isConnected], [true, false], leave);
  }
});

test("the help sheet lists what it is given", () => {
  const groups = [{ title: "Text", items: [{ label: "Bold", keys: "Mod-b" }, { label: "Up", keys: "Alt-ArrowUp Alt-Shift-ArrowUp" }] }];
  showHelp({ groups, hint: "More.", closed: () => undefined });
  const dialog = document.querySelector("dialog")!;
  const rows = [...dialog.querySelectorAll("dl > div")].map((row) => {
    const ways = [...row.querySelectorAll("dd > span")].map((way) => [...way.children].map((key) => key.textContent));
    return [row.querySelector("dt")?.textContent, ...ways];
  });
  assert.deepEqual(rows, [["Bold", ["Ctrl", "B"]], ["Up", ["Alt", "↑"], ["Alt", "Shift", "↑"]]]);
  buttonsOf(dialog).at(-1)?.click();
  assert.equal(document.querySelector("dialog"), null);
});

test("the status line does not flicker, and screen readers hear of going and coming back alone", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const [line, announcer] = [inPage(), inPage()];
  const status = new StatusLine(line, announcer);
  status.show({ name: "saving", text: "Saving…" });
  status.show({ name: "saved", text: "Saved" });
  assert.equal(line.textContent, "Saving…");
  mock.timers.tick(250);
  assert.deepEqual([line.textContent, line.dataset["state"], announcer.textContent], ["Saved", "saved", ""]);
  status.show({ name: "offline", text: "Offline" });
  assert.deepEqual([line.textContent, announcer.textContent], ["Offline", "Offline"]);
  status.show({ name: "saving", text: "Saving…" });
  assert.equal(announcer.textContent, "Connected again");
  mock.timers.reset();
});

test("a passing sentence stands once, and passes", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const holder = inPage();
  holder.id = "toasts";
  say("One.");
  say("Two.");
  say("One.");
  assert.deepEqual([...holder.children].map((toast) => toast.textContent), ["Two.", "One."]);
  mock.timers.tick(8_000);
  assert.equal(holder.children.length, 0);
  mock.timers.reset();
});
