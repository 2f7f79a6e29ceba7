/**
 * Between the document of an editor and the text of lines: what is done here is written, what others do is shown.
 *
 * It works on editor states alone, so it runs without a page. Whoever holds the editor calls `changed` after each change
 * of its state. The text decides: if what one did comes out otherwise in it, the editor's document follows.
 */

import type { Node, NodeType, Schema } from "@tiptap/pm/model";
import { type EditorState, Selection, TextSelection, type Transaction } from "@tiptap/pm/state";
import type { StepMap } from "@tiptap/pm/transform";
import * as Y from "yjs";

import { Artist, type Reuse, lettersOf } from "../model/draw";
import { TABLES, TEXT, drawLines } from "../model/drawn";
import { Marks } from "../model/formats";
import { order } from "../model/order";
import { Line, Piece } from "../model/piece";
import { type Changes, Pieces } from "../model/pieces";
import { isAtom } from "../model/keys";
import { Anchors, isWritten } from "./anchors";
import type { Composed } from "./composing";
import { deleteUnits, takeBack, withoutCleanup } from "./insides";
import type { Order } from "./misplaced";
import type { CaretPlace, OwnWriting } from "./own";
import { MOST_STEPS, patch, patchText } from "./patch";
import { type Kept, findSelection, keepSelection } from "./selections";
import { Recent, type Rescued, rescuedBy } from "./rescue";
import { type DrawnUnits, unitsDrawn } from "./units";
import { type LineEntry, View, nodesIn } from "./view";

export type Writing = typeof import("./writing");

/** On transactions that show what others did, or what the text made of one's own change. */
const FROM_TEXT = "fromText";

export function isFromText(transaction: Transaction): boolean {
  return transaction.getMeta(FROM_TEXT) === true;
}

export interface Host {
  readonly state: EditorState;
  dispatch: (tr: Transaction) => void;
}

export interface BindingOptions {
  random?: () => number;
  isHere?: (client: number) => boolean;
  /** Whether nobody else has the document open: see tidy.ts. */
  isAlone?: () => boolean;
  /** Milliseconds within which changes are undone together. */
  captureTimeout?: number;
  now?: () => number;
}

export class Binding {
  readonly undoManager: Y.UndoManager;
  readonly anchors: Anchors;

  private readonly text: Y.Text;
  private readonly tables: Y.Map<unknown>;
  private readonly marks: Marks;
  private readonly pieces: Pieces;
  private readonly artist: Artist<Line>;
  private readonly nodes = new WeakMap<Line, { node: Node; runs: unknown }>();
  private readonly containers = new WeakMap<Node, Node>();
  private readonly spare = new Line(new Piece(null));
  private readonly random: () => number;
  private readonly isHere: (client: number) => boolean;
  private readonly isAlone: () => boolean;

  private readonly recent: Recent;
  private readonly listeners = new Set<(rescued: Rescued) => void>();
  /** What is to be told once it is shown. */
  private rescued: { line: Line; client: number }[] = [];

  /** Null until it is there: nothing may be written before. */
  private writing: Writing | null = null;
  private view: View;
  private host: Host | null = null;
  /** The selection before others' change, or before one's own. */
  private kept: Kept | null = null;
  /** The selection where the change was that is undone. */
  private found: Kept | null = null;
  private isComposing = false;
  private composed: Composed | null = null;
  /** Whether others' changes have to wait for the end of what is composed: they would disturb it. */
  private isBehind = false;
  private isShowing = false;
  private isWriting = false;

