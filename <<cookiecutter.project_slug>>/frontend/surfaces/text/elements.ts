/**
 * Elements of the page keep to the nodes that they show.
 *
 * ProseMirror finds again what it has drawn by the nodes themselves, and of the end of a document only by these. Where one
 * presses Enter it cuts a node in two, and the half that is equal to the whole is another object: the element stays, but
 * with the node that was. Then the next line that comes before it would have every line below written anew. So elements are
 * given the nodes that are in the document now. The names are ProseMirror's own insides, used here alone: e2e/test_text.py
 * counts what is written anew.
 */

import type { Node } from "@tiptap/pm/model";
import type { EditorView } from "@tiptap/pm/view";

interface Drawn {
  node?: Node;
  children: Drawn[];
}

export function keepElements(view: EditorView): void {
  const { pmViewDesc } = view.dom as HTMLElement & { pmViewDesc?: Drawn };
  if (pmViewDesc) keepIn(pmViewDesc, view.state.doc);
}

function keepIn(drawn: Drawn, node: Node): void {
  drawn.node = node;
  if (node.isTextblock) return;
  let index = 0;
  for (const child of drawn.children) {
    if (!child.node) continue; // what a plugin has put between two nodes
    const now = node.maybeChild(index++);
    if (now && child.node !== now && child.node.eq(now)) keepIn(child, now);
  }
}
