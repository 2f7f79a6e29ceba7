/**
 * The service worker: where the site cannot be reached, it answers with pages and files that this browser has kept.
 *
 * - A page comes from the server wherever that answers in time. Else it is a kept one, and that has its files from its own set.
 * - Only documents' pages are kept, and the one that stands in for the dashboard: see sets.ts. Nothing else of the site is
 *   touched, nor what pages ask of it.
 * - A page is kept once the set that it belongs to is whole.
 */

import { HEADER, type KeptSet, drop, forget, nameOf, roomOf, sets, userOf } from "./sets";
import { type FetchEvent, worker } from "./worker-types";

/** This site's addresses and limits: see views.py. */
interface Site {
  /** Milliseconds in which a page is to come from the server. */
  patience: number;
  /** So many documents' pages are kept: those that were opened last. */
  most: number;
  static: string;
  dashboard: string;
  documents: string;
  set: string;
  /** Says which rooms are open to this person. */
  open: string;
  signOuts: string[];
}

declare const SITE: Site;

/** In which a document's page holds the beginning of its text: see templates/rooms/room.html. Up to its last end: one can be among the words. */
const FIRST_LOOK = /<!-- first look -->.*<!-- \/first look -->/s;
/** One at a time puts something into sets. */
const LOCK = "offline";
/** Files that are fetched at once. */
const AT_ONCE = 6;
/** What a router says that finds no server behind it. */
const DOWN = [502, 503, 504];
/** What says that there is no such page for this person any more. */
const GONE = [403, 404, 410];

/** From which set pages came that are open: that is where their files are. */
const cameFrom = new Map<string, string>();
/** How many pages and sign-outs were asked for; and at which of them another person came, or nobody was left. */
let asked = 0;
let changedAt = 0;
let lastUser: string | null = null;

worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("message", (event) => {
  const { keep, of } = event.data as { keep?: string; of?: string };
  if (keep && of && roomOf(keep)) event.waitUntil(navigator.locks.request(LOCK, () => keepWhole(keep, of)).catch(() => undefined));
});
worker.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (origin !== location.origin) return;
  if (method === "POST" && mode === "navigate" && SITE.signOuts.includes(pathname)) {
    // It has been asked about before, where edits wait here: see device.ts.
    event.waitUntil(signedOut());
  } else if (method === "GET" && mode === "navigate") {
    if (pathname === SITE.dashboard || roomOf(pathname)) event.respondWith(page(event, pathname));
  } else if (method === "GET" && pathname.startsWith(SITE.static)) {
    event.respondWith(file(event));
  }
});

async function signedOut(): Promise<void> {
  asked += 1;
  [changedAt, lastUser] = [asked, null];
  await forget(() => true);
}

async function page(event: FetchEvent, path: string): Promise<Response> {
  asked += 1;
  const number = asked;
  const network = fetch(event.request).then((response) => {
    if (response.headers.has(HEADER) || GONE.includes(response.status)) {
      event.waitUntil(take(path, response.clone(), number).catch(() => undefined));
    }
    return response;
  });
  // One that comes too late to be shown is kept for the next time.
  event.waitUntil(network.catch(() => undefined));
  const late = new Promise<"late">((resolve) => setTimeout(() => resolve("late"), SITE.patience));
  const outcome = await Promise.race([network.catch(() => "failed" as const), late]);
  if (outcome instanceof Response && !DOWN.includes(outcome.status)) return outcome;
  const read = keptPage(path, outcome !== "late").catch(notRead);
  // A disk may take longer still, or for ever: the server's page is as good whenever it comes.
  const served = network.then(async (response) => (DOWN.includes(response.status) ? read : response));
  const kept = await Promise.race([read, served.catch(() => read)]);
  if (!kept) return network;
  if (kept instanceof Response) return kept;
  cameFrom.set(event.resultingClientId, kept.set.name);
  return kept.response;
}

interface KeptPage {
  set: KeptSet;
  response: Response;
}

/** A document's page; or the list of those that there are, for the dashboard, and where the server will not answer at all. */
async function keptPage(path: string, isHopeless: boolean): Promise<KeptPage | null> {
  const found = roomOf(path) ? await find(path) : null;
  return found ?? (path === SITE.dashboard || isHopeless ? await find(SITE.documents) : null);
}

async function find(path: string): Promise<KeptPage | null> {
  for (const set of await sets()) {
    const cache = await caches.open(set.name);
    const response = (await isWhole(cache)) ? await cache.match(path, { ignoreVary: true }) : undefined;
    if (response) return { set, response };
  }
  return null;
}

async function file(event: FetchEvent): Promise<Response> {
  const { request, clientId } = event;
  const set = cameFrom.get(clientId);
  const own = set && (await keptFile(request, [set]).catch(notRead));
  if (own) return own;
  let answer: Response | null = null;
  try {
    answer = await fetch(request);
    if (answer.ok) return answer;
  } catch {
    // It may be here.
  }
  // A tab may be older than the site's files: those whose names say what is in them are the right ones in any set.
  const kept = await sets()
    .then((all) => keptFile(request, all.map(({ name }) => name)))
    .catch(notRead);
  return kept ?? answer ?? Response.error();
}

