/** A handle beside the block under the pointer, to drag it elsewhere; Alt+Shift+arrows do the same by keyboard. */

import type { AnyExtension } from "@tiptap/core";
import { DragHandle } from "@tiptap/extension-drag-handle";
import { GripVertical } from "lucide";

import { icon } from "./icons";

export function dragHandle(): AnyExtension {
  return DragHandle.configure({
    render: () => {
      const handle = document.createElement("div");
      handle.className = "drag-handle";
      handle.setAttribute("aria-hidden", "true");
      handle.append(icon(GripVertical, 16));
      return handle;
    },
  });
}
