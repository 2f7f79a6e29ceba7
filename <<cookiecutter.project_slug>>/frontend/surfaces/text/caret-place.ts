/** Where the caret was in a document, for when this tab opens it again. */

import type { Editor } from "@tiptap/core";
import { absolutePositionToRelativePosition, relativePositionToAbsolutePosition, ySyncPluginKey } from "@tiptap/y-tiptap";
import * as Y from "yjs";

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
    const binding = this.binding;
    if (!binding) return null;
    try {
      const place = Y.createRelativePositionFromJSON(JSON.parse(sessionStorage.getItem(this.key) ?? "null"));
      return relativePositionToAbsolutePosition(binding.doc, binding.type, place, binding.mapping);
    } catch {
      return null; // nothing is known, or it is no longer there
    }
  }

  private readonly remember = (): void => {
    const binding = this.binding;
    if (!binding) return;
    try {
      const { head } = this.editor.state.selection;
      const place: unknown = absolutePositionToRelativePosition(head, binding.type, binding.mapping);
      sessionStorage.setItem(this.key, JSON.stringify(place));
    } catch {
      // The browser keeps nothing: next time the caret begins at the start.
    }
  };

  private get binding() {
    return (ySyncPluginKey.getState(this.editor.state) as { binding?: Binding } | undefined)?.binding;
  }
}

interface Binding {
  doc: Y.Doc;
  type: Y.XmlFragment;
  mapping: Parameters<typeof absolutePositionToRelativePosition>[2];
}
