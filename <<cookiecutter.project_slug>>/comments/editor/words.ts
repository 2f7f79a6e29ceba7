/** The text of a comment as elements: as it was typed, with links where addresses are written out. */

import { writtenLink } from "../../frontend/lib/urls";

/** What stands around an address in a sentence and is not of it. */
const BEFORE = /^[("'“‘<[{]+/;
const AFTER = /[.,;:!?)"'”’>\]}…]+$/;

export interface Part {
  text: string;
  /** Where it leads, if it is an address. */
  href: string | null;
}

export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  const add = (more: string, href: string | null): void => {
    const last = parts.at(-1);
    if (href === null && last?.href === null) last.text += more;
    else if (more) parts.push({ text: more, href });
  };
  for (const piece of text.split(/(\s+)/)) {
    const before = BEFORE.exec(piece)?.[0] ?? "";
    const inner = piece.slice(before.length);
    const after = trailing(inner);
    const address = inner.slice(0, inner.length - after.length);
    const href = writtenLink(address);
    if (href === null) {
      add(piece, null);
      continue;
    }
    add(before, null);
    add(address, href);
    add(after, null);
  }
  return parts;
}

/** A bracket that closes one within the address belongs to it. */
function trailing(text: string): string {
  const after = AFTER.exec(text)?.[0] ?? "";
  const address = text.slice(0, text.length - after.length);
  const isOpen = address.lastIndexOf("(") > address.lastIndexOf(")");
  return isOpen && after.startsWith(")") ? after.slice(1) : after;
}

export function asElements(text: string): (string | HTMLElement)[] {
  return partsOf(text).map(({ text: shown, href }) => {
    if (href === null) return shown;
    const link = document.createElement("a");
    link.href = href;
    link.textContent = shown;
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow ugc";
    return link;
  });
}
