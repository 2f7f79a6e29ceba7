/** The list of versions in the panel, with what one may do with the one that is chosen. */

import type { Change } from "./difference";
import * as say from "./messages";
import { button } from "./past";
import type { Listed, Version } from "./site";

/** Against what a version is shown: the one before, what is there now, another one by its id, or nothing. */
export type Compared = "before" | "now" | "nothing" | number;

export interface ListOptions {
  body: HTMLElement;
  may: () => { write: boolean; manage: boolean; share: boolean };
  choose: (version: Version, compared: Compared) => void;
  keep: (name: string) => Promise<boolean>;
  rename: (version: Version, name: string) => Promise<boolean>;
  erase: (version: Version, from: HTMLElement) => void;
  restore: (from: HTMLElement) => void;
  setReaders: (allowed: boolean) => Promise<boolean>;
  reveal: (change: Change) => void;
}

/** Changes that are listed. */
const MOST_LISTED = 200;

export class VersionList {
  private listed: Listed | null = null;
  private chosen: Version | null = null;
  private compared: Compared = "before";
  /** The form in which one gives the chosen version a name: it stays, with what is typed, whatever others do meanwhile. */
  private naming: HTMLElement | null = null;
  private readonly details = document.createElement("div");
  private readonly told = document.createElement("div");
  private readonly versions = document.createElement("div");
  private readonly keeping: HTMLElement;
  private readonly onlyNamed = Object.assign(document.createElement("input"), { type: "checkbox" });
  private readonly filter = document.createElement("label");
  private readonly foot = document.createElement("div");

  constructor(private readonly options: ListOptions) {
    this.details.className = "history-details";
    this.details.dataset["testid"] = "history-details";
    this.told.className = "history-told";
    this.foot.className = "history-foot";
    this.keeping = nameForm("history-keep", "", say.KEEP, (name) => options.keep(name));
    this.filter.className = "history-choice history-filter";
    this.filter.append(this.onlyNamed, say.ONLY_NAMED);
    this.onlyNamed.dataset["testid"] = "history-only-named";
    this.onlyNamed.addEventListener("change", () => this.draw());
    options.body.append(this.keeping, this.filter, this.versions, this.foot);
    this.settle();
    this.say(say.LOADING);
  }

  get version(): Version | null {
    return this.chosen;
  }

  /** Shows the list; what was chosen stays so if it is still there. */
  show(listed: Listed): void {
    this.listed = listed;
    const known = listed.versions.find(({ id }) => id === this.chosen?.id) ?? null;
    if (!known) this.naming = null;
    this.chosen = known;
    this.draw();
  }

  /** Nothing is chosen any more. */
  forget(): void {
    this.chosen = this.naming = null;
    if (this.listed) this.draw();
  }

  choose(version: Version, compared: Compared): void {
    if (version.id !== this.chosen?.id) this.naming = null;
    this.chosen = version;
    this.compared = compared;
    this.draw();
    this.options.choose(version, compared);
  }

  /** What is different, as sentences. */
  tell(changes: readonly Change[], title: string | null, otherwise: string | null): void {
    const list = document.createElement("ol");
    list.className = "history-changes";
    list.dataset["testid"] = "history-changes";
    list.setAttribute("aria-label", say.CHANGES);
    if (title) list.append(item(plain(title)));
    for (const change of changes.slice(0, MOST_LISTED)) {
      const [before, behind] = say.told(change.by?.name ?? null, change.fate);
      const words = document.createElement("bdi");
      words.textContent = change.words;
      const show = button("", "history-change", () => this.options.reveal(change));
      show.replaceChildren(before, words, behind);
      show.className = `history-change history-change-${change.fate}`;
      show.dir = "auto";
      list.append(item(show));
    }
    if (changes.length > MOST_LISTED) list.append(item(plain(say.more(changes.length - MOST_LISTED))));
    this.told.replaceChildren(...(list.childElementCount ? [list] : otherwise ? [plain(otherwise)] : []));
  }

