/** Bringing into sight where somebody is. */

/** The caret of somebody in this part of the page. */
export function caretIn(part: ParentNode, person: string): HTMLElement | null {
  return part.querySelector(`.caret[data-user-id="${CSS.escape(person)}"]`);
}

/** Pixels of the window's top that the header, the toolbar and banners cover. */
export function covered(): number {
  return document.querySelector(".room-top")?.getBoundingClientRect().bottom ?? 0;
}

/** Brings a place into the middle, unless it is in sight. */
export function centre({ top, bottom }: { top: number; bottom: number }): void {
  if (top < covered() || bottom > window.innerHeight) window.scrollBy({ top: top - (covered() + window.innerHeight) / 2 });
}

/** Brings a caret into the middle, unless it is in sight: what one reads does not move more than it must. */
export function bringIntoSight(caret: HTMLElement): void {
  const { top, bottom } = caret.getBoundingClientRect();
  if (top < covered() || bottom > window.innerHeight) caret.scrollIntoView({ block: "center" });
}
