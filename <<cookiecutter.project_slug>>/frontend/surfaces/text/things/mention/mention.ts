/** Somebody is named in the text, with "@". Whether the site tells them is its own business: see notices/. */

import { Node } from "@tiptap/core";

import { namedBy, wordsOfThing } from "../../model/things";

export const Mention = Node.create({
  name: "mention",
  group: "inline",
  inline: true,
  atom: true,
  selectable: false,

  addAttributes() {
    return { thing: { default: null, rendered: false } };
  },

  renderHTML({ node }) {
    const thing: unknown = node.attrs["thing"];
    return ["span", { class: "mention", "data-mention": namedBy(thing)?.id }, wordsOfThing(thing)];
  },

  renderText: ({ node }) => wordsOfThing(node.attrs["thing"]),
});
