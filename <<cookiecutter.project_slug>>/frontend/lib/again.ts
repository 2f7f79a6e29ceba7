/**
 * Parts of the editor that are fetched when they are needed, and again when they could not be.
 *
 * Where an import fails, Firefox remembers that for its address, and fails all later imports from there without asking the
 * server again. So from the second time on the address must be another one.
 */

const [RETRY, LONGEST_RETRY] = [1_000, 60_000]; // milliseconds

export function fetchedAgain<Part>(load: () => Promise<Part>): () => Promise<Part> {
  let address: string | null = null;
  let attempts = 0;
  const fetch = async (): Promise<Part> => {
    try {
      return await (address ? (import(`${address}?again=${++attempts}`) as Promise<Part>) : load());
    } catch (error) {
      // Chromium and Firefox name the address in the error. WebKit does not, but it asks the server again.
      address ??= /https?:\S+?\.js/.exec(String(error))?.[0] ?? null;
      throw error;
    }
  };
  // Whoever asks once it is there, or on its way, gets that one: at another address it would be made anew.
  let part: Promise<Part> | null = null;
  return () =>
    (part ??= fetch().catch((error: unknown) => {
      part = null;
      throw error;
    }));
}

/**
 * Fetches a part however often that takes: when the network is back, and after pauses that grow.
 *
 * Whoever no longer wants it aborts `signal`, and is not called back any more.
 */
export async function untilThere<Part>(
  load: () => Promise<Part>,
  failed: () => void = () => undefined,
  signal: AbortSignal | null = null,
): Promise<Part> {
  for (let wait = RETRY; ; wait = Math.min(2 * wait, LONGEST_RETRY)) {
    try {
      const part = await load();
      if (!signal?.aborted) return part;
    } catch {
      if (!signal?.aborted) failed();
      await networkOr(wait, signal);
    }
    if (signal?.aborted) return new Promise(() => undefined);
  }
}

function networkOr(wait: number, signal: AbortSignal | null): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const ended = new AbortController();
    const end = (): void => {
      window.clearTimeout(timer);
      ended.abort();
      resolve();
    };
    const timer = window.setTimeout(end, wait);
    window.addEventListener("online", end, { signal: ended.signal });
    signal?.addEventListener("abort", end, { signal: ended.signal });
  });
}
