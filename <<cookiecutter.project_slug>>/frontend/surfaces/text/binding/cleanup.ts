/**
 * Yjs tidies formats up after others' changes: in each reader's copy, as edits of the reader's own. They would be sent by
 * people who may only read, and where they are not sent copies differ. So it is told not to, here and nowhere else.
 *
 * The name is one of Yjs's own: `text-binding.test.ts` fails where it has another one day.
 */

import type * as Y from "yjs";

export function withoutCleanup(transaction: Y.Transaction): void {
  if (!transaction.local) (transaction as Y.Transaction & { _needFormattingCleanup: boolean })._needFormattingCleanup = false;
}
