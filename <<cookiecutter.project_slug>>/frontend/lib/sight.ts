/** Bringing into sight where somebody is. */

/** The caret of somebody in this part of the page. */
export function caretIn(part: ParentNode, person: string): HTMLElement | null {
  return part.querySelector(`.caret[data-user-id="${CSS.escape(person)}"]`);
}

/** Brings a caret into the middle, unless it is in sight: what one reads does not move more than it must. */
export function bringIntoSight(caret: HTMLElement): void {
  const { top, bottom } = caret.getBoundingClientRect();
  const covered = document.querySelector(".room-top")?.getBoundingClientRect().bottom ?? 0;
  if (top < covered || bottom > window.innerHeight) caret.scrollIntoView({ block: "center" });
}