  say(sentence: string): void {
    this.versions.replaceChildren(plain(sentence));
  }

  /** The time of a version, as short as it can be told. */
  timeOf({ at }: Version): string {
    return clock(at, true);
  }

  focusChosen(): void {
    this.options.body.querySelector<HTMLElement>("[aria-current] , .history-version")?.focus();
  }

  /** What one may do may have changed. */
  private settle(): void {
    const may = this.options.may();
    this.keeping.hidden = !may.write;
    const versions = this.listed?.versions ?? [];
    this.filter.hidden = !versions.some(({ name }) => name) || versions.every(({ name }) => name);
    if (this.filter.hidden) this.onlyNamed.checked = false;
    this.foot.hidden = !may.share;
  }

  /** Only the list is drawn anew: in the field above it somebody may be writing. */
  private draw(): void {
    const { listed, options, versions } = this;
    if (!listed) return;
    this.settle();
    const { body } = options;
    const place = body.scrollTop;
    const { activeElement } = document;
    const held = activeElement instanceof HTMLElement && versions.contains(activeElement) ? keyOf(activeElement) : "";
    const parts: Node[] = [];
    if (!listed.versions.length) parts.push(plain(say.EMPTY));
    let day = "";
    let list = document.createElement("ol");
    // What one looks at is in the list, whatever it is called.
    const shown = listed.versions.filter(({ id, name }) => !this.onlyNamed.checked || name || id === this.chosen?.id);
    for (const version of shown) {
      const now = dayOf(version.at);
      if (now !== day) {
        day = now;
        const heading = document.createElement("h3");
        heading.textContent = day;
        list = document.createElement("ol");
        list.className = "history-list";
        parts.push(heading, list);
      }
      list.append(this.row(version, listed));
    }
    versions.replaceChildren(...parts);
    this.foot.replaceChildren(...this.readersSwitch(listed.readers));
    body.scrollTop = place;
    if (held) [...versions.querySelectorAll<HTMLElement>("button, input, select")].find((each) => keyOf(each) === held)?.focus({ preventScroll: true });
  }

  private row(version: Version, listed: Listed): HTMLElement {
    const row = document.createElement("li");
    const names = version.people.map((id) => listed.people[id]?.name ?? say.FORMER);
    const about = version.cause === "restore" && !version.name ? [say.BEFORE_RESTORE, ...names] : names;
    const isChosen = version.id === this.chosen?.id;
    const pick = document.createElement("button");
    pick.type = "button";
    pick.className = "history-version";
    pick.dataset["testid"] = "history-version";
    pick.dataset["key"] = `version ${version.id}`;
    if (isChosen) pick.setAttribute("aria-current", "true");
    pick.append(...[version.name, clock(version.at), about.length ? [...new Set(about)].join(", ") : version.by].filter(Boolean).map(span));
    pick.addEventListener("click", () => this.choose(version, "before"));
    row.append(pick);
    if (isChosen) row.append(this.detailsOf(version, listed));
    return row;
  }

