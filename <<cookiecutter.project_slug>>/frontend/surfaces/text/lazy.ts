/** The dialogs, which are fetched apart: where they cannot come, that is said. */

import { fetchedAgain } from "../../lib/again";
import { NOT_LOADED } from "../../text/messages";
import { say } from "../../ui/toast";

export const loadDialogs = fetchedAgain(() => import("./dialogs"));

export const loadConfirm = fetchedAgain(() => import("../../ui/confirm"));

export function withConfirm(use: (module: typeof import("../../ui/confirm")) => void): void {
  loadConfirm().then(use, () => say(NOT_LOADED));
}

export function withDialogs(use: (dialogs: typeof import("./dialogs")) => void): void {
  loadDialogs().then(use, () => say(NOT_LOADED));
}
