/** The same people on y-tiptap, with which the editor was bound before: what it loses shows that the harness would find it. */

import { Collaboration } from "@tiptap/extension-collaboration";
import type { EditorState, PluginView } from "@tiptap/pm/state";
import { yUndoPluginKey } from "@tiptap/y-tiptap";
import type * as Y from "yjs";

import { type Writer, unmounted } from "../people";
import { EXTENSIONS } from "../schema";

export function yTiptap(doc: Y.Doc): Writer {
  const editor = unmounted([...EXTENSIONS, Collaboration.configure({ document: doc, field: "default" })]);
  const view = {
    get state() {
      return editor.state;
    },
    dispatch: (tr: EditorState["tr"]) => editor.view.dispatch(tr),
    hasFocus: () => false,
    composing: false,
    editable: true,
    isDestroyed: false,
    dom: document.createElement("div"),
  };
  const views: PluginView[] = [];
  let last = editor.state;
  editor.on("transaction", () => {
    const before = last;
    last = editor.state;
    for (const each of views) each.update?.(view as never, before);
  });
  for (const plugin of editor.state.plugins) {
    if (/^y-(sync|undo)/.test((plugin as unknown as { key: string }).key) && plugin.spec.view) views.push(plugin.spec.view(view as never));
  }
  const undoManager = (yUndoPluginKey.getState(editor.state) as { undoManager: Y.UndoManager }).undoManager;
  return {
    doc,
    editor,
    undo: () => void undoManager.undo(),
    redo: () => void undoManager.redo(),
    pause: () => undoManager.stopCapturing(),
    destroy: () => {
      for (const each of views) each.destroy?.();
      editor.destroy();
    },
  };
}
