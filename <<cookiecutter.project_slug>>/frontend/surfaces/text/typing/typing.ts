/** What typing does besides writing letters: signs that make blocks and marks, and the keys at the edges of lines. */

import type { Editor } from "@tiptap/core";
import { keydownHandler } from "@tiptap/pm/keymap";
import type { MarkType } from "@tiptap/pm/model";
import { type Command, type EditorState, NodeSelection, Plugin, PluginKey, TextSelection, type Transaction } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";

import { LEAVES } from "../../../text/messages";
import { announce } from "../../../ui/announce";
import { imageUrl, linkUrl } from "../../../lib/urls";
import { isMac } from "../../../ui/keys";
import { isFromText } from "../binding/binding";
import { bindingOf } from "../bound";
import { THING } from "../model/draw";
import type { Keys } from "../model/keys";
import { LIMITS } from "../model/values";
import { languageName } from "../things/code-block/languages";
import { becomeBlock, becomeCode, putImage } from "./blocks";
import { backspace, enter, erase, forwardDelete, indent } from "./edges";
import { print } from "./print";
import { type Where, addressRule, blockRule, fenceRule, isOfWord, markRule, printRule } from "./rules";
import { selectAll } from "./select";

/** Milliseconds from the end of a composition to when its last letters are in the document. */
const COMPOSITION_READ = 60;

/** What stands on top of what can be undone since a sign was taken for more than letters. */
interface Applied {
  step: unknown;
  /** The sign that a letter right behind it shows to have been part of a word. */
  isOfWord: boolean;
}

const key = new PluginKey<Applied | null>("typing");

export function mountTyping(editor: Editor): void {
  // First of all plugins, so that no key is another's before.
  editor.registerPlugin(typing(editor), (added, others) => [added, ...others]);
}

function typing(editor: Editor): Plugin<Applied | null> {
  const keys = keydownHandler(bindings(editor));
  // Escape, then Tab leaves the text: elsewhere Tab is the text's.
  let leaves = false;
  const leave = (event: KeyboardEvent): boolean => {
    if (event.key === "Tab" && leaves) return true;
    if (event.key !== "Shift") leaves = false;
    return false;
  };
  const stay = (): boolean => (leaves = false);
  return new Plugin<Applied | null>({
    key,
    state: {
      init: () => null,
      apply: (tr, before) => {
        const applied = tr.getMeta(key) as Applied | undefined;
        if (applied) return applied;
        const isOthers = isFromText(tr) || (!tr.docChanged && !tr.selectionSet);
        return isOthers ? before : null;
      },
    },
    props: {
      handleKeyDown: (view, event) => {
        if (event.key === "Escape" && !event.isComposing) {
          leaves = true;
          announce(LEAVES);
        }
        return view.editable && keys(view, event);
      },
      handleTextInput: (view, from, to, text, make) => typed(editor, view, text, () => make?.() ?? view.state.tr.insertText(text, from, to)),
      handleDOMEvents: {
        keydown: (view, event) => inControl(view, event) || leave(event),
        mousedown: stay,
        blur: stay,
        compositionstart: (view) => {
          beside(view);
          return false;
        },
        compositionend: (view, { data }) => {
          window.setTimeout(() => composed(editor, view, data), COMPOSITION_READ);
          return false;
        },
      },
    },
  });
}

/** Keys in a box or at a button within the text are the browser's: what they did to the text, nobody would see. Escape goes back. */
function inControl(view: EditorView, event: KeyboardEvent): boolean {
  const isControl = event.target instanceof Element && event.target !== view.dom && event.target.closest("input, button, select, textarea") !== null;
  if (isControl && event.key === "Escape") view.focus();
  return isControl;
}

function bindings(editor: Editor): Record<string, Command> {
  const keys = edges();
  return { ...keys, ...Object.fromEntries(ERASE.map((name) => [name, first(takeBack(editor), keys[name] as Command)])), Enter: first(code(editor), keys["Enter"] as Command) };
}

const ERASE = ["Backspace", "Mod-Backspace", "Shift-Backspace", ...(isMac() ? ["Ctrl-h", "Alt-Backspace"] : [])];
const REMOVE = ["Delete", "Mod-Delete", ...(isMac() ? ["Ctrl-d", "Alt-Delete", "Alt-d"] : [])];

