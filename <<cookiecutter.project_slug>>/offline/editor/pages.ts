/** On every page: keeps a service worker that sees to times without a network, and nothing here that is another person's. */

import { element } from "../../frontend/lib/element";
import { copiesHere } from "../../frontend/session/copies";
import { TEXT_GONE } from "../../frontend/session/databases";
import { drop, forget, keptRooms, roomOf } from "./sets";

const { user = "", worker = "", set = "" } = element("offline").dataset;
/** Milliseconds after which a page that is busy is asked for all the same. */
const BUSY = 10_000;

// By http from another machine, or where somebody has forbidden it, browsers have none of this.
if ("serviceWorker" in navigator && "caches" in window) void begin().catch(() => undefined);

async function begin(): Promise<void> {
  // What a page says of a document, such as its title, goes with its text.
  window.addEventListener(TEXT_GONE, (event) => {
    const gone = (event as CustomEvent<{ user: string; room: string }>).detail;
    if (gone.user === user) void drop(`/rooms/${gone.room}/`).catch(() => undefined);
  });
  await forget((each) => each.user !== user || !worker);
  if (!worker) await takeAway();
  else if (user) await Promise.all([keep(), showKept()]);
}

/** The site has switched it off. */
async function takeAway(): Promise<void> {
  for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
}

/** Once this page has all that it needs itself. */
async function keep(): Promise<void> {
  await atRest();
  await navigator.serviceWorker.register(worker);
  const { active } = await navigator.serviceWorker.ready;
  if (roomOf(location.pathname)) active?.postMessage({ keep: location.pathname, of: set });
}

async function atRest(): Promise<void> {
  if (document.readyState !== "complete") await new Promise((resolve) => window.addEventListener("load", resolve));
  // Safari has no such callback.
  await new Promise<unknown>((resolve) => ("requestIdleCallback" in window ? requestIdleCallback(resolve, { timeout: BUSY }) : setTimeout(resolve)));
}

/** The rooms of this person that open without a network: their pages are here, and their texts. */
async function roomsHere(): Promise<Set<string>> {
  const pages = await keptRooms(user);
  return new Set((await copiesHere()).filter((copy) => copy.user === user && pages.has(copy.room)).map(({ room }) => room));
}

async function showKept(): Promise<void> {
  const list = document.getElementById("kept");
  const links = document.querySelectorAll<HTMLAnchorElement>("a.room-link");
  if (!list && links.length === 0) return;
  const rooms = await roomsHere();
  if (list) {
    const { showDocuments } = await import("./documents");
    await showDocuments(list, user, rooms);
  }
  for (const link of links) {
    if (rooms.has(roomOf(new URL(link.href).pathname) ?? "")) link.querySelector(".muted")?.append(" · on this device");
  }
}
