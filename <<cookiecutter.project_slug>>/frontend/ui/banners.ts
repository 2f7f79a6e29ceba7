/** Sentences above the text that stay until they no longer hold. */

import { ACTION_LABELS, type Action, type Message } from "../text/messages";

export class Banners {
  private readonly shown = new Map<string, HTMLElement>();
  /** Where the focus was before it came into a banner. */
  private cameFrom: HTMLElement | null = null;

  constructor(
    private readonly holder: HTMLElement,
    private readonly act: (action: Action, button: HTMLElement) => void,
  ) {
    holder.addEventListener("focusin", ({ relatedTarget }) => {
      if (relatedTarget instanceof HTMLElement && !holder.contains(relatedTarget)) this.cameFrom = relatedTarget;
    });
  }

  /** Shows this message under its topic, in place of the topic's former one; null takes it away. */
  set(topic: string, message: Message | null): void {
    const before = this.shown.get(topic);
    if (message) {
      const banner = before ?? this.add(topic);
      this.fill(banner, message);
    } else if (before) {
      const hadFocus = before.contains(document.activeElement);
      before.remove();
      this.shown.delete(topic);
      if (hadFocus) this.moveFocus();
    }
  }

  has(topic: string): boolean {
    return this.shown.has(topic);
  }

  private add(topic: string): HTMLElement {
    const banner = document.createElement("div");
    banner.dataset["testid"] = "banner";
    banner.dataset["topic"] = topic;
    const buttons = document.createElement("div");
    buttons.className = "banner-buttons";
    banner.append(document.createElement("p"), buttons);
    this.holder.append(banner);
    this.shown.set(topic, banner);
    return banner;
  }

  /** What stays the same is left alone: a button that is pressed, or has the focus, must not be swapped for its like. */
  private fill(banner: HTMLElement, { tone, text, actions }: Message): void {
    banner.className = `banner banner-${tone}`;
    const sentence = banner.querySelector("p");
    if (sentence && sentence.textContent !== text) sentence.textContent = text;
    const row = banner.querySelector<HTMLElement>(".banner-buttons");
    if (!row) return;
    const old = new Map([...row.querySelectorAll("button")].map((button) => [button.dataset["action"], button]));
    const buttons = actions.map((action) => old.get(action) ?? this.button(action));
    const hadFocus = row.contains(document.activeElement);
    const focused = buttons.find((button) => button === document.activeElement);
    for (const button of old.values()) if (!buttons.includes(button)) button.remove();
    // A button that is moved loses the focus, and a click on it: so the others are moved around it.
    const place = focused ? buttons.indexOf(focused) : buttons.length;
    const isInPlace = buttons.every((button, index) => row.children[index] === button);
    for (const [index, button] of buttons.entries()) {
      button.className = index === 0 ? "button button-primary" : "button";
      if (isInPlace) continue;
      if (index < place) row.insertBefore(button, focused ?? null);
      else if (index > place) row.append(button);
    }
    if (hadFocus && !focused) (buttons[0] ?? sentence)?.focus();
  }

  private button(action: Action): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset["action"] = action;
    button.textContent = ACTION_LABELS[action];
    button.addEventListener("click", () => this.act(action, button));
    return button;
  }

  /** To another banner's button, or back to where it came from. */
  private moveFocus(): void {
    const other = this.holder.querySelector<HTMLElement>("button");
    const target = this.cameFrom?.isConnected ? this.cameFrom : (other ?? document.getElementById("main"));
    target?.focus();
  }
}
