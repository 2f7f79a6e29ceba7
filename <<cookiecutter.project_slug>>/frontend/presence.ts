/** Who is here: one avatar a person, however many tabs and devices they have open. */

import type { Awareness } from "y-protocols/awareness";

import type { Person } from "./config";

const SHOWN = 5;

/** The people in these awareness states, once each: the others in the order of their names, oneself last. */
export function peopleIn(states: Iterable<unknown>, self: Person): Person[] {
  const others = new Map<string, Person>();
  for (const state of states) {
    const user = (state as { user?: Partial<Person> } | null)?.user;
    if (!user || typeof user.id !== "string" || user.id === self.id || others.has(user.id)) continue;
    others.set(user.id, { id: user.id, name: String(user.name ?? ""), color: String(user.color ?? "") });
  }
  return [...others.values()].sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id)).concat(self);
}

/** One or two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s@._-]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const first = words[0];
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  const letters = [first, last].map((word) => (word ? [...word][0] : "")).join("");
  return letters.toLocaleUpperCase() || "?";
}

/** Keeps a list of avatars in step with who is present. */
export function showPresence(list: HTMLElement, awareness: Awareness, self: () => Person): () => void {
  let before = "";
  const render = (): void => {
    const people = peopleIn(awareness.getStates().values(), self());
    const key = JSON.stringify(people);
    if (key === before) return;
    before = key;
    const visible = people.length > SHOWN ? people.slice(0, SHOWN - 1) : people;
    const hidden = people.slice(visible.length);
    list.replaceChildren(...visible.map((person) => avatar(person, person.id === self().id)));
    if (hidden.length > 0) list.append(more(hidden));
  };
  awareness.on("change", render);
  render();
  return render;
}

function avatar(person: Person, isSelf: boolean): HTMLElement {
  const item = document.createElement("li");
  item.className = "avatar";
  item.dataset["testid"] = "avatar";
  item.dataset["userId"] = person.id;
  item.style.backgroundColor = person.color;
  item.title = isSelf ? `${person.name} (you)` : person.name;
  item.append(hiddenText(item.title), visibleText(initials(person.name)));
  return item;
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
