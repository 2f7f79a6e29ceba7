/** The one root of a plain document, as text whatever is in it. */

import * as Y from "yjs";

/** Named in rooms/kinds.py too. */
export const ROOT = "text";

/** Stands for what is no text. No surface of this kind writes that; but whoever may edit can send it. */
const THING = "\ufffc";

/** As many characters as the engine counts, or all that is written later would end up in other places. */
export function stringOf(text: Y.Text): string {
  return (text.toDelta() as { insert: unknown }[]).map(({ insert }) => (typeof insert === "string" ? insert : THING)).join("");
}

/** The root, of which whoever observes it from now on is told in text alone. */
export function readableText(doc: Y.Doc, signal: AbortSignal): Y.Text {
  const text = doc.getText(ROOT);
  // An event makes its list of changes once, for all who observe; who came first sees it first.
  const readable = ({ delta }: Y.YTextEvent): void => {
    for (const change of delta) {
      if (change.insert !== undefined && typeof change.insert !== "string") change.insert = THING;
    }
  };
  text.observe(readable);
  signal.addEventListener("abort", () => text.unobserve(readable));
  return text;
}