/** The keys that do something where a line begins or ends. */
export function edges(): Record<string, Command> {
  return {
    Enter: asCommand(enter),
    ...Object.fromEntries(ERASE.map((name) => [name, asCommand(backspace)])),
    ...Object.fromEntries(REMOVE.map((name) => [name, asCommand(forwardDelete)])),
    Tab: asCommand(indent(1)),
    "Shift-Tab": asCommand(indent(-1)),
    "Mod-a": selectAll,
  };
}

function asCommand(run: (state: EditorState, dispatch: (tr: Transaction) => void) => boolean): Command {
  return (state, dispatch) => !!dispatch && run(state, dispatch);
}

function first(...commands: Command[]): Command {
  return (...given) => commands.some((command) => command(...given));
}

/** What was typed stands again as it was typed, whatever others have written since. */
function takeBack(editor: Editor): Command {
  return (state) => {
    const applied = key.getState(state);
    const { undoManager } = bindingOf(editor);
    return !!applied && undoManager.undoStack.at(-1) === applied.step && editor.commands.undo();
  };
}

/** Three backticks, and Enter. */
function code(editor: Editor): Command {
  return (state) => {
    const where = whereOf(state, "");
    const language = where && fenceRule(where);
    return typeof language === "string" && apply(editor, fenced(state, language));
  };
}

/** The same, and a space. */
function spacedFence(where: Where): string | null {
  return where.before.endsWith(" ") ? fenceRule({ ...where, before: where.before.slice(0, -1) }) : null;
}

function fenced(state: EditorState, language: string): Transaction | null {
  return becomeCode(state, (languageName(language) ?? language).slice(0, LIMITS.language));
}

/** Where the caret is, once `text` has been typed there; null where signs are signs. */
function whereOf({ selection, storedMarks }: EditorState, text: string): Where | null {
  if (!(selection instanceof TextSelection)) return null;
  const { $from, $to } = selection;
  if (!$from.sameParent($to) || !["paragraph", "heading"].includes($from.parent.type.name)) return null;
  if ((storedMarks ?? $from.marks()).some(({ type }) => type.name === "code")) return null;
  const { parent, parentOffset } = $from;
  const leaf = (node: { type: { name: string } }): string => (node.type.name === "hardBreak" ? "\n" : THING);
  return {
    before: parent.textBetween(0, parentOffset, null, leaf) + text,
    behind: parent.textBetween($to.parentOffset, parent.content.size, null, leaf),
    keys: keysAt(selection),
  };
}

/** What the line is, as far as the nodes around it say. */
function keysAt({ $from }: TextSelection): Keys {
  const { parent, depth } = $from;
  const keys: Keys = parent.type.name === "heading" ? { kind: "heading", level: parent.attrs["level"] as number } : {};
  const [item, list] = depth > 1 ? [$from.node(depth - 1), $from.node(depth - 2)] : [];
  if (item && list && /Item$/.test(item.type.name)) {
    if ($from.index(depth - 1) === 0) keys.list = ({ orderedList: "ordered", taskList: "task" } as const)[list.type.name as string] ?? "bullet";
    else keys.indent = 1;
  }
  return keys;
}

function typed(editor: Editor, view: EditorView, text: string, make: () => Transaction): boolean {
  if (view.composing || !view.editable) return false;
  if (beside(view) || erase(view.state, view.dispatch) || (wasOfWord(editor, view.state, text) && editor.commands.undo())) {
    view.dispatch(view.state.tr.insertText(text).scrollIntoView());
    return true;
  }
  const where = text.length === 1 ? whereOf(view.state, text) : null;
  if (!where || !(blockRule(where) || markRule(where.before) || addressRule(where.before) || spacedFence(where) !== null || printed(where))) return false;
  view.dispatch(make());
  follow(editor);
  return true;
}

/** Whether the letter shows that what was taken for a sign was part of a word: `_private_name`. */
function wasOfWord(editor: Editor, state: EditorState, text: string): boolean {
  const applied = key.getState(state);
  return !!applied?.isOfWord && isOfWord(text) && bindingOf(editor).undoManager.undoStack.at(-1) === applied.step;
}

