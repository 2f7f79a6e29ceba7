/** On the page that says "no access": offers the edits on this device that the server never got. */

import { Banners } from "./banners";
import { Marks } from "./marks";
import type { Rescued } from "./rescued";
import { RESCUED, RESCUED_AND_DOWNLOADED } from "./messages";
import { download } from "./download";

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
  const banners = new Banners(holder, holder, (action) => {
    if (action === "download") {
      download(unsent.title, rescued.html);
      banners.set("leftover", RESCUED_AND_DOWNLOADED);
    } else if (action === "discard") {
      void rescued.clear().then(() => {
        marks.forget();
        banners.set("leftover", null);
      });
    }
  });
  banners.set("leftover", RESCUED);
}
