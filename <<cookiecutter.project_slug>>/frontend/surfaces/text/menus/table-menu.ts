/** What can be done to the row or the column that one is in. */

import type { Editor } from "@tiptap/core";

import * as c from "../commands";
import { openMenu, type MenuItem } from "../../../ui/menu";
import { type Axis, TABLE_ACTS, type TableActName, caretInCell, hasHeader } from "../things/table/acts";

const GROUPS: Record<Axis, TableActName[][]> = {
  row: [["rowAbove", "rowBelow"], ["rowUp", "rowDown"], ["headerRow", "selectRow", "clearCells"], ["deleteRow", "deleteTable"]],
  column: [["columnBefore", "columnAfter"], ["columnLeft", "columnRight"], ["wider", "narrower"], ["headerColumn", "selectColumn", "clearCells"], ["deleteColumn", "deleteTable"]],
};
const STAY: TableActName[] = ["wider", "narrower"];

/** `isPassing` where the row or the column was chosen only to show what the menu is about. */
export function openTableMenu(editor: Editor, axis: Axis, button: HTMLElement, isPassing = false): void {
  const item = (id: TableActName): MenuItem => {
    const [command] = c.tableCommands(id);
    const isHeader = id === "headerRow" || id === "headerColumn";
    return {
      id,
      label: command?.label ?? "",
      icon: command?.icon,
      keys: command?.keys,
      isEnabled: TABLE_ACTS[id](editor.state),
      isOn: isHeader ? hasHeader(editor, axis) : undefined,
      stays: STAY.includes(id),
      run: () => {
        if (command) c.runCommand(editor, command);
        // What stays chosen is what one goes on with.
        if (isPassing && id !== "selectRow" && id !== "selectColumn") caretInCell(editor.view);
      },
    };
  };
  openMenu({
    label: axis === "row" ? "Row" : "Column",
    button,
    groups: () => GROUPS[axis].map((ids) => ids.map(item)),
    closed: () => editor.commands.focus(),
  });
}
