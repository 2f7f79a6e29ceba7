/** What plain text looks like; all else is CodeMirror's. Colours are the site's own, so they follow the theme. */

import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

/** The cursor stays clear of what sticks to the top, and of the very bottom. */
const MARGINS = { top: 130, bottom: 90 };

/** `nonce` is the page's: its security policy takes no other style elements. */
export function look(nonce: string): Extension {
  return [
    EditorView.cspNonce.of(nonce),
    EditorView.lineWrapping,
    EditorView.scrollMargins.of(() => MARGINS),
    EditorView.theme({
      "&": { color: "var(--text)", fontSize: "0.9375rem" },
      // The caret says where one is.
      "&.cm-focused, & .cm-content:focus-visible": { outline: "none" },
      // The page scrolls, and names at carets may stick out.
      ".cm-scroller": { overflow: "visible", fontFamily: "var(--mono)", lineHeight: "1.65" },
      ".cm-content": { padding: "0.6em 0", caretColor: "var(--text)" },
      ".cm-line": { padding: "0" },
      ".cm-placeholder": { color: "var(--muted)" },
      ".cm-specialChar": { color: "var(--danger)" },
    }),
  ];
}
