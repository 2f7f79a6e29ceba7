/** The code block that the caret is in shows its tools. */

import type { Editor } from "@tiptap/core";

export function markCaret(editor: Editor): void {
  let marked: Element | null = null;
  const mark = (): void => {
    const block = editor.isFocused && editor.isActive("codeBlock") ? blockAt(editor) : null;
    if (block === marked) return;
    marked?.classList.remove("has-caret");
    block?.classList.add("has-caret");
    marked = block;
  };
  for (const event of ["selectionUpdate", "update", "focus", "blur"] as const) editor.on(event, mark);
}

/** The element of the code block at the selection. */
export function blockAt(editor: Editor): Element | null {
  const { node } = editor.view.domAtPos(editor.state.selection.from);
  return (node instanceof Element ? node : node.parentElement)?.closest(".code-block") ?? null;
}
