/** A room's page: reads its configuration, opens the document and wires the parts together. */

import * as Y from "yjs";

import { fetchedAgain, untilThere } from "../lib/again";
import { element } from "../lib/element";
import { download } from "../lib/files";
import { isFinal } from "../session/backoff";
import { About } from "../session/about";
import { Colors } from "../session/colors";
import { Connection } from "../session/connection";
import type { ControlFrame } from "../session/frames";
import { Following } from "../session/following";
import { Hold } from "../session/hold";
import { DRAFT, LocalCopy, keepsNothing } from "../session/local-copy";
import type { Ability, Person } from "../session/person";
import { Presence } from "../session/presence";
import { UntilSaved } from "../session/saved";
import { SignOuts } from "../session/sign-outs";
import { StatusLine, isSaved, statusOf } from "../session/status";
import { type Draft, Title } from "../session/title";
import { Marks } from "../session/unsent";
import { surfaceKind } from "../surfaces/registry";
import type { Surface } from "../surfaces/surface";
import {
  ACTION_LABELS,
  BROUGHT_OVER,
  DISCARD,
  DISCARDING,
  FORMER,
  NOT_DISCARDED,
  NOT_LOADED,
  PROMOTED,
  UNKNOWN_KIND,
  demoted,
  leftoverMessage,
  nowhere,
  type Action,
} from "../text/messages";
import { Banners } from "../ui/banners";
import { confirm } from "../ui/confirm";
import { HELP_KEYS, isPressed } from "../ui/keys";
import { withPart } from "../ui/part";
import { say } from "../ui/toast";
import { readConfig } from "./config";
import { Endings } from "./endings";

/** Who has pressed a button is told if the device makes them wait longer. */
const SLOW_DISK = 2_000;

const loadRest = fetchedAgain(() => import("./rest"));
// Hardly anybody has such words.
const loadBringOver = fetchedAgain(() => import("../session/bring-over"));

const config = readConfig();
const page = element("room");
const colors = new Colors(config.colors);
const doc = new Y.Doc();
const statusLine = new StatusLine(element("status"), element("announcer"));
const banners = new Banners(element("banners"), act);
const given = new Set<Ability>();
const endings = new Endings(banners, () => ({ unsaved: hold.isUnsaved, kept: copy.state === "kept" }));

const asker = { user: config.user.id, token: config.token };

let self: Person = config.user;
let { role } = config;
/** What shows the document, once all that is needed to write in it has been fetched. */
let surface: Surface | null = null;
let leaving = false;
/** By which code this person may not read the document here any more. */
let outBy = 0;
/** The server has answered, and what an older editor left here has been handed over since. */
let isGreeted = false;
/** Who wants to know of it when this person's role is another, or the server tells of a feature. */
const onRole = new Set<() => void>();
const onNews: { feature: string; listener: (news: Record<string, unknown>) => void }[] = [];
/** Milliseconds within which pages ask what is new, once a worker has taken over. */
const NEWS_WITHIN = 3_000;
let newsTimer: number | undefined;
/** What an older editor left here and the server cannot take. */
let former = "";

const marks = new Marks(config.user.id, config.room, doc.clientID);
const hold = new Hold({
  marks,
  readOnly: !may("write"),
  describe: () => ({ title: title.text, schema: config.schema, kind: config.kind }),
  onHeld: () => connection.withhold(),
  onReleased: () => connection.release(),
  onChange: applyRole,
});

// The browser looks for it, and asks the server, while the editor is being built.
const copy = new LocalCopy({
  doc,
  user: self.id,
  room: config.room,
  schema: config.schema,
  otherBelow: config.offline.below,
  onChange: copyChanged,
  onFound: (found) => {
    marks.readBeside(found.keys(), (name, value) => copy.put(name, value));
    hold.look();
  },
});
const opened = copy.opened.then(start);

const connection = new Connection({
  url: `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${config.socketPath}`,
  room: config.room,
  schema: config.schema,
  user: config.user.id,
  doc,
  readOnly: hold.isReadOnly,
  opened,
  withhold: hold.isHeld,
  onChange: refresh,
  onFrame: receive,
  onClose: explain,
  onWithheld: (certain) => hold.lacked(certain),
});

