/** Layers over plain text: see layers.ts. */

import "./dom";

import { EditorView } from "@codemirror/view";

import plain from "../surfaces/plain";
import { checkLayers } from "./layers";

checkLayers("plain", {
  kind: plain,
  write: (other) => other.insert(0, "one two three"),
  select: (host, from, to) => EditorView.findFromDOM(host)?.dispatch({ selection: { anchor: from, head: to } }),
});
