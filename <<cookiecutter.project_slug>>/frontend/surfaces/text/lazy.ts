/** The dialogs, which are fetched apart. */

import { fetchedAgain } from "../../lib/again";
import { withPart } from "../../ui/part";

export const loadDialogs = fetchedAgain(() => import("./dialogs"));

export function withDialogs(use: (dialogs: typeof import("./dialogs")) => void): void {
  withPart(loadDialogs, use);
}
