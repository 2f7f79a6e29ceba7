/** The page that asks the site for something. */
export interface Asker {
  /** Whose it is: asked by it as somebody else, the site does nothing. */
  user: string;
  /** By which the site knows that the question comes from its own page. */
  token: string;
}

/** What says so. Whoever signs in gets another token, in a cookie: from then on that of a page that was open before is good for nothing. */
export function headersOf({ user, token }: Asker): Record<string, string> {
  return { "Page-Of": user, "X-CSRFToken": cookie("__Host-csrftoken") ?? cookie("csrftoken") ?? token };
}

/** The one with `__Host-` is this site's own: another may be that of a site on a domain above this one, or at another port. */
function cookie(name: string): string | undefined {
  return new RegExp(`(?:^|; )${name}=([^;]+)`).exec(document.cookie)?.[1];
}
