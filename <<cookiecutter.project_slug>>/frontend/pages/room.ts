/** The editor's page: reads its configuration, opens the document and wires the parts together. */

import * as Y from "yjs";

import { fetchedAgain, untilThere } from "../lib/again";
import { element } from "../lib/element";
import { download } from "../lib/files";
import { isFinal } from "../session/backoff";
import { Colors } from "../session/colors";
import { Connection } from "../session/connection";
import type { ControlFrame } from "../session/frames";
import { DRAFT, LocalCopy, keepsNothing } from "../session/local-copy";
import type { Person } from "../session/person";
import { showPresence } from "../session/presence";
import { SignOuts } from "../session/sign-outs";
import { StatusLine, isSaved, statusOf } from "../session/status";
import { type Draft, Title } from "../session/title";
import { Marks } from "../session/unsent";
import { surfaceKind } from "../surfaces/registry";
import type { Surface } from "../surfaces/surface";
import {
  ACTION_LABELS,
  DEMOTED,
  DISCARD,
  DISCARDING,
  NOT_DISCARDED,
  NOT_LOADED,
  PROMOTED,
  closeMessage,
  leftoverMessage,
  type Action,
} from "../text/messages";
import { Banners } from "../ui/banners";
import { confirm } from "../ui/confirm";
import { HELP_KEYS, isPressed } from "../ui/keys";
import { withPart } from "../ui/part";
import { say } from "../ui/toast";
import { readConfig } from "./config";

/** A short interruption is the status line's business; only a longer one deserves a banner. */
const BANNER_DELAY = 1_500;
/** Who has pressed a button is told if the device makes them wait longer. */
const SLOW_DISK = 2_000;

const loadDialogs = fetchedAgain(() => import("../ui/dialogs"));

const config = readConfig();
const page = element("room");
const colors = new Colors(config.colors);
const doc = new Y.Doc();
const statusLine = new StatusLine(element("status"), element("announcer"));
const banners = new Banners(element("banners"), act);

let self: Person = config.user;
let readOnly = config.role === "viewer";
const marks = new Marks(config.user.id, config.room, doc.clientID);
/** Edits are here that the server did not take when this person had no right to make them: the person must decide. */
let held = marks.withheld;
let downloaded = false;
/** What shows the document, once it has been fetched. */
let surface: Surface | null = null;
/** The document's text is here, from this device or from the server: only then may one write into it. */
let ready = false;
/** Edits of the text are here that the server may not have. */
let unsaved = held || marks.unsent !== null;
/** This person has written here since the page was opened. */
let wrote = false;
let greeted = false;
let draftsTaken = false;
let leaving = false;
let ended: { code: number; reason: string } | null = null;
let bannerTimer: number | undefined;

// The browser looks for it, and asks the server, while the editor is being built.
const copy = new LocalCopy({ doc, user: self.id, room: config.room, schema: config.schema, onChange: copyChanged });
const opened = copy.opened.then(start);
const ownDraft = `${DRAFT}${doc.clientID}`;

const connection = new Connection({
  url: `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${config.socketPath}`,
  room: config.room,
  schema: config.schema,
  user: config.user.id,
  doc,
  readOnly,
  opened,
  withhold: held,
  onChange: refresh,
  onFrame: receive,
  onClose: explain,
  onWithheld: keepBack,
});

const title = new Title({
  config,
  input: element<HTMLTextAreaElement>("title"),
  problem: element("title-problem"),
  onDraft: keepDraft,
  onPending: refresh,
  onEnter: () => surface?.focus("start"),
  onSessionLost: (code) => connection.stop(4401, code),
  say,
});
// Who opens a new document can type at once, and who does not know that yet loses no word.
if (!readOnly && !config.title && document.activeElement === document.body) element("title").focus();

connection.provider.awareness.setLocalStateField("user", self);
connection.connect();
mountSurface();

const refreshPresence = showPresence(element("avatars"), connection.provider.awareness, () => self, colors);

new SignOuts(self.id, signedOut);

