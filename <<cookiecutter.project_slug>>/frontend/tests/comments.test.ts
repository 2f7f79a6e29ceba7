import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import * as Y from "yjs";

import { Box } from "../../comments/editor/box";
import { type Draft, Drafts, newId } from "../../comments/editor/drafts";
import { GAP, type Wanted, stack } from "../../comments/editor/layout";
import { Places } from "../../comments/editor/places";
import { Threads, type Place, type Thread } from "../../comments/editor/threads";
import { partsOf } from "../../comments/editor/words";
import { toBase64 } from "../lib/base64";
import { forgetWords, roomsWithWords } from "../lib/kept-words";
import { dice } from "./helpers";

const seed = Math.floor(Math.random() * 2 ** 32);
const place = { start: "AAEA", end: "AAEC", quote: "words" };

function randomCards(random: () => number): Wanted[] {
  const tops = Array.from({ length: Math.floor(random() * 12) }, () => Math.floor(random() * 900)).sort((a, b) => a - b);
  return tops.map((top, index) => ({ id: String(index), top, height: 20 + Math.floor(random() * 200) }));
}

test("cards stand in the order of the text, none over another, and the active one beside its words if there is room", () => {
  const random = dice(seed);
  for (let round = 0; round < 500; round++) {
    const cards = randomCards(random);
    const active = cards.length && random() < 0.7 ? (cards[Math.floor(random() * cards.length)] as Wanted) : null;
    const tops = stack(cards, active?.id ?? null);
    let least = 0;
    for (const { id, height } of cards) {
      const top = tops.get(id) as number;
      assert.ok(top >= least, `seed ${seed}: ${JSON.stringify(cards)} with ${active?.id}: ${id} at ${top}, before ${least}`);
      least = top + height + GAP;
    }
    if (!active) continue;
    const before = cards.slice(0, cards.indexOf(active)).reduce((sum, { height }) => sum + height + GAP, 0);
    assert.equal(tops.get(active.id), Math.max(active.top, before));
  }
});

test("without an active one each is as near to its words as those before it let it be", () => {
  const cards = [
    { id: "a", top: 10, height: 50 },
    { id: "b", top: 20, height: 50 },
    { id: "c", top: 400, height: 50 },
  ];
  assert.deepEqual([...stack(cards, null).values()], [10, 68, 400]);
  assert.deepEqual([...stack(cards, "b").values()], [0, 58, 400]);
});

test("a draft is kept for one person and one document until it is sent", () => {
  const draft: Draft = { id: newId(), text: "Mine", place };
  const drafts = new Drafts("1", "room");
  drafts.put(`new:${draft.id}`, draft);
  drafts.put("reply:t", { id: newId(), text: "Reply" });
  const later = new Drafts("1", "room");
  assert.deepEqual(later.begun(), [draft]);
  assert.equal(later.get("reply:t")?.text, "Reply");
  for (const other of [new Drafts("2", "room"), new Drafts("1", "other")]) {
    assert.deepEqual(other.begun(), []);
    assert.equal(other.get("reply:t"), null);
  }
  // Who signs out is asked about them first.
  assert.deepEqual([roomsWithWords("1"), roomsWithWords("2"), roomsWithWords("")], [["room"], [], []]);
  new Drafts("2", "room").put("reply:t", { id: newId(), text: "Another's" });
  forgetWords("2");
  assert.deepEqual([roomsWithWords("2"), roomsWithWords("1")], [[], ["room"]]);
  // Without a word there is nothing to keep.
  drafts.put("reply:t", { id: newId(), text: " \n" });
  drafts.drop(`new:${draft.id}`);
  assert.equal(localStorage.length, 0);
});

test("where the browser keeps nothing the page does", () => {
  const full = { ...localStorage, length: 0, key: () => null, getItem: () => null, removeItem: () => undefined, setItem: () => assert.fail("full") };
  for (const store of [full, null]) {
    const drafts = new Drafts("1", "room", store);
    drafts.put("reply:t", { id: "i", text: "Reply" });
    assert.deepEqual([drafts.get("reply:t")?.text, drafts.isHolding], ["Reply", true]);
    drafts.drop("reply:t");
    assert.deepEqual([drafts.get("reply:t"), drafts.isHolding], [null, false]);
  }
});