  constructor(
    private readonly doc: Y.Doc,
    schema: Schema,
    { random = Math.random, isHere = () => true, isAlone = () => false, captureTimeout = 500, now = Date.now }: BindingOptions = {},
  ) {
    this.random = random;
    this.isHere = isHere;
    this.isAlone = isAlone;
    this.recent = new Recent(now);
    this.text = doc.getText(TEXT);
    this.tables = doc.getMap(TABLES);
    this.marks = new Marks(schema);
    this.pieces = new Pieces(this.text, this.marks);
    this.artist = new Artist(schema, this.reuse());
    this.view = this.draw();
    this.anchors = new Anchors(this.pieces, () => this.view);
    this.undoManager = new Y.UndoManager([this.text, this.tables], { trackedOrigins: new Set([this]), captureTimeout });
    this.undoManager.on("stack-item-added", ({ stackItem }) => stackItem.meta.set(this, this.kept ?? this.keep()));
    this.undoManager.on("stack-item-popped", ({ stackItem }) => {
      this.found = (stackItem.meta.get(this) as Kept | undefined) ?? null;
    });
    doc.on("beforeTransaction", this.before);
    doc.on("afterTransaction", this.after);
  }

  /** The document as the text has it now. */
  get drawn(): Node {
    return this.view.doc;
  }

  /** Which operations of Yjs brought what is drawn. */
  units(): IterableIterator<DrawnUnits> {
    return unitsDrawn(this.view, this.pieces);
  }

  /** From now on this editor is kept in step. */
  attach(host: Host): void {
    this.host = host;
    this.show(() => {
      const { tr } = host.state;
      if (!tr.doc.eq(this.view.doc)) patch(tr, tr.doc, this.view.doc);
      return tr;
    });
  }

  /** From now on one may write. */
  takeWriting(writing: Writing): void {
    this.writing = writing;
  }

  /** A step of its own for undo, whatever comes right before and behind it. */
  apart<Result>(act: () => Result): Result {
    this.undoManager.stopCapturing();
    try {
      return act();
    } finally {
      this.undoManager.stopCapturing();
    }
  }

  /** The document is changed as one step that is undone as a whole, whichever of its roots that touches. */
  step(change: () => void): void {
    this.showHeld();
    this.undoManager.addToScope([...this.doc.share.values()]);
    this.apart(() => this.doc.transact(change, this));
  }

  destroy(): void {
    this.doc.off("beforeTransaction", this.before);
    this.doc.off("afterTransaction", this.after);
    this.undoManager.destroy();
    this.host = null;
  }

  /** The editor's state is another than this one was: what was done to its document, by these steps, is written. */
  changed(before: EditorState, maps: readonly StepMap[] = []): void {
    const { host, view, writing: how } = this;
    if (!host || this.isShowing || host.state.doc === view.doc) return;
    if (!how) {
      // What cannot be written must not be shown.
      this.show(() => this.goOver(host, view));
      return;
    }
    this.kept = before.doc === view.doc ? keepSelection(before, view, this.anchors) : null;
    const { doc, selection } = host.state;
    const isComposed = this.composed !== null;
    const since = Y.getState(this.doc.store, this.doc.clientID);
    const writing = this.write(how, doc, selection.head, before.doc === view.doc ? maps : []);
    const { letters } = writing;
    if (letters && letters.line === this.composed?.line) this.composed.take(letters.kept, letters.runs, this.pieces.unitsSince(this.doc.clientID, since));
    else this.letGo();
    const hasEnded = isComposed && !this.composed;
    const caret = selection.empty ? writing.caretPlace : null;
    const [fresh] = hasEnded ? this.pieces.unitsSince(this.doc.clientID, since).slice(-1) : [];
    if (caret?.offset && fresh) caret.letter ??= { client: fresh.client, clock: fresh.clock + fresh.length - 1 };
    this.settle(caret, letters !== null && !hasEnded, writing.orders);
    if (this.isComposing && !this.composed) this.composeAt(host.state.selection.head);
  }

