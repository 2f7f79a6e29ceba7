/** The dialogs, which are fetched apart: where they cannot come, that is said. */

import { fetchedAgain } from "./again";
import { NOT_LOADED } from "./messages";
import { say } from "./toast";

export const loadDialogs = fetchedAgain(() => import("./dialogs"));

export const loadConfirm = fetchedAgain(() => import("./confirm"));

export function withConfirm(use: (module: typeof import("./confirm")) => void): void {
  loadConfirm().then(use, () => say(NOT_LOADED));
}

export function withDialogs(use: (dialogs: typeof import("./dialogs")) => void): void {
  loadDialogs().then(use, () => say(NOT_LOADED));
}
