/** Tables whose columns can be made wider also where one may only read at first, as everybody does until a document is there. */

import { Table as Base } from "@tiptap/extension-table";
import { Plugin } from "@tiptap/pm/state";
import { CellSelection, columnResizing, columnResizingPluginKey } from "@tiptap/pm/tables";
import type { EditorView } from "@tiptap/pm/view";

export const Table = Base.extend({
  addProseMirrorPlugins() {
    const { handleWidth, cellMinWidth } = this.options;
    const others = (this.parent?.() ?? []).filter(({ spec }) => spec.key !== columnResizingPluginKey);
    // How a table looks is the view's own affair: see addNodeView.
    const resizing = columnResizing({ handleWidth, cellMinWidth, defaultCellMinWidth: cellMinWidth, View: null });
    return [resizing, ...others, new Plugin({ props: { handleKeyDown: staysChosen } })];
  },
});

/** Where there is no further cell to choose, those that are stay so: the browser would put the caret elsewhere. */
function staysChosen({ state }: EditorView, { key, shiftKey }: KeyboardEvent): boolean {
  return shiftKey && key.startsWith("Arrow") && state.selection instanceof CellSelection;
}