  private write({ OwnWriting, changedLetters, freeWords, tidy, wordsBesideThings }: Writing, doc: Node, head: number, maps: readonly StepMap[]): OwnWriting {
    const writer = { pieces: this.pieces, random: this.random, isHere: this.isHere };
    this.recent.note(Y.getState(this.doc.store, this.doc.clientID));
    this.isWriting = true;
    try {
      let letters = changedLetters(this.view, doc);
      const words = letters || this.isBehind ? [] : wordsBesideThings(this.view, doc);
      if (words.length) {
        this.doc.transact(() => freeWords(this.text, words), this);
        this.view = this.draw();
        letters = changedLetters(this.view, doc);
      }
      const writing = new OwnWriting({ view: this.view, doc, head, letters, maps: words.length ? [] : maps }, writer, this.marks, this.tables);
      this.doc.transact(() => writing.write(), this);
      const touched = this.pending?.pieces;
      // Not one with the act, so that it sees it; yet taken back with it, as it comes at once.
      if (touched && writing.hasMarked && this.isAlone()) this.doc.transact(() => tidy(touched, writer), this);
      return writing;
    } finally {
      this.isWriting = false;
      this.kept = null;
    }
  }

  /**
   * Somebody begins to compose at this position of the editor's document; null: he is done. What others do in that line is
   * shown when he is; what they do elsewhere is shown at once, unless it would draw his line anew.
   */
  compose(position: number | null): void {
    this.isComposing = position !== null;
    const line = position === null ? null : this.view.entryAt(position)?.line;
    if (this.composed && this.composed.line === line) return;
    this.showHeld();
    if (position !== null) this.composeAt(position);
  }