async function keptFile({ url }: Request, names: string[]): Promise<Response | null> {
  for (const cacheName of names) {
    const kept = await caches.match(url, { cacheName, ignoreVary: true, ignoreSearch: true });
    if (kept) return kept;
  }
  return null;
}

/** Browsers refuse what is kept where the disk fails, or somebody does not want it: whatever the server says holds then. */
function notRead(): null {
  return null;
}

/** A page has come from the server. */
async function take(path: string, response: Response, number: number): Promise<void> {
  if (number < changedAt) return;
  if (GONE.includes(response.status)) {
    await drop(path);
    return;
  }
  const of = response.headers.get(HEADER) ?? "";
  const user = userOf(of);
  if (user !== lastUser) [changedAt, lastUser] = [number, user];
  await forget((set) => set.user !== user);
  if (!roomOf(path)) return;
  await navigator.locks.request(LOCK, async () => {
    // Where the set is not there yet, the page asks for it once it has been loaded itself.
    const set = (await sets()).find(({ name }) => name === nameOf(of));
    const cache = set && (await caches.open(set.name));
    if (number >= changedAt && cache && (await isWhole(cache))) await put(cache, path, response);
  });
}

/** Keeps a page in the set of its build, which is completed before; and brings the others over that are of an older one. */
async function keepWhole(path: string, of: string): Promise<void> {
  const cache = await caches.open(nameOf(of));
  if (!(await isWhole(cache)) && !(await complete(cache, of))) {
    await caches.delete(nameOf(of));
    return;
  }
  await bringOver(cache, of);
  if (!(await cache.match(path, { ignoreVary: true }))) await keepAnew(cache, path, of);
}

/** A set without this page is not whole: it comes last. */
function isWhole(cache: Cache): Promise<boolean> {
  return cache.match(SITE.documents, { ignoreVary: true }).then(Boolean);
}

/** Says whether the set is whole now. The server may have another build, or another person, by the time it is asked. */
async function complete(cache: Cache, of: string): Promise<boolean> {
  const response = await fetch(SITE.set, { redirect: "manual" });
  if (!response.ok) return false;
  const listed = (await response.json()) as { of: string; files: string[] };
  if (listed.of !== of) return false;
  for (let start = 0; start < listed.files.length; start += AT_ONCE) {
    await Promise.all(listed.files.slice(start, start + AT_ONCE).map((url) => addFile(cache, url)));
  }
  return keepAnew(cache, SITE.documents, of);
}

async function addFile(cache: Cache, url: string): Promise<void> {
  if (await cache.match(url, { ignoreVary: true })) return;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} could not be fetched`);
  await cache.put(url, response);
}

/** Fetches a page, and keeps it if it is of this person and build; says whether it is. Throws where the server does not answer. */
async function keepAnew(cache: Cache, path: string, of: string): Promise<boolean> {
  const response = await fetch(path, { redirect: "manual" });
  const isOf = response.ok && response.headers.get(HEADER) === of;
  if (isOf) await put(cache, path, response);
  return isOf;
}

/** In the order in which they were put there. */
async function keptPages(cache: Cache): Promise<string[]> {
  return (await cache.keys()).map(({ url }) => new URL(url).pathname).filter(roomOf);
}

async function put(cache: Cache, path: string, response: Response): Promise<void> {
  // Over the one that is kept, which is not taken away before: where the disk has no room for this one, it stays.
  await cache.put(path, await withoutText(response));
  for (const old of (await keptPages(cache)).slice(0, -SITE.most)) await cache.delete(old, { ignoreVary: true });
}

/** Texts are on the device in one place only, from which they go with somebody's access: not in pages. */
async function withoutText(response: Response): Promise<Response> {
  const html = await response.text();
  return new Response(html.replace(FIRST_LOOK, ""), response);
}

/**
 * Fetches the pages of older sets for this one, and takes these sets away.
 *
 * The newest of them stays a while, without pages: a tab that is older than the deployment still asks for its files.
 */
async function bringOver(cache: Cache, of: string): Promise<void> {
  const others = (await sets()).filter(({ name }) => name !== nameOf(of));
  for (const { name } of others.reverse()) {
    const other = await caches.open(name);
    const paths = await keptPages(other);
    const open = await openRooms(paths);
    for (const path of paths) {
      const isWanted = open.has(roomOf(path) ?? "") && !(await cache.match(path, { ignoreVary: true }));
      // The server has yet another build, or another person: that one's pages will see to the rest.
      if (isWanted && !(await keepAnew(cache, path, of))) return;
      await other.delete(path, { ignoreVary: true });
    }
  }
  await Promise.all(others.slice(0, -1).map(({ name }) => caches.delete(name)));
}

/** Which of these rooms this person may still open. */
async function openRooms(paths: string[]): Promise<Set<string>> {
  if (paths.length === 0) return new Set();
  const asked = paths.map((path) => ["room", roomOf(path) ?? ""]);
  const response = await fetch(`${SITE.open}?${new URLSearchParams(asked)}`);
  if (!response.ok) throw new Error("the server does not say which documents are open");
  const { rooms } = (await response.json()) as { rooms: Record<string, string> };
  return new Set(Object.keys(rooms));
}
