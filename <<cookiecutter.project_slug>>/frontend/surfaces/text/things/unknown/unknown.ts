/** A thing in a line that this version of the editor does not know: shown as such, and kept as it is. */

import { Node } from "@tiptap/core";

export const Unknown = Node.create({
  name: "unknown",
  group: "inline",
  inline: true,
  atom: true,
  selectable: false,

  addAttributes() {
    return { thing: { default: null, rendered: false } };
  },

  renderHTML() {
    return ["span", { class: "unknown", title: "This was made with a newer version of the editor" }, "\u25A1"];
  },

  renderText: () => "",
});
