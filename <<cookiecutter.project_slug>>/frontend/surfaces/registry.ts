/** The kinds of documents. A new one is a folder beside `text/` and a line here; a page fetches only the kind that it shows. */

import { fetchedAgain, untilThere } from "../lib/again";
import type { SurfaceKind } from "./surface";

const KINDS: Record<string, () => Promise<{ default: SurfaceKind }>> = {
  text: fetchedAgain(() => import("./text")),
  plain: fetchedAgain(() => import("./plain")),
};

/**
 * Fetches a kind, however often that takes; `failed` is called each time that it could not come.
 *
 * Null is a kind that is not on the list: its line was forgotten, or this editor is older than the page that names it.
 */
export async function surfaceKind(name: string, failed: () => void): Promise<SurfaceKind | null> {
  const load = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  return load ? (await untilThere(load, failed)).default : null;
}
