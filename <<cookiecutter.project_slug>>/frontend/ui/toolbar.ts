/** A row of buttons as ARIA wants a toolbar: one tab stop, arrow keys inside. */

import type { IconNode } from "lucide";

import { icon } from "./icons";
import { keyText } from "./keys";

export interface Tool {
  id: string;
  label: string;
  keys?: string | undefined;
}

export function toolbar(label: string, testId: string): HTMLElement {
  const bar = document.createElement("div");
  bar.className = "tools";
  bar.dataset["testid"] = testId;
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", label);
  // A click must not take the selection out of the text.
  bar.addEventListener("mousedown", (event) => {
    if (!(event.target instanceof HTMLSelectElement)) event.preventDefault();
  });
  return bar;
}

export function toolButton({ id, label, keys }: Tool, image: IconNode, run: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tool";
  button.dataset["command"] = id;
  button.setAttribute("aria-label", label);
  button.title = keys ? `${label} (${keyText(keys)})` : label;
  button.append(icon(image));
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") !== "true") run();
  });
  return button;
}

/** Not `disabled`: the focus would be lost when undo runs out. */
export function setEnabled(button: HTMLButtonElement, enabled: boolean): void {
  button.setAttribute("aria-disabled", String(!enabled));
}

const STOPS = "button, select, a[href]";

/** One tab stop for the whole bar, once it has its buttons; arrow keys, Home and End inside it; Escape leaves. */
export function rove(bar: HTMLElement, leave: () => void): void {
  const stops = (): HTMLElement[] => [...bar.querySelectorAll<HTMLElement>(STOPS)];
  const hold = (current: HTMLElement): void => {
    for (const stop of stops()) stop.tabIndex = stop === current ? 0 : -1;
  };
  const first = stops()[0];
  if (first) hold(first);
  bar.addEventListener("focusin", (event) => {
    const target = event.target as HTMLElement;
    if (target === bar) stops()[0]?.focus();
    else hold(target);
  });
  arrows(bar, leave);
}

/** The same for a few things that are no row of tools: each is a tab stop. */
export function walk(bar: HTMLElement, leave: () => void): void {
  for (const stop of bar.querySelectorAll<HTMLElement>("button, select, a")) stop.tabIndex = 0;
  arrows(bar, leave);
}

function arrows(bar: HTMLElement, leave: () => void): void {
  bar.addEventListener("keydown", (event) => {
    const all = [...bar.querySelectorAll<HTMLElement>(STOPS)];
    const at = all.indexOf(event.target as HTMLElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape") {
      leave();
    } else if (to === undefined || at < 0) {
      return;
    } else {
      all[(to + all.length) % all.length]?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  });
}
