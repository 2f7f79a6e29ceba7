/** Dialogs that only some people open, fetched when they do: link and image. */

import { type Editor, getMarkRange } from "@tiptap/core";

import { imageUrl, linkUrl } from "../../lib/urls";
import { ask } from "../../ui/dialogs";
import { type Chosen, GONE, choose, chooseThing } from "./chosen";
import { NO_LINK_ON_CODE } from "../../text/pasting";
import type { Consent } from "./things/image/images";

export { chooseLanguage } from "./things/code-block/language-menu";

export const NO_ADDRESS =
  "This is no address that a link can lead to. Give one of the web (example.org), of e-mail (ada@example.org) or a telephone number (+32 123 456).";

/** For what is selected, the link or the word at the caret, or else for words that are asked for. */
export function editLink(editor: Editor): void {
  const caret = choose(editor);
  const linked = linkAt(editor);
  if (linked) editor.commands.setTextSelection(linked);
  else if (editor.state.selection.empty) selectWord(editor);
  const { selection, doc } = editor.state;
  const href: unknown = editor.getAttributes("link")["href"];
  const { from, to, $from, $to } = selection;
  const before = $from.sameParent($to) ? doc.textBetween(from, to) : null;
  const chosen = choose(editor);
  let isDone = false;
  ask({
    testId: "link-dialog",
    title: "Link",
    submit: "Save",
    fields: [
      { name: "url", label: "Address", value: typeof href === "string" ? href : (linkIn(before) ?? ""), placeholder: "https://" },
      ...(before === null ? [] : [{ name: "text", label: before ? "Text" : "Text (optional)", value: before }]),
    ],
    accept: ({ url = "", text = "" }) => {
      const place = chosen();
      if (!place) return GONE;
      const safe = url.trim() ? linkUrl(url) : null;
      if (url.trim() && !safe) return NO_ADDRESS;
      if (safe && hasCode(editor, place)) return NO_LINK_ON_CODE;
      isDone = true;
      writeLink(editor, place, safe, before === null || text === before ? null : text.trim() || url.trim());
      return null;
    },
    closed: () => {
      const back = isDone ? null : caret();
      if (back) editor.commands.setTextSelection(back);
      editor.view.focus();
    },
  });
}

/** Code is letters alone, and a link over it would be none. */
function hasCode({ state: { doc, schema } }: Editor, { from, to }: Chosen): boolean {
  const code = schema.marks["code"];
  return code !== undefined && from < to && doc.rangeHasMark(from, to, code);
}

/** Without an address the link goes; without words those that are there stay. One goes on behind it. */
function writeLink(editor: Editor, { from, to }: Chosen, href: string | null, words: string | null): void {
  const chain = editor.chain().focus().setTextSelection({ from, to });
  if (words) {
    const marks = editor.state.doc.resolve(from).marksAcross(editor.state.doc.resolve(to)) ?? [];
    const others = marks.filter(({ type }) => type.name !== "link").map((mark) => mark.toJSON());
    const link = href ? [{ type: "link", attrs: { href } }] : [];
    if (href || from < to) chain.insertContentAt({ from, to }, { type: "text", text: words, marks: [...others, ...link] });
  } else if (href && from === to) {
    chain.insertContent({ type: "text", text: href.replace(/^(mailto|tel):/, ""), marks: [{ type: "link", attrs: { href } }] });
  } else if (href) {
    chain.setLink({ href }).setTextSelection(to);
  } else {
    chain.unsetLink().setTextSelection(to);
  }
  chain.run();
}

/** The link that the caret or the selection's beginning is in or behind. */
function linkAt({ schema, state }: Editor): Chosen | null {
  const type = schema.marks["link"];
  const range = type && getMarkRange(state.selection.$from, type);
  return range && range.to >= state.selection.to ? range : null;
}

/** The word that the caret is in or at, in whatever script; nothing where there is none. */
function selectWord(editor: Editor): void {
  const { $from } = editor.state.selection;
  if (!$from.parent.isTextblock) return;
  const text = $from.parent.textBetween(0, $from.parentOffset, undefined, "\n") + $from.parent.textBetween($from.parentOffset, $from.parent.content.size, undefined, "\n");
  const at = $from.parentOffset;
  const touching = [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)].filter(
    ({ isWordLike, index, segment }) => isWordLike && index <= at && at <= index + segment.length,
  );
  const word = touching[0];
  const start = $from.start();
  if (word) editor.commands.setTextSelection({ from: start + word.index, to: start + word.index + word.segment.length });
}

/** The address that the words themselves are. */
function linkIn(words: string | null): string | null {
  return words && /^(https?:\/\/|www\.|\S+@)\S+$/i.test(words.trim()) ? linkUrl(words) : null;
}

export function insertImage(editor: Editor): void {
  const isNew = !editor.isActive("image");
  const current = isNew ? {} : editor.getAttributes("image");
  const chosen = isNew ? choose(editor) : chooseThing(editor);
  ask({
    testId: "image-dialog",
    title: isNew ? "Image" : "Replace image",
    submit: isNew ? "Insert" : "Replace",
    fields: [
      { name: "src", label: "Address of the image", value: String(current["src"] ?? ""), placeholder: "https://" },
      { name: "alt", label: "Description, for those who can't see it", value: String(current["alt"] ?? "") },
    ],
    accept: ({ src = "", alt = "" }) => {
      const safe = imageUrl(src);
      if (!safe) return "The address of an image starts with https://.";
      const place = chosen();
      if (!place) return GONE;
      // Who gives the address asks for the image.
      consentOf(editor)?.allow(safe);
      const chain = editor.chain().focus();
      if (isNew) chain.setTextSelection(place).setImage({ src: safe, alt: alt.trim() }).run();
      else chain.setNodeSelection(place.from).updateAttributes("image", { src: safe, alt: alt.trim() }).run();
      return null;
    },
    closed: () => editor.view.focus(),
  });
}

/** What screen readers say of a chosen image, and everybody reads while it is not shown. */
export function describeImage(editor: Editor): void {
  const chosen = chooseThing(editor);
  ask({
    testId: "image-dialog",
    title: "Description of the image",
    submit: "Save",
    fields: [{ name: "alt", label: "What is to be seen, for those who can't see it", value: String(editor.getAttributes("image")["alt"] ?? "") }],
    accept: ({ alt = "" }) => {
      const place = chosen();
      if (!place) return GONE;
      editor.chain().setNodeSelection(place.from).updateAttributes("image", { alt: alt.trim() }).run();
      return null;
    },
    closed: () => editor.view.focus(),
  });
}

function consentOf(editor: Editor): Consent | undefined {
  return (editor.storage as { image?: { consent?: Consent } }).image?.consent;
}
