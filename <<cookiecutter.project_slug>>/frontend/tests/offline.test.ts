import "./dom";
import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";

import * as Y from "yjs";

import { showDocuments } from "../../offline/editor/documents";
import { open, tellGone } from "../session/databases";
import { LocalCopy } from "../session/local-copy";
import { breakDatabases, here } from "./disk";

test("the list of documents on this device has those that cannot be read, and all others", async () => {
  for (const [room, title] of [["x-failing", "Lost"], ["y-hanging", "Slow"], ["z-own", "Own"]] as const) {
    const doc = new Y.Doc();
    doc.getText("title").insert(0, title);
    const database = await open(here(room));
    await database.put("updates", Y.encodeStateAsUpdate(doc), 1);
    database.close();
  }
  document.body.innerHTML = ["unreachable", "not-here", "nothing-kept"].map((id) => `<p id="${id}"></p>`).join("");
  const repair = breakDatabases("x-failing", "y-hanging");
  const list = document.createElement("ul");
  await showDocuments(list, "1", new Set(["x-failing", "y-hanging", "z-own"]));
  repair();
  assert.deepEqual([...list.querySelectorAll("strong")].map((each) => each.textContent), ["Own", "Untitled", "Untitled"]);
  assert.equal(document.getElementById("nothing-kept")?.hidden, true);
});

// The service worker, beside a site that has builds, and what browsers keep.

const ROOM = "/rooms/00000000-0000-4000-8000-000000000001/";
const OTHER = "/rooms/00000000-0000-4000-8000-000000000002/";
const PATIENCE = 20;

/** What one cache holds, by paths. Whoever has hold of one that was deleted writes into nothing that anybody sees. */
class Kept {
  readonly held = new Map<string, Response>();

  constructor(private readonly disk: Disk) {}

  async match(path: string): Promise<Response | undefined> {
    return this.held.get(path)?.clone();
  }

  async put(path: string, response: Response): Promise<void> {
    if (this.disk.isFull) throw new DOMException("no room", "QuotaExceededError");
    this.held.delete(path);
    this.held.set(path, response);
  }

  async delete(path: string): Promise<boolean> {
    return this.held.delete(path);
  }

  async keys(): Promise<{ url: string }[]> {
    return [...this.held.keys()].map((path) => ({ url: new URL(path, location.origin).href }));
  }
}

/** Stands in for `caches`. */
class Disk {
  isFull = false;
  refuses = false;
  /** Until when it does not answer at all. */
  hangs: Promise<void> | null = null;
  readonly all = new Map<string, Kept>();

  private async check(): Promise<void> {
    await this.hangs;
    if (this.refuses) throw new DOMException("not wanted", "SecurityError");
  }

  async open(name: string): Promise<Kept> {
    await this.check();
    const cache = this.all.get(name) ?? new Kept(this);
    this.all.set(name, cache);
    return cache;
  }

  async keys(): Promise<string[]> {
    await this.check();
    return [...this.all.keys()];
  }

  async delete(name: string): Promise<boolean> {
    await this.check();
    return this.all.delete(name);
  }

  async match(url: string, { cacheName }: { cacheName: string }): Promise<Response | undefined> {
    await this.check();
    return this.all.get(cacheName)?.match(new URL(url).pathname);
  }

  /** Which pages are kept, by the build of their set; only of sets that are whole. */
  pages(): Record<string, string[]> {
    const whole = [...this.all].filter(([, { held }]) => held.has("/offline/"));
    return Object.fromEntries(whole.map(([name, { held }]) => [name.split(" ")[1], [...held.keys()].filter((path) => path.startsWith("/rooms/"))]));
  }
}

const disk = new Disk();

/** The site: whose session it is, which build it is of, and what it does otherwise. */
const site = { user: "1", build: "a", isThere: true, status: 200, delay: 0, closed: new Set<string>() };

