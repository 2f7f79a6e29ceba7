/** What can be done to tables, for the list of commands: found in a table's menus, in the slash menu there, and by keys. */

import {
  ArrowDownToLine,
  ArrowLeftToLine,
  ArrowRightToLine,
  ArrowUpToLine,
  Eraser,
  MoveDown,
  MoveHorizontal,
  MoveLeft,
  MoveRight,
  MoveUp,
  PanelLeft,
  PanelTop,
  Table2,
  TableCellsMerge,
  TableCellsSplit,
  Trash2,
  type IconNode,
} from "lucide";

import { isMac } from "../../../../ui/keys";
import type { TableActName } from "./acts";

type Entry = [id: TableActName, label: string, icon: IconNode, keys?: string];

// Option+Shift+arrow chooses words on a Mac.
const sideways = (arrow: string): string => (isMac() ? `Mod-Ctrl-${arrow}` : `Alt-Shift-${arrow}`);

export const TABLE_ENTRIES: Entry[] = [
  ["rowAbove", "Insert row above", ArrowUpToLine, "Alt-Shift-Enter"],
  ["rowBelow", "Insert row below", ArrowDownToLine, "Alt-Enter"],
  ["rowUp", "Move row up", MoveUp, "Alt-Shift-ArrowUp"],
  ["rowDown", "Move row down", MoveDown, "Alt-Shift-ArrowDown"],
  ["selectRow", "Choose row", Table2],
  ["deleteRow", "Delete row", Trash2, "Mod-Shift-Backspace"],
  ["columnBefore", "Insert column before", ArrowLeftToLine, "Mod-Alt-Shift-Enter"],
  ["columnAfter", "Insert column after", ArrowRightToLine, "Mod-Alt-Enter"],
  ["columnLeft", "Move column backward", MoveLeft, sideways("ArrowLeft")],
  ["columnRight", "Move column forward", MoveRight, sideways("ArrowRight")],
  ["wider", "Make column wider", MoveHorizontal],
  ["narrower", "Make column narrower", MoveHorizontal],
  ["selectColumn", "Choose column", Table2],
  ["deleteColumn", "Delete column", Trash2, "Alt-Shift-Backspace"],
  ["headerRow", "Header row", PanelTop],
  ["headerColumn", "Header column", PanelLeft],
  ["mergeCells", "Merge cells", TableCellsMerge],
  ["splitCell", "Split cell", TableCellsSplit],
  ["clearCells", "Empty chosen cells", Eraser],
  ["selectTable", "Choose table", Table2],
  ["deleteTable", "Delete table", Trash2],
];
