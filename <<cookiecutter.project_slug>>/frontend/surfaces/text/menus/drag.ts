/** A handle beside the block under the pointer, to drag it elsewhere; Alt+Shift+arrows do the same by keyboard. */

import type { Editor } from "@tiptap/core";
import { DragHandlePlugin, normalizeNestedOptions } from "@tiptap/extension-drag-handle";
import { GripVertical } from "lucide";

import { icon } from "../../../ui/icons";

export function mountDragHandle(editor: Editor): void {
  const element = document.createElement("div");
  element.className = "drag-handle";
  element.setAttribute("aria-hidden", "true");
  element.append(icon(GripVertical, 16));
  const { plugin } = DragHandlePlugin({
    editor,
    element,
    nestedOptions: normalizeNestedOptions(false),
    computePositionConfig: { placement: "left-start", strategy: "absolute" },
  });
  editor.registerPlugin(plugin);
}
