/**
 * One's own change of the document, written into the text.
 *
 * What was drawn is compared with what is there now, line by line; a line that is kept keeps its marker, and of its keys
 * those are written that differ. So whatever command or plugin made the change, others' work in the same lines holds.
 */

import type { Node } from "@tiptap/pm/model";
import type { StepMap } from "@tiptap/pm/transform";
import type * as Y from "yjs";

import type { Run } from "../model/draw";
import type { Marks } from "../model/formats";
import type { Line, Piece } from "../model/piece";
import { read } from "../model/read";
import { freshId } from "../model/values";
import { align, isSame, type Pair } from "./align";
import type { Writer } from "./acts";
import { spotIn } from "./anchors";
import { Edits, type Fresh, mapOf, refOf, sliceRuns } from "./edits";
import { writeGrids } from "./grids";
import type { Order } from "./misplaced";
import { type Standing, asKey, placeBetween, placesBetween, standingOf } from "./places";
import { type Range, changedBlocks, changedText, stays } from "./range";
import { groupsOf } from "./rows";
import { type Containers, NewSide, OldSide, contain, isNothing, newSides } from "./sides";
import { splitLine, type Split } from "./split";
import { type Caret, type Left, type StretchChange, compareStretch } from "./stretch";
import type { LineEntry, View } from "./view";

/** Lines of one container that were compared. */
interface Job {
  name: string;
  before: OldSide[];
  after: NewSide[];
  pairs: Pair[];
}

export interface OwnChange {
  view: View;
  doc: Node;
  /** Where the caret is now. */
  head: number;
  letters: ChangedLetters | null;
  /** The steps that made it of what was drawn, where they are known. */
  maps: readonly StepMap[];
}

type ChangedLetters = NonNullable<ReturnType<typeof changedLetters>>;

/** The one line whose letters are others now, if nothing else is. */
export function changedLetters(view: View, doc: Node) {
  const { from, to, newTo, start } = changedBlocks(view.doc, doc) ?? NOTHING;
  if (to !== from + 1 || newTo !== to) return null;
  const changed = changedText(view.doc.child(from), doc.child(from), start);
  const entry = changed && view.entryAt(changed.position + 1);
  return entry?.line && view.nodeOf(entry) === changed?.old ? { ...changed, entry, line: entry.line } : null;
}

const NOTHING: Range = { from: 0, to: 0, newTo: 0, start: 0 };

export class OwnWriting {
  /** If nothing but one line's letters was changed: what is kept of them, and what they are now. */
  letters: { line: Line; kept: StretchChange["kept"]; runs: readonly Run[] } | null = null;

  private readonly edits: Edits;
  private readonly view: View;
  private readonly movedAway = new Set<OldSide>();
  private caret: { side: NewSide; offset: number } | null = null;
  /** The letter on the caret's left, where what was shown is not what stands there. */
  private caretLetter: { client: number; clock: number } | null = null;
  private cells: Containers<NewSide> = new Map();
  private jobs: readonly Job[] = [];
  /** The lines before and behind what is compared: where they stand decides where those between them are to. */
  private around: { previous: OldSide | null; next: OldSide | null } = { previous: null, next: null };
  /**
   * A line was moved that is none any more: while it was held others have joined it to another, or taken its end away. It is
   * not moved, and what has become of it is shown; to write its words anew elsewhere would leave what others wrote in it.
   */
  private isVain = false;
  /** From where in the document what was read counts. */
  private start = 0;

  constructor(
    private readonly change: OwnChange,
    private readonly writer: Writer,
    private readonly marks: Marks,
    private readonly tables: Y.Map<unknown>,
  ) {
    this.edits = new Edits(writer);
    this.view = change.view;
  }

  /** Whether marks were put on or taken off. */
  get hasMarked(): boolean {
    return this.edits.hasActs;
  }

  /** Writes what was done. */
  write(): void {
    const { letters } = this.change;
    const range = letters ? null : changedBlocks(this.view.doc, this.change.doc);
    if (letters) this.compareLetters(letters);
    else if (range) this.compareBlocks(range);
    if (!this.isVain) this.edits.apply(this.tables);
  }