  private detailsOf(version: Version, { versions }: Listed): HTMLElement {
    const { options, details } = this;
    const may = options.may();
    const compare = document.createElement("select");
    compare.dataset["testid"] = "history-compare";
    compare.dataset["key"] = "compare";
    const add = (to: HTMLElement, value: Compared, label: string): void => {
      to.append(Object.assign(document.createElement("option"), { value: String(value), textContent: label, selected: value === this.compared }));
    };
    add(compare, "before", say.SINCE_BEFORE);
    add(compare, "now", say.UNTIL_NOW);
    add(compare, "nothing", say.NOTHING);
    const others = Object.assign(document.createElement("optgroup"), { label: say.BETWEEN });
    for (const other of versions) if (other.id !== version.id) add(others, other.id, [other.name, clock(other.at, true)].filter(Boolean).join(", "));
    if (others.childElementCount) compare.append(others);
    compare.addEventListener("change", () => this.choose(version, /^\d+$/.test(compare.value) ? Number(compare.value) : (compare.value as Compared)));
    const label = document.createElement("label");
    label.append(say.COMPARED, compare);
    const buttons = document.createElement("div");
    buttons.className = "history-buttons";
    if (may.write) buttons.append(button(say.RESTORE, "history-restore", options.restore), button(say.RENAME, "history-rename", () => this.askName(version)));
    if (may.manage) buttons.append(button(say.ERASE, "history-erase", (from) => options.erase(version, from)));
    for (const each of buttons.children) (each as HTMLElement).dataset["key"] = (each as HTMLElement).dataset["testid"];
    details.replaceChildren(label, this.told, this.naming ?? buttons);
    return details;
  }

  private askName(version: Version): void {
    const leave = (): void => {
      this.naming = null;
      this.draw();
      this.details.querySelector<HTMLElement>("[data-testid=history-rename]")?.focus();
    };
    const form = nameForm("history-name", version.name, say.SAVE, async (name) => {
      const done = await this.options.rename(version, name);
      if (done) leave();
      return done;
    });
    form.append(button(say.CANCEL, "history-name-cancel", leave));
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      leave();
    });
    this.naming = form;
    this.draw();
    const field = form.querySelector("input");
    field?.focus();
    field?.select();
  }

  private readersSwitch(readers: boolean): HTMLElement[] {
    const label = document.createElement("label");
    label.className = "history-choice";
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: readers });
    box.dataset["testid"] = "history-readers";
    box.dataset["key"] = "readers";
    box.addEventListener("change", () => {
      void this.options.setReaders(box.checked).then((done) => {
        if (!done) box.checked = !box.checked;
      });
    });
    const hint = plain(say.READERS_HINT);
    hint.id = "history-readers-hint";
    box.setAttribute("aria-describedby", hint.id);
    label.append(box, say.READERS);
    return [label, hint];
  }
}

function nameForm(id: string, name: string, label: string, send: (name: string) => Promise<boolean>): HTMLFormElement {
  const form = document.createElement("form");
  form.className = "history-form";
  const field = document.createElement("input");
  field.type = "text";
  field.maxLength = 80;
  field.value = name;
  field.autocomplete = "off";
  field.dir = "auto";
  field.placeholder = say.NAME_HINT;
  field.setAttribute("aria-label", say.NAME_LABEL);
  field.dataset["testid"] = `${id}-field`;
  field.dataset["key"] = id;
  const submit = Object.assign(document.createElement("button"), { type: "submit", className: "button", textContent: label });
  submit.dataset["testid"] = id;
  form.append(field, submit);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit.disabled = true;
    void send(field.value.trim()).then((done) => {
      submit.disabled = false;
      if (done) field.value = "";
    });
  });
  return form;
}

/** By which an element is found again that was drawn anew. */
function keyOf({ dataset }: HTMLElement): string {
  return dataset["key"] ?? "";
}

function plain(sentence: string): HTMLElement {
  return Object.assign(document.createElement("p"), { className: "history-hint", textContent: sentence });
}

function item(content: Node): HTMLElement {
  const made = document.createElement("li");
  made.append(content);
  return made;
}

function span(text: string, index: number): HTMLElement {
  const made = document.createElement("span");
  made.dir = "auto";
  if (index === 0) made.className = "history-first";
  made.textContent = text;
  return made;
}

const HOUR = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { dateStyle: "full" });
const BOTH = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { dateStyle: "medium", timeStyle: "short" });

function dayOf(at: string): string {
  return DAY.format(new Date(at));
}

function clock(at: string, withDay = false): string {
  const time = new Date(at);
  const isToday = time.toDateString() === new Date().toDateString();
  return (withDay && !isToday ? BOTH : HOUR).format(time);
}
