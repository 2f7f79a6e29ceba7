/** Who is here: one avatar a person, however many tabs and devices they have open. */

import type { Awareness } from "y-protocols/awareness";

import type { Colors } from "./colors";
import type { Person } from "./person";

/** More than these do not fit beside each other, on a phone and elsewhere. */
const SHOWN = { narrow: 3, wide: 5 };

/** The people in these awareness states, once each: the others in the order of their names, oneself last. */
export function peopleIn(states: Iterable<unknown>, self: Person): Person[] {
  const others = new Map<string, Person>();
  for (const state of states) {
    const user = (state as { user?: Partial<Person> } | null)?.user;
    if (!user || typeof user.id !== "string" || user.id === self.id) continue;
    const since = Math.min(sinceOf(user), sinceOf(others.get(user.id)));
    others.set(user.id, { id: user.id, name: String(user.name ?? ""), color: String(user.color ?? ""), since });
  }
  return [...others.values()].sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id)).concat(self);
}

function sinceOf(user: Partial<Person> | undefined): number {
  return typeof user?.since === "number" ? user.since : Number.MAX_SAFE_INTEGER;
}

/** Who is shown with an avatar, and who is only counted: never oneself, who comes last. */
export function shownOf(people: Person[], most: number): { shown: Person[]; counted: Person[] } {
  if (people.length <= most) return { shown: people, counted: [] };
  return { shown: [...people.slice(0, most - 2), ...people.slice(-1)], counted: people.slice(most - 2, -1) };
}

/** One or two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s@._-]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const first = words[0];
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  const letters = [first, last].map((word) => (word ? [...word][0] : "")).join("");
  return letters.toLocaleUpperCase() || "?";
}

/** A list of avatars, and everybody's colour, in step with who is present. */
export class Presence {
  private shown = "";
  private readonly narrow = window.matchMedia("(max-width: 40rem)");

  constructor(
    private readonly list: HTMLElement,
    private readonly awareness: Awareness,
    private readonly self: () => Person,
    private readonly colors: Colors,
    /** The list is drawn anew. */
    private readonly drawn: () => void = () => undefined,
  ) {
    awareness.on("change", this.refresh);
    this.narrow.addEventListener("change", this.refresh);
    this.refresh();
  }

  readonly refresh = (): void => {
    const self = this.self();
    const states = [...this.awareness.getStates().values()];
    const people = peopleIn(states, { ...self, since: sinceOfSelf(states, self) });
    this.colors.assign(people.map(({ id, color, since }) => ({ id, color, since: since ?? Number.MAX_SAFE_INTEGER })));
    const colored = people.map((person) => ({ ...person, color: this.colors.of(person.id, person.color) }));
    const { shown, counted } = shownOf(colored, this.narrow.matches ? SHOWN.narrow : SHOWN.wide);
    const key = JSON.stringify([shown, counted]);
    if (key === this.shown) return;
    this.shown = key;
    const items = shown.map((person) => avatar(person, person.id === self.id));
    if (counted.length > 0) items.splice(-1, 0, more(counted));
    const focused = (document.activeElement as HTMLElement | null)?.dataset["userId"];
    this.list.replaceChildren(...items);
    if (focused !== undefined) this.list.querySelector<HTMLElement>(`button[data-user-id="${CSS.escape(focused)}"]`)?.focus();
    this.drawn();
  };

  /** Leaves the list as it is. */
  destroy(): void {
    this.awareness.off("change", this.refresh);
    this.narrow.removeEventListener("change", this.refresh);
  }
}

/** One's own time of coming, from this tab or another of one's own. */
function sinceOfSelf(states: unknown[], self: Person): number {
  const own = states.map((state) => (state as { user?: Partial<Person> } | null)?.user).filter((user) => user?.id === self.id);
  return Math.min(sinceOf(self), ...own.map(sinceOf));
}

function avatar(person: Person, isSelf: boolean): HTMLElement {
  const item = document.createElement("li");
  item.className = "avatar";
  item.dataset["testid"] = "avatar";
  item.dataset["userId"] = person.id;
  item.style.backgroundColor = person.color;
  item.title = isSelf ? `${person.name} (you)` : person.name;
  const parts = [hiddenText(item.title), visibleText(initials(person.name))];
  item.append(...(isSelf ? parts : [leadingTo(person, parts)]));
  return item;
}

/** What one presses to go where they are: see following.ts. */
function leadingTo(person: Person, parts: HTMLElement[]): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset["userId"] = person.id;
  button.dataset["name"] = person.name;
  button.title = `${person.name}: go there, and along`;
  button.append(...parts);
  return button;
}

function more(people: Person[]): HTMLElement {
  const item = document.createElement("li");
  item.className = "avatar avatar-more";
  item.title = people.map((person) => person.name).join(", ");
  item.append(hiddenText(`and ${item.title}`), visibleText(`+${people.length}`));
  return item;
}

function hiddenText(text: string): HTMLElement {
  const span = document.createElement("span");
  span.className = "visually-hidden";
  span.textContent = text;
  return span;
}

function visibleText(text: string): HTMLElement {
  const span = document.createElement("span");
  span.setAttribute("aria-hidden", "true");
  span.textContent = text;
  return span;
}