  /** Calls `listener` when words that one has just written stand in a line that another deleted. Returns what ends that. */
  onRescued(listener: (rescued: Rescued) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  undo(): boolean {
    this.showHeld();
    return takeBack(this.undoManager, "undo", this.text);
  }

  redo(): boolean {
    this.showHeld();
    return takeBack(this.undoManager, "redo", this.text);
  }

  private composeAt(position: number): void {
    const entry = this.view.entryAt(position);
    if (entry?.line && entry.face === "text") this.composed = this.writing?.Composed.begin(entry.line, this.pieces) ?? null;
  }

  private letGo(): void {
    this.composed?.end();
    this.composed = null;
    this.isBehind = false;
  }

  /** What others did where somebody composed is shown. */
  private showHeld(): void {
    const { host, composed } = this;
    if (!host || !composed) return;
    this.kept = this.keep();
    this.letGo();
    this.show(() => this.goOver(host, this.draw()));
    this.kept = null;
    this.tell();
  }

  private readonly before = (): void => {
    if (!this.isWriting) this.kept = this.keep();
  };

  private readonly after = (transaction: Y.Transaction): void => {
    withoutCleanup(transaction);
    const touchesTables = [...transaction.changed.keys()].some((type) => type._item === null && type instanceof Y.Map);
    const changes = this.pieces.update(transaction);
    if (!this.isWriting && (changes.pieces.size || changes.structure || touchesTables)) this.follow(changes, touchesTables, transaction);
    else this.pending = merged(this.pending, changes, touchesTables);
    if (!transaction.local) this.rescued.push(...rescuedBy(transaction, this.pieces, this.recent));
    this.tell();
    if (!this.isWriting) this.kept = this.found = null;
  };

  private tell(): void {
    if (this.isBehind || !this.rescued.length) return;
    for (const { line, client } of this.rescued.splice(0)) {
      const entry = (): LineEntry | undefined => this.view.entriesOf(line)[0];
      const change = (what: (map: Y.Map<unknown>) => void): void => {
        const { map } = line.root;
        this.undoManager.stopCapturing();
        if (map && entry()) this.doc.transact(() => what(map), this);
      };
      const rescued: Rescued = {
        client,
        position: () => {
          const there = entry();
          return there ? this.view.positionOf(there) : null;
        },
        keep: () => change((map) => map.delete("hidden")),
        remove: () => change(() => deleteUnits(this.text, line.pieces.flatMap((piece) => this.pieces.units(piece, 0, piece.length)))),
      };
      if (entry()) for (const listener of this.listeners) listener(rescued);
    }
  }

  private pending: Changes | null = null;

  private keep(): Kept | null {
    return this.host && this.host.state.doc === this.view.doc ? keepSelection(this.host.state, this.view, this.anchors) : null;
  }

  /** After one's own change: what was written is drawn, and compared with what one made. `isLetters`: of one line, and nothing else. */
  private settle(caret: CaretPlace | null, isLetters: boolean, orders: readonly Order[]): void {
    const { host, pending } = this;
    this.pending = null;
    if (!host) return;
    if (this.isBehind) {
      if (this.composed) this.takeUp(this.composed.line);
      this.took(host.state.doc);
      return;
    }
    if (pending && !pending.structure && isLetters && this.adopt(pending, host.state.doc)) return;
    if (this.composed) {
      order(this.pieces);
      this.composed.follow();
    }
    let view = this.draw();
    if (!view.doc.eq(host.state.doc) && this.putInOrder(orders, view)) view = this.draw();
    if (view.doc.eq(host.state.doc)) {
      this.view = view;
      this.took(host.state.doc);
      return;
    }
    this.show(() => this.goOver(host, view), caret);
  }

  /** What came out in another order than it was put is placed: one act with what put it there, as it comes at once. */
  private putInOrder(orders: readonly Order[], view: View): boolean {
    this.isWriting = true;
    try {
      const ranked = { random: this.random, pieces: view.pieces };
      return this.doc.transact(() => orders.filter((order) => this.writing?.putInOrder(order, view, ranked)).length > 0, this);
    } finally {
      this.isWriting = false;
      this.pending = null;
    }
  }

  /** From what the editor shows to this. */
  private goOver({ state: { tr } }: Host, view: View): Transaction {
    patch(tr, tr.doc, view.doc);
    this.view = view;
    return tr;
  }

  /** If letters alone have changed, and as they are in this document, its nodes are what is drawn. */
  private adopt({ pieces }: Changes, doc: Node): boolean {
    if (doc.childCount !== this.view.blocks.length || !this.refresh(pieces)) return false;
    for (const piece of pieces) {
      const [entry] = piece.line ? this.view.entriesOf(piece.line) : [];
      const top = entry && doc.maybeChild(entry.block.index);
      if (!entry || !top || !piece.line) continue;
      const found = nodesIn(top)[entry.index];
      if (!found?.node.eq(this.artist.node(piece.line, entry.keys, entry.face))) return false;
    }
    this.took(doc);
    return true;
  }

  /** Takes up the text of these lines. False where more than their letters may be drawn otherwise. */
  private refresh(pieces: ReadonlySet<Piece>): boolean {
    for (const piece of pieces) {
      const { line } = piece;
      if (!line) {
        if (piece.length) return false;
        continue;
      }
      const was = line.length;
      line.refresh();
      const isPlain = piece.marker && !line.root.isHidden && !isAtom(line.root.keys);
      if (!line.held && !isPlain && (was !== line.length || was)) return false;
      this.takeUp(line);
    }
    return true;
  }

  private takeUp(line: Line): void {
    for (const entry of this.view.entriesOf(line)) {
      entry.runs = entry.keys.kind === "code" ? lettersOf(line.runs) : line.runs;
      entry.length = line.length;
    }
  }

  /** Shows what others, or an undo, did. */
  private follow(changes: Changes, touchesTables: boolean, transaction: Y.Transaction): void {
    const { host } = this;
    if (this.isBehind) return;
    const lettersOnly = !changes.structure && !touchesTables && this.refresh(changes.pieces);
    if (!host) {
      this.view = this.draw();
      return;
    }
    this.show(() => {
      const { tr } = host.state;
      if (lettersOnly && changes.pieces.size <= MOST_STEPS) this.patchLetters(tr, changes.pieces);
      else {
        const { composed } = this;
        const shown = composed?.remember(this.view) ?? [];
        const view = this.draw();
        patch(tr, tr.doc, view.doc);
        if (composed && !composed.bears(tr, this.view)) {
          composed.holdAll(shown, transaction);
          this.isBehind = true;
          return host.state.tr;
        }
        this.view = view;
      }
      return tr;
    });
  }

  private patchLetters(tr: Transaction, pieces: ReadonlySet<Piece>): void {
    const entries = new Set([...pieces].flatMap(({ line }) => (line ? this.view.entriesOf(line) : [])));
    const places = [...entries].filter(({ face }) => face !== "table").map((entry) => ({ entry, position: this.view.positionOf(entry) }));
    for (const { entry, position } of places.sort((one, other) => other.position - one.position)) {
      const node = this.view.nodeOf(entry);
      if (node && entry.line) patchText(tr, position, node, this.artist.node(entry.line, entry.keys, entry.face));
    }
  }

  /** Brings the editor to what is drawn. */
  private show(make: () => Transaction, caret: CaretPlace | null = null): void {
    const { host } = this;
    if (!host) return;
    // TipTap would make plain text of what was all chosen and is empty now, which nobody has asked for.
    const tr = make().setMeta(FROM_TEXT, true).setMeta("addToHistory", false).setMeta("preventClearDocument", true);
    if (!tr.docChanged) {
      this.took(host.state.doc);
      return;
    }
    this.took(tr.doc);
    const kept = this.found ?? this.kept;
    const selection = caret ? this.selectionAt(caret, tr.doc) : kept && findSelection(kept, tr.doc, this.view, this.anchors);
    // Where somebody composes the selection is the input method's.
    const isComposing = this.composed !== null && this.view.entryAt(tr.selection.head)?.line === this.composed.line;
    if (selection && !isComposing && !selection.eq(tr.selection)) tr.setSelection(selection);
    const before = host.state;
    this.isShowing = true;
    try {
      host.dispatch(tr);
    } finally {
      this.isShowing = false;
    }
    // A plugin added something of its own.
    if (host.state.doc !== tr.doc) this.changed(before);
  }

  private selectionAt({ map, offset, letter }: CaretPlace, doc: Node): Selection | null {
    const place = letter && this.anchors.find({ letter: Y.createID(letter.client, letter.clock), isBefore: false });
    if (place) return Selection.near(doc.resolve(place), -1);
    const line = this.pieces.pieceOfMap(map)?.line;
    const entry = line && this.view.entriesOf(line).find(isWritten);
    return entry ? TextSelection.create(doc, this.view.positionOf(entry) + 1 + Math.min(offset, entry.length)) : null;
  }

  private draw(): View {
    const { drawing, grids } = drawLines(this.artist, this.pieces, this.tables, this.spare);
    return new View(drawing, [...this.pieces.list], grids, drawing.doc);
  }

  /** The editor's document is what is drawn: its nodes are used again. */
  private took(doc: Node): void {
    const known = this.view.blocks.map(({ node }) => node);
    this.view.take(doc);
    for (const block of this.view.blocks) {
      if (known[block.index] === block.node && this.known.has(block.node)) continue;
      this.known.add(block.node);
      this.remember(block.node);
      const nodes = nodesIn(block.node);
      for (const entry of block.entries) {
        const node = nodes[entry.index]?.node;
        if (entry.line && node && entry.face !== "table" && entry.face !== "words") this.nodes.set(entry.line, { node, runs: entry.line.runs });
      }
    }
  }

  private readonly known = new WeakSet<Node>();

  private remember(node: Node): void {
    if (node.isTextblock || !node.firstChild) return;
    this.containers.set(node.firstChild, node);
    node.forEach((child) => {
      this.remember(child);
    });
  }

  private reuse(): Reuse<Line> {
    return {
      line: (line, type, attrs) => {
        const known = this.nodes.get(line);
        return known && known.runs === line.runs && isNode(known.node, type, attrs) ? known.node : null;
      },
      container: (type, attrs, children) => {
        const [first] = children;
        const known = first && this.containers.get(first);
        if (!known || known.childCount !== children.length || !isNode(known, type, attrs)) return null;
        return children.every((child, index) => known.child(index) === child) ? known : null;
      },
    };
  }
}

function isNode(node: Node, type: NodeType, attrs: Record<string, unknown> | null): boolean {
  return node.type === type && node.hasMarkup(type, attrs);
}

function merged(one: Changes | null, other: Changes, touchesTables: boolean): Changes {
  const structure = other.structure || touchesTables || !!one?.structure;
  return { pieces: new Set([...(one?.pieces ?? []), ...other.pieces]), structure };
}
