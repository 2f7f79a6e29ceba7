/** What the header has beside the connection: the title once it is out of sight, and the menu. Fetched once one can write. */

import { element } from "../lib/element";
import { countIn } from "../lib/count";
import { download } from "../lib/files";
import { caretIn, covered } from "../lib/sight";
import type { About } from "../session/about";
import { Heard, type HeardOptions } from "../session/heard";
import type { Surface, Switch } from "../surfaces/surface";
import { COUNT, LANGUAGES, LANGUAGE, came, left, writes } from "../text/messages";
import { announce } from "../ui/announce";
import type * as Dialogs from "../ui/dialogs";

export interface HeaderOptions {
  title: HTMLTextAreaElement;
  surface: Surface;
  about: About;
  dialogs: typeof Dialogs;
  mayWrite: () => boolean;
  others: Omit<HeardOptions, "came" | "left" | "writes">;
}

/** Under which this browser remembers that documents are shown as wide as the window, and that what others do is not said. */
const [WIDE, SILENT] = ["yroom:wide", "yroom:silent"];

/** How much of a heading is said. */
const LONGEST_SECTION = 60;

export function mountHeader(options: HeaderOptions): void {
  showTitle(options.title);
  stayAboveKeyboard();
  setWide(isOn(WIDE));
  setSilent(isOn(SILENT));
  tellOfOthers(options.others);
  const menu = element<HTMLDetailsElement>("room-menu");
  menu.hidden = false;
  for (const each of options.surface.switches ?? []) part(menu, "announce").after(switchFor(each));
  menu.addEventListener("toggle", () => (part(menu, "language").hidden = !options.mayWrite()));
  menu.addEventListener("click", ({ target }) => {
    const act = (target as Element).closest<HTMLElement>("[data-act]")?.dataset["act"];
    if (!act) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
    ACTS[act]?.(options);
  });
}

const ACTS: Record<string, (options: HeaderOptions) => void> = {
  count: tellCount,
  width: () => setWide(!isOn(WIDE)),
  announce: () => setSilent(!isOn(SILENT)),
  language: askForLanguage,
  download: ({ title, surface }) => download(title.value, surface.export(title.value)),
  print: () => window.print(),
};

function switchFor(each: Switch): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = each.label;
  button.dataset["testid"] = each.id;
  const show = (): void => button.setAttribute("aria-pressed", String(each.isOn));
  button.addEventListener("click", () => {
    each.isOn = !each.isOn;
    show();
    const menu = element<HTMLDetailsElement>("room-menu");
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  show();
  return button;
}

function part(menu: HTMLElement, act: string): HTMLElement {
  return menu.querySelector(`[data-act=${act}]`) as HTMLElement;
}

/** In the header, while the document's own is scrolled out of sight; pressing it leads there. */
function showTitle(title: HTMLTextAreaElement): void {
  const shown = element<HTMLButtonElement>("room-title");
  const write = (): void => {
    shown.textContent = title.value || "Untitled";
  };
  const watch = new IntersectionObserver(([entry]) => (shown.hidden = entry?.isIntersecting !== false), { rootMargin: `-${covered()}px 0px 0px` });
  watch.observe(title);
  // The page's own title follows the document's.
  new MutationObserver(write).observe(document.querySelector("title") as Element, { childList: true });
  write();
  shown.addEventListener("click", () => {
    title.scrollIntoView({ block: "center" });
    title.focus({ preventScroll: true });
  });
}

/** Where a keyboard on the screen covers a page instead of making it smaller, what sticks to the bottom stands above it. */
function stayAboveKeyboard(): void {
  const { visualViewport } = window;
  if (!visualViewport) return;
  const place = (): void => {
    const covered = Math.max(0, Math.round(window.innerHeight - visualViewport.height - visualViewport.offsetTop));
    document.documentElement.style.setProperty("--keyboard", `${visualViewport.scale > 1 ? 0 : covered}px`);
  };
  visualViewport.addEventListener("resize", place);
  visualViewport.addEventListener("scroll", place);
}

function isOn(name: string): boolean {
  try {
    return localStorage.getItem(name) === "true";
  } catch {
    return element("room").dataset[name.replace("yroom:", "")] === "true";
  }
}

function remember(name: string, on: boolean): void {
  element("room").dataset[name.replace("yroom:", "")] = String(on);
  try {
    localStorage.setItem(name, String(on));
  } catch {
    // It holds as long as the page does.
  }
}

function setWide(wide: boolean): void {
  remember(WIDE, wide);
  part(element("room-menu"), "width").setAttribute("aria-pressed", String(wide));
}

function setSilent(silent: boolean): void {
  remember(SILENT, silent);
  part(element("room-menu"), "announce").setAttribute("aria-pressed", String(!silent));
}

/** What others do is said to screen readers, when they have nothing else to say. */
function tellOfOthers(others: HeaderOptions["others"]): void {
  const tell = (text: string): void => {
    if (!isOn(SILENT)) announce(text);
  };
  new Heard({
    ...others,
    came: (names) => tell(came(names)),
    left: (names) => tell(left(names)),
    writes: ({ id, name }) => tell(writes(name, sectionOf(id))),
  });
}

/** The heading above somebody's caret. */
function sectionOf(person: string): string {
  let block = caretIn(document, person)?.closest("#text > *") ?? null;
  while (block && !/^H[1-6]$/.test(block.tagName)) block = block.previousElementSibling;
  return (block?.textContent ?? "").slice(0, LONGEST_SECTION);
}

function tellCount({ surface, about, dialogs }: HeaderOptions): void {
  const { all, chosen } = surface.words();
  const rows = COUNT(countIn(all, about.language), chosen ? countIn(chosen, about.language) : null);
  dialogs.tell({ testId: "count-dialog", title: "Word count", rows });
}

function askForLanguage({ about, dialogs, title }: HeaderOptions): void {
  const names = new Intl.DisplayNames([document.documentElement.lang], { type: "language" });
  const own = about.language;
  const codes = own && !LANGUAGES.includes(own) ? [...LANGUAGES, own] : LANGUAGES;
  const listed = codes.map((value) => ({ value, label: names.of(value) ?? value })).sort((a, b) => a.label.localeCompare(b.label));
  dialogs.ask({
    testId: "language-dialog",
    title: "Language of this document",
    submit: "Save",
    fields: [{ name: "language", label: LANGUAGE, value: own, options: [{ value: "", label: "As the browser finds" }, ...listed] }],
    accept: ({ language = "" }) => {
      about.language = language;
      return null;
    },
    closed: () => title.ownerDocument.querySelector<HTMLElement>("#room-menu summary")?.focus(),
  });
}
