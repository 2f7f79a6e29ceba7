/** Parts of a page that are fetched when they are needed: where one cannot come, that is said. */

import { NOT_LOADED } from "../text/messages";
import { say } from "./toast";

export function withPart<Part>(load: () => Promise<Part>, use: (part: Part) => void): void {
  load().then(use, () => say(NOT_LOADED));
}
