/**
 * Words in the line of a thing: they came there because somebody took back the end of their line, or made a thing of it.
 *
 * They have no marker of their own, and they cannot be given one behind them: who writes on there writes at that very spot,
 * and his letters may come to stand behind it. So they keep the marker, and the thing gets a new one.
 */

import * as Y from "yjs";

import { wordsOf } from "../model/draw";
import type { Node } from "@tiptap/pm/model";
import { changedBlocks } from "./range";
import { insertBehind } from "./insides";
import type { LineEntry, View } from "./view";

/** Those in what of a document is another now. */
export function wordsBesideThings(view: View, doc: Node): LineEntry[] {
  const range = changedBlocks(view.doc, doc);
  // Where lines are put beside them, they are to end there.
  const blocks = range ? view.blocks.slice(Math.max(range.from - 1, 0), range.to + 1) : [];
  return blocks.flatMap(({ entries }) => entries.filter(({ face, line }) => face === "words" && line?.root.map));
}

/** Gives each of them the marker, and its thing another. What is drawn is the same. */
export function freeWords(text: Y.Text, words: readonly LineEntry[]): void {
  for (const { line } of words) {
    const { root } = line ?? {};
    const { map, marker } = root ?? {};
    if (!root || !map || !marker) continue;
    const said = Object.entries(map.toJSON()).filter(([name]) => name !== "join");
    insertBehind(text, marker, root.after, [{ content: new Y.Map(said), formats: root.after }]);
    const kept = wordsOf(root.keys);
    for (const [name] of said) if (name !== "place" && !(name in kept)) map.delete(name);
    map.delete("join");
  }
}