  /** Where the caret is in the text: in which line, and how far. */
  get caretPlace(): CaretPlace | null {
    return this.caret && !this.isVain ? { map: this.caret.side.map, offset: this.caret.offset, letter: this.caretLetter } : null;
  }

  /** In which order lines were put. */
  get orders(): Order[] {
    const { previous, next } = this.around;
    if (this.isVain) return [];
    return this.jobs.map(({ name, after }) => {
      const isOutside = name === "";
      const around = { previous: isOutside && previous ? mapOf(previous.entry) : null, next: isOutside && next ? mapOf(next.entry) : null };
      return { container: name, lines: after.map(({ map }) => map), ...around };
    });
  }

  /** Where one line's text is another and nothing else, that line alone is looked at. */
  private compareLetters({ entry, line, made, position }: ChangedLetters): void {
    const side = new NewSide({ keys: entry.keys, node: made, position, isAtom: false }, this.marks);
    const { head } = this.change;
    const caret = { line: 0, offset: Math.min(Math.max(head - position - 1, 0), side.text.length) };
    this.caret = { side, offset: caret.offset };
    const { kept } = this.stretch([new OldSide(entry)], [side], caret);
    this.letters = { line, kept, runs: side.runs };
  }

  private compareBlocks({ from, to, newTo, start }: Range): void {
    const { view, change } = this;
    this.start = start;
    // The line behind may share another number of containers with the one before it now.
    const [end, newEnd] = to < view.doc.childCount ? [to + 1, newTo + 1] : [to, newTo];
    const blocks = view.blocks.slice(from, end);
    this.around = { previous: sideIn([...(view.blocks[from - 1]?.entries ?? [])].reverse()), next: sideIn(view.blocks[end]?.entries) };
    const before = view.blocks[from - 1]?.entries.map(({ keys }) => keys).filter(({ cell }) => !cell);
    const inside = new Set(blocks.flatMap(({ entries }) => entries.flatMap(({ keys, face }) => (face === "table" && keys.table ? [keys.table] : []))));
    const taken = new Set([...view.anchors.keys()].filter((id) => !inside.has(id)));
    const makeId = (): string => freshId(this.writer.random);
    const nodes = [];
    for (let index = from; index < newEnd; index++) nodes.push(change.doc.child(index));
    const wasHeader = (table: string, id: string): boolean => {
      const grid = view.grids.get(table);
      return !!grid && [...grid.rows, ...grid.columns].some((axis) => axis.id === id && axis.isHeader);
    };
    const options = { before, taken, freshId: makeId, wasHeader };
    const reading = read(nodes, options);
    const old = read(blocks.map(({ node }) => node), options);
    const sides = newSides(reading, this.marks);
    this.findCaret(sides, start);
    this.compare(contain(blocks.flatMap(({ entries }) => entries).map((entry) => new OldSide(entry))), contain(sides));
    writeGrids(this.edits, { grids: view.grids, random: this.writer.random }, old, reading);
  }

  private findCaret(sides: readonly NewSide[], start: number): void {
    for (const side of sides) {
      const offset = this.change.head - (start + side.line.position) - 1;
      if (!side.isAtom && offset >= 0 && offset <= side.node.content.size) this.caret = { side, offset };
    }
  }

