import "./dom";

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";

import { Title } from "../session/title";
import { dice } from "./helpers";

interface Field {
  doc: Y.Doc;
  awareness: Awareness;
  title: Title;
  input: HTMLTextAreaElement;
  hint: HTMLElement;
  carets: HTMLElement;
  entered: string[];
  /** Types where the caret is, one letter after the other, or in one go. */
  type: (text: string) => void;
  put: (text: string) => void;
  select: (start: number, end?: number) => void;
  press: (key: string, more?: KeyboardEventInit) => void;
  /** What stands before the caret, and behind it. */
  caret: () => [string, string];
  compose: (text: string) => void;
  composed: () => void;
}

// They look at their clock for ever.
const awarenesses: Awareness[] = [];
after(() => {
  for (const awareness of awarenesses) awareness.destroy();
});

/** A page with a title, which lists show as `shown`. */
function field(doc: Y.Doc, shown = doc.getText("title").toString(), begins = true): Field {
  const [input, hint, carets] = [document.createElement("textarea"), document.createElement("p"), document.createElement("span")];
  document.title = "Room · Site";
  input.value = shown;
  input.dataset["longest"] = "200";
  document.body.append(input, hint, carets);
  const awareness = new Awareness(doc);
  awarenesses.push(awareness);
  const entered: string[] = [];
  const title = new Title({ doc, awareness, input, hint, carets, title: shown, colorOf: (_, own) => own, onEnter: () => entered.push(input.value) });
  if (begins) title.begin(null);
  const put = (text: string): void => {
    const { selectionStart: start, selectionEnd: end } = input;
    input.dispatchEvent(new InputEvent("beforeinput", { inputType: "insertText" }));
    input.value = input.value.slice(0, start) + text + input.value.slice(end);
    input.setSelectionRange(start + text.length, start + text.length);
    input.dispatchEvent(new InputEvent("input"));
  };
  let begun = 0;
  return {
    doc,
    awareness,
    title,
    input,
    hint,
    carets,
    entered,
    put,
    type: (text) => [...text].forEach(put),
    select: (start, end = start) => {
      input.focus();
      input.setSelectionRange(start, end);
    },
    press: (key, more = {}) => {
      const event = new KeyboardEvent("keydown", { key, cancelable: true, ...more });
      if (!input.dispatchEvent(event) || key.length > 1) return;
      throw new Error(`${key} was left to the browser`);
    },
    caret: () => [input.value.slice(0, input.selectionStart), input.value.slice(input.selectionStart)],
    compose: (text) => {
      if (begun === 0) input.dispatchEvent(new CompositionEvent("compositionstart"));
      input.setSelectionRange(input.selectionStart - begun, input.selectionStart);
      begun = text.length;
      put(text);
    },
    composed: () => {
      begun = 0;
      input.dispatchEvent(new CompositionEvent("compositionend"));
    },
  };
}

function titled(title: string): Y.Doc {
  const doc = new Y.Doc();
  if (title) doc.getText("title").insert(0, title);
  return doc;
}

function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}

/** Two people with one document, who hear of each other when `meet` is called. */
function two(title: string): { mine: Field; theirs: Field; meet: () => void } {
  const doc = titled(title);
  document.body.replaceChildren();
  const [mine, theirs] = [field(doc), field(copyOf(doc))];
  const send = (from: Field, to: Field): void => {
    Y.applyUpdate(to.doc, Y.encodeStateAsUpdate(from.doc, Y.encodeStateVector(to.doc)), "network");
    applyAwarenessUpdate(to.awareness, encodeAwarenessUpdate(from.awareness, [from.doc.clientID]), "network");
  };
  const meet = (): void => {
    send(mine, theirs);
    send(theirs, mine);
  };
  return { mine, theirs, meet };
}

const stored = ({ doc }: Field): string => doc.getText("title").toString();

test("what is typed is in the document at once, and in the page's title", () => {
  const { mine, theirs, meet } = two("Plans");
  mine.select(5);
  mine.type(" for 😀");
  assert.equal(stored(mine), "Plans for 😀");
  assert.equal(document.title, "Plans for 😀 · Site");
  meet();
  assert.equal(theirs.input.value, "Plans for 😀");
});

