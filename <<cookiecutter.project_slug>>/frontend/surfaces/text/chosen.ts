/** What was chosen in the text when a dialog opened, found again when it is answered: others may have written meanwhile. */

import type { Editor } from "@tiptap/core";

import { bindingOf } from "./bound";

export interface Chosen {
  from: number;
  to: number;
}

/** Said where what a dialog is about has been deleted. */
export const GONE = "Somebody has deleted what you had chosen. Close this, and choose again.";

/** Remembers the selection; what is returned finds it where it is now, or null once it is gone. */
export function choose(editor: Editor): () => Chosen | null {
  const { anchors } = bindingOf(editor);
  const { from, to, empty } = editor.state.selection;
  const [start, end] = [anchors.at(from, !empty), anchors.at(to, false)];
  return () => {
    const [now, then] = [start && anchors.find(start), end && anchors.find(end)];
    if (typeof now !== "number" || typeof then !== "number") return null;
    return then > now || (empty && then === now) ? { from: now, to: then } : null;
  };
}

/** The same for a chosen thing, an image for instance. */
export function chooseThing(editor: Editor): () => Chosen | null {
  const { anchors } = bindingOf(editor);
  const { from } = editor.state.selection;
  const type = editor.state.doc.nodeAt(from)?.type;
  const place = anchors.at(from, false);
  return () => {
    const now = place && anchors.find(place);
    const node = typeof now === "number" ? editor.state.doc.nodeAt(now) : null;
    return typeof now === "number" && node && node.type === type ? { from: now, to: now + node.nodeSize } : null;
  };
}
