/** Sharing: the Share button opens a dialog over the text, and says how many ask for access. */

import type { Feature, RoomPage } from "../../../frontend/feature";
import { fetchedAgain } from "../../../frontend/lib/again";
import { withPart } from "../../../frontend/ui/part";
import { SHARE, asking } from "./messages";
import type { Sharing } from "./sharing";

interface Data {
  url: string;
  membersUrl: string;
  /** How many ask for access, for who may let them in. */
  requests: number;
}

/** How an address leads to this dialog. */
const HASH = "#share";

const loadDialog = fetchedAgain(() => import("./dialog"));

function open(page: RoomPage, data: unknown): void {
  const { url, membersUrl, requests } = data as Data;
  const share = document.getElementById("share");
  if (!share) return;
  const count = document.createElement("span");
  count.className = "sharing-count";
  share.append(count);
  let dialog: { load: () => Promise<void> } | null = null;

  const showCount = (number: number): void => {
    count.textContent = number > 0 ? String(number) : "";
    share.setAttribute("aria-label", number > 0 ? `${SHARE}: ${asking(number)}` : SHARE);
    share.title = number > 0 ? asking(number) : "";
  };
  const hear = (sharing: Sharing): void => showCount(sharing.requests?.length ?? 0);
  const openDialog = (event: Event): void => {
    event.preventDefault();
    withPart(loadDialog, ({ SharingDialog }) => {
      dialog ??= new SharingDialog(page, url, membersUrl, hear, () => {
        dialog = null;
        share.focus();
      });
    });
  };
  const refresh = (): void => {
    if (dialog) void dialog.load();
    else if (page.may("share")) void page.ask(url).then((sharing) => hear(sharing as Sharing), () => undefined);
    else showCount(0);
  };
  // A notice leads to what it is about.
  if (location.hash === HASH) openDialog(new Event("open"));
  window.addEventListener("hashchange", (event) => location.hash === HASH && openDialog(event));
  showCount(requests);
  share.addEventListener("click", openDialog);
  share.setAttribute("aria-haspopup", "dialog");
  // Until now a press would have done nothing; for who may share it is a link.
  if (share instanceof HTMLButtonElement) share.disabled = false;
  // With a connection that was lost what was told meanwhile was, too.
  page.onNews(refresh);
  page.onRole(() => {
    if (dialog || !page.may("share")) refresh();
  });
}

export default { open } satisfies Feature;