test("what somebody else has written into the store is no draft", () => {
  for (const value of ["", "null", "[]", "{", '{"text":1}']) {
    localStorage.setItem("yroom-words:1:room:comments:reply:t", value);
    localStorage.setItem("yroom-words:1:room:comments:new:x", value);
    assert.equal(new Drafts("1", "room").get("reply:t"), null);
    assert.deepEqual(new Drafts("1", "room").begun(), []);
  }
  localStorage.clear();
});

test("ids are those of version 4, and others each time", () => {
  const ids = Array.from({ length: 200 }, newId);
  for (const id of ids) assert.match(id, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  assert.equal(new Set(ids).size, ids.length);
});

test("addresses that are written out are links, without what stands around them", () => {
  const links = (text: string): (string | null)[] => partsOf(text).flatMap(({ href }) => (href ? [href] : []));
  assert.deepEqual(links("See https://example.com/a."), ["https://example.com/a"]);
  assert.deepEqual(links("(https://en.example.org/wiki/A_(b)), or <www.example.com>"), ["https://en.example.org/wiki/A_(b)", "https://www.example.com"]);
  assert.deepEqual(links("mailto:ada@example.com\nnext"), ["mailto:ada@example.com"]);
  for (const none of ["javascript:alert(1)", "no link", "e.g. this", "https://", "data:text/html,x"]) assert.deepEqual(links(none), []);
});

test("no letter of a comment is lost or moved by that", () => {
  const random = dice(seed);
  const signs = ["https://a.example", " ", "\n", "(", ")", ".", "word", "javascript:x", "“", "😀", "www.b.example/ö"];
  for (let round = 0; round < 500; round++) {
    const text = Array.from({ length: Math.floor(random() * 12) }, () => signs[Math.floor(random() * signs.length)]).join("");
    assert.equal(partsOf(text).map((part) => part.text).join(""), text, `seed ${seed}`);
  }
});

function box(send: (text: string) => Promise<void>): { box: Box; seen: string[] } {
  const seen: string[] = [];
  const made = new Box({
    label: "Reply",
    placeholder: "",
    action: "Send",
    text: "",
    longest: 5,
    typed: (text) => seen.push(text),
    send,
    left: () => seen.push("left"),
    cancelled: () => seen.push("cancelled"),
    sent: () => seen.push("sent"),
  });
  document.body.replaceChildren(made.element);
  return { box: made, seen };
}

function type(area: HTMLTextAreaElement, text: string): void {
  area.value = text;
  area.dispatchEvent(new Event("input"));
}

function press(area: HTMLTextAreaElement, key: string, ctrlKey = false): void {
  area.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true, cancelable: true }));
}

test("a box that cannot send keeps its words and says why; sent, it is empty", async () => {
  let fails = true;
  const { box: made, seen } = box(() => (fails ? Promise.reject(new Error("No network.")) : Promise.resolve()));
  const problem = made.element.querySelector("[role=alert]");
  type(made.area, "Word");
  press(made.area, "Enter", true);
  await new Promise(setImmediate);
  assert.deepEqual([made.area.value, problem?.textContent, made.area.readOnly], ["Word", "No network.", false]);
  fails = false;
  press(made.area, "Enter", true);
  await new Promise(setImmediate);
  assert.deepEqual([made.area.value, problem?.textContent], ["", ""]);
  assert.deepEqual(seen, ["Word", "sent"]);
});

test("a box sends once, nothing that is empty and nothing that is too long", async () => {
  const sent: string[] = [];
  const { box: made } = box((text) => {
    sent.push(text);
    return new Promise((resolve) => setImmediate(resolve));
  });
  press(made.area, "Enter", true);
  type(made.area, " \n");
  press(made.area, "Enter", true);
  type(made.area, "😀😀😀😀😀😀");
  assert.match(made.element.querySelector("[role=alert]")?.textContent ?? "", /One character too many/);
  press(made.area, "Enter", true);
  type(made.area, "😀😀😀😀😀");
  press(made.area, "Enter", true);
  press(made.area, "Enter", true);
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(sent, ["😀😀😀😀😀"]);
});