element("help").addEventListener("click", help);
document.addEventListener("keydown", (event) => {
  if (!isPressed(HELP_KEYS, event) || event.defaultPrevented) return;
  event.preventDefault();
  help();
});
window.addEventListener("beforeunload", (event) => {
  if (((hasUnsent() && copy.state !== "kept") || title.holdsText) && !leaving) event.preventDefault();
});

applyRole();

function mountSurface(): void {
  void surfaceKind(config.kind, () => say(NOT_LOADED)).then((kind) => {
    surface = kind.mount(element("editor"), doc, connection.provider.awareness, {
      toolbar: element("toolbar"),
      memory: `yroom:${config.user.id}:${config.room}`,
      nonce: config.nonce,
      colorOf: (person, own) => colors.of(person, own),
    });
    copyChanged();
  });
}

/** The text on this device has been read, if there is one, or is not waited for any longer. */
function start(): void {
  doc.on("update", (_update, origin) => {
    if (origin === connection.provider || origin === copy.origin) return;
    unsaved = true;
    if (!wrote) void askToPersist().catch(() => undefined);
    wrote = true;
    mark();
  });
  // Another tab has sent the edits or discarded them.
  marks.onDecided(() => {
    if (held) location.reload();
  });
  if (held) hold();
  copyChanged();
}

function hasUnsent(): boolean {
  return unsaved || title.pending;
}

function mark(): void {
  marks.edited({ title: title.text, schema: config.schema, kind: config.kind });
}

/** Browsers clear away what sites store when the disk fills up, unless a site has asked them not to. */
async function askToPersist(): Promise<void> {
  if (!(await navigator.storage.persisted())) await navigator.storage.persist();
}

function copyChanged(): void {
  if (copy.isRead && !draftsTaken) {
    draftsTaken = true;
    takeDrafts();
  }
  // They may have been cleared away with the copy, which has been written anew.
  if (copy.state === "kept" && hasUnsent() && !marks.unsent) mark();
  if (copy.wasSynced) becomeReady();
  refresh();
}

/** Titles that other pages have left here: this one goes on with them. */
function takeDrafts(): void {
  const keys = [...copy.found.keys()].filter((key) => key.startsWith(DRAFT) && key !== ownDraft);
  if (keys.length === 0) return;
  title.restore(keys.map((key) => copy.found.get(key) as Draft), () => {
    for (const key of keys) copy.put(key, undefined);
    if (title.pending && readOnly) hold();
  });
}

function keepDraft(draft: Draft | null): void {
  copy.put(ownDraft, draft ?? undefined);
  if (draft) mark();
}

function becomeReady(): void {
  if (ready || !surface || connection.phase === "stopped") return;
  ready = true;
  applyRole();
  placeFocus(surface);
  page.dataset["ready"] = "true";
  requestAnimationFrame(() => window.setTimeout(loadRest));
}

