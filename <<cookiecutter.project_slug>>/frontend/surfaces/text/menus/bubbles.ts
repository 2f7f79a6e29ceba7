/** Small menus beside the selection: marks for text, an address for a link, rows and columns for a table. */

import { isTextSelection, type Editor } from "@tiptap/core";
import { BubbleMenuPlugin } from "@tiptap/extension-bubble-menu";
import { NodeSelection } from "@tiptap/pm/state";
import { CellSelection } from "@tiptap/pm/tables";
import { ChevronDown, Columns3, Rows3 } from "lucide";

import * as c from "../commands";
import { icon } from "../../../ui/icons";
import { lasting } from "../lasting";
import { type Axis, hasHeader } from "../things/table/acts";
import { openTableMenu } from "./table-menu";
import { imageCard } from "./image-card";
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
  mount(editor, "image", imageCard(editor), (current) => current.state.selection instanceof NodeSelection && current.isActive("image"));
  mountTableMenu(editor);
}

function mount(editor: Editor, name: string, bar: MenuBar, shouldShow: ShouldShow): void {
  bar.element.classList.add("bubble");
  refreshWhileShown(editor, bar);
  editor.registerPlugin(
    lasting(BubbleMenuPlugin({
      pluginKey: `bubble-${name}`,
      editor,
      element: bar.element,
      updateDelay: 120,
      shouldShow: ({ editor: current, element, view }) =>
        current.isEditable && (view.hasFocus() || element.contains(document.activeElement)) && shouldShow(current, element),
      options: { onShow: bar.refresh, placement: "top", offset: 8, flip: { padding: 110 }, shift: { padding: 8 } },
    })),
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

/** The table's menu stands above the table itself, so that it never covers a cell. */
function mountTableMenu(editor: Editor): void {
  const bar = menuBar(editor, "Table", "table-menu", [
    opener(editor, "row"),
    opener(editor, "column"),
    "separator",
    ...c.tableCommands("mergeCells", "splitCell"),
    "separator",
    ...c.tableCommands("headerRow", "headerColumn").map((command) => ({
      ...command,
      isActive: (current: Editor) => hasHeader(current, command.id === "headerRow" ? "row" : "column"),
    })),
    "separator",
    ...c.tableCommands("deleteTable"),
  ]);
  bar.element.classList.add("bubble");
  refreshWhileShown(editor, bar);
  editor.registerPlugin(
    lasting(BubbleMenuPlugin({
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
        offset: 14, // the handles of columns are between
        flip: { padding: 110, fallbackPlacements: ["bottom-start"] },
        shift: { padding: 8 },
      },
    })),
  );
}

function tableAtSelection(editor: Editor): HTMLElement | null {
  const { node } = editor.view.domAtPos(editor.state.selection.from);
  const start = node instanceof HTMLElement ? node : node.parentElement;
  return start?.closest<HTMLElement>(".tableWrapper") ?? null;
}

function opener(editor: Editor, axis: Axis): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tool tool-menu";
  const label = axis === "row" ? "Row" : "Column";
  button.append(icon(axis === "row" ? Rows3 : Columns3, 16), label, icon(ChevronDown, 14));
  button.setAttribute("aria-haspopup", "menu");
  button.addEventListener("click", () => openTableMenu(editor, axis, button));
  return button;
}
