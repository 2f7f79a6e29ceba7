/** The kinds of documents. A new one is a folder beside `text/` and a line here; a page fetches only the kind that it shows. */

import { fetchedAgain } from "../lib/again";
import type { SurfaceKind } from "./surface";

const KINDS: Record<string, () => Promise<{ default: SurfaceKind }>> = {
  text: fetchedAgain(() => import("./text")),
  plain: fetchedAgain(() => import("./plain")),
};

export async function surfaceKind(name: string): Promise<SurfaceKind> {
  const load = KINDS[name];
  if (!load) throw new Error(`No kind of document is called ${name}`);
  return (await load()).default;
}
