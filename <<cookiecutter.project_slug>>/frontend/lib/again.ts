/**
 * Parts of the editor that are fetched when they are needed, and again when they could not be.
 *
 * Firefox asks once for an address that a module is imported from, and answers all later imports with that failure: the
 * second time it must be another address.
 */

export function fetchedAgain<Part>(load: () => Promise<Part>): () => Promise<Part> {
  let address: string | null = null;
  let attempts = 0;
  return async () => {
    try {
      return await (address ? (import(`${address}?again=${++attempts}`) as Promise<Part>) : load());
    } catch (error) {
      // Chromium and Firefox name the address; WebKit does not, and does ask again.
      address ??= /https?:\S+?\.js/.exec(String(error))?.[0] ?? null;
      throw error;
    }
  };
}
