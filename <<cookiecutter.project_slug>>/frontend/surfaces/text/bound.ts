/** The editor and the text of lines in step: what one does is written, what others do is shown, undo takes back one's own. */

import { type Editor, Extension, isNodeEmpty } from "@tiptap/core";
import type { Slice } from "@tiptap/pm/model";
import { type EditorState, type NodeSelection, Plugin } from "@tiptap/pm/state";
import { ReplaceStep, type Step } from "@tiptap/pm/transform";
import type { EditorView } from "@tiptap/pm/view";
import type * as Y from "yjs";

import { Binding, isFromText } from "./binding/binding";
import { condensed } from "./binding/patch";
import { keepElements } from "./elements";

/** Milliseconds from the end of a composition to when its last letters have been read: ProseMirror takes 20 itself. */
const COMPOSITION_READ = 50;

export interface BoundOptions {
  doc: Y.Doc;
  /** Whether somebody's editor is open now, by the number of its document. */
  isHere: (client: number) => boolean;
  /** Whether nobody else has the document open. */
  isAlone: () => boolean;
}

interface BoundStorage {
  binding: Binding;
  /** The editor's state as the binding knows it. */
  last: EditorState;
}

declare module "@tiptap/core" {
  interface Commands<ReturnType> {
    bound: { undo: () => ReturnType; redo: () => ReturnType };
  }
}

export const Bound = Extension.create<BoundOptions, Partial<BoundStorage>>({
  name: "bound",

  onBeforeCreate() {
    const { doc, isHere, isAlone } = this.options;
    const { editor, storage } = this;
    const binding = new Binding(doc, editor.schema, { isHere, isAlone });
    storage.binding = binding;
    // Before anything can be written, and before the first frame is painted.
    editor.on("mount", () => {
      storage.last = editor.state;
      binding.attach({
        get state() {
          return editor.state;
        },
        dispatch: (tr) => editor.view.dispatch(tr),
      });
    });
  },

  onTransaction({ transaction, appendedTransactions }) {
    const { binding, last = this.editor.state } = this.storage;
    this.storage.last = this.editor.state;
    const parts = [transaction, ...appendedTransactions];
    const change = (): void => binding?.changed(last, parts.flatMap(({ mapping }) => mapping.maps));
    if (binding && !isFromText(transaction) && parts.some(({ steps }) => !steps.every(isOfTyping))) binding.apart(change);
    else change();
    // Who goes elsewhere begins something new: it is undone apart.
    const isMove = transaction.selectionSet && !transaction.docChanged && !isFromText(transaction);
    if (isMove) binding?.undoManager.stopCapturing();
  },

  dispatchTransaction({ transaction, next }) {
    const { state } = this.editor;
    // What one has emptied becomes plain text; what was empty before becomes what one makes of it.
    if (isNodeEmpty(state.doc)) transaction.setMeta("preventClearDocument", true);
    next(condensed(transaction, state));
  },

  onDestroy() {
    this.storage.binding?.destroy();
  },

  addCommands() {
    const take = (what: "undo" | "redo") => () => ({ tr, dispatch }: { tr: { setMeta: (key: string, value: boolean) => unknown }; dispatch: unknown }) => {
      const { binding } = this.storage;
      // It dispatches a transaction of its own, to which the one under way would be no sequel.
      tr.setMeta("preventDispatch", true);
      const stack = binding?.undoManager[what === "undo" ? "undoStack" : "redoStack"];
      if (!binding || !stack?.length) return false;
      if (!dispatch || !binding[what]()) return !dispatch;
      const { view } = this.editor;
      view.dispatch(view.state.tr.scrollIntoView());
      return true;
    };
    return { undo: take("undo"), redo: take("redo") };
  },

  addKeyboardShortcuts() {
    // Beside the keys that the list of commands shows: what hands on Windows know.
    return { "Mod-y": () => this.editor.commands.redo() };
  },

  addProseMirrorPlugins() {
    const { storage } = this;
    const begin = (view: EditorView): void => storage.binding?.compose(view.state.selection.from);
    const end = (view: EditorView): void => {
      window.setTimeout(() => {
        if (!view.composing) storage.binding?.compose(null);
      }, COMPOSITION_READ);
    };
    return [
      new Plugin({
        props: { handleDOMEvents: { compositionstart: begin, compositionend: end }, transformPasted: asItIsNow },
        view: () => ({
          update: (view, { doc }) => {
            if (view.state.doc !== doc) keepElements(view);
          },
        }),
      }),
    ];
  },
});

/**
 * Whether a step is one of those that keys make who write: letters come or go, a line is split or joined with another. What
 * was typed within a moment is undone together; whatever else is done is undone by itself.
 */
function isOfTyping(step: Step): boolean {
  if (!(step instanceof ReplaceStep)) return false;
  const { content, openStart, openEnd } = step.slice;
  return content.size === 0 || (openStart > 0 && openEnd > 0) || (content.firstChild?.isInline ?? false);
}

/** What was selected and is dropped elsewhere is what stands there now: others may have written in it since it was taken up. */
function asItIsNow(slice: Slice, { dragging, state: { selection } }: EditorView): Slice {
  const { node } = (dragging ?? {}) as { node?: NodeSelection };
  const isMoved = dragging?.slice === slice && dragging.move && !node && !selection.empty;
  return isMoved ? selection.content() : slice;
}

/** Does it, as a step of its own for undo; where no text is kept in step, it is simply done. */
export function apart<Result>(editor: Editor, act: () => Result): Result {
  const { bound } = editor.storage as unknown as { bound?: BoundStorage };
  return bound ? bound.binding.apart(act) : act();
}

/** What keeps this editor in step. */
export function bindingOf(editor: Editor): Binding {
  return (editor.storage as unknown as { bound: BoundStorage }).bound.binding;
}
