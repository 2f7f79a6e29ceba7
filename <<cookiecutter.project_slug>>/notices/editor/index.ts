/** Keeps the number in the bell up to date while a document is open. */

import type { Feature, RoomPage } from "../../frontend/feature";
import type { Nameable } from "../../frontend/surfaces/surface";
import { offerInBoxes } from "./boxes";
import { newNotice, noticesLabel } from "./messages";
import { NamedSoon } from "./named";

interface Data {
  url: string;
  /** What news hold that are for this person. */
  mark: string;
  /** Of whom one can name. */
  people: string;
  /** Where one says that somebody was named. */
  named: string;
}

/** How the part of an address begins that leads to where somebody is named. */
const PLACE = "#mention-";
/** Milliseconds for which the people of a document are taken to be the same. */
const FRESH = 60_000;

export default {
  open(page, data) {
    const { url, mark, people, named } = data as Data;
    const ask = asking(page, people);
    const soon = new NamedSoon(page, () => void page.ask(named, { method: "POST", body: {} }).catch(() => undefined));
    page.surface.offerPeople?.(ask, () => soon.named());
    offerInBoxes(ask, page.announce);
    if (location.hash.startsWith(PLACE)) page.surface.showMention?.(mentionIn(location.hash));
    let shown = numberIn(bell());
    const refresh = (): void => {
      void page.ask(url).then(
        (answer) => {
          const { unread } = answer as { unread: number };
          show(unread);
          if (unread > shown) page.announce(newNotice);
          shown = unread;
        },
        () => undefined, // Without a connection, or signed out: the page says so elsewhere.
      );
    };
    page.onNews(({ for: told }) => {
      if (!Array.isArray(told) || told.includes(mark)) refresh();
    });
    // Somebody may have been told between the page and this; or the page is an old one, from this device.
    refresh();
  },
} satisfies Feature;

/** They are asked for when somebody types "@", and not before: most people never do. */
function asking(page: RoomPage, url: string): () => Promise<readonly Nameable[]> {
  let known: Promise<readonly Nameable[]> | null = null;
  let until = 0;
  return () => {
    if (!known || Date.now() > until) {
      until = Date.now() + FRESH;
      known = page.ask(url).then(
        (answer) => (answer as { people: Nameable[] }).people,
        () => {
          known = null;
          return [];
        },
      );
    }
    return known;
  };
}

/** The id of a mention is whatever somebody has put into the text, a percent sign too. */
function mentionIn(hash: string): string {
  const id = hash.slice(PLACE.length);
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function bell(): HTMLElement | null {
  return document.getElementById("bell");
}

function numberIn(link: HTMLElement | null): number {
  return Number.parseInt(link?.querySelector(".bell-number")?.textContent ?? "", 10) || 0;
}

function show(unread: number): void {
  const link = bell();
  const number = link?.querySelector<HTMLElement>(".bell-number");
  if (!link || !number) return;
  link.setAttribute("aria-label", noticesLabel(unread));
  number.textContent = unread > 99 ? "99+" : String(unread);
  number.hidden = unread === 0;
}
