/**
 * Images of other sites are shown once somebody has asked for them.
 *
 * Whoever serves an image learns the reader's network address and the time of reading. So nothing is fetched for being in
 * a document: in its place stand the name of its host and a button. An answer holds for all images of that host in
 * this document, in this browser.
 */

import type { NodeViewRendererProps } from "@tiptap/core";
import type { NodeView } from "@tiptap/pm/view";

import { imageUrl } from "../../../../lib/urls";

/** Pixels. */
const NARROWEST = 40;

type Store = Pick<Storage, "getItem" | "setItem">;

/** Which other sites may be asked for the images in one document. */
export class Consent {
  private readonly key: string;
  private readonly origins: Set<string>;
  private readonly watchers = new Set<() => void>();

  constructor(
    memory: string,
    private readonly store: Store | null = storage(),
    private readonly own = globalThis.location?.origin,
  ) {
    // Among what is kept for this person and document, and forgotten with it.
    this.key = `${memory}:images`;
    this.origins = new Set(this.read());
  }

  allows(address: string): boolean {
    const { origin } = new URL(address);
    return origin === this.own || this.origins.has(origin);
  }

  allow(address: string): void {
    this.origins.add(new URL(address).origin);
    try {
      this.store?.setItem(this.key, JSON.stringify([...this.origins]));
    } catch {
      // It is full or forbidden: the answer then holds as long as this page.
    }
    for (const changed of this.watchers) changed();
  }

  /** Calls back after each answer, until what it returns is called. */
  watch(changed: () => void): () => void {
    this.watchers.add(changed);
    return () => this.watchers.delete(changed);
  }

  private read(): string[] {
    try {
      const stored: unknown = JSON.parse(this.store?.getItem(this.key) ?? "[]");
      return Array.isArray(stored) ? stored.filter((each) => typeof each === "string") : [];
    } catch {
      return [];
    }
  }
}

/** What an image looks like in the editor: itself, or a place where it can be asked for. */
export function imageView({ node, editor, getPos }: Pick<NodeViewRendererProps, "node" | "editor" | "getPos">, consent: Consent): NodeView {
  const dom = document.createElement("div");
  dom.className = "image";
  let shown = node;
  let before = "";
  const draw = (): void => {
    const address = imageUrl(shown.attrs["src"]);
    const alt = text(shown.attrs["alt"]);
    const fetched = address !== null && consent.allows(address);
    const width = widthOf(shown.attrs["width"]);
    const now = JSON.stringify([address, alt, fetched, width]);
    if (now === before) return;
    before = now;
    dom.classList.toggle("is-shown", fetched);
    if (!fetched) dom.replaceChildren(place(address, alt, consent));
    else {
      const image = picture(address, alt, width);
      dom.replaceChildren(image, grip(image, resized));
    }
  };
  const resized = (width: number): void => {
    const position = getPos();
    if (position === undefined || !editor.isEditable) return;
    const { state, view } = editor;
    view.dispatch(state.tr.setNodeMarkup(position, undefined, { ...shown.attrs, width, height: null }));
    editor.commands.setNodeSelection(position);
  };
  const unwatch = consent.watch(draw);
  draw();
  return {
    dom,
    update(next) {
      if (next.type !== shown.type) return false;
      shown = next;
      draw();
      return true;
    },
    stopEvent: (event) => (event.target as Element).closest("button, .image-grip") !== null,
    ignoreMutation: () => true,
    destroy: unwatch,
  };
}

function picture(address: string, alt: string, width: number | null): HTMLImageElement {
  const image = document.createElement("img");
  image.loading = "lazy";
  image.referrerPolicy = "no-referrer";
  image.alt = alt;
  if (width) image.width = width;
  image.src = address;
  return image;
}

/** At the corner of a chosen image: it is as wide as one drags it. By keyboard: the bar of tools at the image. */
function grip(image: HTMLImageElement, resized: (width: number) => void): HTMLElement {
  const corner = document.createElement("span");
  corner.className = "image-grip";
  corner.setAttribute("aria-hidden", "true");
  corner.addEventListener("pointerdown", (down) => {
    down.preventDefault();
    corner.setPointerCapture(down.pointerId);
    const before = image.getBoundingClientRect().width;
    const side = getComputedStyle(image).direction === "rtl" ? -1 : 1;
    const over = new AbortController();
    let width = before;
    const move = ({ clientX }: PointerEvent): void => {
      width = Math.round(Math.max(NARROWEST, before + side * (clientX - down.clientX)));
      image.width = width;
    };
    const end = (): void => {
      over.abort();
      if (width !== before) resized(Math.round(image.getBoundingClientRect().width));
    };
    corner.addEventListener("pointermove", move, { signal: over.signal });
    corner.addEventListener("pointerup", end, { signal: over.signal });
    corner.addEventListener("pointercancel", end, { signal: over.signal });
  });
  return corner;
}

function widthOf(value: unknown): number | null {
  return typeof value === "number" && value > 0 ? value : null;
}

function place(address: string | null, alt: string, consent: Consent): HTMLElement {
  const holder = document.createElement("div");
  holder.className = "image-place";
  holder.dataset["testid"] = "image-place";
  const sentence = document.createElement("span");
  const host = address === null ? null : new URL(address).host;
  sentence.textContent = host === null ? "An image without an address that can be opened" : `Image from ${host}`;
  holder.append(sentence);
  if (alt) {
    const description = document.createElement("span");
    description.className = "image-alt";
    description.textContent = alt;
    holder.append(description);
  }
  if (address !== null && host !== null) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = "Show image";
    button.title = `${host} then learns your network address and when you read this. Shows all its images in this document.`;
    button.setAttribute("aria-label", `Show image from ${host}`);
    button.addEventListener("click", () => consent.allow(address));
    holder.append(button);
  }
  return holder;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function storage(): Store | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
