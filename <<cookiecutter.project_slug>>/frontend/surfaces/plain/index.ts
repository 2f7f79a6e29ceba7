/** Plain text, edited with CodeMirror: the worked example of a second kind, see docs/adding-a-document-kind.md. */

import { defaultKeymap, indentLess, insertTab } from "@codemirror/commands";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, highlightSpecialChars, keymap, placeholder } from "@codemirror/view";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import type { MadeFile } from "../../lib/files";
import { HELP_KEYS } from "../../ui/keys";
import type { Surface, SurfaceKind, Surroundings } from "../surface";
import { carets } from "./carets";
import { look } from "./look";
import { ROOT, readableText, stringOf } from "./text";

/** Escape lets the next Tab leave, also where something is selected: it does nothing else. */
const KEYS = defaultKeymap.filter(({ key }) => key !== "Escape");

const plain: SurfaceKind = {
  mount: (host, doc, awareness, page) => new PlainSurface(host, doc, awareness, page),
  export: (doc) => textFile(stringOf(doc.getText(ROOT))),
};

export default plain;

function textFile(text: string): MadeFile {
  return { extension: "txt", type: "text/plain", text };
}

class PlainSurface implements Surface {
  readonly shortcuts = [
    {
      title: "Lines",
      items: [
        { label: "Indent", keys: "Tab" },
        { label: "Indent less", keys: "Shift-Tab" },
        { label: "Move line up", keys: "Alt-↑" },
        { label: "Move line down", keys: "Alt-↓" },
      ],
    },
    {
      title: "Anywhere",
      items: [
        { label: "Undo", keys: "Mod-z" },
        { label: "Redo", keys: "Mod-Shift-z" },
        { label: "This help", keys: HELP_KEYS },
      ],
    },
  ];
  readonly hint = "Tab writes into the text. To leave it with the keyboard, press Escape, then Tab.";

  private readonly text: Y.Text;
  private readonly view: EditorView;
  private readonly rights = new Compartment();
  private readonly closing = new AbortController();
  private readonly caretKey: string;

  constructor(host: HTMLElement, doc: Y.Doc, awareness: Awareness, page: Surroundings) {
    const { signal } = this.closing;
    this.text = readableText(doc, signal);
    this.caretKey = `${page.memory}:caret`;
    this.view = new EditorView({
      parent: host,
      doc: stringOf(this.text),
      extensions: [
        this.rights.of(rights(false)),
        // The engine counts a carriage return as a character of its own, so it must be one here.
        EditorState.lineSeparator.of("\n"),
        EditorView.clipboardInputFilter.of((text) => text.replace(/\r\n?/g, "\n")),
        EditorView.contentAttributes.of({
          id: "text",
          "aria-label": "Document text",
          "data-testid": "editor",
          spellcheck: "true",
          autocapitalize: "sentences",
        }),
        look(page.nonce),
        placeholder("Write here"),
        highlightSpecialChars(),
        // Carets come last: when they are drawn, the text holds what was typed.
        yCollab(this.text, null),
        carets(this.text, awareness, page.colorOf),
        keymap.of([{ key: "Tab", run: insertTab, shift: indentLess }, ...yUndoManagerKeymap, ...KEYS]),
      ],
    });
    host.addEventListener("click", ({ target }) => target === host && this.writeBelow(), { signal });
    window.addEventListener("pagehide", () => this.remember(), { signal });
  }

  get isEmpty(): boolean {
    return this.view.state.doc.length === 0;
  }

  setEditable(editable: boolean): void {
    this.view.dispatch({ effects: this.rights.reconfigure(rights(editable)) });
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

  async loadRest(): Promise<void> {
    // There is no more.
  }

  destroy(): void {
    this.closing.abort();
    this.view.destroy();
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

/** Who may not write can still walk through the text with the keyboard, and select and copy. */
function rights(editable: boolean): Extension {
  return [
    EditorState.readOnly.of(!editable),
    EditorView.editable.of(editable),
    EditorView.contentAttributes.of({ "aria-readonly": String(!editable), tabindex: "0" }),
  ];
}
