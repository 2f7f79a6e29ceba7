/**
 * Links: an address over some letters. What is in a document may come from anybody, so only addresses that may be opened
 * are drawn, and nothing else that a link could say.
 *
 * It stands in for TipTap's own, which the starter kit would bring along (see build.mjs), and with it what finds addresses.
 */

import { Mark } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";

import { isSafeLink, writtenLink } from "../../../../lib/urls";
import { Autolink } from "./autolink";

export const Link = Mark.create({
  name: "link",
  priority: 1_000,
  keepOnSplit: false,
  exitable: true,
  inclusive: false, // what is typed behind a link is no longer one

  addStorage: () => ({ autolink: new Autolink() }),

  addAttributes: () => ({ href: { default: null } }),

  parseHTML: () => [{ tag: "a[href]", getAttrs: (element) => (isSafeLink(element.getAttribute("href") ?? "") ? null : false) }],

  renderHTML({ mark }) {
    const href: unknown = mark.attrs["href"];
    const shown = typeof href === "string" && isSafeLink(href) ? href : "";
    return ["a", { target: "_blank", rel: "noopener noreferrer nofollow", href: shown }, 0];
  },

  addCommands() {
    return {
      setLink:
        (attributes) =>
        ({ commands }) =>
          isSafeLink(attributes.href) && commands.setMark(this.name, { href: attributes.href }),
      unsetLink:
        () =>
        ({ commands }) =>
          commands.unsetMark(this.name, { extendEmptyMarkRange: true }),
    };
  },

  onUpdate({ transaction }) {
    (this.storage.autolink as Autolink).typed(this.editor, transaction);
  },

  addProseMirrorPlugins() {
    const { type, editor } = this;
    const { autolink } = this.storage as { autolink: Autolink };
    return [
      new Plugin({
        appendTransaction: (transactions, _before, state) => autolink.pasted(type, transactions, state),
        props: {
          // An address that is pasted on words is their address.
          handlePaste: (_view, event) => {
            const { empty, $from, $to } = editor.state.selection;
            const href = writtenLink(event.clipboardData?.getData("text/plain").trim() ?? "");
            if (!href || empty || !$from.sameParent($to) || !$from.parent.inlineContent || $from.parent.type.spec.code) return false;
            return editor.commands.setMark(type, { href });
          },
        },
      }),
    ];
  },
});
