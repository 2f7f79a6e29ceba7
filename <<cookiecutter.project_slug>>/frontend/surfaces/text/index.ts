/** Text with headings, lists, tables and the like, edited with TipTap. */

import { Editor } from "@tiptap/core";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";

import { fetchedAgain, untilThere } from "../../lib/again";
import { type MadeFile, htmlFile } from "../../lib/files";
import { bringIntoSight, caretIn } from "../../lib/sight";
import type { ChosenListener, Drawn, Marked, Nameable, Painter, Stretch, Surface, SurfaceKind, Surroundings, Words } from "../surface";
import { bindingOf } from "./bound";
import { CaretPlace } from "./caret-place";
import { watchCarets } from "./carets";
import { asHtml, documentAsHtml } from "./export";
import { extensions } from "./extensions";
import type { Layers } from "./layers";
import { takeDialogsFrom } from "./lazy";
import { mountToolbar } from "./menus/toolbar";
import { HINT, SHORTCUTS, Shortcuts } from "./shortcuts";
import { Consent } from "./things/image/images";
import { print } from "./typing/print";

/** Signs that are typed for arrows and dashes. */
const printSwitch = {
  id: "print-signs",
  label: "Arrows and dashes",
  get isOn() {
    return print.isOn;
  },
  set isOn(on: boolean) {
    print.isOn = on;
  },
};

const loadExtras = fetchedAgain(() => import("./extras"));
const loadWriting = fetchedAgain(() => import("./binding/writing"));

takeDialogsFrom(loadExtras);

const text: SurfaceKind = {
  mount: (host, doc, awareness, page) => new TextSurface(host, doc, awareness, page),
  export: (doc, title) => htmlFile(title, documentAsHtml(doc)),
};

export default text;

class TextSurface implements Surface {
  readonly shortcuts = SHORTCUTS;
  readonly hint = HINT;
  readonly switches = [printSwitch];
  readonly writable: Promise<void>;

  private readonly editor: Editor;
  private readonly caretPlace: CaretPlace;
  private readonly closing = new AbortController();
  /** Once they have come: nobody needs them to see the text. */
  private layers: Layers | null = null;
  private isEditable = false;

  constructor(host: HTMLElement, doc: Y.Doc, private readonly awareness: Awareness, private readonly page: Surroundings) {
    const isEditable = (): boolean => this.isEditable;
    const consent = new Consent(page.memory);
    this.editor = new Editor({
      element: host,
      injectCSS: false,
      editable: false,
      enableInputRules: false, // see typing/, which comes with the menus
      // What is pasted is what it is: see clipboard/.
      enablePasteRules: false,
      extensions: [...extensions({ doc, awareness, isEditable, consent, page }), Shortcuts],
      editorProps: {
        // The cursor stays clear of what sticks to the top, and of the very bottom.
        scrollThreshold: { top: 165, bottom: 60, left: 0, right: 0 },
        scrollMargin: { top: 185, bottom: 90, left: 0, right: 0 },
        attributes: () => ({
          id: page.id ?? "text",
          class: "text",
          role: "textbox",
          "aria-multiline": "true",
          "aria-label": "Document text",
          "aria-readonly": String(!this.isEditable),
          "data-testid": page.id ?? "editor",
        }),
      },
    });
    this.writable = untilThere(loadWriting, page.failed, this.closing.signal).then((writing) => bindingOf(this.editor).takeWriting(writing));
    this.caretPlace = new CaretPlace(this.editor, page.memory);
    // TipTap takes up the attributes above only now.
    this.setEditable(false);
    mountToolbar(this.editor, page.toolbar);
    const { signal } = this.closing;
    signal.addEventListener("abort", watchCarets(this.editor.view.dom, awareness));
    host.addEventListener("click", (event) => this.openLinkOrWriteBelow(event, host), { signal });
  }

  get isEmpty(): boolean {
    return this.editor.isEmpty;
  }

  get undoManager(): Y.UndoManager {
    return bindingOf(this.editor).undoManager;
  }

  setEditable(editable: boolean): void {
    this.isEditable = editable;
    this.editor.setEditable(editable);
  }

  focus(place: "start" | "last"): void {
    this.putCaret(place === "last" ? (this.caretPlace.find() ?? 0) : 0);
  }

