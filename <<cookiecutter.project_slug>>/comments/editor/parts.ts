/** Small parts of cards. */

import type { IconNode } from "lucide";

import { icon } from "../../frontend/ui/icons";
import { told } from "../../frontend/ui/moments";
import { EDITED, FORMER } from "./messages";
import type { Author } from "./threads";

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, ...children: (string | Node)[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** These children in this order. What is in its place stays there: taken out for a moment, it would lose the focus, or a click. */
export function arrange(parent: Element, children: readonly Element[]): void {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, index) => {
    const there = parent.children[index] ?? null;
    if (there !== child) parent.insertBefore(child, there);
  });
}

export function iconButton(label: string, image: IconNode, testId: string, act: (button: HTMLButtonElement) => void): HTMLButtonElement {
  const button = make("button", "button button-icon", icon(image, 16));
  button.type = "button";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.dataset["testid"] = testId;
  button.addEventListener("click", () => act(button));
  return button;
}

export function avatar(author: Author | null): HTMLElement {
  const badge = make("span", `avatar-badge comment-avatar${author ? ` color-${author.color}` : ""}`, author?.initials ?? "?");
  badge.setAttribute("aria-hidden", "true");
  return badge;
}

export function nameOf(author: Author | null): string {
  return author?.name ?? FORMER;
}

export function when(moment: string): string {
  return told(new Date(moment), new Date(), navigator.language);
}

export function time(moment: string, edited: string | null): HTMLElement {
  const date = new Date(moment);
  const shown = make("time", "", when(moment));
  shown.dateTime = moment;
  shown.dataset["moment"] = "";
  shown.title = date.toLocaleString("en-GB", { dateStyle: "full", timeStyle: "short" });
  return make("span", "comment-time", shown, ...(edited ? [` · ${EDITED}`] : []));
}
