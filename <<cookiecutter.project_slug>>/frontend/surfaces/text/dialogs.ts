/** Dialogs that only some people open, fetched when they do: link and image. */

import type { Editor } from "@tiptap/core";

import { imageUrl, linkUrl } from "../../lib/urls";
import { ask } from "../../ui/dialogs";
import { GONE, choose, chooseThing } from "./chosen";
import type { Consent } from "./things/image/images";

export function editLink(editor: Editor): void {
  const href: unknown = editor.getAttributes("link")["href"];
  const isNew = editor.state.selection.empty && !editor.isActive("link");
  const chosen = choose(editor);
  ask({
    testId: "link-dialog",
    title: "Link",
    submit: "Save",
    fields: [
      { name: "url", label: "Address", value: typeof href === "string" ? href : "", placeholder: "https://" },
      ...(isNew ? [{ name: "text", label: "Text (optional)" }] : []),
    ],
    accept: ({ url = "", text = "" }) => {
      const place = chosen();
      if (!place) return GONE;
      const chain = editor.chain().focus().setTextSelection(place);
      if (!url.trim()) {
        chain.extendMarkRange("link").unsetLink().run();
        return null;
      }
      const safe = linkUrl(url);
      if (!safe) return "This is no address that can be opened. Web, e-mail and phone addresses work.";
      if (isNew) {
        chain.insertContent({ type: "text", text: text.trim() || url.trim(), marks: [{ type: "link", attrs: { href: safe } }] });
      } else {
        chain.extendMarkRange("link").setLink({ href: safe });
      }
      chain.run();
      return null;
    },
    closed: () => editor.view.focus(),
  });
}

export function insertImage(editor: Editor): void {
  const isNew = !editor.isActive("image");
  const current = isNew ? {} : editor.getAttributes("image");
  const chosen = isNew ? choose(editor) : chooseThing(editor);
  ask({
    testId: "image-dialog",
    title: "Image",
    submit: "Insert",
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

function consentOf(editor: Editor): Consent | undefined {
  return (editor.storage as { image?: { consent?: Consent } }).image?.consent;
}