  takeEarlyWords(lines: string[], hasCaret: boolean): void {
    const { editor } = this;
    const paragraphs = lines.map((line) => ({ type: "paragraph", content: line ? [{ type: "text", text: line }] : [] }));
    const hasWords = lines.some((line) => line);
    const whole = { from: 0, to: editor.state.doc.content.size };
    if (hasWords) editor.commands.insertContentAt(editor.isEmpty ? whole : 0, paragraphs);
    // A paragraph has a beginning and an end beside its letters.
    if (hasCaret) this.putCaret(hasWords ? lines.reduce((size, line) => size + line.length + 2, 0) - 1 : 0);
  }

  export(title: string): MadeFile {
    return htmlFile(title, asHtml(this.editor.state.doc.content, this.editor.schema));
  }

  words(): { all: string; chosen: string } {
    const { doc, selection } = this.editor.state;
    const between = (from: number, to: number): string => doc.textBetween(from, to, "\n", " ");
    const chosen = selection.ranges.map(({ $from, $to }) => between($from.pos, $to.pos)).join("\n");
    return { all: between(0, doc.content.size), chosen };
  }

  reveal(person: string): boolean {
    const caret = caretIn(this.editor.view.dom, person);
    if (caret) bringIntoSight(caret);
    return caret !== null;
  }

  chosen(): Words | null {
    return this.layers?.chosen() ?? null;
  }

  wordsOf(stretch: Stretch): string | null {
    return this.layers?.wordsOf(stretch) ?? null;
  }

  asNow(stretch: Stretch): Words | null {
    return this.layers?.asNow(stretch) ?? null;
  }

  topOf(stretch: Stretch): number | null {
    return this.layers?.topOf(stretch) ?? null;
  }

  show(stretch: Stretch): boolean {
    return this.layers?.reveal(stretch) ?? false;
  }

  mark(layer: string, marks: readonly Marked[] | Painter | null, drawn?: Drawn): void {
    if (this.layers) this.layers.mark(layer, marks, drawn);
    else void this.fetchLayers().then((layers) => layers.mark(layer, marks, drawn));
  }

  onChosen(listener: ChosenListener): () => void {
    return this.layers?.onChosen(listener) ?? (() => undefined);
  }

  step(change: () => void): void {
    bindingOf(this.editor).step(change);
  }

  /** The dialogs come along: from then on they open without a network too, and in a tab older than the site's files. */
  async loadRest(): Promise<void> {
    await this.fetchLayers();
    const { mountExtras } = await loadExtras();
    if (!this.editor.isDestroyed) await mountExtras(this.editor, (client) => this.nameOf(client), this.closing.signal);
  }

  offerPeople(people: () => Promise<readonly Nameable[]>, named?: () => void): void {
    void untilThere(loadExtras, undefined, this.closing.signal).then(({ mountMentions }) => {
      if (!this.editor.isDestroyed) mountMentions(this.editor, people, named);
    });
  }

  showMention(id: string): void {
    const named = this.editor.view.dom.querySelector<HTMLElement>(`[data-mention="${CSS.escape(id)}"]`);
    if (named) bringIntoSight(named);
  }

  destroy(): void {
    this.closing.abort();
    this.caretPlace.destroy();
    this.editor.destroy();
    this.page.toolbar.replaceChildren();
  }

  private async fetchLayers(): Promise<Layers> {
    const { Layers } = await untilThere(loadExtras, this.page.failed, this.closing.signal);
    this.layers ??= new Layers(this.editor, this.closing.signal);
    return this.layers;
  }

  private nameOf(client: number): string {
    const { user } = (this.awareness.getStates().get(client) ?? {}) as { user?: { name?: unknown } };
    return String(user?.name ?? "Somebody");
  }

  /** TipTap's own way waits for the next frame, and keys that come before it would go elsewhere. */
  private putCaret(place: number): void {
    this.editor.commands.setTextSelection(place);
    this.editor.view.focus();
    this.editor.commands.scrollIntoView();
  }

  /** Mod+click opens a link; a click below the last line goes on writing there. */
  private openLinkOrWriteBelow(event: MouseEvent, host: HTMLElement): void {
    const target = event.target as HTMLElement;
    const link = target.closest<HTMLAnchorElement>("a[href]");
    if (link && this.isEditable && (event.ctrlKey || event.metaKey)) {
      window.open(link.href, "_blank", "noopener");
    } else if (target === host && this.isEditable) {
      this.editor.commands.focus("end");
    }
  }
}
