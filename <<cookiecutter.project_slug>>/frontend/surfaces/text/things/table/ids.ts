/** Tables, rows and columns have names in the text, by which their cells are told apart: see model/tables.ts. */

import { Extension } from "@tiptap/core";

const hidden = { default: null, rendered: false };

export const TableIds = Extension.create({
  name: "tableIds",
  addGlobalAttributes: () => [
    { types: ["table", "tableRow"], attributes: { id: hidden } },
    { types: ["tableCell", "tableHeader"], attributes: { column: hidden } },
  ],
});