const untilSaved = new UntilSaved(isStored);

const title: Title = new Title({
  doc,
  awareness: connection.awareness,
  input: element<HTMLTextAreaElement>("title"),
  title: config.title,
  carets: element("title-carets"),
  hint: element("title-hint"),
  colorOf: (person, own) => colors.of(person, own),
  onEnter: () => surface?.focus("start"),
});
// Who opens a new document can type at once, and who does not know that yet loses no word.
if (!hold.isReadOnly && !config.title && document.activeElement === document.body) element("title").focus();

connection.awareness.setLocalStateField("user", self);
connection.connect();
mountSurface();

const following = new Following({
  list: element("avatars"),
  awareness: connection.awareness,
  reveal: (person) => surface?.reveal(person) || title.reveal(person),
  isNowhere: (name) => say(nowhere(name)),
});
const presence = new Presence(element("avatars"), connection.awareness, () => self, colors, () => following.mark());

const about = new About(doc, showLanguage);

new SignOuts(self.id, signedOut);

element("help").addEventListener("click", help);
document.addEventListener("keydown", (event) => {
  if (!isPressed(HELP_KEYS, event) || event.defaultPrevented) return;
  event.preventDefault();
  help();
});
window.addEventListener("beforeunload", (event) => {
  if (((hold.isUnsaved && copy.state !== "kept") || title.holdsWords) && !leaving) event.preventDefault();
});

applyRole();

function mountSurface(): void {
  const failed = (): void => say(NOT_LOADED);
  void surfaceKind(config.kind, failed).then((kind) => {
    if (!kind) {
      banners.set("kind", UNKNOWN_KIND);
      return;
    }
    const mounted = kind.mount(element("editor"), doc, connection.awareness, {
      toolbar: element("toolbar"),
      memory: `yroom:${config.user.id}:${config.room}`,
      nonce: config.nonce,
      isInTouch: () => connection.synced,
      failed,
      colorOf: (person, own) => colors.of(person, own),
    });
    void (mounted.writable ?? Promise.resolve()).then(() => {
      surface = mounted;
      copyChanged();
    });
  });
}

/** The text on this device has been read, if there is one, or is not waited for any longer. */
function start(): void {
  doc.on("update", (_update, origin) => {
    if (origin === connection.origin || origin === copy.origin) return;
    if (!hold.wrote) void askToPersist().catch(() => undefined);
    hold.edited();
  });
  // Another tab has sent the edits or discarded them.
  marks.onDecided(() => {
    if (hold.isHeld) location.reload();
  });
  if (hold.isHeld) hold.hold();
  copyChanged();
}

/** Browsers clear away what sites store when the disk fills up, unless a site has asked them not to. */
async function askToPersist(): Promise<void> {
  if (!(await navigator.storage.persisted())) await navigator.storage.persist();
}

function copyChanged(): void {
  if (copy.state === "kept") hold.kept();
  if (copy.isRead) takeOff();
  if (copy.wasSynced) becomeReady();
  refresh();
}

function becomeReady(): void {
  if (!surface || connection.phase === "stopped" || !hold.becomeReady()) return;
  endFirstLook();
  placeFocus(surface);
  page.dataset["ready"] = "true";
  requestAnimationFrame(() => window.setTimeout(mountRest));
}

/** What the server has put into the page gives way to the text itself, or to nothing for who may not read it any more. */
function endFirstLook(): void {
  document.querySelector(".first-look")?.remove();
}

/** Into the title of a new document, else into the text, where the caret was. */
function placeFocus(surface: Surface): void {
  const isFree = document.activeElement === document.body || document.activeElement === element("title");
  if (!hold.mayWrite || !isFree || title.isTouched) return;
  if (!title.text && surface.isEmpty) {
    element("title").focus();
  } else if (!window.matchMedia("(pointer: coarse)").matches) {
    // A keyboard on the screen would hide what one has come to read.
    surface.focus("last");
  }
}

/**
 * What nobody needs to see the text comes once it has been painted; without a connection one can write without.
 *
 * The dialogs come along: from then on they open without a network too, and in a tab older than the site's files.
 */