/** Into the title of a new document, else into the text, where the caret was. */
function placeFocus(surface: Surface): void {
  const isFree = document.activeElement === document.body || document.activeElement === element("title");
  if (!mayWrite() || !isFree || title.isTouched || title.pending) return;
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
 * The dialogs are fetched along: from then on they open without a network too, and in a tab older than the site's files.
 */
function loadRest(): void {
  void Promise.all([surface?.loadRest(), untilThere(loadDialogs)]).then(() => (page.dataset["menus"] = "true"));
}

function mayWrite(): boolean {
  return ready && !readOnly && !held;
}

/** The server lacks something of what is here, and was not sent it. */
function keepBack(certain: boolean): void {
  if (certain || unsaved) hold();
}

/** From here on it is for the person to say what becomes of the edits. */
function hold(): void {
  held = unsaved = true;
  mark();
  marks.withhold();
  connection.withhold();
  applyRole();
}

function settle(): void {
  held = false;
  marks.release();
  connection.release();
  applyRole();
}

function applyRole(): void {
  connection.setReadOnly(readOnly);
  title.setReadOnly(readOnly || held);
  page.dataset["readOnly"] = String(readOnly || held);
  element("toolbar").hidden = readOnly || held;
  banners.set("leftover", held ? leftoverMessage({ readOnly, downloaded }) : null);
  if (held || !readOnly) banners.set("role", null);
  const share = document.getElementById("share");
  if (share) share.hidden = page.dataset["role"] !== "owner";
  surface?.setEditable(mayWrite());
  if (mayWrite()) title.letTextBegin((lines, hasCaret) => surface?.takeEarlyWords(lines, hasCaret));
}

function receive(frame: ControlFrame): void {
  switch (frame.type) {
    case "welcome":
    case "role":
      if (frame.user && frame.user.id !== self.id) {
        connection.stop(4401, "someone_else");
        return;
      }
      changeRole(frame.read_only);
      page.dataset["role"] = frame.role;
      if (frame.user) {
        self = frame.user;
        connection.provider.awareness.setLocalStateField("user", self);
        refreshPresence();
      }
      applyRole();
      refresh();
      break;
    case "title":
      title.receive(frame.title, frame.at);
      break;
    case "notice":
      if (frame.code === "storage_failing") banners.set("storage", { tone: "warning", text: frame.text, actions: ["download"] });
      else if (frame.code === "storage_ok") banners.set("storage", null);
      else if (frame.code === "read_only") hold(); // it came too late
      else say(frame.text);
      break;
  }
}

function changeRole(toReadOnly: boolean): void {
  const before = readOnly;
  readOnly = toReadOnly;
  if (before === readOnly) return;
  if (!readOnly) {
    if (!held) say(PROMOTED);
  } else if (title.pending) {
    hold();
  } else if (wrote) {
    banners.set("role", DEMOTED);
  } else {
    say(DEMOTED.text);
  }
}

function refresh(): void {
  const { phase, tried, synced, sent, acknowledged, withheld } = connection;
  if (synced) {
    becomeReady();
    copy.markSynced();
    ended = null;
    window.clearTimeout(bannerTimer);
    banners.set("connection", null);
    if (!greeted) void title.refresh();
  }
  greeted = synced;
  // Also for who may only read now: what was on its way before may have been taken.
  if (!withheld && !held && isSaved({ synced, sent, acknowledged, titlePending: false })) {
    unsaved = false;
    if (!title.pending) marks.saved();
  }
  const { state } = copy;
  const isHeld = readOnly || held;
  statusLine.show(statusOf({ phase, tried, synced, sent, acknowledged, readOnly: isHeld, copy: state, unsaved, titlePending: title.pending }));
  if (banners.has("connection")) showEnd();
}

/** Says why there is no connection, and what is true now of the edits that wait. */
function showEnd(): void {
  if (!ended) return;
  const circumstances = { unsaved: hasUnsent(), kept: copy.state === "kept" };
  banners.set("connection", closeMessage(ended.code, circumstances, ended.reason));
}

function explain(code: number, reason: string): void {
  ended = { code, reason };
  window.clearTimeout(bannerTimer);
  if (!isFinal(code)) {
    bannerTimer = window.setTimeout(showEnd, BANNER_DELAY);
    return;
  }
  ready = false; // nothing written from here on could ever be sent
  title.stop();
  if (code === 4403 || code === 4404) {
    // Should access be given back, these are not sent before the person says so.
    if (hasUnsent()) marks.withhold();
  }
  if ([4401, 4403, 4404].includes(code) && !hasUnsent() && !marks.unsent) {
    // Without access the text has no business on this device, unless it is the only place that holds the last edits.
    copy.clear().catch(() => undefined);
  }
  showEnd();
  surface?.setEditable(false);
  element("toolbar").hidden = true;
  banners.set("leftover", null); // what has just been said includes it
  banners.set("role", null);
}

/** This person has signed out in another tab: having been asked, if there were edits to lose. */
function signedOut(): void {
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
      downloaded = true;
      if (held && connection.phase !== "stopped") applyRole();
      break;
    case "dismiss":
      banners.set("role", null);
      break;
    case "send":
      settle();
      break;
    case "discard":
      if (downloaded) discard();
      else confirm({ sentence: DISCARD, label: ACTION_LABELS.discard, accept: discard, from: button });
      break;
  }
}

/** Starts afresh with what the server has. */
function discard(): void {
  const leave = (): void => {
    leaving = true;
    marks.forget();
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
  withPart(loadDialogs, ({ showHelp }) => showHelp({ groups: surface?.shortcuts ?? [], hint: surface?.hint ?? "", closed }));
}
