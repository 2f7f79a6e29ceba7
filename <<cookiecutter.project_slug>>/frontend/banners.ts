/** Sentences above the text that stay until they no longer hold, and toasts that pass. */

import { ACTION_LABELS, type Action, type Message } from "./messages";

const TOAST_SHOWN = 6_000;

export class Banners {
  private readonly shown = new Map<string, HTMLElement>();

  constructor(
    private readonly holder: HTMLElement,
    private readonly toasts: HTMLElement,
    private readonly act: (action: Action, button: HTMLElement) => void,
  ) {}

  /** Shows this message under its topic, in place of the topic's former one; null takes it away. */
  set(topic: string, message: Message | null): void {
    const before = this.shown.get(topic);
    if (!message) {
      before?.remove();
      this.shown.delete(topic);
      return;
    }
    const banner = document.createElement("div");
    banner.className = `banner banner-${message.tone}`;
    banner.dataset["testid"] = "banner";
    banner.dataset["topic"] = topic;
    const text = document.createElement("p");
    text.textContent = message.text;
    const buttons = document.createElement("div");
    buttons.className = "banner-buttons";
    for (const [index, action] of message.actions.entries()) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = index === 0 ? "button button-primary" : "button";
      button.dataset["action"] = action;
      button.textContent = ACTION_LABELS[action];
      button.addEventListener("click", () => this.act(action, button));
      buttons.append(button);
    }
    banner.append(text, buttons);
    if (before) before.replaceWith(banner);
    else this.holder.append(banner);
    this.shown.set(topic, banner);
  }

  toast(text: string): void {
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.dataset["testid"] = "toast";
    toast.textContent = text;
    this.toasts.append(toast);
    window.setTimeout(() => toast.remove(), TOAST_SHOWN);
  }
}
