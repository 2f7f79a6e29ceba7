/** The editor's page: reads its configuration, opens the document and wires the parts together. */

import { Editor } from "@tiptap/core";
import * as Y from "yjs";

import { Banners } from "./banners";
import { isFinal } from "./backoff";
import { watchCarets } from "./carets";
import { Colors } from "./colors";
import { element, readConfig, type Person } from "./config";
import { confirm } from "./confirm";
import { Connection } from "./connection";
import { asHtml, download } from "./download";
import { extensions } from "./extensions";
import type { ControlFrame } from "./frames";
import { Consent } from "./images";
import { LocalCopy } from "./local-copy";
import { Marks } from "./marks";
import { ACTION_LABELS, DISCARD, closeMessage, leftoverMessage, type Action } from "./messages";
import { showPresence } from "./presence";
import { Shortcuts } from "./shortcuts";
import { StatusLine, isSaved, statusOf } from "./status";
import { Title } from "./title";
import { mountToolbar } from "./toolbar";

/** A short interruption is the status line's business; only a longer one deserves a banner. */
const BANNER_DELAY = 1_500;

const config = readConfig();
const page = element("room");
const colors = new Colors(config.colors);
const doc = new Y.Doc();
const statusLine = new StatusLine(element("status"), element("announcer"));
const banners = new Banners(element("banners"), element("toasts"), act);

let self: Person = config.user;
let readOnly = config.role === "viewer";
let local: LocalCopy | null = null;
const marks = new Marks(config.user.id, config.room, doc.clientID);
/** Edits are here that the server did not take when this person had no right to make them: the person must decide. */
let held = marks.withheld;
let downloaded = false;
/** The document's text is here, from this device or from the server: only then may one write into it. */
let ready = false;
/** Edits are here that the server may not have. */
let unsaved = held || marks.unsent !== null;
let bannerTimer: number | undefined;

// The browser looks for it, and asks the server, while the editor is being built.
const opened = LocalCopy.open(doc, self.id, config.room, config.schema)
  .catch(() => null)
  .then(start);

const connection = new Connection({
  url: `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${config.socketPath}`,
  room: config.room,
  schema: config.schema,
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
  onPending: refresh,
  onEnter: () => editor.commands.focus("start"),
});

connection.connect();

const editor = new Editor({
  element: element("editor"),
  injectCSS: false,
  editable: false,
  extensions: [
    ...extensions({ doc, provider: connection.provider, user: self, isEditable: mayWrite, consent: new Consent(self.id, config.room), colors }),
    Shortcuts.configure({ help }),
  ],
  editorProps: {
    // The cursor stays clear of what sticks to the top, and of the very bottom.
    scrollThreshold: { top: 110, bottom: 60, left: 0, right: 0 },
    scrollMargin: { top: 130, bottom: 90, left: 0, right: 0 },
    attributes: () => ({
      id: "text",
      class: "text",
      role: "textbox",
      "aria-multiline": "true",
      "aria-label": "Document text",
      "aria-readonly": String(readOnly),
      "data-testid": "editor",
    }),
  },
});

mountToolbar(editor, element("toolbar"));
watchCarets(editor.view.dom, connection.provider.awareness);
const refreshPresence = showPresence(element("avatars"), connection.provider.awareness, () => self, colors);

element("help").addEventListener("click", help);
element("editor").addEventListener("click", openLinkOrWriteBelow);
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "/" && !event.defaultPrevented) {
    event.preventDefault();
    help();
  }
});
window.addEventListener("beforeunload", (event) => {
  if (unsaved && !local) event.preventDefault();
});

applyRole();

/** The text on this device has been read, if there is one. */
function start(copy: LocalCopy | null): void {
  local = copy;
  doc.on("update", (_update, origin) => {
    if (origin === connection.provider || origin === local?.origin) return;
    unsaved = true;
    marks.edited({ title: element<HTMLTextAreaElement>("title").value, schema: config.schema });
  });
  // Another tab has sent the edits or discarded them.
  marks.onDecided(() => {
    if (held) location.reload();
  });
  if (held) hold();
  if (local?.wasSynced) becomeReady();
}

