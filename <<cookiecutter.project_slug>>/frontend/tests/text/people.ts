/** People who write in one text, without a page: the editor's own commands and keys, on the product's own binding. */

import { type AnyExtension, Editor, Extension } from "@tiptap/core";
import { keymap } from "@tiptap/pm/keymap";
import type { EditorState, Plugin } from "@tiptap/pm/state";
import * as Y from "yjs";

import { Binding, type BindingOptions } from "../../surfaces/text/binding/binding";
import * as writing from "../../surfaces/text/binding/writing";
import { edges } from "../../surfaces/text/typing/typing";
import { EXTENSIONS } from "./schema";

/** Without it, keys of these names could not be made where there is no page. */
export interface Key {
  key: string;
  shiftKey?: boolean;
  ctrlKey?: boolean;
  altKey?: boolean;
}

export interface Writer {
  readonly doc: Y.Doc;
  readonly editor: Editor;
  undo: () => void;
  redo: () => void;
  /** Begins to compose at the caret, or is done. */
  compose?: (isComposing: boolean) => void;
  /** What is done from now on is undone apart. */
  pause: () => void;
  destroy: () => void;
}

export function writer(doc: Y.Doc, random: () => number, options: Partial<BindingOptions> = {}): Writer & { binding: Binding } {
  const editor = unmounted(EXTENSIONS);
  const binding = new Binding(doc, editor.schema, { random, captureTimeout: Number.POSITIVE_INFINITY, ...options });
  binding.takeWriting(writing);
  let last: EditorState = editor.state;
  editor.on("transaction", ({ transaction, appendedTransactions }) => {
    const before = last;
    last = editor.state;
    binding.changed(before, [transaction, ...appendedTransactions].flatMap(({ mapping }) => mapping.maps));
  });
  binding.attach({
    get state() {
      return editor.state;
    },
    dispatch: (tr) => editor.view.dispatch(tr),
  });
  return {
    doc,
    editor,
    binding,
    undo: () => void binding.undo(),
    redo: () => void binding.redo(),
    compose: (isComposing) => binding.compose(isComposing ? editor.state.selection.from : null),
    pause: () => binding.undoManager.stopCapturing(),
    destroy: () => {
      binding.destroy();
      editor.destroy();
    },
  };
}

/** Commands that begin with putting the focus into the page go on where there is none. */
const NoFocus = Extension.create({
  name: "noFocus",
  addCommands: () => ({ focus: () => () => true, scrollIntoView: () => () => true }),
});

/** An editor that is on no page, with all its plugins: TipTap gives it those when it is mounted. */
export function unmounted(extensions: AnyExtension[]): Editor {
  const editor = new Editor({ element: null, extensions: [...extensions, NoFocus], injectCSS: false });
  editor.view.updateState(editor.state.reconfigure({ plugins: [keymap(edges()), ...editor.extensionManager.plugins] }));
  return editor;
}

/** Presses a key where the caret is, as far as the editor's own keys go. */
export function press(editor: Editor, { key, shiftKey = false, ctrlKey = false, altKey = false }: Key): boolean {
  const event = { key, shiftKey, ctrlKey, altKey, metaKey: false, keyCode: 0, preventDefault() {} } as unknown as KeyboardEvent;
  const view = { state: editor.state, dispatch: editor.view.dispatch, endOfTextblock: atEdge(editor), composing: false, editable: true };
  for (const plugin of editor.state.plugins as Plugin[]) {
    if (plugin.props.handleKeyDown?.call(plugin, view as never, event)) return true;
  }
  return false;
}

function atEdge(editor: Editor): (direction: string) => boolean {
  return (direction) => {
    const { $head } = editor.state.selection as unknown as { $head: { parentOffset: number; parent: { content: { size: number } } } };
    return ["left", "up", "backward"].includes(direction) ? $head.parentOffset === 0 : $head.parentOffset === $head.parent.content.size;
  };
}

/** Types letters one by one, as one key each. */
export function type(editor: Editor, words: string): void {
  for (const letter of words) editor.view.dispatch(editor.state.tr.insertText(letter).scrollIntoView());
}

/** Both get what the other has. */
export function meet(...docs: Y.Doc[]): void {
  for (let round = 0; round < 2; round++) {
    for (const from of docs) for (const to of docs) if (from !== to) Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)));
  }
}
