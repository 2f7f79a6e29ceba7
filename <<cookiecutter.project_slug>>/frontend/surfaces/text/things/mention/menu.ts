/** "@" offers people: type a part of a name, then Enter. */

import type { Editor } from "@tiptap/core";
import { PluginKey } from "@tiptap/pm/state";
import { Suggestion } from "@tiptap/suggestion";

import type { Nameable } from "../../../surface";
import { isFromText } from "../../binding/binding";
import { WITHIN, listbox, mountSuggestion } from "../../menus/listbox";
import { matching } from "../../../../lib/matching";
import { mention } from "../../model/things";
import { freshId } from "../../model/values";

interface Offered extends Nameable {
  /** By what is typed: see matching(). */
  label: string;
}

const MOST_SHOWN = 8;

/** `people` is asked each time that somebody types "@"; `named` hears of each who was chosen. */
export function mountMentions(editor: Editor, people: () => Promise<readonly Nameable[]>, named?: () => void): void {
  const plugin = Suggestion<Offered, Offered>({
    editor,
    pluginKey: new PluginKey("mention"),
    char: "@",
    placement: "bottom-start",
    floatingUi: WITHIN,
    container: "#room",
    items: async ({ query }) => {
      const named = (await people()).map((person) => ({ ...person, label: person.name }));
      return matching(named, query).slice(0, MOST_SHOWN);
    },
    allow: ({ state, range }) => editor.isEditable && state.doc.resolve(range.from).parent.type.name !== "codeBlock" && !editor.isActive("code"),
    // Nor does somebody else's sign open a menu here.
    shouldShow: ({ transaction }) => !isFromText(transaction),
    command: ({ range, props: { id, name } }) => {
      const thing = mention({ id: freshId(Math.random, 12), user: id, name });
      editor
        .chain()
        .focus()
        .insertContentAt(range, [
          { type: "mention", attrs: { thing } },
          { type: "text", text: " " },
        ])
        .run();
      named?.();
    },
    render: () =>
      listbox<Offered>({
        id: "mention-menu",
        label: "Name somebody",
        option,
        // An address or a price: nothing that one would want to be told.
        none: () => "",
        count: (found) => `${found} ${found === 1 ? "person" : "people"}`,
      }),
  });
  mountSuggestion(editor, plugin);
}

function option({ id, name }: Offered): HTMLElement {
  const item = document.createElement("div");
  item.id = `mention-${id}`;
  const label = document.createElement("span");
  label.dir = "auto";
  label.textContent = name;
  item.append(label);
  return item;
}
