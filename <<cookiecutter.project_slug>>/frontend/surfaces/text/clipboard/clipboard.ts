/**
 * The clipboard, both ways.
 *
 * A paste is done at once, in the event itself, so that keys pressed after it come after it. That is why this folder, with the
 * library for Markdown, is fetched while the editor stands idle: the first load has no room for it, and a paste before
 * then is ProseMirror's own, which takes any text.
 */

import type { Editor } from "@tiptap/core";
import { Fragment, type Mark, type Schema, Slice } from "@tiptap/pm/model";
import { AllSelection, Selection, TextSelection, type Transaction } from "@tiptap/pm/state";
import { CellSelection, handlePaste, isInTable } from "@tiptap/pm/tables";
import { dropPoint } from "@tiptap/pm/transform";
import type { EditorView } from "@tiptap/pm/view";

import * as sentences from "../../../text/pasting";
import { say } from "../../../ui/toast";
import { bindingOf } from "../bound";
import { wellFormed } from "../model/values";
import { NO_FILES } from "../no-files";
import { intoCell } from "../things/table/pasted";
import { erase } from "../typing/edges";
import { markdownToHtml } from "./markdown";
import { offerPlain } from "./offer";
import { type Reading, readHtml } from "./read-html";
import { addressIn, isMarkdown, readRows, readText, withHyphens } from "./read-text";
import { writeHtml } from "./write-html";
import { writeMarkdown } from "./write-markdown";
import { writeText } from "./write-text";

/** What is taken at once: letters of HTML and tags in it, beyond which the text beside it is taken; letters of text; lines. */
const [LONGEST_HTML, MOST_TAGS, LONGEST_TEXT, MOST_LINES] = [10_000_000, 300_000, 10_000_000, 60_000];

/** The kinds of data that are looked at. */
interface Brought {
  text: string;
  html: string;
  markdown: string;
  /** The language that a code editor says the text is in; null where the text is no code editor's. */
  language: string | null;
  files: number;
}

export function mountClipboard(editor: Editor, closed: AbortSignal): void {
  const { view } = editor;
  const clipboard = new Clipboard(editor);
  // Before ProseMirror's own, which leave alone what has been done.
  const options = { capture: true, signal: closed };
  view.dom.addEventListener("paste", (event) => clipboard.paste(event), options);
  view.dom.addEventListener("copy", (event) => clipboard.copy(event), options);
  view.dom.addEventListener("cut", (event) => clipboard.copy(event), options);
  view.dom.addEventListener("drop", (event) => clipboard.drop(event), options);
  view.dom.addEventListener("keydown", (event) => clipboard.pressed(event), options);
  view.dom.addEventListener("keyup", () => clipboard.released(), options);
  // Behind it: what is dragged has been taken up by then.
  view.dom.addEventListener("dragstart", ({ dataTransfer }) => {
    if (view.dragging && dataTransfer) write(dataTransfer, view.dragging.slice);
  }, { signal: closed });
}

/** Puts a copy into the clipboard, in all its forms. */
export function write(data: DataTransfer, slice: Slice): void {
  data.setData("text/html", writeHtml(slice));
  data.setData("text/plain", writeText(slice));
  data.setData("text/markdown", asMarkdown(slice));
}

/** What is selected, or else all, as Markdown for programs that take text. Works where a page may not write to the clipboard too. */
export function copyMarkdown({ state }: Editor): void {
  const { selection, doc } = state;
  const slice = selection.empty ? new Slice(doc.content, 0, 0) : selection.content();
  const copy = (event: ClipboardEvent): void => {
    event.preventDefault();
    event.stopImmediatePropagation();
    for (const kind of ["text/plain", "text/markdown"]) event.clipboardData?.setData(kind, asMarkdown(slice));
  };
  document.addEventListener("copy", copy, { capture: true, once: true });
  const isCopied = document.execCommand("copy");
  document.removeEventListener("copy", copy, { capture: true });
  say(isCopied ? sentences.COPIED_MARKDOWN : sentences.NOT_COPIED);
}

