/** On the page that says "no access": offers the edits on this device that the server never got. */

import { Banners } from "./banners";
import { confirm } from "./confirm";
import { download } from "./download";
import { Marks } from "./marks";
import { ACTION_LABELS, DISCARD, RESCUED, RESCUED_AND_DOWNLOADED } from "./messages";
import type { Rescued } from "./rescued";

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
  const { rescue } = await import("./rescued");
  const rescued: Rescued | null = await rescue(user, room, unsent.schema);
  if (!rescued) return;
  let downloaded = false;
  const discard = (): void => {
    void rescued.clear().then(() => {
      marks.forget();
      banners.set("leftover", null);
    });
  };
  const banners = new Banners(holder, (action, button) => {
    if (action === "download") {
      download(unsent.title, rescued.html);
      downloaded = true;
      banners.set("leftover", RESCUED_AND_DOWNLOADED);
    } else if (downloaded) {
      discard();
    } else {
      confirm({ sentence: DISCARD, label: ACTION_LABELS.discard, accept: discard, from: button });
    }
  });
  banners.set("leftover", RESCUED);
}