  private compare(before: Containers<OldSide>, after: Containers<NewSide>): void {
    const jobs: Job[] = [];
    const known = new Set(before.get("")?.map(({ table }) => table));
    this.cells = after;
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      // The cells of a table that is new are written with it.
      if (name && !before.has(name) && !known.has(tableOf(name))) continue;
      const [old, made] = [(before.get(name) ?? []).filter(({ entry }) => entry.line), after.get(name) ?? []];
      // A cell in which nobody has written yet has no line.
      if (name && !old.length && made.length === 1 && made[0] && isNothing(made[0])) continue;
      jobs.push({ name, before: old, after: made, pairs: align(old, made, this.caret ? made.indexOf(this.caret.side) : -1) });
    }
    this.jobs = jobs;
    this.findMoves(jobs);
    this.findJoins(jobs);
    for (const job of jobs) this.fill(job);
    for (const job of jobs) this.placeMoved(job);
  }

  /** A line that stands nowhere where it was, and elsewhere with the same text, was moved. */
  private findMoves(jobs: readonly Job[]): void {
    const gone = new Map<string, OldSide[]>();
    for (const { before, pairs } of jobs) {
      const kept = new Set(pairs.map((pair) => pair.before));
      for (const [index, side] of before.entries()) {
        if (kept.has(index) || !side.text || !(mapOf(side.entry) || side.entry.line?.held)) continue;
        gone.set(side.text, [...(gone.get(side.text) ?? []), side]);
      }
    }
    if (!gone.size) return;
    for (const { after, pairs } of jobs) {
      const kept = new Set(pairs.map((pair) => pair.after));
      for (const [index, side] of after.entries()) {
        const candidates = kept.has(index) ? undefined : gone.get(side.text);
        const found = candidates?.find((each) => each.isAtom === side.isAtom && (isSame(each, side) || side.text.length > 3 || side.isAtom));
        if (!candidates || !found) continue;
        candidates.splice(candidates.indexOf(found), 1);
        if (!mapOf(found.entry)) this.isVain = true;
        side.moved = found;
        this.movedAway.add(found);
      }
    }
  }

  /**
   * A deletion from within a cell to behind the table, from before it into a cell, or from one cell to the next: the end of a
   * line that is gone stands behind the beginning of one elsewhere, or its beginning before the end of one. They are joined.
   */
  private findJoins(jobs: readonly Job[]): void {
    const gaps = jobs.flatMap((job) => [...gapsOf(job)].map((gap) => this.unmoved(gap)));
    const gone = gaps.flatMap(({ old, made }) => (made.every(isNothing) ? old.filter(({ isAtom, text, entry }) => !isAtom && text && mapOf(entry)) : []));
    for (const gap of gaps) this.joinWithin(gap);
    if (!gone.length || jobs.length < 2) return;
    for (const { old, made } of gaps) {
      const [head, side, ...more] = [old[0], made[0], ...made.slice(1)];
      if (!side || more.length || head?.isAtom || side.isAtom) continue;
      const left = gone.filter((each) => !this.movedAway.has(each));
      const last = old.at(-1);
      const tail = left.find((each) => {
        if (!isTail(side, head, each)) return false;
        // Of lines of which nothing is left the last stays.
        const stays = side.text.length > sharedEnd(side.text, each.text) ? head : last;
        return !stays || (!stays.isAtom && this.join(stays.entry, each.entry));
      });
      if (!tail && last && !last.isAtom) this.joinToMoved(left, side, last);
      if (!tail) continue;
      const length = sharedEnd(side.text, tail.text);
      this.edits.deleteText(tail.entry, 0, tail.text.length - length);
      this.movedAway.add(tail);
      // A cell in which there was no line yet gets this one.
      if (head) side.end(side.text.length - length);
      else Object.assign(side, { moved: tail, movedFrom: tail.text.length - length });
    }
  }

  /** Lines are joined where what was the second's place must not be without a line: an item of a list in which a thing stands. */
  private joinWithin({ old, made }: Gap): void {
    if (old.length !== made.length) return;
    for (const [index, tail] of old.entries()) {
      const [head, side, empty] = [old[index - 1], made[index - 1], made[index]];
      if (!head || !side || !empty || empty.text || !tail.text || head.isAtom || side.isAtom || tail.isAtom || empty.isAtom) continue;
      if (!isTail(side, head, tail) || !this.join(head.entry, tail.entry)) continue;
      const length = sharedEnd(side.text, tail.text);
      this.edits.deleteText(tail.entry, 0, tail.text.length - length);
      side.end(side.text.length - length);
      this.movedAway.add(tail);
      empty.isBehind = head;
    }
  }

  /** A line that is gone is the beginning of one elsewhere: it was moved there, and what stands there goes on behind it. */
  private joinToMoved(gone: readonly OldSide[], side: NewSide, last: OldSide): void {
    for (const head of gone) {
      const length = sharedStart(side.text, head.text);
      const rest = side.text.slice(length);
      const isHead = length > 0 && rest && last.text.endsWith(rest) && !last.text.startsWith(side.text.slice(0, length));
      if (!isHead || !this.join(head.entry, last.entry)) continue;
      this.edits.deleteText(head.entry, length, head.text.length);
      this.edits.deleteText(last.entry, 0, last.text.length - rest.length);
      this.movedAway.add(head).add(last);
      side.moved = head;
      return;
    }
  }

  private unmoved({ old, made }: Gap): Gap {
    return { old: old.filter((side) => !this.movedAway.has(side)), made: made.filter((side) => !side.moved) };
  }

  /** Between lines that are paired, what is left of both is compared letter by letter. */
  private fill({ name, before, after, pairs }: Job): void {
    let [from, newFrom] = [0, 0];
    const anchors = [...pairs, { before: before.length, after: after.length, isSame: true }];
    const { previous, next } = name ? NOWHERE : this.around;
    for (const pair of anchors) {
      const old = before.slice(from, pair.before).filter((side) => !this.movedAway.has(side));
      const made = after.slice(newFrom, pair.after).filter((side) => !side.moved && !side.isBehind);
      // An empty cell needs no line.
      const isEmptied = name && !old.length && after.length === 1 && made[0] && isNothing(made[0]);
      if (!isEmptied) this.gap(old, made, before[from - 1] ?? previous, before[pair.before] ?? next, name);
      for (const side of after.slice(newFrom, pair.after)) if (side.isBehind) this.add([side], side.isBehind.entry, old[old.indexOf(side.isBehind) + 1]?.entry ?? before[pair.before]?.entry ?? null, name);
      const [one, other] = [before[pair.before], after[pair.after]];
      if (one && other) {
        if (other === this.caret?.side) this.caretLetter = one.entry.line?.held?.at(this.caret.offset - 1) ?? null;
        if (!pair.isSame) this.edits.mark(one.entry, 0, one.runs, other.runs);
        this.end(one.entry, other, pair.isSame);
      }
      [from, newFrom] = [pair.before + 1, pair.after + 1];
    }
  }

  private gap(old: readonly OldSide[], made: readonly NewSide[], previous: OldSide | null, next: OldSide | null, container: string): void {
    if (!old.length && !made.length) return;
    const hasThings = [...old, ...made].some(({ isAtom }) => isAtom);
    if (!made.length) for (const { entry } of old) this.edits.hide(entry);
    else if (!old.length) this.add(made, previous?.entry ?? null, next?.entry ?? null, container);
    else if (!hasThings && (this.inOne(old, made) || this.byGroups(old, made, previous, next, container))) return;
    else if (!hasThings && old.length === made.length) {
      for (const [index, side] of old.entries()) this.stretch([side], [made[index] as NewSide], this.caretIn([made[index] as NewSide]));
    } else if (made[0]?.isAtom && !old[0]?.isAtom) {
      const things = thingsAt(made, 0);
      this.add(made.slice(0, things), previous?.entry ?? null, old[0]?.entry ?? null, container);
      this.gap(old, made.slice(things), previous, next, container);
    } else if (made.at(-1)?.isAtom && !old.at(-1)?.isAtom) {
      const words = made.length - thingsAt([...made].reverse(), 0);
      this.gap(old, made.slice(0, words), previous, next, container);
      this.add(made.slice(words), old.at(-1)?.entry ?? null, next?.entry ?? null, container);
    } else if (!hasThings || this.fits(old, made)) this.stretch(old, made, this.caretIn(made), { previous, next });
    else this.aroundThing(old, made, previous, next, container);
  }

  /** Lines that are lines of one program now: each goes on where the one before it ends, behind a sign of a new line. */
  private inOne(old: readonly OldSide[], [program, ...more]: readonly NewSide[]): boolean {
    const [first, ...others] = old;
    if (!first || !program || more.length || !isCode(program) || program.text !== old.map(({ text }) => text).join("\n")) return false;
    if (old.some(({ entry }) => !mapOf(entry) || entry.line?.held)) return false;
    for (const [index, { entry }] of others.entries()) {
      this.join((old[index] as OldSide).entry, entry);
      this.edits.insertText(entry, 0, [{ text: "\n", marks: [] }]);
    }
    this.end(first.entry, program, false);
    return true;
  }

  /** Where words that stay say which lines have become which, each group of lines is looked at alone. False: they do not. */
  private byGroups(old: readonly OldSide[], made: readonly NewSide[], previous: OldSide | null, next: OldSide | null, container: string): boolean {
    if (old.length < 2 || made.length < 2) return false;
    const groups = groupsOf(old, made);
    if (groups.length < 2) return false;
    for (const { from, to, newFrom, newTo } of groups) this.gap(old.slice(from, to), made.slice(newFrom, newTo), old[from - 1] ?? previous, old[to] ?? next, container);
    return true;
  }

  /** Things never become text, nor text things: what stands on either side of one is compared apart. */
  private aroundThing(old: readonly OldSide[], made: readonly NewSide[], previous: OldSide | null, next: OldSide | null, container: string): void {
    const oldAtom = old.findIndex(({ isAtom }) => isAtom);
    const newAtom = made.findIndex(({ isAtom }) => isAtom);
    if (oldAtom >= 0) {
      const atom = old[oldAtom] as OldSide;
      const same = newAtom >= 0 ? (made[newAtom] as NewSide) : null;
      const cut = same ? newAtom : Math.min(made.length, oldAtom);
      this.gap(old.slice(0, oldAtom), made.slice(0, cut), previous, atom, container);
      const becomes = same && same.table === undefined && atom.table === undefined;
      if (becomes) this.end(atom.entry, same, false);
      else this.edits.hide(atom.entry);
      this.gap(old.slice(oldAtom + 1), made.slice(becomes ? cut + 1 : cut), atom, next, container);
    } else {
      const cut = Math.min(old.length, newAtom);
      this.gap(old.slice(0, cut), made.slice(0, newAtom), previous, old[cut] ?? next, container);
      const end = newAtom + thingsAt(made, newAtom);
      this.add(made.slice(newAtom, end), old[cut - 1]?.entry ?? previous?.entry ?? null, old[cut]?.entry ?? next?.entry ?? null, container);
      this.gap(old.slice(cut), made.slice(end), old[cut - 1] ?? previous, next, container);
    }
  }

  /** Whether things only come and go between the words of lines that go on. */
  private fits(old: readonly OldSide[], made: readonly NewSide[]): boolean {
    if (old.at(-1)?.isAtom || made.at(-1)?.isAtom) return false;
    const { ends, join, split, inserted } = compareStretch(old, made, this.caretIn(made), this.left(old, made));
    const goOn = [...ends.map(([line]) => line), ...inserted.map(({ line }) => line), join?.head, join?.tail, split?.line];
    return goOn.every((line) => line === undefined || !old[line]?.isAtom) && ends.every(([, line]) => !made[line]?.isAtom);
  }

  private caretIn(made: readonly NewSide[]): Caret | null {
    const line = this.caret ? made.indexOf(this.caret.side) : -1;
    return this.caret && line >= 0 ? { line, offset: this.caret.offset } : null;
  }

  /** What the steps have left of these lines in those, if it can be said without looking for long. */
  private left(old: readonly OldSide[], made: readonly NewSide[]): Left[] {
    const { maps } = this.change;
    if (!maps.length || maps.length * old.length > MOST_FOLLOWED) return [];
    return old.flatMap(({ entry, isAtom }, line) => {
      if (isAtom) return [];
      const start = this.view.positionOf(entry) + 1;
      return stays(maps, start, start + entry.length).flatMap(({ at, made: now, length }) => {
        const there = made.findIndex((side) => !side.isAtom && now > this.start + side.line.position && now + length <= this.start + side.line.position + 1 + side.text.length);
        const side = made[there];
        return side ? [{ line, at: at - start, newLine: there, made: now - this.start - side.line.position - 1, length }] : [];
      });
    });
  }

  private stretch(old: readonly OldSide[], made: readonly NewSide[], caret: Caret | null, { previous = null, next = null }: Around = {}): StretchChange {
    const { edits } = this;
    const change = compareStretch(old, made, caret, this.left(old, made));
    const entryOf = (line: number): LineEntry => (old[line] as OldSide).entry;
    const runsOf = ({ line, from, to }: { line: number; from: number; to: number }) => sliceRuns(made[line]?.runs ?? [], from, to);
    for (const [part, same] of change.kept) {
      const left = caret && same.line === caret.line && same.from < caret.offset && caret.offset <= same.to ? caret.offset - same.from : 0;
      if (left) this.caretLetter = entryOf(part.line).line?.held?.at(part.from + left - 1) ?? null;
      if (made[same.line]?.isAtom || isCode(made[same.line])) continue;
      edits.mark(entryOf(part.line), part.from, sliceRuns(old[part.line]?.runs ?? [], part.from, part.to), runsOf(same));
    }
    for (const line of change.gone) edits.hide(entryOf(line));
    for (const { line, from, to } of change.deleted) edits.deleteText(entryOf(line), from, to);
    let split: Split | null = null;
    if (change.split) {
      const { line, offset, heads } = change.split;
      const lines = heads.map(({ part, line: at }) => {
        const side = made[at] as NewSide;
        return { runs: runsOf(part), side, cells: side.table === undefined ? [] : [...this.cellsOf(side.table)] };
      });
      const around = { previous: (old[line - 1] ?? previous)?.entry ?? null, next: (old[line + 1] ?? next)?.entry ?? null };
      split = splitLine(edits, this.writer, { entry: entryOf(line), offset, heads: lines, ...around });
    }
    for (const { line, offset, part } of change.inserted) {
      if (split && line === change.split?.line && offset === change.split.offset) edits.insert(split.spot, [{ runs: runsOf(part), marker: null }]);
      else edits.insertText(entryOf(line), offset, runsOf(part));
    }
    const joined = change.join && this.join(entryOf(change.join.head), entryOf(change.join.tail)) ? change.join : null;
    for (const [line, at] of change.ends) {
      const side = made[at];
      if (!side) continue;
      if (split && change.split?.line === line) split.endTail(side);
      else this.end(entryOf(joined && line === joined.tail ? joined.head : line), side, false);
    }
    return change;
  }

  /** The tail goes on where the head ends: one key of its marker. */
  private join(head: LineEntry, tail: LineEntry): boolean {
    const [last, map] = [head.line?.pieces.at(-1), mapOf(tail)];
    if (!last?.ref || !mapOf(head) || !map) return false;
    this.edits.set(map, "join", [...last.ref]);
    if (tail.line?.root.isHidden) this.edits.set(map, "hidden", undefined);
    return true;
  }

  /** A line of before ends a line of after: it keeps its marker. */
  private end(entry: LineEntry, side: NewSide, isKnownSame: boolean): void {
    side.map = isKnownSame && mapOf(entry) ? mapOf(entry) : this.edits.setKeys(entry, side.keys);
    side.standing = standingOf(entry, side.map);
  }

  /** Lines that are new, between two that stand in the same container. */
  private add(made: readonly NewSide[], previous: LineEntry | null, next: LineEntry | null, container: string): void {
    const { edits } = this;
    const fresh: Fresh[] = [];
    const place = placesBetween(previous, next, this.writer.random);
    const spot = this.spotFor(previous, next, container);
    if (previous && !mapOf(previous)) {
      const marker = edits.endOf(previous.line, previous.keys);
      if (marker) fresh.push({ runs: [], marker });
    }
    for (const side of made) {
      const behind = place();
      if (side.table !== undefined) fresh.push(...this.cellsOf(side.table));
      const marker = edits.marker(behind ? { ...side.keys, place: asKey(behind.after, behind.rank) } : side.keys);
      side.map = marker;
      side.standing = { ref: () => refOf(marker), number: null, behind };
      fresh.push({ runs: isCode(side) ? plain(side) : side.runs, marker });
    }
    edits.insert(spot, fresh, previous && !mapOf(previous) ? 2 : 0);
  }

  private *cellsOf(table: string): Iterable<Fresh> {
    for (const [name, sides] of this.cells) {
      if (!name || tableOf(name) !== table || (sides.length === 1 && sides[0] && isNothing(sides[0]))) continue;
      for (const side of sides) {
        side.map = this.edits.marker(side.keys);
        yield { runs: isCode(side) ? plain(side) : side.runs, marker: side.map };
      }
    }
  }

  private spotFor(previous: LineEntry | null, next: LineEntry | null, container: string): { piece: Piece; offset: number } {
    const { pieces } = this.writer;
    const before = previous?.line;
    if (previous && before) {
      const last = mapOf(previous) ? pieces.list.after(before.root) : before.root;
      return mapOf(previous) ? { piece: last ?? before.root, offset: 0 } : spotIn(pieces, before, previous.length);
    }
    if (next?.line) return { piece: next.line.root, offset: 0 };
    const anchor = this.view.anchors.get(tableOf(container));
    const rest = [...pieces.list].at(-1) as Piece;
    return { piece: anchor?.root ?? rest, offset: 0 };
  }

  /** Lines that were moved say behind which others they stand; those have their markers by then. */
  private placeMoved({ name, after }: Job): void {
    const around = name ? NOWHERE : this.around;
    for (const [index, side] of after.entries()) {
      const from = side.moved;
      const map = from && mapOf(from.entry);
      if (!from || !map) continue;
      if (!isCode(side)) this.edits.mark(from.entry, side.movedFrom, sliceRuns(from.runs, side.movedFrom, from.text.length), side.runs);
      this.edits.setKeys(from.entry, side.keys);
      side.map = map;
      side.standing = standingOf(from.entry, map);
      // Alone in its container, it stands nowhere but there.
      if (after.length === 1 && !around.previous && !around.next) continue;
      const previous = after[index - 1];
      const next = after.slice(index + 1).find((each) => !each.moved);
      const { standing } = side;
      this.edits.afterwards(() => {
        const place = placeBetween(previous?.standing ?? standingAt(around.previous), next?.standing ?? standingAt(around.next), map, { random: this.writer.random, pieces: this.view.pieces });
        standing.behind = place;
        map.set("place", asKey(place.after, place.rank));
      });
    }
  }
}

