/** What is fetched apart, and used by commands: dialogs, the clipboard, and what is done to whole lines. */

import { fetchedAgain } from "../../lib/again";
import { NOT_LOADED } from "../../text/messages";
import { withPart } from "../../ui/part";
import { say } from "../../ui/toast";

export const loadClipboard = fetchedAgain(() => import("./clipboard/clipboard"));

type Dialogs = typeof import("./dialogs");

let fetchDialogs: (() => Promise<{ dialogs: Dialogs }>) | null = null;

/** From where they are, with others that use this file. */
export function takeDialogsFrom(fetch: () => Promise<{ dialogs: Dialogs }>): void {
  fetchDialogs = fetch;
}

export function withDialogs(use: (dialogs: Dialogs) => void): void {
  if (fetchDialogs) withPart(fetchDialogs, ({ dialogs }) => use(dialogs));
}

type Acts = typeof import("./typing/acts");

let acts: Acts | null = null;

/** They come with the menus. */
export function takeActs(given: Acts): void {
  acts = given;
}

export function withActs(use: (acts: Acts) => void): void {
  if (acts) use(acts);
  else say(NOT_LOADED);
}
