/** What a feature has of the page of a document: see features.ts. */

import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";

import type { Asked } from "./lib/ask";
import type { Ability, Person } from "./session/person";
import type { Surface } from "./surfaces/surface";
import type { Question } from "./ui/confirm";
import type { Panel, PanelOptions } from "./ui/panel";
import type { ShortcutGroup } from "./ui/shortcuts";

export interface Feature {
  /** The document is on the page and one can write in it; `data` is what the server has given for this feature, as JSON. */
  open(page: RoomPage, data: unknown): void;
}

export interface MenuEntry {
  label: string;
  act: () => void;
  /** For tests, and for the feature's styles. */
  id: string;
}

export interface RoomPage {
  /** The document's id in the site. */
  readonly room: string;
  /** What kind of document it is: see surfaces/registry.ts. */
  readonly kind: string;
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly surface: Surface;
  /** For style elements: the page's security policy takes no others. */
  readonly nonce: string;
  /** The line that says "Saved". */
  readonly status: HTMLElement;
  /** Who this is, until the server says otherwise. */
  self(): Person;
  may(ability: Ability): boolean;
  /** Lets this person do something beyond their role, as the feature's own pages do, or no longer. */
  give(ability: Ability, isGiven: boolean): void;
  /** Whether one can write now: by what one may, and with nothing that stands in the way. */
  mayWrite(): boolean;
  /** Once the server has stored all that is on this page now. */
  saved(): Promise<void>;
  /** What one may do has changed, or may have. */
  onRole(listener: () => void): void;
  /** The server has told of this feature; with nothing in it, after each time that the connection had been lost. */
  onNews(listener: (news: Record<string, unknown>) => void): void;
  /** One more entry of the menu in the header. */
  addToMenu(entry: MenuEntry): HTMLButtonElement;
  /** What this feature's keys do, for the help sheet. */
  addKeys(group: ShortcutGroup): void;
  /** Into the header, before the button that shares. */
  addToHeader(part: HTMLElement): void;
  /** Beside the document, or over its lower part where there is no room beside it. */
  panel(options: PanelOptions): Panel;
  /** A question before something is lost. */
  confirm(question: Question): void;
  /** A sentence that passes by itself. */
  say(sentence: string): void;
  /** A sentence for screen readers alone. */
  announce(sentence: string): void;
  /** Asks the site, in JSON. Raises AskFailed. */
  ask(url: string, asked?: Asked): Promise<unknown>;
  /** The colour by which a person is shown here, who may have `own` elsewhere. */
  colorOf(person: string, own: string): string;
}