function mountRest(): void {
  const shown = surface;
  if (!shown) return;
  void Promise.all([untilThere(loadRest), shown.loadRest()]).then(([{ mountHeader, dialogs, openFeatures }]) => {
    const mayWrite = (): boolean => hold.mayWrite;
    const others = { doc, awareness: connection.awareness, self: () => self, isInTouch: () => connection.synced };
    mountHeader({ title: element<HTMLTextAreaElement>("title"), surface: shown, about, dialogs, mayWrite, others });
    page.dataset["menus"] = "true";
    openFeatures({
      parts: {
        room: config.room,
        kind: config.kind,
        doc,
        awareness: connection.awareness,
        surface: shown,
        nonce: config.nonce,
        self: () => self,
        may,
        give,
        mayWrite,
        saved: () => untilSaved.promise(),
        onRole: (listener) => onRole.add(listener),
        colorOf: (person, own) => colors.of(person, own),
      },
      data: config.features,
      asker,
      onNews: (feature, listener) => onNews.push({ feature, listener }),
    });
  });
}

/** By which browsers spell, and read aloud. */
function showLanguage(): void {
  for (const part of [element("editor"), element("title")]) {
    if (about.language) part.lang = about.language;
    else part.removeAttribute("lang");
  }
}

function may(ability: Ability): boolean {
  return given.has(ability) || (config.abilities[role]?.includes(ability) ?? false);
}

/** A feature lets somebody do what their role does not, or no longer. */
function give(ability: Ability, isGiven: boolean): void {
  given[isGiven ? "add" : "delete"](ability);
  refresh();
}

function applyRole(): void {
  const mayNot = hold.isReadOnly || hold.isHeld;
  connection.setReadOnly(hold.isReadOnly);
  title.setReadOnly(mayNot);
  page.dataset["readOnly"] = String(mayNot);
  element("toolbar").hidden = mayNot;
  banners.set("leftover", hold.isHeld ? leftoverMessage({ readOnly: hold.isReadOnly, comments: may("comment"), downloaded: hold.isDownloaded }) : null);
  if (hold.isHeld || !hold.isReadOnly) banners.set("role", null);
  surface?.setEditable(hold.mayWrite);
  if (hold.isReady) beginTitle();
  for (const listener of onRole) listener();
}

function beginTitle(): void {
  title.begin(hold.mayWrite ? (lines, hasCaret) => surface?.takeEarlyWords(lines, hasCaret) : null);
  for (const [key, draft] of copy.found) {
    if (!key.startsWith(DRAFT)) continue;
    title.join(draft as Draft);
    copy.found.delete(key);
    copy.put(key, undefined);
  }
}

function receive(frame: ControlFrame): void {
  switch (frame.type) {
    case "welcome":
    case "role":
      if (frame.user && frame.user.id !== self.id) {
        connection.stop(4401, "someone_else");
        return;
      }
      role = frame.role;
      changeRole(frame.read_only);
      if (frame.user) {
        self = frame.user;
        connection.awareness.setLocalStateField("user", self);
        presence.refresh();
      }
      applyRole();
      refresh();
      break;
    case "news":
      for (const { feature, listener } of onNews) if (feature === frame.of) listener(frame);
      break;
    case "resync":
      // A worker that takes over says so to all pages at once: they do not all ask the site at once.
      newsTimer ??= window.setTimeout(askForNews, Math.random() * NEWS_WITHIN);
      break;
    case "notice":
      if (frame.code === "storage_failing") banners.set("storage", { tone: "warning", text: frame.text, actions: ["download"] });
      else if (frame.code === "storage_ok") banners.set("storage", null);
      else if (frame.code === "read_only") hold.hold(); // it came too late
      else say(frame.text);
      break;
  }
}

function changeRole(readOnly: boolean): void {
  if (!hold.setReadOnly(readOnly)) return;
  if (!readOnly) {
    if (!hold.isHeld) say(PROMOTED);
  } else if (hold.wrote) banners.set("role", demoted(may("comment")));
  else say(demoted(may("comment")).text);
}

