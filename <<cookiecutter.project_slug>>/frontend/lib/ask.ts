/** Asking the site for something, in JSON both ways; it may answer with bytes. */

import { type Asker, headersOf } from "./asker";

/** It was refused, or could not be reached: then `status` is 0. The message is a sentence for people. */
export class AskFailed extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly body: unknown = null,
  ) {
    super(message);
  }
}

const UNREACHABLE = "The server cannot be reached. Please try again.";
const REFUSED = "The server could not do that. Please try again.";

const BYTES = "application/octet-stream";

export interface Asked {
  method?: string;
  body?: unknown;
  signal?: AbortSignal;
}

/** What the site answers, bytes as a Uint8Array. Raises AskFailed. */
export async function askSite(url: string, asker: Asker, { method = "GET", body, signal }: Asked = {}): Promise<unknown> {
  const headers: Record<string, string> = { Accept: "application/json", ...headersOf(asker) };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }), ...(signal && { signal }) });
    if (response.ok && response.headers.get("Content-Type") === BYTES) return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new AskFailed(UNREACHABLE, 0);
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  const { error } = (typeof answer === "object" && answer ? answer : {}) as { error?: unknown };
  throw new AskFailed(typeof error === "string" ? error : REFUSED, response.status, answer);
}
