/** Lines that are moved, with what stands in their items. */

import { type EditorState, NodeSelection, type Selection, TextSelection, type Transaction } from "@tiptap/pm/state";

import { type Dispatch, type Line, boxDepth, deepestBelow, endOfChosen, endOfItem, indentOf, placesOf, put, stretchOf, withKeys } from "./lines";

/** The chosen lines go over their neighbour: an item over the one above or below it, with all that stands in them. */
export function moveLines(direction: -1 | 1) {
  return (state: EditorState, dispatch: Dispatch): boolean => {
    const { $from } = state.selection;
    const cell = boxDepth($from);
    if (moveIn(state.tr, state.selection, direction, dispatch)) return true;
    if (!cell) return false;
    // No further in the cell: the table itself, with the caret in it.
    let depth = cell;
    while (depth > 1 && $from.node(depth).type.name !== "table") depth--;
    const table = NodeSelection.create(state.doc, $from.before(depth));
    const { anchor, head } = state.selection;
    return moveIn(state.tr.setSelection(table), table, direction, (tr) => {
      // What was chosen beyond the table is no longer.
      const moved = (place: number) => tr.doc.resolve(tr.selection.from + Math.min(Math.max(place - table.from, 0), table.node.nodeSize));
      const [$anchor, $head] = [moved(anchor), moved(head)];
      dispatch(tr.setSelection(TextSelection.between($anchor, $head)));
    });
  };
}

function moveIn(tr: Transaction, selection: Selection, direction: -1 | 1, dispatch: Dispatch): boolean {
  const stretch = stretchOf(selection);
  if (!stretch) return false;
  const { lines, first } = stretch;
  const end = endOfChosen(stretch);
  const to = direction < 0 ? above(lines, first) : below(lines, end, lines[first]);
  if (to === null) return false;
  const changed = moved(lines, first, end, to);
  return put(tr, dispatch, stretch, changed, placesOf(stretch, selection, changed));
}

/** The line that begins at `from` goes, with what stands in its item, before what begins at `to`: as deep as what it comes between. */
export function dropLines(from: number, to: number) {
  return ({ doc, tr, selection }: EditorState, dispatch: Dispatch): boolean => {
    const $from = doc.resolve(from);
    const stretch = stretchOf({ $from, $to: $from }, Number.POSITIVE_INFINITY);
    if (!stretch) return false;
    const { lines, positions } = stretch;
    const first = positions.indexOf(from);
    const end = endOfItem(lines, first);
    const place = positions.findIndex((position) => position >= to);
    const at = place < 0 ? lines.length : place;
    if (first < 0 || (at >= first && at <= end)) return false;
    const quote = Math.min(quoteOf(lines[at - 1]), quoteOf(lines[at])) || undefined;
    const changed = moved(lines, first, end, at, indentOf(lines[at])).map((line) => (line.isMoved ? withKeys(line, { quote }) : line));
    return put(tr, dispatch, stretch, changed, placesOf(stretch, selection, changed));
  };
}

/** Before which line those go that begin here, if they go up: over an item with all that is in it, or over a quote. */
function above(lines: readonly Line[], first: number): number | null {
  if (first === 0) return null;
  const [depth, quote] = [indentOf(lines[first]), quoteOf(lines[first])];
  let index = first - 1;
  if (quoteOf(lines[index]) > quote) while (index > 0 && quoteOf(lines[index - 1]) > quote) index--;
  else while (index > 0 && indentOf(lines[index]) > depth) index--;
  return index;
}

/** Before which line those go that end here, if they go down: over what is below, or to the beginning of the next item. */
function below(lines: readonly Line[], end: number, own: Line | undefined): number | null {
  if (end >= lines.length) return null;
  const quote = quoteOf(own);
  let to = end + 1;
  if (quoteOf(lines[end]) > quote) while (to < lines.length && quoteOf(lines[to]) > quote) to++;
  else if (indentOf(lines[end]) >= indentOf(own)) to = endOfItem(lines, end);
  return to;
}

function quoteOf(line: Line | undefined): number {
  return line?.keys.quote ?? 0;
}

/** The lines from `first` to `end` stand before what was at `to`, at least as deep as `depth`, and as deep as they can there. */
function moved(lines: readonly Line[], first: number, end: number, to: number, depth = 0): Line[] {
  const rest = [...lines.slice(0, first), ...lines.slice(end)];
  const at = to > first ? to - (end - first) : to;
  const room = deepestBelow(rest[at - 1]);
  const own = indentOf(lines[first]);
  const by = Math.min(Math.max(own, depth), room) - own;
  const block = lines.slice(first, end).map((line, index) => {
    const indent = Math.max(0, indentOf(line) + by) || undefined;
    return { ...withKeys(line, { indent, ...(index === 0 && { break: undefined }) }), isMoved: true as const };
  });
  return [...rest.slice(0, at), ...block, ...rest.slice(at)];
}
