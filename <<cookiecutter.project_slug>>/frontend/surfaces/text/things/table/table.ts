/** Tables whose columns can be made wider also where one may only read at first, as everybody does until a document is there. */

import { Table as Base } from "@tiptap/extension-table";
import { columnResizing, columnResizingPluginKey } from "@tiptap/pm/tables";

export const Table = Base.extend({
  addProseMirrorPlugins() {
    const { handleWidth, cellMinWidth } = this.options;
    const others = (this.parent?.() ?? []).filter(({ spec }) => spec.key !== columnResizingPluginKey);
    // How a table looks is the view's own affair: see addNodeView.
    return [columnResizing({ handleWidth, cellMinWidth, defaultCellMinWidth: cellMinWidth, View: null }), ...others];
  },
});
