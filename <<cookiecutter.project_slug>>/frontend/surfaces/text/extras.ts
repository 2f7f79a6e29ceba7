/** What nobody needs to see the text: fetched and mounted apart. */

import type { Editor } from "@tiptap/core";

import { mountBubbles } from "./menus/bubbles";
import { mountDragHandle } from "./menus/drag";
import { loadLinks } from "./things/link/links";
import { watchForFiles } from "./no-files";
import { mountSlashMenu } from "./menus/slash";

export function mountExtras(editor: Editor): void {
  mountBubbles(editor);
  mountDragHandle(editor);
  mountSlashMenu(editor);
  watchForFiles(editor);
  loadLinks(editor);
}
