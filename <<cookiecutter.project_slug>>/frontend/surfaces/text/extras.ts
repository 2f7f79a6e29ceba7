/** What nobody needs to see the text: fetched and mounted apart. In one file: each that a browser asks for costs it and the server time. */

import type { Editor } from "@tiptap/core";

import { untilThere } from "../../lib/again";
import { mountBubbles } from "./menus/bubbles";
import { mountDragHandle } from "./menus/drag";
import { keepFocus } from "./menus/focus";
import { markCaret } from "./things/code-block/caret";
import { highlighting } from "./things/code-block/highlighting";
import { loadLinks } from "./things/link/links";
import { pastedTables } from "./things/table/pasted";
import { watchForFiles } from "./no-files";
import { mountRescue } from "./menus/rescue";
import { mountTableHandles } from "./menus/table-handles";
import { mountSlashMenu } from "./menus/slash";
import { loadClipboard, takeActs } from "./lazy";
import * as acts from "./typing/acts";
import { mountInputs } from "./typing/inputs";
import { mountTyping } from "./typing/typing";

export * as dialogs from "./dialogs";
export { Layers } from "./layers";
export { mountMentions } from "./things/mention/menu";

/** `closed` is aborted when the editor goes; `nameOf` knows people by the numbers of their documents. */
export async function mountExtras(editor: Editor, nameOf: (client: number) => string, closed: AbortSignal): Promise<void> {
  takeActs(acts);
  mountTyping(editor);
  mountInputs(editor);
  editor.registerPlugin(pastedTables());
  mountBubbles(editor);
  mountDragHandle(editor, closed);
  mountTableHandles(editor, closed);
  mountSlashMenu(editor);
  mountRescue(editor, nameOf, closed);
  watchForFiles(editor, closed);
  keepFocus(editor, closed);
  editor.registerPlugin(highlighting());
  markCaret(editor);
  void loadLinks(editor);
  const { mountClipboard } = await untilThere(loadClipboard, undefined, closed);
  mountClipboard(editor, closed);
}
