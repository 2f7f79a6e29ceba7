/** Hangs the features into a document's page, once one can write in it. */

import { askSite } from "../lib/ask";
import type { Asker } from "../lib/asker";
import { element } from "../lib/element";
import type { MenuEntry, RoomPage } from "../feature";
import { FEATURES } from "../features";
import { announce } from "../ui/announce";
import { confirm } from "../ui/confirm";
import { makePanel } from "../ui/panel";
import { addKeys } from "../ui/shortcuts";
import { say } from "../ui/toast";

/** What the page itself knows; the rest is the same for all features. */
export type PageParts = Pick<RoomPage, "room" | "kind" | "doc" | "awareness" | "surface" | "self" | "may" | "give" | "mayWrite" | "saved" | "onRole" | "colorOf" | "nonce">;

export interface Features {
  parts: PageParts;
  /** What the server has given for each. */
  data: Record<string, unknown>;
  asker: Asker;
  onNews: (feature: string, listener: (news: Record<string, unknown>) => void) => void;
}

/** Those for which the server has given something: a feature may have nothing for somebody, or have been taken out. */
export function openFeatures({ parts, data, asker, onNews }: Features): void {
  for (const [name, feature] of Object.entries(FEATURES)) {
    if (data[name] === undefined) continue;
    const page: RoomPage = {
      ...parts,
      status: element("status"),
      onNews: (listener) => onNews(name, listener),
      addToMenu,
      addKeys,
      addToHeader,
      panel: makePanel,
      confirm,
      say,
      announce,
      ask: (url, asked) => askSite(url, asker, asked),
    };
    // One that fails takes no other with it.
    try {
      feature.open(page, data[name]);
    } catch (error) {
      reportError(error);
    }
  }
}

function addToMenu({ label, act, id }: MenuEntry): HTMLButtonElement {
  const menu = element<HTMLDetailsElement>("room-menu");
  const button = document.createElement("button");
  button.type = "button";
  button.id = id;
  button.dataset["testid"] = id;
  button.textContent = label;
  button.addEventListener("click", () => {
    menu.open = false;
    menu.querySelector("summary")?.focus();
    act();
  });
  menu.querySelector("[data-features]")?.before(button);
  return button;
}

function addToHeader(part: HTMLElement): void {
  element("share").before(part);
}
