/** Where a pasted link leads. */

import { isSafeLink } from "../../../lib/urls";
import { LIMITS } from "../model/values";

/** Programs that send readers round by an address of their own, which tells them who reads what: where that names the real one. */
const ROUNDABOUT: [host: RegExp, path: RegExp, ...names: string[]][] = [
  [/(^|\.)google\.[a-z.]+$/, /^\/url$/, "q", "url"],
  [/(^|\.)safelinks\.protection\.outlook\.com$/, /^/, "url"],
  [/^statics\.teams\.(cdn\.office\.net|microsoft\.com)$/, /safelinks/, "url"],
  [/^slack-redir\.net$/, /^\/link$/, "url"],
  [/^lm?\.(facebook|instagram)\.com$/, /^/, "u"],
  [/(^|\.)linkedin\.com$/, /^\/(safety\/go|redir\/redirect)\/?$/, "url"],
  [/(^|\.)youtube\.com$/, /^\/redirect$/, "q"],
  [/^out\.reddit\.com$/, /^/, "url"],
  [/^duckduckgo\.com$/, /^\/l\/$/, "uddg"],
];
/** A mail can have come round by several of them. */
const MOST_ROUNDS = 4;

/** The address that a document can hold, or null. */
export function linkOf(element: Element): string | null {
  let href = element.getAttribute("href")?.trim() ?? "";
  if (!href || href.length > LIMITS.address || !isSafeLink(href)) return null;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const wanted = behind(href);
    if (!wanted || !isSafeLink(wanted)) break;
    href = wanted;
  }
  return href;
}

function behind(href: string): string | null {
  const { hostname, pathname, searchParams } = new URL(href);
  if (hostname === "urldefense.com") return /^https:\/\/[^/]+\/v3\/__(.+?)__;!/.exec(href)?.[1] ?? null;
  const rule = ROUNDABOUT.find(([host, path]) => host.test(hostname) && path.test(pathname));
  return rule?.slice(2).map((name) => searchParams.get(String(name))).find((each) => each) ?? null;
}

/** Where something is that a document cannot show: a film, a page within the page. */
export function placeOf(element: Element): string | null {
  const given = element.getAttribute("src") ?? element.getAttribute("data") ?? element.querySelector("source[src]")?.getAttribute("src") ?? "";
  return given.length <= LIMITS.address && /^https?:/i.test(given) && isSafeLink(given) ? given : null;
}
