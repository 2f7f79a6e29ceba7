/**
 * Reads code beside the page, which so never waits for it: some texts keep a grammar busy for many seconds.
 *
 * The page imports this too, but only to learn at which address it is; see highlighter.ts.
 */

import { fetchedAgain } from "../../../../lib/again";
import type { Token } from "./grammars";

export interface Job {
  language: string;
  text: string;
}

/** "begun" once all has been fetched that is needed: from then on time counts. "failed" if it could not be fetched. */
export type Answer = "begun" | "failed" | Token[];

export const address = import.meta.url;

const loadGrammars = fetchedAgain(() => import("./grammars"));

/** Once it is there it is kept: fetched again it would be another one, without its languages. */
let grammars: Awaited<ReturnType<typeof loadGrammars>> | null = null;

async function answer({ language, text }: Job): Promise<void> {
  const read = await reader(language).catch(() => null);
  tell(read ? "begun" : "failed");
  if (read) tell(read(text));
}

async function reader(language: string): Promise<(text: string) => Token[]> {
  grammars ??= await loadGrammars();
  const { fetchGrammar, tokenize } = grammars;
  await fetchGrammar(language);
  return (text) => {
    try {
      return tokenize(language, text);
    } catch {
      return []; // a text that its grammar cannot take is plain
    }
  };
}

function tell(what: Answer): void {
  globalThis.postMessage(what);
}

if (!("document" in globalThis)) globalThis.onmessage = ({ data }: MessageEvent<Job>) => void answer(data);