export interface CaretPlace {
  map: Y.Map<unknown> | null;
  offset: number;
  letter: { client: number; clock: number } | null;
}

interface Gap {
  old: OldSide[];
  made: NewSide[];
}

/** What stands around lines that are compared. */
interface Around {
  previous?: OldSide | null;
  next?: OldSide | null;
}

const NOWHERE = { previous: null, next: null };

/** How many steps, each for so many lines, are followed. */
const MOST_FOLLOWED = 2_000;

/** The first of these that is no line of a cell. */
function sideIn(entries: readonly LineEntry[] = []): OldSide | null {
  const entry = entries.find(({ keys }) => !keys.cell);
  return entry?.line ? new OldSide(entry) : null;
}

/** How many things stand there one after the other: they are added together, as they are to stay in their order. */
function thingsAt(sides: readonly NewSide[], from: number): number {
  const end = sides.findIndex(({ isAtom }, index) => index >= from && !isAtom);
  return (end < 0 ? sides.length : end) - from;
}

function standingAt(side: OldSide | null): Standing | null {
  return side && standingOf(side.entry, mapOf(side.entry));
}

/** What stands between lines that are paired. */
function* gapsOf({ before, after, pairs }: Job): Iterable<Gap> {
  let [from, newFrom] = [0, 0];
  for (const pair of [...pairs, { before: before.length, after: after.length }]) {
    yield { old: before.slice(from, pair.before), made: after.slice(newFrom, pair.after) };
    [from, newFrom] = [pair.before + 1, pair.after + 1];
  }
}

/** Whether a line is another's beginning, or nothing, and the end of one that is gone. */
function isTail(side: NewSide, head: OldSide | undefined, tail: OldSide): boolean {
  const length = sharedEnd(side.text, tail.text);
  if (!length) return false;
  const rest = side.text.slice(0, -length);
  return head ? head.text.startsWith(rest) && !head.text.endsWith(side.text.slice(-length)) : !rest;
}

/** How long the beginning is that two texts share, in whole letters. */
function sharedStart(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[length] === other[length]) length++;
  return /[\uD800-\uDBFF]$/.test(one.slice(0, length)) ? length - 1 : length;
}

/** How long the end is that two texts share, in whole letters. */
function sharedEnd(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one.at(-1 - length) === other.at(-1 - length)) length++;
  return /^[\uDC00-\uDFFF]/.test(one.slice(one.length - length)) ? length - 1 : length;
}

function tableOf(cell: string): string {
  return cell.split("/", 1)[0] ?? "";
}

function isCode(side: NewSide | undefined): boolean {
  return side?.keys.kind === "code";
}

function plain(side: NewSide) {
  return side.text ? [{ text: side.text, marks: [] }] : [];
}
