/** Plain text, edited with CodeMirror: the worked example of a second kind, see docs/adding-a-document-kind.md. */

import { standardKeymap } from "@codemirror/commands";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, highlightSpecialChars, keymap, placeholder } from "@codemirror/view";
import { yCollab } from "y-codemirror.next";
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import type { MadeFile } from "../../lib/files";
import type { ChosenListener, Drawn, Marked, Painter, Stretch, Surface, SurfaceKind, Surroundings, Words } from "../surface";
import { carets, placeOf } from "./carets";
import { type Parts, SHORTCUTS, commandKeys, mountToolbar } from "./commands";
import { Layers } from "./layers";
import { look } from "./look";
import { ROOT, readableText, stringOf } from "./text";

const plain: SurfaceKind = {
  mount: (host, doc, awareness, page) => new PlainSurface(host, doc, awareness, page),
  export: (doc) => textFile(stringOf(doc.getText(ROOT))),
};

export default plain;

function textFile(text: string): MadeFile {
  return { extension: "txt", type: "text/plain", text };
}

class PlainSurface implements Surface {
  readonly shortcuts = SHORTCUTS;
  readonly hint = "Tab writes into the text. To leave it with the keyboard, press Escape, then Tab.";

  private readonly text: Y.Text;
  private readonly view: EditorView;
  readonly undoManager: Y.UndoManager;
  private readonly toolbar: HTMLElement;
  private readonly rights = new Compartment();
  private readonly closing = new AbortController();
  private readonly caretKey: string;
  private readonly layers: Layers;

  constructor(host: HTMLElement, doc: Y.Doc, awareness: Awareness, page: Surroundings) {
    const { signal } = this.closing;
    this.text = readableText(doc, signal);
    this.undoManager = new Y.UndoManager(this.text, { trackedOrigins: new Set() });
    this.toolbar = page.toolbar;
    this.caretKey = `${page.memory}:caret`;
    this.view = new EditorView({
      parent: host,
      doc: stringOf(this.text),
      extensions: [
        this.rights.of(this.may(false)),
        // The engine counts a carriage return as a character of its own, so it must be one here.
        EditorState.lineSeparator.of("\n"),
        EditorView.clipboardInputFilter.of((text) => text.replace(/\r\n?/g, "\n")),
        EditorView.contentAttributes.of({
          id: page.id ?? "text",
          "aria-label": "Document text",
          "data-testid": page.id ?? "editor",
          spellcheck: "true",
          autocapitalize: "sentences",
        }),
        look(page.nonce),
        placeholder("Write here"),
        highlightSpecialChars(),
        // Carets come last: when they are drawn, the text holds what was typed.
        yCollab(this.text, null, { undoManager: this.undoManager }),
        carets(this.text, awareness, page.colorOf),
        // By which one moves, selects and deletes in any field; all others but those of commands are the browser's.
        keymap.of(standardKeymap),
      ],
    });
    this.layers = new Layers(this.view, this.text, signal);
    mountToolbar(this.parts());
    host.addEventListener("click", ({ target }) => target === host && this.writeBelow(), { signal });
    window.addEventListener("pagehide", () => this.remember(), { signal });
  }

  get isEmpty(): boolean {
    return this.view.state.doc.length === 0;
  }

  setEditable(editable: boolean): void {
    this.view.dispatch({ effects: this.rights.reconfigure(this.may(editable)) });
  }

  focus(place: "start" | "last"): void {
    this.view.dispatch({ selection: { anchor: place === "last" ? this.lastPlace() : 0 }, scrollIntoView: true });
    this.view.focus();
  }

  takeEarlyWords(lines: string[], hasCaret: boolean): void {
    const words = lines.join("\n");
    const { state } = this.view;
    if (words.trim()) this.view.dispatch({ changes: { from: 0, insert: state.doc.length > 0 ? `${words}\n` : words } });
    if (!hasCaret) return;
    this.view.dispatch({ selection: { anchor: words.trim() ? words.length : 0 }, scrollIntoView: true });
    this.view.focus();
  }

  export(): MadeFile {
    return textFile(this.view.state.doc.toString());
  }

  words(): { all: string; chosen: string } {
    const { doc, selection } = this.view.state;
    const chosen = selection.ranges.map(({ from, to }) => doc.sliceString(from, to)).join("\n");
    return { all: doc.toString(), chosen };
  }

  reveal(person: string): boolean {
    const place = placeOf(this.view, person);
    if (place !== null) this.view.dispatch({ effects: EditorView.scrollIntoView(place, { y: "center" }) });
    return place !== null;
  }

  chosen(): Words | null {
    return this.layers.chosen();
  }

  wordsOf(stretch: Stretch): string | null {
    return this.layers.wordsOf(stretch);
  }

  asNow(stretch: Stretch): Words | null {
    return this.layers.asNow(stretch);
  }

  topOf(stretch: Stretch): number | null {
    return this.layers.topOf(stretch);
  }

  show(stretch: Stretch): boolean {
    return this.layers.reveal(stretch);
  }

  mark(layer: string, marks: readonly Marked[] | Painter | null, drawn?: Drawn): void {
    this.layers.mark(layer, marks, drawn);
  }

  onChosen(listener: ChosenListener): () => void {
    return this.layers.onChosen(listener);
  }

  step(change: () => void): void {
    const { doc } = this.text;
    if (!doc) return;
    this.undoManager.trackedOrigins.add(this);
    this.undoManager.addToScope([...doc.share.values()]);
    this.undoManager.stopCapturing();
    doc.transact(change, this);
    this.undoManager.stopCapturing();
  }

  async loadRest(): Promise<void> {
    // There is no more.
  }

  destroy(): void {
    this.closing.abort();
    this.view.destroy();
    this.undoManager.destroy();
    this.toolbar.replaceChildren();
  }

  private parts(): Parts {
    return { view: this.view, history: this.undoManager, toolbar: this.toolbar };
  }

  /** Who may not write can still walk through the text with the keyboard, and select and copy. */
  private may(write: boolean): Extension {
    return [
      EditorState.readOnly.of(!write),
      EditorView.editable.of(write),
      EditorView.contentAttributes.of({ "aria-readonly": String(!write), tabindex: "0" }),
      write ? commandKeys(() => this.parts()) : [],
    ];
  }

  private writeBelow(): void {
    if (this.view.state.readOnly) return;
    this.view.dispatch({ selection: { anchor: this.view.state.doc.length } });
    this.view.focus();
  }

  private remember(): void {
    const place = Y.createRelativePositionFromTypeIndex(this.text, this.view.state.selection.main.head);
    try {
      sessionStorage.setItem(this.caretKey, JSON.stringify(place));
    } catch {
      // The browser keeps nothing: next time the caret begins at the start.
    }
  }

  private lastPlace(): number {
    try {
      const place = Y.createRelativePositionFromJSON(JSON.parse(sessionStorage.getItem(this.caretKey) ?? ""));
      const found = this.text.doc && Y.createAbsolutePositionFromRelativePosition(place, this.text.doc);
      return found?.type === this.text ? Math.min(found.index, this.view.state.doc.length) : 0;
    } catch {
      return 0; // nothing is known, or it is no longer there
    }
  }
}
