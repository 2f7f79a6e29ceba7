/** What stands beside a document: one at a time, at its end on wide screens, a sheet from below on small ones. */

import { X } from "lucide";

import { icon } from "./icons";

export interface PanelOptions {
  /** For tests, and for styles. */
  id: string;
  title: string;
  /** It has been closed, by whatever. */
  closed?: () => void;
}

export interface Panel {
  /** What the panel shows. */
  readonly body: HTMLElement;
  readonly isOpen: boolean;
  setTitle(title: string): void;
  /** Opens it, and closes another; the focus goes to its heading, unless something in it takes it. */
  open(): void;
  /** Closes it; the focus goes back to where it was when the panel was opened. */
  close(): void;
}

let shown: SidePanel | null = null;

export function makePanel(options: PanelOptions): Panel {
  return new SidePanel(options);
}

class SidePanel implements Panel {
  readonly body = document.createElement("div");

  private readonly element = document.createElement("aside");
  private readonly heading = document.createElement("h2");
  private before: Element | null = null;

  constructor(private readonly options: PanelOptions) {
    const { id, title } = options;
    const { element, heading, body } = this;
    element.className = "panel";
    element.id = id;
    element.dataset["testid"] = id;
    element.setAttribute("aria-labelledby", `${id}-title`);
    heading.id = `${id}-title`;
    heading.tabIndex = -1;
    heading.textContent = title;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button button-icon";
    close.dataset["testid"] = `${id}-close`;
    close.setAttribute("aria-label", "Close");
    close.title = "Close";
    close.append(icon(X));
    close.addEventListener("click", () => this.close());
    const top = document.createElement("div");
    top.className = "panel-top";
    top.append(heading, close);
    body.className = "panel-body";
    element.append(top, body);
    element.addEventListener("keydown", (event) => {
      // What is open within it is closed first.
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      event.preventDefault();
      this.close();
    });
  }

  get isOpen(): boolean {
    return shown === this;
  }

  setTitle(title: string): void {
    this.heading.textContent = title;
  }

  open(): void {
    if (this.isOpen) return;
    this.before = shown?.before ?? document.activeElement;
    shown?.leave();
    shown = this;
    document.getElementById("room")?.append(this.element);
    document.documentElement.dataset["panel"] = this.options.id;
    this.heading.focus({ preventScroll: true });
  }

  close(): void {
    if (!this.isOpen) return;
    const held = this.element.contains(document.activeElement);
    this.leave();
    if (held && this.before instanceof HTMLElement && this.before.isConnected) this.before.focus({ preventScroll: true });
  }

  private leave(): void {
    shown = null;
    this.element.remove();
    delete document.documentElement.dataset["panel"];
    this.options.closed?.();
  }
}
