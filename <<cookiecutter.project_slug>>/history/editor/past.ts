/** What the document was, in place of the document, which lives on hidden meanwhile. */

import { Awareness } from "y-protocols/awareness";

import type { RoomPage } from "../../frontend/feature";
import { ColorClasses } from "../../frontend/lib/color-classes";
import { surfaceKind } from "../../frontend/surfaces/registry";
import type { Look, Painted, Stretch, Surface } from "../../frontend/surfaces/surface";
import type { Difference, Doer, DoneBy, Fate } from "./difference";
import * as say from "./messages";

const LAYER = "history";

interface Shown {
  difference: Difference;
  awareness: Awareness;
  surface: Surface;
}

export interface PastOptions {
  page: RoomPage;
  restore: () => void;
  back: () => void;
  openList: () => void;
}

export class Past {
  private readonly part = document.createElement("section");
  private readonly bar = document.createElement("div");
  private readonly sentence = document.createElement("p");
  private readonly restoring: HTMLButtonElement;
  private readonly listing: HTMLButtonElement;
  private readonly colors = new ColorClasses("history-by", "--by", "history-by-nobody");
  private shown: Shown | null = null;
  /** Rises with each version that is to be shown: one that comes late is shown no more. */
  private turn = 0;

  constructor(private readonly options: PastOptions) {
    const { bar, part, sentence } = this;
    part.className = "past";
    part.dataset["testid"] = "past";
    bar.className = "banner past-bar";
    bar.dataset["testid"] = "past-bar";
    const buttons = document.createElement("div");
    buttons.className = "banner-buttons";
    this.restoring = button(say.RESTORE, "past-restore", options.restore);
    this.listing = button(say.OPEN_LIST, "past-list", options.openList);
    buttons.append(button(say.BACK, "past-back", options.back), this.restoring, this.listing);
    bar.append(sentence, buttons);
  }

  get isShown(): boolean {
    return this.shown !== null;
  }

  /** Shows a difference, or a version alone, in place of what is shown; what changed is painted once it is known whose it is. */
  async show(difference: Difference, asked: Promise<DoneBy>, sentence: string, mayRestore: boolean): Promise<void> {
    const turn = ++this.turn;
    const { page } = this.options;
    const kind = await surfaceKind(page.kind, () => undefined);
    if (!kind || turn !== this.turn) {
      difference.destroy();
      return;
    }
    const place = window.scrollY;
    // What is not laid out yet counts as high as a block is on the average: so one stays about where one was.
    if (!this.shown) this.part.style.setProperty("--past-block", `${averageHeight()}px`);
    this.clear();
    const host = document.createElement("div");
    host.className = "editor";
    this.part.replaceChildren(this.titleOf(difference), host);
    this.part.setAttribute("aria-label", sentence);
    document.querySelector("#room .paper")?.prepend(this.part);
    document.querySelector("#room .room-top")?.append(this.bar);
    document.documentElement.dataset["past"] = "true";
    this.sentence.textContent = sentence;
    this.restoring.hidden = !mayRestore;
    const awareness = new Awareness(difference.doc);
    awareness.setLocalState(null);
    const surface = kind.mount(host, difference.doc, awareness, {
      id: "past-text",
      toolbar: document.createElement("div"),
      memory: `yroom:past:${page.room}`,
      nonce: page.nonce,
      isInTouch: () => false,
      failed: () => undefined,
      colorOf: page.colorOf,
    });
    surface.setEditable(false);
    this.shown = { difference, awareness, surface };
    window.scrollTo({ top: place });
    page.announce(sentence);
    const doneBy = await asked;
    if (turn === this.turn) this.paint(surface, difference, doneBy);
  }

  private paint(surface: Surface, difference: Difference, doneBy: DoneBy): void {
    const {
      colors,
      options: { page },
    } = this;
    surface.mark(LAYER, (client, clock, length) => (difference.isSame(client, clock, length) ? [] : changed(client, clock, length)));
    function* changed(client: number, clock: number, length: number): IterableIterator<Painted> {
      let at = 0;
      for (const part of difference.fates(client, clock, length)) {
        const { fate } = part;
        if (!fate) at += part.length;
        else
          for (const { length: size, by } of doneBy(fate, part)) {
            yield { from: at, to: at + size, look: lookOf(fate, by, colors, page) };
            at += size;
          }
      }
    }
  }

  /** Brings a change into sight. */
  reveal(stretch: Stretch): void {
    const show = (): unknown => this.shown?.surface.show(stretch);
    show();
    // What is above it may be of another height than was thought.
    requestAnimationFrame(() => requestAnimationFrame(show));
  }

  /** Whether the list of versions is beside it. */
  setListed(listed: boolean): void {
    this.listing.hidden = listed;
  }

  /** Back to the document as it is now. */
  leave(): void {
    this.turn++;
    if (!this.shown) return;
    this.clear();
    this.part.remove();
    this.bar.remove();
    delete document.documentElement.dataset["past"];
  }

  private clear(): void {
    if (!this.shown) return;
    const { difference, awareness, surface } = this.shown;
    this.shown = null;
    surface.destroy();
    awareness.destroy();
    difference.destroy();
  }

  private titleOf(difference: Difference): HTMLElement {
    const heading = document.createElement("h1");
    heading.className = "title-holder past-title";
    heading.dir = "auto";
    heading.dataset["testid"] = "past-title";
    const parts = difference.title();
    if (!parts.length) heading.textContent = say.UNTITLED;
    for (const { words, fate } of parts) {
      const part = document.createElement(fate === "inserted" ? "ins" : fate === "deleted" ? "del" : "span");
      if (fate) part.className = `history-${fate} history-by-nobody`;
      part.textContent = words;
      heading.append(part);
    }
    return heading;
  }
}

/** Pixels, of the blocks of the document as it is. */
function averageHeight(): number {
  const text = document.querySelector<HTMLElement>("#editor .text");
  return text?.childElementCount ? Math.max(1, Math.round(text.offsetHeight / text.childElementCount)) : 48;
}

function lookOf(fate: Exclude<Fate, null>, by: Doer | null, colors: ColorClasses, page: RoomPage): Look {
  const whose = by ? colors.of(page.colorOf(by.id, by.color)) : "history-by-nobody";
  return {
    className: `history-${fate} ${whose}`,
    attributes: { role: fate === "inserted" ? "insertion" : "deletion", title: say.doneBy(by?.name ?? null, fate) },
  };
}

export function button(label: string, testId: string, act: (pressed: HTMLButtonElement) => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.dataset["testid"] = testId;
  made.textContent = label;
  made.addEventListener("click", () => act(made));
  return made;
}