/** A part of one line is no block. */
export function asMarkdown({ content, openStart }: Slice): string {
  let inner: Fragment = content;
  for (let depth = 0; depth < openStart && inner.childCount === 1; depth++) inner = inner.firstChild?.content ?? inner;
  return writeMarkdown(inner.firstChild?.isInline && !content.firstChild?.type.spec.code ? inner : whole(content));
}

/** Rows without their table, items without their list. */
function whole(content: Fragment): Fragment {
  const first = content.firstChild;
  const { nodes } = first?.type.schema ?? ({ nodes: {} } as Pick<Schema, "nodes">);
  const around = { tableRow: "table", listItem: "bulletList", taskItem: "taskList" }[first?.type.name ?? ""];
  const type = around === undefined ? undefined : nodes[around];
  return type ? Fragment.from(type.create(null, content)) : content;
}

/** Blocks in which one does not write on. */
const THINGS = new Set(["table", "image", "horizontalRule"]);

class Clipboard {
  /** The last key asked for the text alone. */
  private isPlain = false;
  private hasSaidPlainer = false;

  constructor(private readonly editor: Editor) {}

  pressed({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): void {
    if (["Shift", "Control", "Meta", "Alt"].includes(key)) return;
    this.isPlain = (ctrlKey || metaKey) && shiftKey && key.toLowerCase() === "v";
  }

  /** The paste came with the key, or does not come: one by a menu is another. */
  released(): void {
    this.isPlain = false;
  }

  copy(event: ClipboardEvent): void {
    const { view } = this.editor;
    if (view.state.selection.empty || !event.clipboardData) return;
    event.preventDefault();
    event.clipboardData.clearData();
    write(event.clipboardData, chosenIn(view.state));
    if (event.type === "cut" && view.editable) {
      const cut = (tr: Transaction): void => view.dispatch(tr.setMeta("uiEvent", "cut"));
      // A table from whose cells something is cut keeps its shape.
      if (!erase(view.state, cut)) cut(view.state.tr.deleteSelection().scrollIntoView());
    }
  }

  paste(event: ClipboardEvent): void {
    const { view } = this.editor;
    const isPlain = this.isPlain;
    this.isPlain = false;
    // While something is composed, the browser's own way is the one that works.
    if (!view.editable || !event.clipboardData || view.composing) return;
    event.preventDefault();
    const brought = look(event.clipboardData);
    const { parent } = view.state.selection.$from;
    if (!parent.type.spec.code && !isPlain && this.link(brought.text)) return;
    const { reading, isGuess } = this.read(brought, isPlain || Boolean(parent.type.spec.code));
    if (!reading) return;
    this.put(reading.slice, event);
    if (isGuess) offerPlain(this.editor, () => this.put(this.plain(brought.text), event));
  }

  /** What is dragged in from elsewhere. */
  drop(event: DragEvent): void {
    const { view } = this.editor;
    const { dataTransfer } = event;
    if (!view.editable || view.dragging || !dataTransfer || dataTransfer.types.includes("Files")) return;
    const brought = look(dataTransfer);
    const place = view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos;
    if (place === undefined || !(brought.html || brought.text)) return;
    event.preventDefault();
    const inCode = Boolean(view.state.doc.resolve(place).parent.type.spec.code);
    const { reading } = this.read(brought, inCode);
    if (!reading) return;
    const at = dropPoint(view.state.doc, place, reading.slice) ?? place;
    const tr = view.state.tr.replaceRange(at, at, reading.slice);
    if (!tr.docChanged) return;
    const end = tr.mapping.map(at);
    tr.setSelection(TextSelection.between(tr.doc.resolve(Math.min(at, end)), tr.doc.resolve(end)));
    view.focus();
    view.dispatch(tr.setMeta("uiEvent", "drop"));
  }

  /** An address on some words makes a link of them. (By itself it becomes one as it would if it were typed: see things/link/.) */
  private link(text: string): boolean {
    const { selection, schema, tr, doc } = this.editor.state;
    const type = schema.marks["link"];
    const href = addressIn(text);
    const areWords = selection instanceof TextSelection || selection instanceof AllSelection;
    if (!href || !type || !areWords || !doc.textBetween(selection.from, selection.to)) return false;
    const { code } = schema.marks;
    if (code && doc.rangeHasMark(selection.from, selection.to, code)) say(sentences.NO_LINK_ON_CODE);
    else this.dispatch(tr.addMark(selection.from, selection.to, type.create({ href })));
    return true;
  }

  /** What is brought, as far as it can be taken; what cannot be is said. `isGuess`: it could be meant otherwise. */
  private read(brought: Brought, isPlain: boolean): { reading: Reading | null; isGuess: boolean } {
    const { text, markdown, language } = brought;
    const html = bounded(brought.html);
    const { schema } = this.editor;
    const asText = (): Reading | null => (text ? readingOf(this.plain(text)) : null);
    const asMarkdown = (source: string): Reading | null => readHtml(markdownToHtml(withHyphens(source)), schema, true);
    const answer = (reading: Reading | null, isGuess = false) => ({ reading: this.checked(reading, brought), isGuess });
    if (text.length > LONGEST_TEXT || (brought.html && !html && !text)) {
      say(sentences.TOO_MUCH);
      return { reading: null, isGuess: false };
    }
    if (isPlain) return answer(text || !html ? asText() : this.textOf(readHtml(html, schema)));
    if (language !== null && text) return language === "markdown" && isMarkdown(text) ? answer(asMarkdown(text), true) : answer(readingOf(this.code(text, language)));
    if (html) {
      const reading = readHtml(html, schema);
      if (reading?.slice.size && text && isUnformatted(reading.slice) && isMarkdown(text)) return answer(asMarkdown(text), true);
      if (reading) return answer(reading);
    }
    if (isInTable(this.editor.state)) {
      const rows = readRows(text, schema);
      if (rows) return answer(readingOf(rows));
    }
    if (!html && markdown) return answer(asMarkdown(markdown));
    return isMarkdown(text) ? answer(asMarkdown(text), true) : answer(asText());
  }

  /** Says what is left out, and whether anything is left. */
  private checked(reading: Reading | null, { files }: Brought): Reading | null {
    if (!reading) {
      if (files) say(NO_FILES);
      return null;
    }
    let lines = 0;
    reading.slice.content.descendants((node) => {
      if (node.isTextblock) lines++;
      return !node.isTextblock;
    });
    if (lines > MOST_LINES) {
      say(sentences.TOO_MUCH);
      return null;
    }
    if (reading.files) say(NO_FILES);
    if (reading.unsafe) say(sentences.NO_PICTURES);
    if (reading.cells) say(sentences.TABLE_CUT);
    if (reading.isCut) say(sentences.CUT);
    // Once is enough: most pages have some colour in them.
    if (reading.isPlainer && reading.slice.size && !this.hasSaidPlainer) say(sentences.PLAINER);
    this.hasSaidPlainer ||= reading.isPlainer;
    return reading.slice.size ? reading : null;
  }

  /** Text alone, for where the selection is. */
  private plain(text: string): Slice {
    const { view } = this.editor;
    const { schema } = view.state;
    const { parent } = view.state.selection.$from;
    if (parent.type.spec.code) return new Slice(Fragment.from(text ? schema.text(wellFormed(text).replace(/\r\n?/g, "\n")) : null), 0, 0);
    return readText(text, schema, marksAt(view));
  }

  private textOf(reading: Reading | null): Reading | null {
    return reading && { ...reading, slice: this.plain(writeText(reading.slice)) };
  }

  /** From a code editor: lines are a block of code, a word is a word in code. */
  private code(text: string, language: string): Slice {
    const { schema } = this.editor;
    const words = wellFormed(text).replace(/\r\n?/g, "\n");
    const isText = language === "plaintext" || language === "markdown";
    // An empty line is no program.
    if (isText || !words.trim()) return this.plain(text);
    if (!words.includes("\n")) {
      const mark = schema.marks["code"]?.create();
      return new Slice(Fragment.from(schema.text(words, mark ? [mark] : [])), 0, 0);
    }
    return new Slice(Fragment.from(schema.node("codeBlock", { language }, [schema.text(words.replace(/\n$/, ""))])), 0, 0);
  }

  /** In place of what is selected, to be undone by itself. */
  private put(given: Slice, event: ClipboardEvent): void {
    const { view } = this.editor;
    let slice = asItems(settled(given, view), view);
    view.someProp("transformPasted", (change) => {
      slice = change(slice, view, false);
    });
    const into = intoCell(view.state, slice);
    if (into) {
      this.dispatch(into);
      return;
    }
    if (this.intoCells(slice, event)) return;
    const { tr } = view.state;
    const { content, openStart, openEnd } = slice;
    const blocks = blocksFor(slice, view);
    if (blocks) {
      const { from, to, content: put } = blocks;
      const isThing = THINGS.has(put.lastChild?.type.name ?? "");
      // One goes on writing behind it.
      const line = isThing && to === tr.doc.content.size ? view.state.schema.nodes["paragraph"]?.create() : null;
      tr.replaceWith(from, to, line ? put.addToEnd(line) : put);
      this.dispatch(tr.setSelection(Selection.near(tr.doc.resolve(from + put.size), isThing ? 1 : -1)));
      return;
    }
    const only = content.childCount === 1 && !openStart && !openEnd ? content.firstChild : null;
    this.dispatch(only ? tr.replaceSelectionWith(only, false) : tr.replaceSelection(slice));
  }

  /** Tables take rectangles of cells; who has chosen none goes on writing behind the last. */
  private intoCells(slice: Slice, event: ClipboardEvent): boolean {
    const { view } = this.editor;
    const wereChosen = view.state.selection instanceof CellSelection;
    if (!bindingOf(this.editor).apart(() => handlePaste(view, event, slice))) return false;
    const { selection, tr } = view.state;
    if (wereChosen || !(selection instanceof CellSelection)) return true;
    const { $headCell } = selection;
    const end = $headCell.pos + ($headCell.nodeAfter?.nodeSize ?? 1) - 1;
    view.dispatch(tr.setSelection(Selection.near(tr.doc.resolve(end), -1)).scrollIntoView());
    return true;
  }

  private dispatch(tr: EditorView["state"]["tr"]): void {
    bindingOf(this.editor).apart(() => this.editor.view.dispatch(tr.scrollIntoView().setMeta("paste", true).setMeta("uiEvent", "paste")));
  }
}

/** A part of one line is some words, and brings neither the item nor the heading along that it was cut out of. */
function chosenIn({ selection, schema }: EditorView["state"]): Slice {
  const { $from, $to, from, to } = selection;
  const { parent } = $from;
  const isPart = selection instanceof TextSelection && $from.sameParent($to) && !parent.type.spec.code && to - from < parent.content.size;
  const line = isPart ? schema.nodes["paragraph"]?.create({ dir: parent.attrs["dir"] as unknown }, parent.slice($from.parentOffset, $to.parentOffset).content) : null;
  return line ? new Slice(Fragment.from(line), 1, 1) : selection.content();
}

function look(data: DataTransfer): Brought {
  const text = data.getData("text/plain") || data.getData("text/uri-list").replace(/\r?\n/g, " ");
  const editor = data.getData("vscode-editor-data");
  return {
    text,
    html: data.getData("text/html"),
    markdown: data.getData("text/markdown"),
    language: editor ? languageIn(editor) : null,
    files: data.files.length,
  };
}

/** Nothing where it is too much for the browser to parse while somebody waits. Pictures in it are not looked at. */
function bounded(html: string): string {
  const shown = html.length < LONGEST_HTML / 10 ? html : html.replace(/data:[^"'()<>\s]{1000,}/g, "data:,");
  if (shown.length > LONGEST_HTML) return "";
  let tags = 0;
  for (let at = shown.indexOf("<"); at >= 0 && tags <= MOST_TAGS; at = shown.indexOf("<", at + 1)) tags++;
  return tags > MOST_TAGS ? "" : shown;
}

function languageIn(json: string): string | null {
  try {
    const { mode } = JSON.parse(json) as { mode?: unknown };
    return typeof mode === "string" && mode.length <= 40 ? mode : null;
  } catch {
    return null;
  }
}

function readingOf(slice: Slice): Reading {
  return { slice, files: 0, unsafe: 0, cells: 0, isCut: false, isPlainer: false };
}

/** Paragraphs without any mark: what a page shows text in that is meant as text. */
function isUnformatted({ content }: Slice): boolean {
  let isPlain = true;
  content.descendants((node) => {
    isPlain &&= ["paragraph", "text", "hardBreak"].includes(node.type.name) && !node.marks.length;
    return isPlain;
  });
  return isPlain;
}

/** The marks that letters typed here would have; who pastes behind a link does not go on with it. */
function marksAt({ state }: EditorView): readonly Mark[] {
  const { $from } = state.selection;
  const after = $from.nodeAfter?.marks ?? [];
  return (state.storedMarks ?? $from.marks()).filter((mark) => mark.type.name !== "link" || mark.isInSet(after));
}

/**
 * Several lines that are put on whole ones stand in their place as they stood where they were copied, with all that was around
 * them. Null where they are put into what is there: ProseMirror's way, which drops what the first line stood in.
 */
function blocksFor({ content, openStart, openEnd }: Slice, { state }: EditorView): { from: number; to: number; content: Fragment } | null {
  const range = linesAt(state.selection);
  const isTable = content.lastChild?.type.name === "table";
  if (!range || isOne(content) || (Math.max(openStart, openEnd) < 2 && !isTable)) return null;
  const closed = filled(content);
  const [$from, $to] = [state.doc.resolve(range.from), state.doc.resolve(range.to)];
  return $from.parent.canReplace($from.index(), $to.index(), closed) ? { ...range, content: closed } : null;
}

/** Whole lines that are selected, none of them in a list: items go into the list that is there. */
function linesAt(selection: Selection): { from: number; to: number } | null {
  const { from, to, $from, $to } = selection;
  if (selection instanceof AllSelection) return { from, to };
  const isWhole = !$from.parentOffset && $to.parentOffset === $to.parent.content.size && $from.sameParent($to);
  const isLine = selection instanceof TextSelection && isWhole && $from.depth > 0 && !/Item$/.test($from.node(-1).type.name);
  return isLine ? { from: $from.before(), to: $to.after() } : null;
}

function isOne({ childCount, firstChild }: Fragment): boolean {
  return childCount === 1 && firstChild !== null && (firstChild.isTextblock || isOne(firstChild.content));
}

/** What was cut off at the beginning of a node, such as an item's own line, is empty. */
function filled(content: Fragment): Fragment {
  return Fragment.fromArray(
    content.content.map((node) => {
      if (node.isTextblock || node.isLeaf) return node;
      const inner = filled(node.content);
      return node.copy(node.type.contentMatch.fillBefore(inner, true)?.append(inner) ?? inner);
    }),
  );
}

/** Lines that are put into an item are items, as if they had been typed there: a heading is none. */
function asItems(slice: Slice, { state }: EditorView): Slice {
  const { content, openStart, openEnd } = slice;
  const { $from } = state.selection;
  const areLines = content.content.every(({ type }) => ["paragraph", "heading"].includes(type.name));
  const isPut = areLines && (content.childCount > 1 || content.firstChild?.type.name === "heading");
  const item = isPut && $from.depth > 2 && $from.index(-1) === 0 ? $from.node(-1).type : null;
  if (!item || !/Item$/.test(item.name)) return slice;
  const { type: paragraph } = $from.parent;
  const items = content.content.map((line) => item.create(null, paragraph.create({ dir: line.attrs["dir"] as unknown }, line.content)));
  return new Slice(Fragment.from($from.node(-2).type.create(null, items)), openStart + 2, openEnd + 2);
}

/** A program of several lines does not become one line of a text, wherever it was cut out. */
function settled(slice: Slice, { state }: EditorView): Slice {
  const { content, openStart, openEnd } = slice;
  const { parent } = state.selection.$from;
  if (parent.type.spec.code) return slice;
  const { firstChild, lastChild } = content;
  if (firstChild && content.childCount === 1 && firstChild.type.spec.code && openStart && openEnd && !firstChild.textContent.includes("\n")) {
    return new Slice(firstChild.content, 0, 0);
  }
  return new Slice(content, firstChild?.type.spec.code ? 0 : openStart, lastChild?.type.spec.code ? 0 : openEnd);
}
