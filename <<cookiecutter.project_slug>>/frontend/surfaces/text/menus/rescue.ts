/** Under a line that somebody else has deleted while one was writing in it: what happened, and what one can do about it. */

import type { Editor } from "@tiptap/core";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";

import { say } from "../../../ui/toast";
import { rove, toolbar } from "../../../ui/toolbar";
import type { Rescued } from "../binding/rescue";
import { bindingOf } from "../bound";

/** Milliseconds for which one is asked: later the line is one like any other. */
const FRESH = 120_000;

/** `nameOf` knows people by the numbers of their documents. */
export function mountRescue(editor: Editor, nameOf: (client: number) => string, closed: AbortSignal): void {
  const key = new PluginKey<DecorationSet>("rescue");
  const change = (meta: { add?: Rescued; over?: Rescued }): void => {
    if (!editor.isDestroyed) editor.view.dispatch(editor.state.tr.setMeta(key, meta).setMeta("addToHistory", false));
  };
  editor.registerPlugin(
    new Plugin<DecorationSet>({
      key,
      state: {
        init: () => DecorationSet.empty,
        apply: (tr, before) => {
          const { add, over } = (tr.getMeta(key) ?? {}) as { add?: Rescued; over?: Rescued };
          const set = before.map(tr.mapping, tr.doc);
          if (over) return set.remove(set.find(undefined, undefined, ({ rescued }) => rescued === over));
          const place = add?.position();
          if (!add || typeof place !== "number") return set;
          const $place = tr.doc.resolve(place);
          const block = $place.parent.isTextblock ? $place.before() : place;
          const end = block + (tr.doc.nodeAt(block)?.nodeSize ?? 0);
          const ask = (): HTMLElement => question(editor, nameOf(add.client), add, () => change({ over: add }));
          return set.add(tr.doc, [
            Decoration.node(block, end, { class: "rescued" }, { rescued: add }),
            Decoration.widget(end, ask, { side: 1, rescued: add, ignoreSelection: true, stopEvent: () => true }),
          ]);
        },
      },
      props: { decorations: (state) => key.getState(state) },
    }),
  );
  const end = bindingOf(editor).onRescued((rescued) => {
    change({ add: rescued });
    say(sentence(nameOf(rescued.client)));
    window.setTimeout(() => change({ over: rescued }), FRESH);
  });
  closed.addEventListener("abort", end);
}

function sentence(name: string): string {
  return `${name} deleted this line while you were writing in it.`;
}

function question(editor: Editor, name: string, rescued: Rescued, over: () => void): HTMLElement {
  const place = document.createElement("div");
  place.className = "rescue";
  place.contentEditable = "false";
  const bar = toolbar("A line that was deleted", "rescue");
  bar.classList.add("bubble");
  const words = document.createElement("p");
  words.textContent = sentence(name);
  bar.append(words);
  const choices: [string, () => void][] = [["Keep", rescued.keep], ["Delete", rescued.remove]];
  for (const [label, choose] of choices) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = label;
    button.addEventListener("click", () => {
      over();
      choose();
      editor.commands.focus();
    });
    bar.append(button);
  }
  rove(bar, () => editor.commands.focus());
  place.append(bar);
  return place;
}
