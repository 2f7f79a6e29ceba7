/**
 * "@" in a comment's box offers people, as it does in the text.
 *
 * A box is told of by an event, so that neither needs the other; the ids of those who are named stay in it, as `data-mentioned`.
 */

import type { Nameable } from "../../frontend/surfaces/surface";
import { matching } from "../../frontend/lib/matching";
import { nameSomebody, offered } from "./messages";

/** Sent for each new box, with it as `detail`. */
const BOX = "comment-box";
const MOST_SHOWN = 6;
/** What is typed of a name, before the caret. */
const TYPED = /(?:^|\s)@([^\s@]*)$/u;

type People = () => Promise<readonly Nameable[]>;

/** `announce` says a sentence to screen readers alone. */
export function offerInBoxes(people: People, announce: (sentence: string) => void): void {
  document.addEventListener(BOX, ({ detail }: CustomEventInit<unknown>) => {
    if (detail instanceof HTMLTextAreaElement) new NamingBox(detail, people, announce);
  });
}

let boxes = 0;

class NamingBox {
  private readonly list = document.createElement("div");
  private readonly named = new Map<string, string>();
  private offered: Nameable[] = [];
  private active = 0;

  constructor(
    private readonly area: HTMLTextAreaElement,
    private readonly people: People,
    private readonly announce: (sentence: string) => void,
  ) {
    this.list.id = `box-people-${++boxes}`;
    this.list.className = "slash-menu box-people";
    this.list.dataset["testid"] = "box-people";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", nameSomebody);
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    area.addEventListener("input", () => void this.typed());
    area.addEventListener("blur", () => this.close());
    // Before the box's own: while people are offered, these keys are the list's.
    area.addEventListener("keydown", (event) => this.pressed(event), { capture: true });
  }

  private get typedName(): string | null {
    const { value, selectionStart, selectionEnd } = this.area;
    return selectionStart === selectionEnd ? (TYPED.exec(value.slice(0, selectionStart))?.[1] ?? null) : null;
  }

  private async typed(): Promise<void> {
    this.note();
    if (this.typedName === null) {
      this.close();
      return;
    }
    const people = await this.people();
    // One may have gone on meanwhile.
    const name = this.typedName;
    const labelled = people.map((person) => ({ ...person, label: person.name }));
    const before = this.offered.length;
    this.offered = name === null || document.activeElement !== this.area ? [] : matching(labelled, name).slice(0, MOST_SHOWN);
    this.active = 0;
    if (this.offered.length && this.offered.length !== before) this.announce(offered(this.offered.length));
    this.show();
  }

  private show(): void {
    if (this.offered.length === 0) {
      this.close();
      return;
    }
    this.list.replaceChildren(
      ...this.offered.map(({ name }, at) => {
        const option = document.createElement("div");
        option.id = `${this.list.id}-${at}`;
        option.className = "slash-item";
        option.dir = "auto";
        option.textContent = name;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", String(at === this.active));
        option.addEventListener("click", () => this.choose(at));
        return option;
      }),
    );
    this.area.after(this.list);
    this.area.setAttribute("aria-controls", this.list.id);
    this.area.setAttribute("aria-activedescendant", `${this.list.id}-${this.active}`);
  }

  private close(): void {
    this.offered = [];
    this.list.remove();
    this.area.removeAttribute("aria-controls");
    this.area.removeAttribute("aria-activedescendant");
  }

  private pressed(event: KeyboardEvent): void {
    const count = this.offered.length;
    if (count === 0 || event.isComposing || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown") this.active = (this.active + 1) % count;
    else if (event.key === "ArrowUp") this.active = (this.active + count - 1) % count;
    else if (event.key === "Enter" || event.key === "Tab") this.choose(this.active);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (this.offered.length > 0) this.show();
  }

  private choose(at: number): void {
    const person = this.offered[at];
    const typed = this.typedName;
    if (!person || typed === null) return;
    const caret = this.area.selectionStart;
    this.named.set(person.id, person.name);
    this.close();
    this.area.setRangeText(`@${person.name} `, caret - typed.length - 1, caret, "end");
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Those whose names still stand there. */
  private note(): void {
    const ids = [...this.named].filter(([, name]) => this.area.value.includes(`@${name}`)).map(([id]) => Number(id));
    if (ids.length > 0) this.area.dataset["mentioned"] = JSON.stringify(ids);
    else delete this.area.dataset["mentioned"];
  }
}
