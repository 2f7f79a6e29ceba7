/** Carets and selections: one's own is told, other people's are shown in their colours, with a name that shows when they move. */

import { type Editor, Extension } from "@tiptap/core";
import { type EditorState, Plugin, PluginKey, type Transaction } from "@tiptap/pm/state";
import { Decoration, DecorationSet, type EditorView } from "@tiptap/pm/view";
import type { Awareness } from "y-protocols/awareness";

import { ShownNames } from "../../lib/shown-names";
import type { Surroundings } from "../surface";
import { isFromText } from "./binding/binding";
import { bindingOf } from "./bound";
import { anchorFrom, relativeOf } from "./relative";

/** Under which everybody's place stands in what they tell of themselves. */
const CURSOR = "cursor";

/** On transactions that show where people are now. */
const MOVED = "caretsMoved";

type User = Record<string, unknown>;

export interface CaretOptions {
  awareness: Awareness;
  page: Pick<Surroundings, "colorOf">;
}

export const Carets = Extension.create<CaretOptions, { told: string }>({
  name: "carets",
  addStorage: () => ({ told: "null" }),
  // Not in the plugin's view: that is made anew whenever a menu is added to the editor.
  onTransaction() {
    tell(this.editor, this.options.awareness, this.storage);
  },
  onFocus() {
    tell(this.editor, this.options.awareness, this.storage);
  },
  onBlur() {
    tell(this.editor, this.options.awareness, this.storage);
  },
  onDestroy() {
    this.options.awareness.setLocalStateField(CURSOR, null);
  },
  addProseMirrorPlugins() {
    const { editor, options } = this;
    return [caretsPlugin(editor, options)];
  },
});

function caretsPlugin(editor: Editor, { awareness, page }: CaretOptions): Plugin<DecorationSet> {
  const key = new PluginKey<DecorationSet>("carets");
  const show = (state: EditorState): DecorationSet => DecorationSet.create(state.doc, [...drawn(editor, awareness, page)]);
  return new Plugin<DecorationSet>({
    key,
    state: {
      init: () => DecorationSet.empty,
      apply: (tr: Transaction, before, _old, state) => {
        const isInStep = bindingOf(editor).drawn === state.doc;
        if (isInStep && (tr.getMeta(MOVED) || (tr.docChanged && isFromText(tr)))) return show(state);
        return before.map(tr.mapping, tr.doc);
      },
    },
    props: { decorations: (state) => key.getState(state) },
    view: (view) => {
      let timer: number | undefined;
      const refresh = (): void => {
        timer ??= window.setTimeout(() => {
          timer = undefined;
          if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(MOVED, true).setMeta("addToHistory", false));
        });
      };
      const changed = ({ added, updated, removed }: Record<"added" | "updated" | "removed", number[]>): void => {
        if ([...added, ...updated, ...removed].some((client) => client !== awareness.clientID)) refresh();
      };
      awareness.on("change", changed);
      refresh();
      return {
        update: (_view: EditorView, before: EditorState) => {
          // What was written right before somebody's caret has taken it along.
          const { head } = view.state.selection;
          if (before.doc !== view.state.doc && key.getState(view.state)?.find(head, head).length) refresh();
        },
        destroy: () => {
          window.clearTimeout(timer);
          awareness.off("change", changed);
        },
      };
    },
  });
}

/** Where the others are. */
function* drawn(editor: Editor, awareness: Awareness, page: Pick<Surroundings, "colorOf">): IterableIterator<Decoration> {
  for (const [client, { user, [CURSOR]: cursor }] of awareness.getStates() as Map<number, { user?: User; [CURSOR]?: unknown }>) {
    if (client === awareness.clientID || !user) continue;
    const [anchor, head] = ["anchor", "head"].map((end) => find(editor, (cursor as User | null)?.[end]));
    if (typeof head !== "number") continue;
    const color = page.colorOf(String(user["id"] ?? ""), String(user["color"]));
    yield Decoration.widget(head, () => line(user, color), { key: String(client), side: 10, ignoreSelection: true });
    if (typeof anchor !== "number" || anchor === head) continue;
    const look = { class: "caret-selection", style: `background-color: ${color}40` };
    yield Decoration.inline(Math.min(anchor, head), Math.max(anchor, head), look);
  }
}

function find(editor: Editor, place: unknown): number | null {
  const anchor = anchorFrom(place);
  return anchor && bindingOf(editor).anchors.find(anchor);
}

/** Styles are set through the object model: the page's security policy forbids style attributes. */
function line(user: User, color: string): HTMLElement {
  const caret = document.createElement("span");
  caret.className = "caret is-active";
  caret.dataset["testid"] = "caret";
  caret.dataset["userId"] = String(user["id"] ?? "");
  caret.setAttribute("aria-hidden", "true");
  // The name is drawn from an attribute: as text it would end up in what people copy and in what searches find.
  caret.dataset["name"] = String(user["name"] ?? "");
  caret.style.setProperty("--person", color);
  return caret;
}

/** Tells the others where one's own caret is, while it is in the text. */
function tell(editor: Editor, awareness: Awareness, storage: { told: string }): void {
  const { anchors, drawn: document } = bindingOf(editor);
  // In the midst of a change: it is told at its end.
  if (document !== editor.state.doc) return;
  const { anchor, head, empty } = editor.state.selection;
  const place = (position: number, isBefore: boolean) => {
    const found = anchors.at(position, isBefore);
    return found && relativeOf(found);
  };
  const cursor = editor.isFocused
    ? { anchor: place(anchor, !empty && anchor < head), head: place(head, !empty && head < anchor) }
    : null;
  const now = JSON.stringify(cursor);
  if (now === storage.told) return;
  storage.told = now;
  awareness.setLocalStateField(CURSOR, cursor);
}

/** Shows the name of whoever has just moved, and lets it fade when they rest, until what it returns is called. */
export function watchCarets(editor: HTMLElement, awareness: Awareness): () => void {
  const mark = (person: string, isActive: boolean): void => {
    for (const line of editor.querySelectorAll<HTMLElement>(".caret")) {
      if (line.dataset["userId"] === person) line.classList.toggle("is-active", isActive);
    }
  };
  const names = new ShownNames<string>((person) => mark(person, false));
  const changed = ({ added, updated }: { added: number[]; updated: number[] }): void => {
    for (const client of [...added, ...updated]) {
      const user = awareness.getStates().get(client)?.["user"] as User | undefined;
      const id = user?.["id"];
      if (client === awareness.clientID || typeof id !== "string") continue;
      mark(id, true);
      names.show(id);
    }
  };
  awareness.on("change", changed);
  return () => {
    awareness.off("change", changed);
    names.destroy();
  };
}
