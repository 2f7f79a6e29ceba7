/** Keeps the number in the bell up to date while a document is open. */

import type { Feature } from "../../frontend/feature";
import { newNotice, noticesLabel } from "./messages";

interface Data {
  url: string;
}

export default {
  open(page, data) {
    const { url } = data as Data;
    let shown = numberIn(bell());
    page.onNews(({ for: people }) => {
      if (Array.isArray(people) && !people.includes(page.self().id)) return;
      void page.ask(url).then(
        (answer) => {
          const { unread } = answer as { unread: number };
          show(unread);
          if (unread > shown) page.announce(newNotice);
          shown = unread;
        },
        () => undefined, // Without a connection, or signed out: the page says so elsewhere.
      );
    });
  },
} satisfies Feature;

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