/** What an input method wrote, as what was typed. */
function composed(editor: Editor, view: EditorView, data: string): void {
  if (view.isDestroyed || view.composing || !view.editable || !data) return;
  const where = whereOf(view.state, "");
  if (!where?.before.endsWith(data)) return;
  bindingOf(editor).compose(null);
  follow(editor);
}

/** What the signs before the caret ask for: a step of its own, so that it can be taken back without what was typed. */
function follow(editor: Editor): void {
  const { state } = editor;
  const where = whereOf(state, "");
  if (!where) return;
  const { before } = where;
  const block = blockRule(where);
  if (block) {
    apply(editor, becomeBlock(state, block, before.length));
    return;
  }
  const language = spacedFence(where);
  if (language !== null) {
    apply(editor, fenced(state, language));
    return;
  }
  const address = addressRule(before);
  if (address && apply(editor, addressed(state, address))) return;
  const sign = printed(where);
  if (sign) {
    const { tr, selection } = state;
    apply(editor, tr.insertText(sign.printed, selection.from - sign.from, selection.from - sign.to));
    return;
  }
  const mark = markRule(before);
  const { selection: { from }, schema, doc } = state;
  const type = mark && schema.marks[mark.mark];
  if (!type || isCode(state, from - mark.length, from) || !doc.resolve(from).parent.type.allowsMarkType(type)) return;
  apply(editor, marked(state, type, mark), before.endsWith("_"));
}

/** What was typed as Markdown is a link, or a picture below what is written. */
function addressed(state: EditorState, { words, address, isImage, length }: NonNullable<ReturnType<typeof addressRule>>): Transaction | null {
  const { tr, schema, selection: { from }, doc } = state;
  const link = schema.marks["link"];
  const [src, href] = [isImage ? imageUrl(address) : null, isImage ? null : linkUrl(address)];
  // What is longer than a document may have would be gone.
  if (isCode(state, from - length, from) || (src ?? href ?? "").length > LIMITS.address) return null;
  if (src) return putImage(state, length, { src, alt: words });
  if (!href || !link) return null;
  // Marks of the words between the brackets stay.
  const begins = from - length + 1;
  tr.delete(begins + words.length, from).delete(from - length, begins);
  const end = begins - 1 + words.length;
  return doc.resolve(from).parent.type.allowsMarkType(link) ? tr.addMark(begins - 1, end, link.create({ href })).removeStoredMark(link) : null;
}

function printed({ before }: Where): ReturnType<typeof printRule> {
  return print.isOn ? printRule(before) : null;
}

function isCode({ doc, schema }: EditorState, from: number, to: number): boolean {
  return doc.rangeHasMark(from, to, schema.marks["code"] as MarkType);
}

function marked({ tr, selection: { from } }: EditorState, type: MarkType, { length, sign }: { length: number; sign: number }): Transaction {
  const start = from - length;
  tr.delete(from - sign, from).delete(start, start + sign);
  return tr.addMark(start, from - 2 * sign, type.create()).removeStoredMark(type);
}

function apply(editor: Editor, tr: Transaction | null, isOfWord = false): boolean {
  if (!tr) return false;
  const binding = bindingOf(editor);
  binding.apart(() => editor.view.dispatch(tr.scrollIntoView()));
  const applied: Applied = { step: binding.undoManager.undoStack.at(-1), isOfWord };
  const { tr: note, storedMarks } = editor.state;
  editor.view.dispatch(note.setStoredMarks(storedMarks ?? null).setMeta(key, applied).setMeta("addToHistory", false));
  return true;
}

/** A chosen block is not what one writes over: one goes on in a new line below. Whether it was so. */
function beside(view: EditorView): boolean {
  const { selection, schema, tr } = view.state;
  if (!view.editable || !(selection instanceof NodeSelection) || selection.node.isInline) return false;
  const paragraph = schema.nodes["paragraph"]?.create();
  if (!paragraph) return false;
  tr.insert(selection.to, paragraph);
  view.dispatch(tr.setSelection(TextSelection.create(tr.doc, selection.to + 1)).scrollIntoView());
  return true;
}