test("two people's words both stand, and each one's caret stays where it is", () => {
  const { mine, theirs, meet } = two("Room");
  theirs.select(0);
  theirs.type("Our ");
  mine.select(4);
  mine.type(" for two");
  meet();
  assert.deepEqual([mine.input.value, theirs.input.value], ["Our Room for two", "Our Room for two"]);
  assert.deepEqual(mine.caret(), ["Our Room for two", ""]);
  mine.select(4, 8);
  theirs.select(4);
  theirs.type("old ");
  theirs.select(theirs.input.value.indexOf(" for"));
  theirs.type("s");
  mine.input.focus();
  meet();
  // What others write at the edges of a selection is not in it.
  assert.deepEqual([mine.input.value, mine.input.selectionStart, mine.input.selectionEnd], ["Our old Rooms for two", 8, 12]);
});

test("what two have replaced without seeing each other stands twice, with all its letters", () => {
  const { mine, theirs, meet } = two("Draft");
  theirs.select(0, 5);
  theirs.put("Beta notes");
  mine.select(0, 5);
  mine.put("Alpha report");
  meet();
  assert.match(mine.input.value, /^(Alpha reportBeta notes|Beta notesAlpha report)$/);
});

test("whoever types, and whatever they hear of each other in the meantime: all words stand, once and whole", () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const roll = dice(seed);
  for (let round = 0; round < 60; round++) {
    const { mine, theirs, meet } = two("");
    const typed: string[] = [];
    for (let step = 0; step < 30; step++) {
      const who = roll() < 0.5 ? mine : theirs;
      const word = `${who === mine ? "m" : "t"}${step}😀 `;
      const spaces = [...who.input.value.matchAll(/ /g)].map(({ index }) => index + 1);
      document.body.append(who.input);
      who.select([0, ...spaces][Math.floor(roll() * (spaces.length + 1))]!);
      const isComposing = roll() < 0.3;
      [...word].forEach((letter, index) => {
        if (isComposing) who.compose(word.slice(0, index + letter.length));
        else who.put(letter);
        if (roll() < 0.3) meet();
      });
      if (isComposing) {
        who.compose(word);
        who.composed();
      }
      typed.push(word.trim());
    }
    meet();
    const story = `seed ${seed}, round ${round}`;
    assert.equal(mine.input.value, stored(mine), story);
    assert.equal(theirs.input.value, stored(mine), story);
    assert.deepEqual(mine.input.value.split(" ").filter(Boolean).sort(), typed.sort(), story);
  }
});

test("others wait for an input method, which is shown and kept all the same", () => {
  const { mine, theirs, meet } = two("Room");
  mine.select(4);
  mine.compose("に");
  theirs.select(0);
  theirs.type("Our ");
  meet();
  assert.deepEqual([mine.input.value, stored(mine)], ["Roomに", "Our Roomに"]);
  mine.compose("日本");
  assert.deepEqual([mine.input.value, stored(mine)], ["Room日本", "Our Room日本"]);
  mine.composed();
  assert.deepEqual(mine.caret(), ["Our Room日本", ""]);
  meet();
  assert.equal(theirs.input.value, "Our Room日本");
});

test("undo takes back what one has typed oneself, and nothing else", () => {
  const { mine, theirs, meet } = two("Room");
  mine.select(4);
  mine.type("s");
  theirs.select(0);
  theirs.type("Our ");
  meet();
  mine.press("z", { ctrlKey: true });
  assert.deepEqual([mine.input.value, mine.caret()], ["Our Room", ["Our Room", ""]]);
  mine.press("z", { ctrlKey: true });
  assert.equal(mine.input.value, "Our Room");
  mine.press("Z", { ctrlKey: true, shiftKey: true });
  assert.deepEqual([mine.input.value, mine.caret()], ["Our Rooms", ["Our Rooms", ""]]);
  mine.input.dispatchEvent(new InputEvent("beforeinput", { inputType: "historyUndo", cancelable: true }));
  assert.equal(stored(mine), "Our Room");
  mine.press("y", { ctrlKey: true });
  assert.equal(stored(mine), "Our Rooms");
});

test("a title is one line, of whole characters", () => {
  const { mine } = two("Room");
  mine.select(4);
  mine.put("\n one\r\n\ttwo\n");
  assert.equal(stored(mine), "Room one two ");
  mine.put("\ud83d");
  assert.equal(stored(mine), "Room one two \ufffd");
  assert.deepEqual(mine.caret(), ["Room one two \ufffd", ""]);
});