function becomeReady(): void {
  if (ready) return;
  ready = true;
  page.dataset["ready"] = "true";
  applyRole();
  requestAnimationFrame(() => window.setTimeout(mountMenus));
}

/** What nobody needs to see the text comes once it has been painted; without a connection one can write without. */
function mountMenus(): void {
  import("./extras").then(
    ({ mountExtras }) => {
      mountExtras(editor);
      page.dataset["menus"] = "true";
    },
    () => window.addEventListener("online", mountMenus, { once: true }),
  );
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
  marks.edited({ title: element<HTMLTextAreaElement>("title").value, schema: config.schema });
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
  title.setReadOnly(readOnly);
  page.dataset["readOnly"] = String(readOnly || held);
  element("toolbar").hidden = readOnly || held;
  banners.set("leftover", held ? leftoverMessage({ readOnly, downloaded }) : null);
  const share = document.getElementById("share");
  if (share) share.hidden = page.dataset["role"] !== "owner";
  editor.setEditable(mayWrite());
}

function receive(frame: ControlFrame): void {
  switch (frame.type) {
    case "welcome":
    case "role":
      readOnly = frame.read_only;
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
      title.receive(frame.title);
      break;
    case "notice":
      if (frame.code === "storage_failing") banners.set("storage", { tone: "warning", text: frame.text, actions: ["download"] });
      else if (frame.code === "storage_ok") banners.set("storage", null);
      else if (frame.code === "read_only") hold(); // it came too late
      else banners.toast(frame.text);
      break;
  }
}

function refresh(): void {
  if (connection.synced) {
    becomeReady();
    void local?.markSynced();
    window.clearTimeout(bannerTimer);
    banners.set("connection", null);
  }
  const { phase, tried, synced, sent, acknowledged, withheld } = connection;
  // Also for who may only read now: what was on its way before may have been taken.
  if (!withheld && !held && isSaved({ synced, sent, acknowledged, titlePending: false })) {
    unsaved = false;
    marks.saved();
  }
  const kept = local !== null;
  statusLine.show(statusOf({ phase, tried, synced, sent, acknowledged, readOnly: readOnly || held, kept, titlePending: title.pending }));
}

function explain(code: number, reason: string): void {
  const show = (): void => banners.set("connection", closeMessage(code, { unsaved, kept: local !== null }, reason));
  window.clearTimeout(bannerTimer);
  if (!isFinal(code)) {
    bannerTimer = window.setTimeout(show, BANNER_DELAY);
    return;
  }
  show();
  ready = false; // nothing written from here on could ever be sent
  if (code === 4403 || code === 4404) {
    // Without access the text has no business on this device, unless it is the only place that holds the last edits.
    if (unsaved) marks.withhold();
    else void local?.clear();
  }
  editor.setEditable(false);
  element("toolbar").hidden = true;
  banners.set("leftover", null); // what has just been said includes it
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
      download(element<HTMLTextAreaElement>("title").value, asHtml(editor.state.doc.content, editor.schema));
      downloaded = true;
      if (held && connection.phase !== "stopped") applyRole();
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
  void (local?.clear() ?? Promise.resolve()).then(() => {
    unsaved = false;
    marks.forget();
    location.reload();
  });
}

function help(): void {
  const before = document.activeElement;
  void import("./dialogs").then(({ showHelp }) =>
    showHelp(() => {
      if (before instanceof HTMLElement) before.focus();
    }),
  );
}

/** Mod+click opens a link; a click below the last line goes on writing there. */
function openLinkOrWriteBelow(event: MouseEvent): void {
  const target = event.target as HTMLElement;
  const link = target.closest<HTMLAnchorElement>("a[href]");
  if (link && editor.isEditable && (event.ctrlKey || event.metaKey)) {
    window.open(link.href, "_blank", "noopener");
  } else if (target.id === "editor" && editor.isEditable) {
    editor.commands.focus("end");
  }
}
