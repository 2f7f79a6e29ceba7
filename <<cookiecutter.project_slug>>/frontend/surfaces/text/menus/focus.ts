/** The focus stays in the document: where another takes away the thing whose buttons one is at, the browser would drop it. */

import type { Editor } from "@tiptap/core";

export function keepFocus(editor: Editor, closed: AbortSignal): void {
  const host = editor.view.dom.parentElement;
  let held: Element | null = null;
  // Browsers tell of no blur where what had the focus is taken off the page.
  const watch = new MutationObserver(() => {
    if (!held || (held.isConnected && held.checkVisibility())) return;
    const isDropped = !document.activeElement || document.activeElement === document.body || document.activeElement === held;
    release();
    if (isDropped) editor.view.focus();
  });
  const release = (): void => {
    held = null;
    watch.disconnect();
  };
  const focused = ({ target }: FocusEvent): void => {
    release();
    // The text's own focus is never lost so; and whoever goes elsewhere on the page wants to be there.
    if (!host || !(target instanceof Element) || target === editor.view.dom || !host.contains(target)) return;
    held = target;
    watch.observe(host, { childList: true, subtree: true, attributes: true, attributeFilter: ["style", "hidden", "class"] });
  };
  document.addEventListener("focusin", focused, { signal: closed });
  closed.addEventListener("abort", release);
}
