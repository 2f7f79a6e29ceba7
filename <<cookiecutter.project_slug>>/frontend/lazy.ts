/** What of the editor is fetched apart; where somebody waits for it and it cannot come, that is said. */

import { fetchedAgain } from "./again";
import { NOT_LOADED } from "./messages";
import { say } from "./toast";

export const loadDialogs = fetchedAgain(() => import("./dialogs"));

export const loadExtras = fetchedAgain(() => import("./extras"));

export function withDialogs(use: (dialogs: typeof import("./dialogs")) => void): void {
  loadDialogs().then(use, () => say(NOT_LOADED));
}
