/** What an undo brings back: to Yjs these are new operations, of whoever undoes, though the words were another's. */

import * as Y from "yjs";

import type { Run } from "./insides";

/** Letters that came back, and those of which they are copies. */
export interface BroughtBack {
  from: Run;
  to: Run;
}

/** Calls `tell` for each step that is undone, or done again, and that brings something back; within that step. */
export function watchUndone(undoManager: Y.UndoManager, tell: (back: readonly BroughtBack[]) => void): void {
  const { doc } = undoManager;
  const own = (): number => Y.getState(doc.store, doc.clientID);
  let since = own();
  undoManager.on("stack-item-popped", ({ stackItem }) => {
    const back = broughtBackSince(doc, stackItem.deletions, since);
    since = own();
    if (back.length) tell(back);
  });
}

/** What was deleted and is there again, as operations of one's own that are not older than this clock. */
function broughtBackSince(doc: Y.Doc, deletions: Parameters<typeof Y.iterateDeletedStructs>[1], since: number): BroughtBack[] {
  const found: BroughtBack[] = [];
  Y.transact(doc, (transaction) =>
    Y.iterateDeletedStructs(transaction, deletions, (struct) => {
      if (!(struct instanceof Y.Item) || !(struct.parent instanceof Y.Text) || !struct.countable || !struct.redone) return;
      const { id, length, redone } = struct;
      if (redone.client !== doc.clientID || redone.clock < since) return;
      found.push({ from: { client: id.client, clock: id.clock, length }, to: { client: redone.client, clock: redone.clock, length } });
    }),
  );
  return found;
}
