/** One session: some people write in one document, over a network that splits and heals, and it is looked at what became of it. */

import type { Editor } from "@tiptap/core";
import { TableMap } from "@tiptap/pm/tables";
import * as Y from "yjs";

import type { Writer } from "../people";
import { ACTIONS, type Action, type Doing, places, putCaret } from "./actions";
import { Dice } from "./dice";
import { Network } from "./network";
import { type Verdict, type Word, Words } from "./words";

export interface Plan {
  seed: number;
  actions: number;
  people?: number;
  /** One or two are offline for half of it. */
  offline: boolean;
  make: (doc: Y.Doc, random: () => number) => Writer;
  kinds?: readonly Action[];
  /** How many lines there are in the beginning. */
  lines?: number;
  /** Called after whatever was done: who, and what. */
  watch?: (what: string, editors: readonly Editor[]) => void;
}

export interface Report extends Verdict {
  seed: number;
  words: number;
  standing: number;
  taken: string[];
  carets: number;
  thrown: number;
  /** What went wrong besides: people who do not see the same, exceptions. */
  faults: string[];
}

const STEP = 15;
const ROUNDS_TO_HEAL = 12;

interface Person extends Doing {
  writer: Writer;
  word: { word: Word; letters: string } | null;
}

export function textOf({ state }: Editor): string {
  return state.doc.textBetween(0, state.doc.content.size, "\n", "\n");
}

export function run(plan: Plan): Report {
  return new Session(plan).run();
}

class Session {
  private readonly dice: Dice;
  private readonly words: Words;
  private readonly people: Person[];
  private readonly network: Network;
  private readonly report: Report;

  constructor(private readonly plan: Plan) {
    this.dice = new Dice(plan.seed);
    this.words = new Words(this.dice);
    const count = plan.people ?? this.dice.between(2, 4);
    const docs = Array.from({ length: count }, (_, index) => Object.assign(new Y.Doc(), { clientID: index + 1 }));
    this.people = docs.map((doc) => {
      const writer = plan.make(doc, this.dice.next);
      return { writer, editor: writer.editor, undo: writer.undo, redo: writer.redo, clipboard: null, word: null };
    });
    this.network = new Network(docs, this.dice);
    this.report = { seed: plan.seed, words: 0, standing: 0, lost: [], torn: [], doubled: [], taken: [], carets: 0, thrown: 0, faults: [] };
  }

  run(): Report {
    try {
      this.begin();
      const offline = this.plan.offline ? this.dice.between(1, 2) : 0;
      for (let turn = 0; turn < this.plan.actions; turn++) {
        if (turn === Math.floor(this.plan.actions / 4)) for (let who = 0; who < offline; who++) this.network.setOffline(who, true);
        if (turn === Math.floor((this.plan.actions * 3) / 4)) for (let who = 0; who < offline; who++) this.network.setOffline(who, false);
        this.turn();
      }
      for (let who = 0; who < this.people.length; who++) this.network.setOffline(who, false);
      for (const [who, person] of this.people.entries()) while (person.word) this.typeOn(who, person);
      for (const { writer } of this.people) writer.compose?.(false);
      for (let round = 0; round < ROUNDS_TO_HEAL; round++) this.pass(100);
      this.judge();
    } catch (error) {
      this.report.faults.push(error instanceof Error ? (error.stack ?? error.message).split("\n").slice(0, 6).join(" | ") : String(error));
    }
    for (const { writer } of this.people) writer.destroy();
    return this.report;
  }

  /** The first writes a few lines, which all get. */
  private begin(): void {
    const [first] = this.people as [Person, ...Person[]];
    const lines = this.plan.lines ?? 5;
    for (let line = 0; line < lines; line++) {
      for (let each = 0; each < 3; each++) {
        this.startWord(0, first);
        while (first.word) this.typeOn(0, first);
      }
      const { editor } = first;
      if (lines > 1) editor.view.dispatch(editor.state.tr.split(editor.state.selection.from));
    }
    for (let round = 0; round < 3; round++) this.pass(100);
    for (const { editor, writer } of this.people) {
      putCaret(editor, this.dice);
      writer.pause();
    }
  }

  /** Whoever writes a word goes on with it; another does something. */
  private turn(): void {
    const who = this.dice.below(this.people.length);
    const person = this.people[who] as Person;
    while (person.word) {
      this.others(who);
      this.typeOn(who, person);
      this.pass(STEP);
    }
    if (this.dice.chance(0.5)) person.writer.pause();
    if (this.dice.chance(0.45)) {
      if (this.dice.chance(0.5)) putCaret(person.editor, this.dice);
      this.startWord(who, person);
    } else this.act(who, person);
    this.pass(STEP);
  }

  /** The others who write type a letter now and then. */
  private others(who: number): void {
    for (const [other, person] of this.people.entries()) if (other !== who && person.word && this.dice.chance(0.6)) this.typeOn(other, person);
  }

