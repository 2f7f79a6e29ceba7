/** A list whose numbers may go on from those of a list before it: `start` is what is drawn, see model/flow.ts. */

import { OrderedList as Numbered } from "@tiptap/extension-list";
import type { Node } from "@tiptap/pm/model";

export const OrderedList = Numbered.extend({
  addAttributes() {
    return { ...this.parent?.(), goesOn: { default: false, rendered: false } };
  },
  // Its elements stay where nothing but its first number changes: others may write above it at any time.
  addNodeView() {
    return ({ node }) => {
      const dom = document.createElement("ol");
      const update = ({ type, attrs }: Node): boolean => {
        if (type !== node.type) return false;
        for (const [name, usual] of [["start", 1], ["type", null]] as const) {
          if (attrs[name] === usual) dom.removeAttribute(name);
          else dom.setAttribute(name, String(attrs[name]));
        }
        return true;
      };
      update(node);
      return { dom, contentDOM: dom, update };
    };
  },
});
