/** The colours in the text, and the panel that says whose they are. */

import type { RoomPage } from "../../../frontend/feature";
import { ColorClasses } from "../../../frontend/lib/color-classes";
import type { Painter } from "../../../frontend/surfaces/surface";
import * as messages from "./messages";
import { type Answer, type Person, Stretches, type Written } from "./stretches";

const LAYER = "authors";

/** Milliseconds after a change until the server has it for sure, most often, and until it is asked again. */
const SOON = 1_000;
const PAUSE = 3_000;

/** Milliseconds that two commits may pass each other by. */
const SLACK = 5_000;

export class AuthorsView {
  private readonly stretches = new Stretches();
  private readonly colors = new ColorClasses("author", "--author", "");
  private readonly panel;
  private readonly button: HTMLButtonElement;
  private readonly caret = document.createElement("p");
  private readonly people = document.createElement("ul");

  /** Letters that were painted, by whose they are: counted anew each time. */
  private letters = new Map<string, { person: Person; letters: number }>();

  /** Until when the server has told of all; 0 before it has told of anything. */
  private known = 0;
  private asked = -PAUSE;
  private timer: number | undefined;
  private leave = (): void => undefined;

  constructor(
    private readonly page: RoomPage,
    private readonly url: string,
  ) {
    this.panel = page.panel({ id: "authors", title: messages.TITLE, closed: () => this.hide() });
    this.button = page.addToMenu({ id: "authors-toggle", label: messages.SHOW, act: () => (this.panel.isOpen ? this.panel.close() : this.show()) });
    this.caret.className = "authors-caret";
    this.caret.setAttribute("role", "status");
    this.people.className = "authors-people";
    this.people.setAttribute("aria-label", messages.PEOPLE);
    this.panel.body.append(this.caret, this.people);
    page.onNews(() => this.askAll());
    page.doc.on("update", () => {
      if (this.panel.isOpen) this.askSoon(SOON);
    });
  }

  private show(): void {
    this.button.textContent = messages.HIDE;
    this.people.replaceChildren(row(messages.LOADING));
    this.caret.textContent = messages.NOWHERE;
    this.panel.open();
    this.leave = this.page.surface.onChosen((_isChosen, at) => this.tell(at.get(LAYER) ?? []));
    this.askAll();
  }

  private hide(): void {
    this.button.textContent = messages.SHOW;
    window.clearTimeout(this.timer);
    this.timer = undefined;
    this.leave();
    this.page.surface.mark(LAYER, null);
  }

  private askAll(): void {
    this.known = 0;
    if (this.panel.isOpen) void this.ask();
  }

  private askSoon(pause: number): void {
    this.timer ??= window.setTimeout(() => void this.ask(), Math.max(pause, this.asked + PAUSE - performance.now()));
  }

  private async ask(): Promise<void> {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    this.asked = performance.now();
    // What is confirmed now was made long ago.
    const since = this.stretches.isOpen ? 0 : Math.max(0, this.known - SLACK);
    try {
      const answer = (await this.page.ask(`${this.url}?since=${since}`)) as Answer;
      if (!since) this.stretches.clear();
      this.stretches.take(answer);
      this.known = answer.now;
    } catch (error) {
      // It is asked again after the next change.
      if (!this.known && this.panel.isOpen) this.people.replaceChildren(row((error as Error).message));
      return;
    }
    if (this.panel.isOpen) this.page.surface.mark(LAYER, (...run) => this.paint(...run), () => this.list());
  }

  private *paint(client: number, clock: number, length: number): ReturnType<Painter> {
    for (const { from, to, written } of this.stretches.of(client, clock, length)) {
      const whose = written ?? this.whoIsHere(client);
      this.count(whose ? countedAs(whose) : NOBODY, to - from);
      const said = whose ? this.saying(whose) : messages.UNKNOWN;
      yield { from: from - clock, to: to - clock, look: { className: this.classesOf(whose), attributes: { title: said } }, id: said };
    }
  }

  private classesOf(whose: Written | null): string {
    if (!whose) return "author-unknown";
    const { id, color } = countedAs(whose);
    return `author ${whose.by && !whose.isBrought ? "author-unconfirmed " : ""}${this.colors.of(this.page.colorOf(id, color))}`;
  }

  /** Whose browser it is that writes there now, as the server tells it of those who are here. */
  private whoIsHere(client: number): Written | null {
    const { user } = (this.page.awareness.getStates().get(client) ?? {}) as { user?: Person };
    const person = client === this.page.doc.clientID ? this.page.self() : user;
    return person?.id ? { person, last: null, by: null, isBrought: false } : null;
  }

  private saying({ person, last, by, isBrought }: Written): string {
    const when = last === null ? messages.JUST_NOW : messages.moment(last, Date.now());
    if (by && isBrought) return messages.broughtBack(person.name, by.name, when);
    return by ? messages.saidToBe(person.name, by.name, when) : messages.wroteIt(person.name, when);
  }

  private count(person: Person, letters: number): void {
    const key = person.id || person.name; // who has left has no id
    const counted = this.letters.get(key) ?? { person, letters: 0 };
    counted.letters += letters;
    this.letters.set(key, counted);
  }

  /** All has been painted: who is in it, who wrote most first. */
  private list(): void {
    const counted = [...this.letters.values()].sort((one, other) => other.letters - one.letters);
    const all = counted.reduce((sum, { letters }) => sum + letters, 0);
    this.letters = new Map();
    const rows = counted.map(({ person, letters }) => {
      const swatch = document.createElement("span");
      swatch.className = `authors-swatch ${person.color && this.colors.of(this.page.colorOf(person.id, person.color))}`;
      const name = document.createElement("span");
      name.className = "authors-name";
      name.dir = "auto";
      name.textContent = person.name;
      return row(swatch, name, messages.share(letters, all));
    });
    this.people.replaceChildren(...(rows.length ? rows : [row(messages.NOTHING)]));
  }

  /** What is said of the letter before the cursor, or behind it at a beginning. */
  private tell([said]: readonly string[]): void {
    const text = said === undefined ? messages.NOWHERE : messages.atCaret(said);
    if (this.caret.textContent !== text) this.caret.textContent = text;
  }
}

/** Whose letters they count as: of those that nobody has confirmed, who sent them. */
function countedAs({ person, by, isBrought }: Written): Person {
  return isBrought ? person : (by ?? person);
}

const NOBODY: Person = { id: "", name: "Unknown", color: "" };

function row(...parts: (string | Node)[]): HTMLLIElement {
  const item = document.createElement("li");
  item.append(...parts);
  return item;
}
