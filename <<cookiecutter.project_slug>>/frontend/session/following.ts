/** Going to where somebody is, and along with them, until one does something oneself. */

import type { Awareness } from "y-protocols/awareness";

export interface FollowingOptions {
  /** Whose buttons, by `data-user-id`, begin and end it. */
  list: HTMLElement;
  awareness: Awareness;
  /** Brings the place into sight where somebody is; whether there is one. */
  reveal: (person: string) => boolean;
  /** They are here, but neither in the text nor in the title. */
  isNowhere: (name: string) => void;
}

/** What ends it, wherever in the page it happens. */
const OWN_DOINGS = ["keydown", "pointerdown", "wheel", "touchmove"];

export class Following {
  private person: string | null = null;
  private frame = 0;
  private readonly closing = new AbortController();

  constructor(private readonly options: FollowingOptions) {
    const { signal } = this.closing;
    options.list.addEventListener("click", ({ target }) => this.toggle(target as Element), { signal });
    for (const doing of OWN_DOINGS) window.addEventListener(doing, this.doSomething, { signal, passive: true, capture: true });
    options.awareness.on("change", this.follow);
  }

  /** Shows on the buttons who is followed: for when these are new. */
  mark(): void {
    for (const button of this.options.list.querySelectorAll<HTMLElement>("button[data-user-id]")) {
      button.setAttribute("aria-pressed", String(button.dataset["userId"] === this.person));
    }
  }

  destroy(): void {
    this.closing.abort();
    this.options.awareness.off("change", this.follow);
    cancelAnimationFrame(this.frame);
  }

  private toggle(target: Element): void {
    const button = target.closest<HTMLElement>("button[data-user-id]");
    const person = button?.dataset["userId"];
    if (!button || person === undefined) return;
    if (person === this.person) this.end();
    else if (this.options.reveal(person)) this.person = person;
    else this.options.isNowhere(button.dataset["name"] ?? "");
    this.mark();
  }

  private readonly doSomething = ({ target }: Event): void => {
    // The buttons themselves begin and end it.
    if (this.person !== null && !(target instanceof Node && this.options.list.contains(target))) this.end();
  };

  private end(): void {
    this.person = null;
    this.mark();
  }

  /** Once what they did is on the screen. */
  private readonly follow = (): void => {
    cancelAnimationFrame(this.frame);
    if (this.person === null) return;
    this.frame = requestAnimationFrame(() => window.setTimeout(() => this.person !== null && this.options.reveal(this.person)));
  };
}