  private act(who: number, person: Person): void {
    const { editor } = person;
    const action = this.dice.weighted(this.plan.kinds ?? ACTIONS);
    const before = textOf(editor);
    const anew = action.run(person, this.dice);
    if (typeof anew === "string") this.words.excuse(anew);
    this.words.acted(who, before, textOf(editor), action.name === "undo" || action.name === "redo");
    this.watch(`${who} ${action.name}`);
  }

  private startWord(who: number, person: Person): void {
    const { editor } = person;
    const { $from, empty } = editor.state.selection;
    // Others' changes may have brought it into a word that somebody is writing.
    if (!empty || !$from.parent.isTextblock || !places(editor).includes($from.pos)) putCaret(editor, this.dice);
    // There may be nothing but words that somebody is in the middle of.
    if (!places(editor).includes(editor.state.selection.from)) return;
    const left = editor.state.selection.$from.nodeBefore?.text?.at(-1) ?? " ";
    const word = this.words.fresh(who);
    person.word = { word, letters: (/\s/.test(left) ? "" : " ") + word.text };
    if (this.dice.chance(0.3)) person.writer.compose?.(true);
    this.typeOn(who, person);
  }

  private typeOn(who: number, person: Person): void {
    const job = person.word;
    if (!job) return;
    const { editor } = person;
    const [letter = ""] = job.letters;
    editor.view.dispatch(editor.state.tr.insertText(letter));
    if (letter !== " ") job.word.typed++;
    job.letters = job.letters.slice(1);
    if (!job.letters) person.word = null;
    // Now and then somebody does something else in the midst of it.
    if (!job.letters && this.dice.chance(0.8)) person.writer.compose?.(false);
    this.watch(`${who} types ${letter}`);
  }

  private pass(milliseconds: number): void {
    this.network.pass(milliseconds, (to, take) => {
      const { editor } = this.people[to] as Person;
      const before = caretOf(editor);
      take();
      this.watch(`${to} gets`);
      if (!before) return;
      const stays = isStill(editor, before);
      if (stays === null) return;
      this.report.carets++;
      if (!stays) this.report.thrown++;
    });
  }

  private watch(what: string): void {
    this.plan.watch?.(what, this.people.map(({ editor }) => editor));
  }

  private judge(): void {
    const [first, ...others] = this.people as [Person, ...Person[]];
    const json = JSON.stringify(first.editor.state.doc.toJSON());
    for (const { editor } of others) if (JSON.stringify(editor.state.doc.toJSON()) !== json) this.report.faults.push("they do not see the same");
    const copy = new Y.Doc();
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(first.writer.doc));
    const opened = this.plan.make(copy, this.dice.next);
    if (JSON.stringify(opened.editor.state.doc.toJSON()) !== json) this.report.faults.push("who opens it sees something else");
    opened.destroy();
    try {
      first.editor.state.doc.check();
    } catch (error) {
      this.report.faults.push(`not allowed: ${String(error)}`);
    }
    for (const fault of raggedTables(first.editor)) this.report.faults.push(fault);
    Object.assign(this.report, this.words.judge(textOf(first.editor)), { taken: this.words.taken });
    this.report.words = this.words.all.length;
    this.report.standing = this.words.all.filter(({ excused }) => !excused).length;
  }
}

/** Tables whose cells do not make a rectangle. */
function raggedTables({ state }: Editor): string[] {
  const ragged: string[] = [];
  state.doc.descendants((node) => {
    if (node.type.name !== "table") return !node.isTextblock;
    const { problems } = TableMap.get(node);
    if (problems) ragged.push(`a table is no rectangle: ${JSON.stringify(problems)}`);
    return true;
  });
  return ragged;
}

interface CaretPlace {
  /** The word behind which it stands, or before which, at the beginning of a line. */
  left: string | null;
  right: string | null;
}

function caretOf(editor: Editor): CaretPlace | null {
  const { $head, empty } = editor.state.selection;
  // The ends of a range are bound to what is in it.
  if (!empty || !$head.parent.isTextblock) return null;
  const text = $head.parent.textBetween(0, $head.parent.content.size, "\n", "\n");
  const left = /[A-Z][a-z]+$/.exec(text.slice(0, $head.parentOffset))?.[0] ?? null;
  const right = $head.parentOffset === 0 ? (/^[A-Z][a-z]+/.exec(text)?.[0] ?? null) : null;
  return left || right ? { left, right } : null;
}

/** Null where it cannot be said: its word is gone. */
function isStill(editor: Editor, { left, right }: CaretPlace): boolean | null {
  const word = left ?? right ?? "";
  if (textOf(editor).split(word).length !== 2) return null;
  const { $head } = editor.state.selection;
  if (!$head.parent.isTextblock) return false;
  const text = $head.parent.textBetween(0, $head.parent.content.size, "\n", "\n");
  if (left) return text.slice(0, $head.parentOffset).endsWith(left);
  return ($head.parentOffset === 0 && text.includes(word)) || text.slice($head.parentOffset).startsWith(word);
}
