/** What nobody needs to see the text: fetched and mounted apart. */

import type { Editor } from "@tiptap/core";

import { mountBubbles } from "./menus/bubbles";
import { mountDragHandle } from "./menus/drag";
import { loadLinks } from "./things/link/links";
import { watchForFiles } from "./no-files";
import { mountSlashMenu } from "./menus/slash";

/** `closed` is aborted when the editor goes. */
export function mountExtras(editor: Editor, closed: AbortSignal): void {
  mountBubbles(editor);
  mountDragHandle(editor);
  mountSlashMenu(editor);
  watchForFiles(editor, closed);
  void loadLinks(editor);
}
