/** Where the caret was in a document, for when this tab opens it again. */

import type { Editor } from "@tiptap/core";

import { bindingOf } from "./bound";
import { anchorFrom, relativeOf } from "./relative";

export class CaretPlace {
  private readonly key: string;

  constructor(
    private readonly editor: Editor,
    memory: string,
  ) {
    this.key = `${memory}:caret`;
    window.addEventListener("pagehide", this.remember);
  }

  destroy(): void {
    window.removeEventListener("pagehide", this.remember);
  }

  /** The place in the text as it is now, or null. */
  find(): number | null {
    try {
      const anchor = anchorFrom(JSON.parse(sessionStorage.getItem(this.key) ?? "null"));
      return anchor && bindingOf(this.editor).anchors.find(anchor);
    } catch {
      return null; // nothing is known
    }
  }

  private readonly remember = (): void => {
    try {
      const place = bindingOf(this.editor).anchors.at(this.editor.state.selection.head, false);
      sessionStorage.setItem(this.key, JSON.stringify(place && relativeOf(place)));
    } catch {
      // The browser keeps nothing: next time the caret begins at the start.
    }
  };
}
