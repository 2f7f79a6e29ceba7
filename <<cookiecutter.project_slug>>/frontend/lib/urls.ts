/** Which addresses a document may show. Whatever somebody writes into it with a browser of their own, no other is rendered. */

const LINK_PROTOCOLS = new Set(["http:", "https:", "mailto:", "tel:"]);

/** The address of a link as typed, completed (`example.org` becomes `https://example.org`), or null if it isn't safe. */
export function linkUrl(typed: string): string | null {
  const text = typed.trim();
  if (!text) return null;
  if (/^[^\s@:/]+@[^\s@/]+\.[^\s@/]+$/.test(text)) return `mailto:${text}`;
  if (/^\+[\d\s().-]{5,}$/.test(text)) return `tel:${text.replace(/[^\d+]/g, "")}`;
  // "localhost:8000" is a host and a port, "javascript:1" is not.
  const hasProtocol = /^[a-z][a-z0-9+.-]*:(?!\d+(?:[/?#]|$))/i.test(text);
  // A word is none: it would lead nowhere.
  if (!hasProtocol && !/^(\[[\da-f:]+\]|localhost|[^/?#\s]+[.:][^/?#\s]+)([:/?#]|$)/i.test(text)) return null;
  const address = hasProtocol ? text : `https://${text}`;
  return isSafeLink(address) ? address : null;
}

/** The address, if a text is one that is written out, and nothing else. */
export function writtenLink(text: string): string | null {
  return /^(https?:\/\/|mailto:|tel:|www\.)\S+$/i.test(text) ? linkUrl(text) : null;
}

export function isSafeLink(address: string): boolean {
  const url = parse(address);
  return url !== null && LINK_PROTOCOLS.has(url.protocol);
}

/** The address of an image, or null: only https, or http from this very site, as the page's security policy demands. */
export function imageUrl(typed: unknown, ownOrigin = globalThis.location?.origin): string | null {
  if (typeof typed !== "string") return null;
  const url = parse(typed.trim());
  if (url === null) return null;
  return url.protocol === "https:" || (url.protocol === "http:" && url.origin === ownOrigin) ? url.href : null;
}

function parse(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}
