/** What finds addresses in a text (linkify, with its list of all domains), which is fetched apart. */

import type { Editor } from "@tiptap/core";

import { fetchedAgain, untilThere } from "../../../../lib/again";
import { linkUrl } from "../../../../lib/urls";
import type { Autolink, Found } from "./autolink";

type Library = typeof import("linkifyjs");

const load = fetchedAgain(() => import("linkifyjs"));

/** Ends of names of files that are ends of domains too: `README.md` is meant as a file. */
const FILES = /^[^/@:]+\.(cc|md|mov|pl|ps|py|rs|sh|so|zip)$/i;

/** Fetch it, however often that takes, and turn what was typed meanwhile into links. */
export async function loadLinks(editor: Editor): Promise<void> {
  const library = await untilThere(async () => (editor.isDestroyed ? null : load()));
  if (!library || editor.isDestroyed) return;
  const { autolink } = (editor.storage as unknown as { link: { autolink: Autolink } }).link;
  autolink.start(editor, (word) => findIn(library, word));
}

export function findIn({ tokenize }: Library, word: string): Found | null {
  const tokens = tokenize(word);
  const isBracketed = tokens.length === 3 && ["()", "[]", "<>"].includes(String(tokens[0]) + String(tokens[2]));
  // A sentence goes on or ends behind it.
  const isAlone = tokens.length === 1 || (tokens.length === 2 && /^[.,;:!?'"’”…]+$/.test(String(tokens[1])));
  const [token, at] = isBracketed ? [tokens[1], tokens[0]?.toString().length ?? 0] : [isAlone ? tokens[0] : null, 0];
  if (!token?.isLink) return null;
  const text = token.toString();
  if (FILES.test(text) && !/^www\./i.test(text)) return null;
  const href = linkUrl(text);
  return href === null ? null : { from: at, to: at + text.length, href };
}
