/** Which addresses a document may show. Whatever somebody writes into it with a browser of their own, no other is rendered. */

const LINK_PROTOCOLS = new Set(["http:", "https:", "mailto:", "tel:"]);

/** The address of a link as typed, completed (`example.org` becomes `https://example.org`), or null if it isn't safe. */
export function linkUrl(typed: string): string | null {
  const text = typed.trim();
  if (!text) return null;
  if (/^[^\s@:/]+@[^\s@/]+\.[^\s@/]+$/.test(text)) return `mailto:${text}`;
  // "localhost:8000" is a host and a port, "javascript:1" is not.
  const hasProtocol = /^[a-z][a-z0-9+.-]*:(?!\d+(?:[/?#]|$))/i.test(text);
  return isSafeLink(hasProtocol ? text : `https://${text}`) ? (hasProtocol ? text : `https://${text}`) : null;
}

export function isSafeLink(address: string): boolean {
  const url = parse(address);
  return url !== null && LINK_PROTOCOLS.has(url.protocol);
}

/** Whether a text is a host's name, perhaps with a path: an address that only lacks its protocol, and hides no other one. */
export function isBareAddress(text: string): boolean {
  return /^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+([/?#]\S*)?$/u.test(text);
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
