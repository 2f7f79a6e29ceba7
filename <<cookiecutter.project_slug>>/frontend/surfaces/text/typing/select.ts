/** What is chosen at once. */

import { AllSelection, type Command, TextSelection } from "@tiptap/pm/state";

import { boxDepth } from "./lines";

/**
 * All of the document, as in Google Docs; but first all of the code, or of the cell, that one is in, if there is anything
 * in it, and it is not chosen yet.
 */
export const selectAll: Command = (state, dispatch) => {
  const { $from, $to, from, to } = state.selection;
  const depth = $from.parent.type.spec.code ? $from.depth : boxDepth($from);
  const isInside = depth > 0 && $to.depth >= depth && $from.start(depth) === $to.start(depth) && $from.node(depth).textContent;
  if (isInside) {
    const inner = TextSelection.between(state.doc.resolve($from.start(depth)), state.doc.resolve($from.end(depth)));
    if (inner.from < from || inner.to > to) {
      dispatch?.(state.tr.setSelection(inner));
      return true;
    }
  }
  dispatch?.(state.tr.setSelection(new AllSelection(state.doc)));
  return true;
};
