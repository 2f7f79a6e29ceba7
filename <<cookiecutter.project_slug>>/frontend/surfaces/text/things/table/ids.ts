/** Tables, rows and columns have names in the text, by which their cells are told apart: see model/tables.ts. */

import { Extension } from "@tiptap/core";

const hidden = { default: null, rendered: false };

export const TableIds = Extension.create({
  name: "tableIds",
  addGlobalAttributes: () => [
    { types: ["table", "tableRow"], attributes: { id: hidden } },
    // A merged cell stands in its first column; it names the others too, as there may be no other cell that does.
    { types: ["tableCell", "tableHeader"], attributes: { column: hidden, covers: hidden } },
  ],
});
