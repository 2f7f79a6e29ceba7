/** For some seconds after Markdown was pasted: a press takes it as text instead. */

import type { Editor } from "@tiptap/core";
import type { Transaction } from "@tiptap/pm/state";

import * as sentences from "../../../text/pasting";
import { offer } from "../../../ui/offer";
import { isFromText } from "../binding/binding";

/** `putPlain` pastes the text where the caret then is. */
export function offerPlain(editor: Editor, putPlain: () => void): void {
  const close = offer(sentences.PASTED_MARKDOWN, sentences.PASTE_PLAIN, () => {
    stop();
    editor.commands.undo();
    putPlain();
    editor.view.focus();
  }, () => editor.view.focus());
  // What one does next is what an undo would take back: it is too late then.
  const watch = ({ transaction }: { transaction: Transaction }): void => {
    if (transaction.docChanged && !isFromText(transaction)) stop();
  };
  const stop = (): void => {
    editor.off("transaction", watch);
    close();
  };
  editor.on("transaction", watch);
}
