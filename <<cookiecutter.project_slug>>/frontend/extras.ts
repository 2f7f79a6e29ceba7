/** What nobody needs to see the text: fetched and mounted apart. */

import type { Editor } from "@tiptap/core";

import { mountBubbles } from "./bubbles";
import { mountDragHandle } from "./drag";
import { loadLinks } from "./links";
import { watchForFiles } from "./no-files";
import { mountSlashMenu } from "./slash";

export function mountExtras(editor: Editor): void {
  mountBubbles(editor);
  mountDragHandle(editor);
  mountSlashMenu(editor);
  watchForFiles(editor);
  void loadLinks(editor);
}
