/**
 * What finds addresses in a text (linkify, with its list of all domains): its work begins once it has been fetched.
 *
 * A word that is typed before then becomes a link afterwards: it is kept in `missed`, and looked for in the document.
 */

import { getMarksBetween, type Editor } from "@tiptap/core";
import type { LinkOptions } from "@tiptap/extension-link";

import { fetchedAgain, untilThere } from "../../../../lib/again";

type Library = typeof import("linkifyjs");

const MOST_MISSED = 1_000;

const load = fetchedAgain(() => import("../../../../../node_modules/linkifyjs/dist/linkify.mjs") as Promise<Library>);
const missed = new Set<string>();

let library: Library | null = null;

/** Fetch it, however often that takes, and turn what was typed meanwhile into links. */
export async function loadLinks(editor: Editor): Promise<void> {
  const loaded = await untilThere(async () => (editor.isDestroyed ? null : load()));
  if (!loaded || editor.isDestroyed) return;
  library = loaded;
  linkMissed(editor, loaded);
}

function linkMissed(editor: Editor, { tokenize }: Library): void {
  const { state, schema } = editor;
  const type = schema.marks["link"];
  const options = editor.extensionManager.extensions.find(({ name }) => name === "link")?.options as LinkOptions | undefined;
  if (!type || !options || !missed.size || !editor.isEditable) return;
  const change = state.tr.setMeta("preventAutolink", true);
  state.doc.descendants((node, position) => {
    if (!node.isText || node.marks.some(({ type: { spec } }) => spec.code)) return !node.type.spec.code;
    for (const { 0: word, index } of (node.text ?? "").matchAll(/\S+/g)) {
      const [found, ...others] = missed.has(word) ? tokenize(word) : [];
      const [from, to] = [position + index, position + index + word.length];
      if (!found?.isLink || others.length || !options.shouldAutoLink(word)) continue;
      if (getMarksBetween(from, to, state.doc).some(({ mark }) => mark.type === type)) continue;
      change.addMark(from, to, type.create({ href: found.toHref(options.defaultProtocol) }));
    }
    return true;
  });
  missed.clear();
  if (change.docChanged) editor.view.dispatch(change);
}

/** Nothing is found yet. */
function remember(text: string): [] {
  for (const word of text.split(/\s+/)) if (missed.size < MOST_MISSED) missed.add(word);
  return [];
}

// What TipTap's link extension asks for; until then a text has no addresses that were not marked as links.
export const find: Library["find"] = (...args) => (library ? library.find(...args) : remember(args[0]));
export const tokenize = (text: string): ReturnType<Library["tokenize"]> => (library ? library.tokenize(text) : remember(text));
// Only a site with protocols of its own calls these.
export const registerCustomProtocol: Library["registerCustomProtocol"] = (...args) => library?.registerCustomProtocol(...args);
export const reset = (): void => void library?.reset();
