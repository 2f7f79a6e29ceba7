/** Other people's carets and selections, and one's own for the others. y-codemirror's own need style attributes, which the page's security policy forbids. */

import { type Extension, type Range, StateEffect } from "@codemirror/state";
import { Decoration, type DecorationSet, type EditorView, ViewPlugin, type ViewUpdate, WidgetType } from "@codemirror/view";
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import { ShownNames } from "../../lib/shown-names";

const moved = StateEffect.define<null>();

interface Person {
  id: string;
  name: string;
  color: string;
}

type ColorOf = (person: string, own: string) => string;
type Changes = Record<"added" | "updated" | "removed", number[]>;

const PLUGIN = ViewPlugin.define<Carets, CaretOptions>((view, { text, awareness, colorOf }) => new Carets(view, text, awareness, colorOf), {
  decorations: ({ drawn }) => drawn,
});

interface CaretOptions {
  text: Y.Text;
  awareness: Awareness;
  colorOf: ColorOf;
}

export function carets(text: Y.Text, awareness: Awareness, colorOf: ColorOf): Extension {
  return PLUGIN.of({ text, awareness, colorOf });
}

/** Where somebody's caret is; null for nowhere in the text. */
export function placeOf(view: EditorView, person: string): number | null {
  return view.plugin(PLUGIN)?.placeOf(person) ?? null;
}

class Carets {
  drawn: DecorationSet = Decoration.none;
  private readonly names = new ShownNames<number>(() => this.redraw());

  constructor(
    private readonly view: EditorView,
    private readonly text: Y.Text,
    private readonly awareness: Awareness,
    private readonly colorOf: ColorOf,
  ) {
    awareness.on("change", this.changed);
    this.draw();
  }

  update({ state, view }: ViewUpdate): void {
    const { main } = state.selection;
    this.tell(view.hasFocus && !state.readOnly ? main : null);
    this.draw();
  }

  destroy(): void {
    this.awareness.off("change", this.changed);
    this.names.destroy();
  }

  placeOf(person: string): number | null {
    for (const [client, { user, cursor }] of this.awareness.getStates()) {
      if (client !== this.awareness.clientID && user?.id === person && cursor) return this.indexOf(cursor.head);
    }
    return null;
  }

  /** Where this person's caret is; null while it is not in the text. */
  private tell(selection: { anchor: number; head: number } | null): void {
    const state = this.awareness.getLocalState();
    if (!state) return;
    const place = (index: number): Y.RelativePosition => Y.createRelativePositionFromTypeIndex(this.text, index);
    const cursor = selection && { anchor: place(selection.anchor), head: place(selection.head) };
    if (JSON.stringify(cursor) !== JSON.stringify(state["cursor"] ?? null)) this.awareness.setLocalStateField("cursor", cursor);
  }

  private readonly changed = ({ added, updated, removed }: Changes): void => {
    const others = [...added, ...updated, ...removed].filter((client) => client !== this.awareness.clientID);
    for (const client of others) this.names.show(client);
    if (others.length > 0) this.redraw();
  };

  private redraw(): void {
    this.view.dispatch({ effects: moved.of(null) });
  }

  private draw(): void {
    const ranges = [...this.awareness.getStates()].flatMap(([client, state]) => {
      return client === this.awareness.clientID ? [] : this.rangesOf(client, state);
    });
    this.drawn = Decoration.set(ranges, true);
  }

  private rangesOf(client: number, state: Record<string, unknown>): Range<Decoration>[] {
    const { user, cursor } = state as { user?: Partial<Person>; cursor?: { anchor?: unknown; head?: unknown } };
    const [anchor, head] = [this.indexOf(cursor?.anchor), this.indexOf(cursor?.head)];
    if (anchor === null || head === null) return [];
    const id = String(user?.id ?? "");
    const color = this.colorOf(id, String(user?.color ?? ""));
    const caret = new Caret({ id, name: String(user?.name ?? ""), color }, this.names.has(client));
    const ranges = [Decoration.widget({ widget: caret, side: head > anchor ? -1 : 1 }).range(head)];
    if (anchor === head) return ranges;
    const mark = Decoration.mark({ class: "caret-selection", attributes: { style: `background-color: ${color}40` } });
    return [...ranges, mark.range(Math.min(anchor, head), Math.max(anchor, head))];
  }

  /** Where in the text somebody's place is now; null for none, or for what is no place. */
  private indexOf(place: unknown): number | null {
    try {
      const found = Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(place), this.text.doc as Y.Doc);
      return found?.type === this.text ? Math.min(found.index, this.view.state.doc.length) : null;
    } catch {
      return null;
    }
  }
}

class Caret extends WidgetType {
  constructor(
    private readonly person: Person,
    private readonly isActive: boolean,
  ) {
    super();
  }

  override eq(other: Caret): boolean {
    return JSON.stringify([this.person, this.isActive]) === JSON.stringify([other.person, other.isActive]);
  }

  /** Only whether the name shows is different: it fades. */
  override updateDOM(line: HTMLElement): boolean {
    this.dress(line);
    return true;
  }

  toDOM(): HTMLElement {
    const line = document.createElement("span");
    line.className = "caret";
    line.dataset["testid"] = "caret";
    line.setAttribute("aria-hidden", "true");
    this.dress(line);
    return line;
  }

  /** The name is drawn from an attribute: as text it would end up in what people copy and in what searches find. */
  private dress(line: HTMLElement): void {
    line.classList.toggle("is-active", this.isActive);
    line.dataset["userId"] = this.person.id;
    line.dataset["name"] = this.person.name;
    line.style.setProperty("--person", this.person.color);
  }
}
