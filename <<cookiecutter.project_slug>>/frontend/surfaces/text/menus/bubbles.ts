/** Small menus beside the selection: marks for text, an address for a link, rows and columns for a table. */

import { isTextSelection, type Editor } from "@tiptap/core";
import { BubbleMenuPlugin } from "@tiptap/extension-bubble-menu";
import { CellSelection } from "@tiptap/pm/tables";
import {
  ArrowDownToLine,
  ArrowLeftToLine,
  ArrowRightToLine,
  ArrowUpToLine,
  Columns3,
  PanelTop,
  Rows3,
  TableCellsMerge,
  Trash2,
  type IconNode,
} from "lucide";

import * as c from "../commands";
import type { Command } from "../commands";
import { icon } from "../../../ui/icons";
import { linkCard } from "./link-card";
import { menuBar, onStateChange, type MenuBar } from "./menu-bar";

type ShouldShow = (editor: Editor, element: HTMLElement) => boolean;

export function mountBubbles(editor: Editor): void {
  mount(editor, "selection", textMenu(editor), (current) => {
    const { selection, doc } = current.state;
    const { from, to, empty } = selection;
    return !empty && isTextSelection(selection) && doc.textBetween(from, to).length > 0 && !current.isActive("codeBlock");
  });
  mount(editor, "link", linkCard(editor), (current) => current.state.selection.empty && current.isActive("link"));
  mountTableMenu(editor);
}

function mount(editor: Editor, name: string, bar: MenuBar, shouldShow: ShouldShow): void {
  bar.element.classList.add("bubble");
  refreshWhileShown(editor, bar);
  editor.registerPlugin(
    BubbleMenuPlugin({
      pluginKey: `bubble-${name}`,
      editor,
      element: bar.element,
      updateDelay: 120,
      shouldShow: ({ editor: current, element, view }) =>
        current.isEditable && (view.hasFocus() || element.contains(document.activeElement)) && shouldShow(current, element),
      options: { onShow: bar.refresh, placement: "top", offset: 8, flip: { padding: 110 }, shift: { padding: 8 } },
    }),
  );
}

/** What nobody sees needs no work at each key. */
function refreshWhileShown(editor: Editor, bar: MenuBar): void {
  onStateChange(editor, () => {
    if (bar.element.isConnected) bar.refresh();
  });
}

function textMenu(editor: Editor): MenuBar {
  return menuBar(editor, "Selected text", "bubble-menu", [
    c.bold,
    c.italic,
    c.underline,
    c.strike,
    c.code,
    c.highlight,
    "separator",
    c.link,
    c.heading2,
    c.quote,
  ]);
}

type TableCommand =
  | "addRowBefore"
  | "addRowAfter"
  | "deleteRow"
  | "addColumnBefore"
  | "addColumnAfter"
  | "deleteColumn"
  | "toggleHeaderRow"
  | "mergeOrSplit"
  | "deleteTable";

const tableCommand = (id: TableCommand, label: string, image: IconNode): Command => ({
  id,
  label,
  group: "block",
  icon: image,
  isEnabled: (_editor, can) => can[id](),
  run: (editor) => editor.chain().focus()[id]().run(),
});

/** The table's menu stands above the table itself, so that it never covers a cell. */
function mountTableMenu(editor: Editor): void {
  const bar = menuBar(editor, "Table", "table-menu", [
    caption(Rows3, "Row"),
    tableCommand("addRowBefore", "Insert row above", ArrowUpToLine),
    tableCommand("addRowAfter", "Insert row below", ArrowDownToLine),
    tableCommand("deleteRow", "Delete row", Trash2),
    "separator",
    caption(Columns3, "Column"),
    tableCommand("addColumnBefore", "Insert column before", ArrowLeftToLine),
    tableCommand("addColumnAfter", "Insert column after", ArrowRightToLine),
    tableCommand("deleteColumn", "Delete column", Trash2),
    "separator",
    tableCommand("toggleHeaderRow", "Header row", PanelTop),
    tableCommand("mergeOrSplit", "Merge or split cells", TableCellsMerge),
    tableCommand("deleteTable", "Delete table", Trash2),
  ]);
  bar.element.classList.add("bubble");
  refreshWhileShown(editor, bar);
  editor.registerPlugin(
    BubbleMenuPlugin({
      pluginKey: "bubble-table",
      editor,
      element: bar.element,
      updateDelay: 0,
      shouldShow: ({ editor: current, element, view, state }) =>
        current.isEditable &&
        (view.hasFocus() || element.contains(document.activeElement)) &&
        current.isActive("table") &&
        (state.selection.empty || state.selection instanceof CellSelection) &&
        !current.isActive("link"),
      getReferencedVirtualElement: () => tableAtSelection(editor),
      options: {
        onShow: bar.refresh,
        placement: "top-start",
        offset: 8,
        flip: { padding: 110, fallbackPlacements: ["bottom-start"] },
        shift: { padding: 8 },
      },
    }),
  );
}

function tableAtSelection(editor: Editor): HTMLElement | null {
  const { node } = editor.view.domAtPos(editor.state.selection.from);
  const start = node instanceof HTMLElement ? node : node.parentElement;
  return start?.closest<HTMLElement>(".tableWrapper") ?? null;
}

function caption(image: IconNode, text: string): HTMLElement {
  const element = document.createElement("span");
  element.className = "tool-caption";
  element.append(icon(image, 14), text);
  return element;
}