async function serve(input: string | { url: string }): Promise<Response> {
  const url = new URL(typeof input === "string" ? input : input.url, location.origin);
  // As it is when it is asked, however late it answers.
  const { user, build, isThere, status, delay } = site;
  if (delay) await new Promise((done) => setTimeout(done, delay));
  if (!isThere) throw new TypeError("no network");
  if (status !== 200) return new Response("busy", { status });
  if (url.pathname === "/offline/set/") return Response.json({ of: `${user} ${build}`, files: [`/static/editor.${build}.js`] });
  if (url.pathname === "/rooms/open/") return Response.json({ rooms: Object.fromEntries(url.searchParams.getAll("room").map((room) => [room, ""])) });
  if (url.pathname.startsWith("/static/")) return new Response(url.pathname, { status: url.pathname.includes(`.${build}.`) ? 200 : 404 });
  if (site.closed.has(url.pathname)) return new Response("No access", { status: 403 });
  return new Response(`${url.pathname} of ${build}`, { headers: { "Offline-Set": `${user} ${build}` } });
}

let locked: Promise<unknown> = Promise.resolve();
const locks = { request: (_name: string, act: () => Promise<unknown>) => (locked = locked.catch(() => undefined).then(act)) };

let tabs = 0;
const waiting = new Set<Promise<unknown>>();

/** Has the worker hear of something, as the browser would tell it. */
function tell(type: string, about: object): Promise<Response> {
  return new Promise((answer) => {
    const waitUntil = (done: Promise<unknown>): void => {
      const each = done.catch(() => undefined).finally(() => waiting.delete(each));
      waiting.add(each);
    };
    self.dispatchEvent(Object.assign(new Event(type), { waitUntil, respondWith: answer }, about));
  });
}

/** Until the worker has done all that it goes on doing. */
async function settled(): Promise<void> {
  while (waiting.size) await Promise.allSettled([...waiting]);
}

/** Opens a page; what is in it, in which tab, and what that tab gets for a file. */
async function opened(path: string) {
  const tab = `tab ${++tabs}`;
  const get = (name: string, request: object) => tell("fetch", { clientId: tab, resultingClientId: tab, request: { method: "GET", url: new URL(name, location.origin).href, ...request } });
  const response = await get(path, { mode: "navigate" });
  return { status: response.status, text: await response.text(), file: (build: string) => get(`/static/editor.${build}.js`, { mode: "cors" }) };
}

/** Opens it as a page does that is there for a while: it asks for being kept. */
async function kept(path: string): Promise<Awaited<ReturnType<typeof opened>>> {
  const page = await opened(path);
  void tell("message", { data: { keep: path, of: `${site.user} ${page.text.split(" ").at(-1)}` } });
  await settled();
  return page;
}

before(async () => {
  Object.assign(globalThis, {
    SITE: {
      patience: PATIENCE,
      most: 10,
      static: "/static/",
      dashboard: "/",
      documents: "/offline/",
      set: "/offline/set/",
      open: "/rooms/open/",
      signOuts: ["/accounts/logout/"],
    },
    caches: disk,
    fetch: serve,
    skipWaiting: () => Promise.resolve(),
    clients: { claim: () => Promise.resolve() },
  });
  Object.defineProperty(navigator, "locks", { value: locks, configurable: true });
  await import("../../offline/editor/service-worker");
});

beforeEach(() => {
  disk.all.clear();
  Object.assign(disk, { isFull: false, refuses: false, hangs: null });
  Object.assign(site, { user: "1", build: "a", isThere: true, status: 200, delay: 0, closed: new Set() });
});

test("where the browser keeps nothing, all is as the server has it, however late that answers", async () => {
  await kept(ROOM);
  disk.refuses = true;
  assert.equal((await kept(ROOM)).status, 200);
  site.delay = 2 * PATIENCE;
  const late = await opened(ROOM);
  assert.equal(late.text, `${ROOM} of a`);
  assert.equal((await late.file("a")).status, 200);
  assert.equal((await late.file("b")).status, 404);
  site.status = 503;
  assert.equal((await opened(ROOM)).status, 503);
  site.isThere = false;
  await assert.rejects(opened(ROOM), /no network/);
  assert.equal((await late.file("a")).type, "error");
});

test("where the disk hangs, a page is the server's, however late that answers; one that is down is none", async () => {
  await kept(ROOM);
  let free = (): void => undefined;
  disk.hangs = new Promise((done) => (free = done));
  site.delay = 2 * PATIENCE;
  assert.equal((await opened(ROOM)).text, `${ROOM} of a`);
  site.status = 503;
  const page = opened(ROOM);
  // That is what the server says first, and late.
  await [...waiting].at(-1);
  free();
  assert.equal((await page).status, 200);
  await settled();
});

