/** Carets in the title: where the others' are, and one's own for them. */

import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import { ShownNames } from "../lib/shown-names";

/** What of a person's presence says where in the title they are. Named in rooms/kinds.py too. */
const FIELD = "titleCursor";

export interface CaretOptions {
  awareness: Awareness;
  /** Lies over the field, with the same letters, which nobody sees, in the same places. */
  carets: HTMLElement;
  colorOf: (person: string, own: string) => string;
}

interface Other {
  client: number;
  place: number;
  user: { id?: unknown; name?: unknown; color?: unknown };
}

type Changes = Record<"added" | "updated" | "removed", number[]>;

export class TitleCarets {
  private readonly names = new ShownNames<number>(() => this.draw());
  /** Where each was when one last looked. */
  private readonly known = new Map<number, string>();

  /** `shown` is the title as the field shows it, or null as long as there is none. */
  constructor(
    private readonly options: CaretOptions,
    private readonly source: Y.Text,
    private readonly shown: () => string | null,
  ) {
    options.awareness.on("change", this.changed);
  }

  /** Says where this person's caret is; null while it is elsewhere. */
  tell(place: number | null): void {
    const { awareness } = this.options;
    const state = awareness.getLocalState();
    if (!state) return;
    const found = place === null ? null : Y.createRelativePositionFromTypeIndex(this.source, place, -1);
    if (JSON.stringify(found) !== JSON.stringify(state[FIELD] ?? null)) awareness.setLocalStateField(FIELD, found);
  }

  draw(): void {
    const { carets } = this.options;
    const shown = this.shown();
    const others = shown === null ? [] : this.others(shown.length);
    const parts: (string | HTMLElement)[] = [];
    let end = 0;
    for (const other of others) {
      parts.push(shown?.slice(end, other.place) ?? "", this.caretOf(other));
      end = other.place;
    }
    if (others.length > 0) parts.push(shown?.slice(end) ?? "");
    carets.replaceChildren(...parts);
  }

  destroy(): void {
    this.options.awareness.off("change", this.changed);
    this.names.destroy();
    this.tell(null);
  }

  private readonly changed = ({ added, updated, removed }: Changes): void => {
    const { awareness } = this.options;
    const others = [...added, ...updated, ...removed].filter((client) => client !== awareness.clientID);
    for (const client of others) {
      const place = JSON.stringify(awareness.getStates().get(client)?.[FIELD] ?? null);
      if (place !== this.known.get(client)) this.names.show(client);
      this.known.set(client, place);
    }
    for (const client of removed) this.known.delete(client);
    if (others.length > 0) this.draw();
  };

  private others(length: number): Other[] {
    const { awareness } = this.options;
    const found = [...awareness.getStates()].flatMap(([client, state]): Other[] => {
      const place = client === awareness.clientID ? null : this.placeOf(state[FIELD]);
      return place === null ? [] : [{ client, place: Math.min(place, length), user: (state["user"] ?? {}) as Other["user"] }];
    });
    return found.sort((a, b) => a.place - b.place);
  }

  /** Where in the title somebody's place is now; null for none, or for what is no place. */
  private placeOf(place: unknown): number | null {
    if (!place) return null;
    try {
      const found = Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(place), this.source.doc as Y.Doc);
      return found?.type === this.source ? found.index : null;
    } catch {
      return null;
    }
  }

  /** The name is drawn from an attribute: as text it would end up in what searches find. */
  private caretOf({ client, user }: Other): HTMLElement {
    const id = String(user.id ?? "");
    const line = document.createElement("span");
    line.className = "caret";
    line.classList.toggle("is-active", this.names.has(client));
    line.dataset["testid"] = "title-caret";
    line.dataset["userId"] = id;
    line.dataset["name"] = String(user.name ?? "");
    line.style.setProperty("--person", this.options.colorOf(id, String(user.color ?? "")));
    return line;
  }
}
