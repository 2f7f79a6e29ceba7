/** What finds addresses in a text (linkify, with its list of all domains): its work begins once it has been fetched. */

type Library = typeof import("linkifyjs");

let library: Library | null = null;
let loading: Promise<void> | null = null;

export function loadLinks(): Promise<void> {
  loading ??= import("../node_modules/linkifyjs/dist/linkify.mjs").then(
    (loaded) => void (library = loaded),
    () => void (loading = null), // there is no network: the next one who asks tries again
  );
  return loading;
}

function loaded(): Library | null {
  if (!library) void loadLinks();
  return library;
}

// What TipTap's link extension asks for; until then a text has no addresses that were not marked as links.
export const find: Library["find"] = (...args) => loaded()?.find(...args) ?? [];
export const tokenize = (text: string): ReturnType<Library["tokenize"]> => loaded()?.tokenize(text) ?? [];
// Only a site with protocols of its own calls these.
export const registerCustomProtocol: Library["registerCustomProtocol"] = (...args) => library?.registerCustomProtocol(...args);
export const reset = (): void => void library?.reset();
