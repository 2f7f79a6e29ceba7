/** What finds addresses in a text (linkify, with its list of all domains): its work begins once it has been fetched. */

type Library = typeof import("linkifyjs");

let library: Library | null = null;

export async function loadLinks(): Promise<void> {
  library = await import("../node_modules/linkifyjs/dist/linkify.mjs");
}

// What TipTap's link extension asks for; until then a text has no addresses that were not marked as links.
export const find: Library["find"] = (...args) => library?.find(...args) ?? [];
export const tokenize = (text: string): ReturnType<Library["tokenize"]> => library?.tokenize(text) ?? [];
// Only a site with protocols of its own calls these.
export const registerCustomProtocol: Library["registerCustomProtocol"] = (...args) => library?.registerCustomProtocol(...args);
export const reset = (): void => void library?.reset();