function refresh(): void {
  const { phase, tried, synced, sent, acknowledged } = connection;
  if (synced) {
    becomeReady();
    copy.markSynced();
    if (!isGreeted && may("write")) void copy.bringOver(takeOver);
    endings.over();
  }
  if (synced && !isGreeted) askForNews();
  isGreeted = synced;
  // Also for who may only read now: what was on its way before may have been taken.
  if (isStored()) {
    hold.saved(copy.isRead);
    untilSaved.look();
  }
  const readOnly = hold.isReadOnly || hold.isHeld;
  const unsaved = hold.isUnsaved;
  statusLine.show(statusOf({ phase, tried, synced, sent, acknowledged, readOnly, comments: may("comment"), copy: copy.state, unsaved }));
  endings.refresh();
}

/** What was told while there was no connection, or no worker, has not been heard. */
function askForNews(): void {
  window.clearTimeout(newsTimer);
  newsTimer = undefined;
  for (const { listener } of onNews) listener({});
}

/** Whether the server has committed all that is here. */
function isStored(): boolean {
  return !connection.withheld && isSaved(connection);
}

/** Words of an older editor that the server has written into the document, or cannot any more, are on this device no longer. */
async function takeOver(update: Uint8Array): Promise<boolean> {
  const { bringOver, wordsOf } = await untilThere(loadBringOver);
  const brought = await bringOver(config.offline, asker, update);
  if (brought.is === "gone") {
    banners.set("former", FORMER);
    former = wordsOf(update);
  } else if (brought.is === "done" && brought.lines > 0) say(BROUGHT_OVER);
  return brought.is === "done";
}

function explain(code: number, reason: string): void {
  if (isFinal(code)) stop(code);
  endings.begin(code, reason);
}

/** The connection has ended for good. */
function stop(code: number): void {
  hold.stop();
  title.stop();
  outBy = [4401, 4403, 4404].includes(code) ? code : 0;
  if (outBy) endFirstLook();
  takeOff();
  surface?.setEditable(false);
  element("toolbar").hidden = true;
  banners.set("leftover", null); // what is said of the ending includes it
  banners.set("role", null);
}

/**
 * Without access the text has no business on this device, unless it is the only place that holds the last edits: which it
 * does not say before it has been read.
 */
function takeOff(): void {
  if (outBy === 4403 || outBy === 4404) hold.loseAccess();
  if (!outBy || !copy.isRead || hold.isUnsaved || marks.unsent) return;
  outBy = 0;
  copy.clear().catch(() => undefined);
}

/** This person has signed out in another tab: having been asked, if there were edits to lose. */
function signedOut(): void {
  endFirstLook();
  copy.clear().catch(() => undefined);
  connection.stop(4401, "");
  refresh();
}

function act(action: Action, button: HTMLElement): void {
  switch (action) {
    case "login":
      location.assign(config.loginUrl);
      break;
    case "dashboard":
      location.assign(config.dashboardUrl);
      break;
    case "reload":
      location.reload();
      break;
    case "retry":
      connection.retry();
      break;
    case "download":
      if (!surface) break;
      download(title.text, surface.export(title.text));
      hold.download();
      break;
    case "downloadFormer":
      if (former) download(title.text, { extension: "txt", type: "text/plain", text: former });
      void copy.bringOver(() => Promise.resolve(true));
      banners.set("former", null);
      break;
    case "dismiss":
      banners.set("role", null);
      break;
    case "send":
      hold.release();
      break;
    case "discard":
      if (hold.isDownloaded) discard();
      else confirm({ sentence: DISCARD, label: ACTION_LABELS.discard, accept: discard, from: button });
      break;
  }
}

/** Starts afresh with what the server has. */
function discard(): void {
  const leave = (): void => {
    leaving = true;
    hold.forget();
    location.reload();
  };
  const slow = window.setTimeout(() => say(DISCARDING), SLOW_DISK);
  const cleared = copy.clear().finally(() => window.clearTimeout(slow));
  cleared.then(
    leave,
    (error: unknown) => {
      // Where the browser keeps nothing at all, there is nothing to take away either.
      if (keepsNothing(error)) leave();
      else say(NOT_DISCARDED);
    },
  );
}

function help(): void {
  const before = document.activeElement;
  const closed = (): void => {
    if (before instanceof HTMLElement) before.focus();
  };
  withPart(loadRest, ({ dialogs }) => dialogs.showHelp({ groups: surface?.shortcuts ?? [], hint: surface?.hint ?? "", closed }));
}
