/**
 * What is done to much of a document at once: styles, marks and directions of thousands of lines.
 *
 * ProseMirror makes a step of each line, maps each through all others, and copies the document for each: seconds for what
 * takes no time in one line. So each line is changed by itself, and all of them are put into the document at once.
 */

import { isMarkActive, isNodeActive } from "@tiptap/core";
import { Fragment, type MarkType, type Node, type NodeType } from "@tiptap/pm/model";
import { type EditorState, Selection } from "@tiptap/pm/state";
import { Transform } from "@tiptap/pm/transform";

import { patch } from "../binding/patch";
import type { Dispatch } from "./lines";

/** Changes a document of nothing but one line; from where to where in it is chosen. */
type Change = (tr: Transform, from: number, to: number) => unknown;

/** Headings of this level, or plain text if all are that. */
export function makeHeadings(level: number) {
  return (state: EditorState, dispatch: Dispatch): boolean => {
    const { heading, paragraph } = state.schema.nodes as Record<string, NodeType>;
    const isAll = isNodeActive(state, "heading", { level });
    return changeLines(state, dispatch, isAll ? become(paragraph) : become(heading, { level }));
  };
}

export function makePlain(state: EditorState, dispatch: Dispatch): boolean {
  return changeLines(state, dispatch, become(state.schema.nodes["paragraph"]));
}

/** Puts a mark on what is chosen, or takes it off if all has it. */
export function markAll(name: string) {
  return (state: EditorState, dispatch: Dispatch): boolean => {
    const mark = state.schema.marks[name] as MarkType;
    const isAll = isMarkActive(state, mark);
    return changeLines(state, dispatch, (tr, from, to) => (isAll ? tr.removeMark(from, to, mark) : tr.addMark(from, to, mark.create())));
  };
}

/** Does this to each line that is chosen, by itself. False where nothing comes of it. */
export function changeLines({ doc, selection, tr }: EditorState, dispatch: Dispatch, change: Change): boolean {
  let made = doc;
  for (const { $from, $to } of selection.ranges) made = within(made, $from.pos, $to.pos, change);
  if (made.eq(doc)) return false;
  patch(tr, doc, made);
  tr.setSelection(Selection.fromJSON(tr.doc, selection.toJSON()));
  dispatch(tr.scrollIntoView());
  return true;
}

function become(type: NodeType | undefined, says: Record<string, unknown> = {}): Change {
  return (tr, from, to) => type && tr.setBlockType(from, to, type, ({ attrs: { dir } }) => ({ dir, ...says }));
}

/** A node in which the lines are changed that stand from one place in it to another. */
function within(parent: Node, from: number, to: number, change: Change): Node {
  const nodes: Node[] = [];
  parent.forEach((child, at) => {
    const isChosen = at < to && at + child.nodeSize > from && !child.isLeaf;
    if (!isChosen) nodes.push(child);
    else if (!child.isTextblock) nodes.push(within(child, from - at - 1, to - at - 1, change));
    else {
      const alone = new Transform(child.type.schema.topNodeType.create(null, child));
      change(alone, Math.max(from - at, 0), Math.min(to - at, child.nodeSize));
      nodes.push(alone.doc.firstChild as Node);
    }
  });
  const made = Fragment.fromArray(nodes);
  // Some cannot be that where they stand.
  const allowed = parent.type.validContent(made) ? nodes : nodes.map((node, index) => (parent.canReplaceWith(index, index + 1, node.type) ? node : parent.child(index)));
  return parent.copy(Fragment.fromArray(allowed));
}
