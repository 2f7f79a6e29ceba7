/** The page that lists the documents on this device: their titles are read from the texts themselves, which may be newer than any list. */

import * as Y from "yjs";

import { element } from "../../frontend/lib/element";
import { type Copy, copiesHere, lastUsed, roomsWithUnsent, within } from "../../frontend/session/copies";
import { databaseName, open } from "../../frontend/session/databases";
import { roomOf } from "./sets";
import { NOT_HERE, UNSENT, UNTITLED } from "./messages";

/** Copies that are read at once: nobody's patience is to begin before his turn has come. */
const AT_ONCE = 4;

export async function showDocuments(list: HTMLElement, user: string, rooms: Set<string>): Promise<void> {
  const isInstead = location.pathname !== list.dataset["path"];
  element("unreachable").hidden = !isInstead;
  if (isInstead && roomOf(location.pathname)) element("not-here").textContent = NOT_HERE;
  const newest = new Map<string, Copy>();
  for (const copy of await copiesHere()) {
    const known = newest.get(copy.room);
    if (copy.user === user && rooms.has(copy.room) && (!known || known.schema < copy.schema)) newest.set(copy.room, copy);
  }
  const used: { copy: Copy; at: number; title: string }[] = [];
  const waiting = newest.values();
  const read = async (): Promise<void> => {
    for (const copy of waiting) used.push({ copy, at: await within(lastUsed(copy), 0), title: await within(titleOf(copy), "") });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, read));
  used.sort((one, two) => two.at - one.at);
  const unsent = await roomsWithUnsent(user);
  for (const { copy, title } of used) list.append(item(copy.room, title, unsent.has(copy.room)));
  element("nothing-kept").hidden = used.length > 0;
}

function item(room: string, title: string, isUnsent: boolean): HTMLElement {
  const [row, link, name, note] = [make("li", "room-row"), make("a", "room-link"), make("strong", "room-title"), make("span", "muted")];
  (link as HTMLAnchorElement).href = `/rooms/${room}/`;
  name.dir = "auto";
  name.textContent = title || UNTITLED;
  note.textContent = isUnsent ? UNSENT : "";
  link.append(name, note);
  row.append(link);
  return row;
}

function make(tag: string, className: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  return made;
}

async function titleOf({ user, room, schema }: Copy): Promise<string> {
  const database = await open(databaseName(user, room, schema));
  const doc = new Y.Doc();
  for (const update of await database.getAll("updates")) {
    try {
      Y.applyUpdate(doc, update);
    } catch {
      // As in local-copy.ts: the others may hold the title.
    }
  }
  database.close();
  return doc.getText("title").toString().trim();
}
