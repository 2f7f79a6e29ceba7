/** At a link: where it leads, and what one can do with it. Tab goes through it and on; Escape leads back to the text. */

import type { Editor } from "@tiptap/core";
import { Copy, ExternalLink, Pencil, Unlink } from "lucide";

import * as c from "../commands";
import { isSafeLink } from "../../../lib/urls";
import { copyText } from "../../../ui/copy";
import { icon } from "../../../ui/icons";
import { say } from "../../../ui/toast";
import { setEnabled, toolButton, walk } from "../../../ui/toolbar";
import type { MenuBar } from "./menu-bar";

const COPIED = "The address is on the clipboard.";
const NOT_COPIED = "This browser does not let the page copy. Open the link, and copy its address there.";

export function linkCard(editor: Editor): MenuBar {
  const element = document.createElement("div");
  element.className = "tools";
  element.dataset["testid"] = "link-menu";
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Link");
  const anchor = document.createElement("a");
  anchor.className = "bubble-link";
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow";
  const text = document.createElement("span");
  anchor.append(text, icon(ExternalLink, 14));
  const address = (): string => String(editor.getAttributes("link")["href"] ?? "");
  const copy = toolButton({ id: "copyLink", label: "Copy address" }, Copy, () => {
    void copyText(address()).then((isCopied) => say(isCopied ? COPIED : NOT_COPIED));
  });
  const edit = toolButton({ id: "editLink", label: "Edit link", keys: c.link.keys }, Pencil, () => c.runCommand(editor, c.link));
  const remove = toolButton({ id: "unlink", label: "Remove link" }, Unlink, () =>
    editor.chain().focus().extendMarkRange("link").unsetLink().setTextSelection(editor.state.selection.head).run(),
  );
  element.append(anchor, copy, edit, remove);
  // A click must not take the caret out of the text.
  element.addEventListener("mousedown", (event) => event.preventDefault());
  walk(element, () => editor.commands.focus());
  return {
    element,
    refresh: () => {
      const href = address();
      const isSafe = isSafeLink(href);
      if (isSafe) anchor.href = href;
      else anchor.removeAttribute("href");
      text.textContent = isSafe ? href.replace(/^(https?:\/\/|mailto:|tel:)/, "") : "An address that cannot be opened";
      anchor.setAttribute("aria-label", `Open ${text.textContent} in a new tab`);
      anchor.title = isSafe ? href : "";
      setEnabled(copy, isSafe);
    },
  };
}
