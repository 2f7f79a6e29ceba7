/** Layers over the text: see layers.ts. */

import "./dom";

import type { Editor } from "@tiptap/core";
import * as Y from "yjs";

import text from "../surfaces/text";
import { checkLayers } from "./layers";

checkLayers("text", {
  kind: text,
  write: (other) => {
    other.insert(0, "one two three");
    other.insertEmbed(other.length, new Y.Map());
  },
  select: (host, from, to) => (host.querySelector(".tiptap") as unknown as { editor: Editor }).editor.commands.setTextSelection({ from: from + 1, to: to + 1 }),
  undo: (host) => void (host.querySelector(".tiptap") as unknown as { editor: Editor }).editor.commands.undo(),
});