test("tabs of two builds each get the files of their own, in whatever order they ask to be kept", async () => {
  const old = await kept(ROOM);
  await kept(OTHER);
  assert.deepEqual(disk.pages(), { a: [ROOM, OTHER] });
  site.build = "b";
  const late = tell("message", { data: { keep: ROOM, of: "1 a" } });
  const fresh = await kept(ROOM);
  // The older tab asks once more, as does one that has got its page from a server that was not stopped yet.
  void tell("message", { data: { keep: OTHER, of: "1 a" } });
  await settled();
  void late;
  assert.deepEqual(disk.pages(), { a: [], b: [OTHER, ROOM].sort() });
  assert.equal(await (await old.file("a")).text(), "/static/editor.a.js");
  assert.equal(await (await fresh.file("b")).text(), "/static/editor.b.js");
  site.isThere = false;
  const offline = await opened(OTHER);
  assert.equal(offline.text, `${OTHER} of b`);
  assert.equal((await offline.file("b")).status, 200);
  assert.equal((await old.file("a")).status, 200);
  // Two builds later the first one's files go.
  Object.assign(site, { isThere: true, build: "c" });
  await kept(ROOM);
  assert.deepEqual(Object.keys(disk.pages()), ["b", "c"]);
});

test("a new build for which there is no room leaves the one before whole, and comes once there is", async () => {
  await kept(ROOM);
  site.build = "b";
  disk.isFull = true;
  await kept(ROOM);
  site.isThere = false;
  const page = await opened(ROOM);
  assert.equal(page.text, `${ROOM} of a`);
  assert.equal((await page.file("a")).status, 200);
  assert.deepEqual(disk.pages(), { a: [ROOM] });
  Object.assign(site, { isThere: true });
  disk.isFull = false;
  await kept(ROOM);
  assert.deepEqual(disk.pages(), { a: [], b: [ROOM] });
});

test("what was cleared away while a tab was open is there again with the next page, and never in part", async () => {
  const page = await kept(ROOM);
  disk.all.clear();
  site.isThere = false;
  await assert.rejects(opened(ROOM), /no network/);
  site.isThere = true;
  // Its page is older than that: the set is made anew once it asks.
  assert.equal((await page.file("a")).status, 200);
  await opened(ROOM);
  await settled();
  assert.deepEqual(disk.pages(), {});
  await kept(ROOM);
  assert.deepEqual(disk.pages(), { a: [ROOM] });
});

test("after a sign-out in another tab nothing is kept, be it on its way or asked for, with a network or without", async () => {
  for (const isThere of [true, false]) {
    site.isThere = true;
    await kept(ROOM);
    site.delay = 5;
    const [page, other] = [opened(ROOM), opened(OTHER)];
    void tell("message", { data: { keep: OTHER, of: "1 a" } });
    Object.assign(site, { isThere, user: "" });
    tell("fetch", { clientId: "", request: { method: "POST", mode: "navigate", url: new URL("/accounts/logout/", location.origin).href } });
    await Promise.all([page, other]);
    await settled();
    assert.deepEqual(disk.pages(), {}, String(isThere));
    site.delay = 0;
    Object.assign(site, { user: "1" });
  }
});

test("the page of a document goes with the access to it, and with its text", async () => {
  await kept(ROOM);
  await kept(OTHER);
  site.closed.add(ROOM);
  assert.equal((await opened(ROOM)).status, 403);
  await settled();
  site.isThere = false;
  // What one gets is the list of those that are there.
  assert.equal((await opened(ROOM)).text, "/offline/ of a");
  assert.equal((await opened(OTHER)).text, `${OTHER} of a`);
  // In the other one the socket was told so, with its page open: that takes the text off the device.
  document.body.innerHTML = '<div id="offline" data-user="1" data-worker="/sw.js" data-set="1 a"></div>';
  Object.defineProperty(navigator, "serviceWorker", { value: { register: () => Promise.resolve(), ready: Promise.resolve({}) }, configurable: true });
  await import("../../offline/editor/pages");
  const room = OTHER.split("/")[2] ?? "";
  tellGone({ user: "2", room });
  await new Promise((done) => setTimeout(done));
  assert.deepEqual(disk.pages(), { a: [OTHER] }, "another person's text is no reason");
  await new LocalCopy({ doc: new Y.Doc(), user: "1", room, schema: 2, onChange: () => undefined }).clear();
  await new Promise((done) => setTimeout(done));
  assert.deepEqual(disk.pages(), { a: [] });
});
