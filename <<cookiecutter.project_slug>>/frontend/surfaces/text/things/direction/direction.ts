/**
 * Which way a line is read: as its letters say (`unicode-bidi: plaintext` in text.css), or as somebody has set it.
 *
 * What has lines in it goes by the first of them that has letters: `dir="auto"`.
 */

import { Extension } from "@tiptap/core";

import { directionOf } from "../../model/keys";

/** What stands in it says which way it is read. */
export const BY_LETTERS = { dir: "auto" };

/** The lines that can be turned. */
export const TURNED = ["paragraph", "heading"];

export const Direction = Extension.create({
  name: "direction",
  addGlobalAttributes() {
    return [
      {
        types: TURNED,
        attributes: {
          dir: {
            default: null,
            parseHTML: (element: HTMLElement) => directionOf((name) => element.getAttribute(name)),
            renderHTML: ({ dir }) => (dir ? { dir } : {}),
          },
        },
      },
    ];
  },
});
