/** A menu as ARIA wants it: opened by a button, one goes through it by arrows or first letters, Escape and Tab close it. */

import type { IconNode } from "lucide";

import { icon } from "./icons";
import { keyText } from "./keys";

export interface MenuItem {
  id: string;
  label: string;
  icon?: IconNode | undefined;
  keys?: string | undefined;
  isEnabled: boolean;
  /** Of what is on or off. */
  isOn?: boolean | undefined;
  /** It is done again and again: the menu stays. */
  stays?: boolean | undefined;
  run: () => void;
}

export interface Menu {
  label: string;
  button: HTMLElement;
  /** In groups, between which there is a line; asked for anew after what stays. */
  groups: () => MenuItem[][];
  /** Where the focus goes back to. */
  closed: () => void;
}

/** Pixels. */
const MARGIN = 8;

/** Milliseconds in which letters are typed together. */
const TOGETHER = 800;

export function openMenu({ label, button, groups, closed }: Menu): void {
  const menu = document.createElement("div");
  menu.className = "choices";
  menu.dataset["testid"] = "choices";
  menu.setAttribute("role", "menu");
  menu.setAttribute("aria-label", label);
  const closing = new AbortController();
  const { signal } = closing;

  const close = (goBack: boolean): void => {
    if (signal.aborted) return;
    closing.abort();
    menu.remove();
    button.setAttribute("aria-expanded", "false");
    if (goBack) closed();
  };
  const items = (): HTMLElement[] => [...menu.querySelectorAll<HTMLElement>("[role^=menuitem]")];
  const draw = (): void => {
    menu.replaceChildren(...groups().flatMap((group, index) => [...(index ? [line()] : []), ...group.map(element)]));
  };
  const element = (item: MenuItem): HTMLElement => {
    const made = drawn(item);
    made.addEventListener("click", () => {
      if (!item.isEnabled) return;
      if (!item.stays) close(true);
      item.run();
      if (!item.stays) return;
      const at = items().indexOf(made);
      draw();
      items()[at]?.focus();
    });
    return made;
  };
  let [typed, typedAt] = ["", 0];
  const search = (letter: string, now: number, all: HTMLElement[], at: number): void => {
    typed = now - typedAt < TOGETHER && typed !== letter ? typed + letter : letter;
    typedAt = now;
    // The same letter again leads on to the next; more letters stay where they fit.
    const next = typed.length > 1 ? at : at + 1;
    [...all.slice(next), ...all.slice(0, next)].find(({ textContent }) => textContent?.toLowerCase().startsWith(typed))?.focus();
  };
  menu.addEventListener("keydown", (event) => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    const letter = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey ? event.key.toLowerCase() : null;
    if (to !== undefined) all[(to + all.length) % all.length]?.focus();
    else if (event.key === "Enter" || event.key === " ") all[at]?.click();
    else if (event.key === "Escape" || event.key === "Tab") close(true);
    else if (letter) search(letter, event.timeStamp, all, at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !menu.contains(relatedTarget as Node)) close(false);
  });
  document.addEventListener("pointerdown", ({ target }) => !menu.contains(target as Node) && close(false), { signal, capture: true });
  window.addEventListener("resize", () => close(false), { signal });
  draw();
  (button.closest("main") ?? document.body).append(menu);
  put(menu, button.getBoundingClientRect());
  button.setAttribute("aria-expanded", "true");
  items()[0]?.focus({ preventScroll: true });
}

function drawn({ id, label, icon: image, keys, isEnabled, isOn }: MenuItem): HTMLElement {
  const item = document.createElement("div");
  item.className = "slash-item";
  item.dataset["command"] = id;
  item.tabIndex = -1;
  item.setAttribute("role", isOn === undefined ? "menuitem" : "menuitemcheckbox");
  if (isOn !== undefined) item.setAttribute("aria-checked", String(isOn));
  item.setAttribute("aria-disabled", String(!isEnabled));
  const name = document.createElement("span");
  name.textContent = label;
  item.append(...(image ? [icon(image)] : []), name);
  if (keys) {
    const shown = document.createElement("kbd");
    shown.textContent = keyText(keys);
    shown.setAttribute("aria-hidden", "true");
    item.append(shown);
  }
  return item;
}

function line(): HTMLElement {
  const element = document.createElement("div");
  element.className = "choices-line";
  element.setAttribute("role", "separator");
  return element;
}

/** Below the button, or above where there is more room, and never out of sight. */
function put(menu: HTMLElement, button: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const { clientWidth, clientHeight } = document.documentElement;
  const below = clientHeight - button.bottom - MARGIN;
  const isBelow = below >= height || below >= button.top - MARGIN;
  menu.style.maxHeight = `${(isBelow ? below : button.top - MARGIN) - MARGIN}px`;
  menu.style.top = `${isBelow ? button.bottom + 4 : Math.max(MARGIN, button.top - 4 - height)}px`;
  menu.style.left = `${Math.max(MARGIN, Math.min(button.left, clientWidth - width - MARGIN))}px`;
}
