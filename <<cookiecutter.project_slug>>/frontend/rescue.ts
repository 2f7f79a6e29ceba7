/** On the page that says "no access": offers the edits on this device that the server never got. */

import { fetchedAgain, untilThere } from "./again";
import { Banners } from "./banners";
import { confirm } from "./confirm";
import { download } from "./download";
import { Marks } from "./marks";
import { ACTION_LABELS, DISCARD, NOT_DISCARDED_HERE, NOT_READ, RESCUED, RESCUED_AND_DOWNLOADED } from "./messages";
import type { Rescued } from "./rescued";

const loadRescued = fetchedAgain(() => import("./rescued"));

const holder = document.getElementById("rescue");
const user = holder?.dataset["user"];
const room = /^\/rooms\/([0-9a-f-]{36})\//.exec(location.pathname)?.[1];
if (holder && user && room) void offer(holder, user, room);

async function offer(holder: HTMLElement, user: string, room: string): Promise<void> {
  const marks = new Marks(user, room, 0);
  const unsent = marks.unsent;
  if (!unsent) return;
  // Should access be given back, these are not sent before the person says so.
  marks.withhold();
  let rescued: Rescued | null = null;
  let downloaded = false;
  const discard = (): void => {
    rescued?.clear().then(
      () => {
        marks.forget();
        banners.set("leftover", null);
      },
      () => banners.set("leftover", NOT_DISCARDED_HERE),
    );
  };
  const banners = new Banners(holder, (action, button) => {
    if (action === "reload") {
      location.reload();
    } else if (action === "download") {
      if (rescued) download(unsent.title, rescued.html);
      downloaded = true;
      banners.set("leftover", RESCUED_AND_DOWNLOADED);
    } else if (downloaded) {
      discard();
    } else {
      confirm({ sentence: DISCARD, label: ACTION_LABELS.discard, accept: discard, from: button });
    }
  });
  const slow = (): void => banners.set("leftover", NOT_READ);
  try {
    const { rescue } = await untilThere(loadRescued, slow);
    rescued = await rescue(user, room, unsent.schema, slow);
    banners.set("leftover", RESCUED);
  } catch {
    slow();
  }
}
