/** The kinds of documents. A new one is a folder beside `text/` and a line here; a page fetches only the kind that it shows. */

import { fetchedAgain, untilThere } from "../lib/again";
import type { SurfaceKind } from "./surface";

const KINDS: Record<string, () => Promise<{ default: SurfaceKind }>> = {
  text: fetchedAgain(() => import("./text")),
  plain: fetchedAgain(() => import("./plain")),
};

/** Fetches a kind, however often that takes; `failed` is called each time that it could not come. */
export async function surfaceKind(name: string, failed: () => void): Promise<SurfaceKind> {
  const load = KINDS[name];
  if (!load) throw new Error(`No kind of document is called ${name}`);
  return (await untilThere(load, failed)).default;
}