test("what somebody else has put there is shown in as many places as it takes", () => {
  const doc = titled("ab");
  const title = doc.getText("title");
  title.insertEmbed(1, { image: "x" });
  title.insert(1, "\r\n", { bold: true });
  const { input, select, type } = field(doc, "ab");
  assert.equal(input.value, "a  \ufffcb");
  select(4);
  type("!");
  assert.deepEqual(title.toDelta().at(-1), { insert: "!b" });
});

test("a book in the title freezes nobody, and is not cut", () => {
  const doc = titled("x".repeat(9_999) + "😀".repeat(1_000));
  const mine = field(doc, "x".repeat(200));
  assert.equal(mine.input.value, "x".repeat(9_999));
  mine.select(0);
  mine.type("!");
  assert.equal(stored(mine), `!${"x".repeat(9_999)}${"😀".repeat(1_000)}`);
});

test("of a long title it is said what lists show", () => {
  const { mine } = two("😀".repeat(200));
  assert.equal(mine.hint.textContent, "");
  mine.select(0);
  mine.type("!");
  assert.equal(mine.hint.textContent, "Lists show the first 200 characters of this title.");
  mine.press("z", { ctrlKey: true });
  assert.equal(mine.hint.textContent, "");
});

test("what is typed before there is a document goes into it, below its first line into the text", () => {
  const mine = field(titled("Our old Room"), "Room", false);
  mine.select(4);
  mine.type("s");
  mine.press("Enter");
  mine.type("First words");
  assert.equal(mine.title.holdsWords, true);
  mine.title.begin(null);
  assert.equal(stored(mine), "Our old Room", "nobody can take the text yet");
  const taken: unknown[] = [];
  mine.title.begin((lines, hasCaret) => taken.push(lines, hasCaret));
  assert.deepEqual([stored(mine), mine.input.value, mine.title.holdsWords], ["Our old Rooms", "Our old Rooms", false]);
  assert.deepEqual(taken, [["First words"], true]);
});

test("a title that was changed on the device meanwhile keeps both changes, and the caret", () => {
  const mine = field(titled("Our Room"), "Room", false);
  mine.select(4);
  mine.type(" for two");
  mine.title.begin(() => assert.fail("there is nothing for the text"));
  assert.deepEqual([stored(mine), mine.caret()], ["Our Room for two", ["Our Room for two", ""]]);
});

test("a title that an earlier editor kept is joined", () => {
  const mine = field(titled("Our Room"));
  mine.title.join({ base: "Room", title: "Room with a view" });
  assert.deepEqual([stored(mine), mine.input.value], ["Our Room with a view", "Our Room with a view"]);
});

test("who may only read sees others' changes, and writes nothing", () => {
  const { mine, theirs, meet } = two("Room");
  mine.title.setReadOnly(true);
  assert.equal(mine.input.readOnly, true);
  theirs.select(4);
  theirs.type("s");
  meet();
  assert.equal(mine.input.value, "Rooms");
  mine.title.setReadOnly(false);
  assert.equal(mine.input.readOnly, false);
  mine.title.stop();
  mine.title.setReadOnly(false);
  assert.equal(mine.input.readOnly, true, "what has ended does not begin again");
});

test("others see where one is, and what is no place is nowhere", () => {
  const { mine, theirs, meet } = two("Our Room");
  theirs.awareness.setLocalStateField("user", { id: "2", name: "Guest", color: "#112233" });
  theirs.select(3);
  theirs.input.dispatchEvent(new Event("focus"));
  meet();
  const [before, caret, behind] = [...mine.carets.childNodes] as [Text, HTMLElement, Text];
  assert.deepEqual([before.textContent, caret.dataset["name"], behind.textContent], ["Our", "Guest", " Room"]);
  mine.select(0);
  mine.type("In ");
  assert.equal(mine.carets.firstChild?.textContent, "In Our");
  for (const wrong of [3, "x", {}, { item: { client: 1e9, clock: 1e9 } }, { tname: "text" }, { type: { client: -1, clock: "a" } }]) {
    theirs.awareness.setLocalStateField("titleCursor", wrong);
    meet();
    assert.equal(mine.carets.childNodes.length, 0, JSON.stringify(wrong));
  }
  theirs.title.setReadOnly(true);
  assert.equal(theirs.awareness.getLocalState()?.["titleCursor"], null);
});

test("Enter and the arrow down lead on", () => {
  const { mine } = two("Room");
  mine.select(2);
  mine.press("ArrowDown");
  assert.deepEqual(mine.entered, []);
  mine.press("Enter");
  mine.select(4);
  mine.press("ArrowDown");
  assert.deepEqual(mine.entered, ["Room", "Room"]);
});
