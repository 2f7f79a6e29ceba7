/** Other people's carets: a line in their colour, with a name that shows when they move. */

import type { DecorationAttrs } from "@tiptap/pm/view";
import type { Awareness } from "y-protocols/awareness";

import type { Surroundings } from "../surface";

/** How long a name stays beside a caret that rests. */
const NAME_SHOWN = 2_500;

type User = Record<string, unknown>;

interface Carets {
  render: (user: User) => HTMLElement;
  selectionRender: (user: User) => DecorationAttrs;
}

/** What a caret and a selection look like, each in the colour that its person has here. */
export function caretsIn({ colorOf }: Pick<Surroundings, "colorOf">): Carets {
  const color = (user: User): string => colorOf(String(user["id"] ?? ""), String(user["color"]));
  return {
    /** Styles are set through the object model: the page's security policy forbids style attributes. */
    render(user) {
      const line = document.createElement("span");
      line.className = "caret is-active";
      line.dataset["testid"] = "caret";
      line.dataset["userId"] = String(user["id"] ?? "");
      line.setAttribute("aria-hidden", "true");
      // The name is drawn from an attribute: as text it would end up in what people copy and in what searches find.
      line.dataset["name"] = String(user["name"] ?? "");
      line.style.setProperty("--person", color(user));
      return line;
    },

    selectionRender(user) {
      return { class: "caret-selection", style: `background-color: ${color(user)}40` };
    },
  };
}

/** Shows the name of whoever has just moved, and lets it fade when they rest, until what it returns is called. */
export function watchCarets(editor: HTMLElement, awareness: Awareness): () => void {
  const timers = new Map<string, number>();
  const changed = ({ added, updated }: { added: number[]; updated: number[] }): void => {
    for (const client of [...added, ...updated]) {
      const user = awareness.getStates().get(client)?.["user"] as User | undefined;
      const id = user?.["id"];
      if (client === awareness.clientID || typeof id !== "string") continue;
      const mark = (active: boolean): void => {
        for (const line of editor.querySelectorAll<HTMLElement>(".caret")) {
          if (line.dataset["userId"] === id) line.classList.toggle("is-active", active);
        }
      };
      window.clearTimeout(timers.get(id));
      mark(true);
      timers.set(id, window.setTimeout(() => mark(false), NAME_SHOWN));
    }
  };
  awareness.on("change", changed);
  return () => {
    awareness.off("change", changed);
    for (const timer of timers.values()) window.clearTimeout(timer);
  };
}