test("an answer that comes late does not take the place of a newer one", async () => {
  const waiting: ((answer: unknown) => void)[] = [];
  const threads = new Threads("/", () => new Promise((resolve) => waiting.push(resolve)), () => undefined);
  const thread = (quote: string): Thread => ({ ...place, id: "t", quote, resolved: null, resolvedBy: null, comments: [] });
  const [all, one, other] = [threads.load(), threads.loadOne("t"), threads.loadOne("t")];
  waiting[2]?.(thread("newest"));
  waiting[1]?.(thread("older"));
  waiting[0]?.({ threads: [thread("oldest")], may: [], viewers: false });
  await Promise.all([all, one, other]);
  assert.equal(threads.get("t")?.quote, "newest");
});

test("whether viewers may comment is as it was chosen last, whatever answer comes meanwhile", async () => {
  const waiting: ((answer: unknown) => void)[] = [];
  const threads = new Threads("/", () => new Promise((resolve) => waiting.push(resolve)), () => undefined);
  const asked = [threads.load(), threads.letViewers(true), threads.load(), threads.load()];
  const before = { threads: [], may: [], viewers: false };
  waiting[0]?.(before);
  waiting[2]?.(before);
  await Promise.all([asked[0], asked[2]]);
  assert.equal(threads.viewers, true);
  waiting[1]?.({});
  await asked[1];
  waiting[3]?.(before);
  await asked[3];
  assert.equal(threads.viewers, true);
  const later = threads.load();
  waiting[4]?.(before);
  await later;
  assert.equal(threads.viewers, false);
});

test("of two choices that are on their way the second one counts, and one that fails takes back its own alone", async () => {
  const waiting: [(answer: unknown) => void, (error: Error) => void][] = [];
  const threads = new Threads("/", () => new Promise((resolve, reject) => waiting.push([resolve, reject])), () => undefined);
  const chosen = [threads.letViewers(true), threads.letViewers(false)];
  waiting[0]?.[0]({});
  await chosen[0];
  const loaded = threads.load();
  waiting[2]?.[0]({ threads: [], may: [], viewers: true });
  await loaded;
  assert.equal(threads.viewers, false);
  waiting[1]?.[0]({});
  await chosen[1];
  const others = [threads.letViewers(true), threads.letViewers(true)];
  waiting[3]?.[1](new Error("refused"));
  await assert.rejects(others[0] as Promise<void>);
  assert.equal(threads.viewers, true);
  waiting[4]?.[0]({});
  await others[1];
});

test("who brings words back tells where they are, once; what was changed in them before is known", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const [doc, other] = [new Y.Doc(), new Y.Doc()];
  const at = (client: number, clock: number): string => toBase64(Y.encodeRelativePosition(new Y.RelativePosition(null, null, Y.createID(client, clock), 0)));
  const thread: Thread = { id: "t", start: at(1, 0), end: at(1, 3), quote: "words", resolved: null, resolvedBy: null, comments: [] };
  const moved: Place[] = [];
  let now: (typeof place & { quote: string }) | null = { start: thread.start, end: thread.end, quote: "other words" };
  const asked: string[] = [];
  const surface = {
    asNow: ({ quote = "" }) => {
      asked.push(quote);
      return now;
    },
  };
  const places = new Places({ doc, surface }, () => [thread], (found) => moved.push(...found));
  const look = (found: typeof now): void => {
    now = found;
    places.changed();
    places.changed();
    mock.timers.tick(1_000);
  };
  // Brought back by somebody else, before they were ever seen, and as they are.
  look({ start: at(doc.clientID, 0), end: at(doc.clientID, 5), quote: "words" });
  look(now);
  look({ start: thread.start, end: thread.end, quote: "other words" });
  look(null);
  look({ start: at(other.clientID, 0), end: at(other.clientID, 5), quote: "other words" });
  assert.deepEqual(moved, []);
  assert.deepEqual(asked, ["words", "words", "words", "other words", "other words"]);
  const back = { start: at(1, 0), end: at(doc.clientID, 5), quote: "other words" };
  look(back);
  look(back);
  assert.deepEqual(moved, [{ thread: "t", start: back.start, end: back.end }]);
});
