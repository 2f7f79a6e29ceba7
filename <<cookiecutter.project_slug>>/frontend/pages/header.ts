/** What the header has beside the connection: the title once it is out of sight, and the menu. Fetched once one can write. */

import { element } from "../lib/element";
import { countIn } from "../lib/count";
import { download } from "../lib/files";
import type { About } from "../session/about";
import type { Surface } from "../surfaces/surface";
import { COUNT, LANGUAGES, LANGUAGE } from "../text/messages";
import type * as Dialogs from "../ui/dialogs";

export interface HeaderOptions {
  title: HTMLTextAreaElement;
  surface: Surface;
  about: About;
  dialogs: typeof Dialogs;
  mayWrite: () => boolean;
}

/** Under which this browser remembers that documents are shown as wide as the window. */
const WIDE = "yroom:wide";

export function mountHeader(options: HeaderOptions): void {
  showTitle(options.title);
  stayAboveKeyboard();
  setWide(isWide());
  const menu = element<HTMLDetailsElement>("room-menu");
  menu.hidden = false;
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
  width: () => setWide(!isWide()),
  language: askForLanguage,
  download: ({ title, surface }) => download(title.value, surface.export(title.value)),
  print: () => window.print(),
};

function part(menu: HTMLElement, act: string): HTMLElement {
  return menu.querySelector(`[data-act=${act}]`) as HTMLElement;
}

/** In the header, while the document's own is scrolled out of sight; pressing it leads there. */
function showTitle(title: HTMLTextAreaElement): void {
  const shown = element<HTMLButtonElement>("room-title");
  const page = element("room");
  const watch = new IntersectionObserver(([entry]) => {
    page.dataset["scrolled"] = String(entry?.isIntersecting === false);
    shown.hidden = entry?.isIntersecting !== false;
    shown.textContent = title.value || "Untitled";
  }, { rootMargin: `-${element("toolbar").getBoundingClientRect().bottom || 52}px 0px 0px` });
  watch.observe(title);
  const changed = new MutationObserver(() => (shown.textContent = title.value || "Untitled"));
  // The page's own title follows the document's.
  changed.observe(document.querySelector("title") as Element, { childList: true });
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

function isWide(): boolean {
  try {
    return localStorage.getItem(WIDE) === "true";
  } catch {
    return element("room").dataset["wide"] === "true";
  }
}

function setWide(wide: boolean): void {
  element("room").dataset["wide"] = String(wide);
  part(element("room-menu"), "width").setAttribute("aria-pressed", String(wide));
  try {
    localStorage.setItem(WIDE, String(wide));
  } catch {
    // It holds as long as the page does.
  }
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
