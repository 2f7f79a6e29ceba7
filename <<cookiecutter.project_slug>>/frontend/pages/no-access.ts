/** On the page that says "no access": offers the edits on this device that the server never got. */

import * as Y from "yjs";

import { type MadeFile, download } from "../lib/files";
import { copiesHere, marksOf, within } from "../session/copies";
import { LocalCopy } from "../session/local-copy";
import { Marks, type Unsent } from "../session/unsent";
import { surfaceKind } from "../surfaces/registry";
import { ACTION_LABELS, DISCARD, NOT_DISCARDED_HERE, NOT_READ, RESCUED, RESCUED_AND_DOWNLOADED } from "../text/messages";
import { Banners } from "../ui/banners";
import { confirm } from "../ui/confirm";

interface Rescued {
  file: MadeFile;
  clear: () => Promise<void>;
}

const holder = document.getElementById("rescue");
const user = holder?.dataset["user"];
const room = /^\/rooms\/([0-9a-f-]{36})\//.exec(location.pathname)?.[1];
if (holder && user && room) void offer(holder, user, room);

async function offer(holder: HTMLElement, user: string, room: string): Promise<void> {
  const marks = await marksHere(user, room);
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
      if (rescued) download(unsent.title, rescued.file);
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
    rescued = await rescue(marks, user, room, unsent, slow);
    banners.set("leftover", RESCUED);
  } catch {
    slow();
  }
}

/** What is remembered of edits in this room, be it beside one of its copies. */
async function marksHere(user: string, room: string): Promise<Marks> {
  const marks = new Marks(user, room, 0);
  if (marks.unsent) return marks;
  for (const copy of await within(copiesHere(), [])) {
    if (copy.user !== user || copy.room !== room) continue;
    const beside = await within(marksOf(copy), marks);
    if (beside.unsent) return beside;
  }
  return marks;
}

/** Waits until the device lets its copy be read, however long; `onSlow` is called if that takes long. */
async function rescue(marks: Marks, user: string, room: string, { title, schema, kind }: Unsent, onSlow: () => void): Promise<Rescued> {
  const doc = new Y.Doc();
  const [surface, copy] = await Promise.all([surfaceKind(kind, onSlow), read(marks, doc, user, room, schema, onSlow)]);
  if (!surface) throw new Error(`nothing shows a document of kind ${kind}`);
  return { file: surface.export(doc, title), clear: () => copy.clear() };
}

function read(marks: Marks, doc: Y.Doc, user: string, room: string, schema: number, onSlow: () => void): Promise<LocalCopy> {
  return new Promise((resolve) => {
    const onChange = (): void => {
      if (copy.isRead) resolve(copy);
    };
    const onFound = (found: Map<string, unknown>): void => marks.readBeside(found.keys(), (name, value) => copy.put(name, value));
    const copy = new LocalCopy({ doc, user, room, schema, onChange, onFound });
    void copy.opened.then(() => {
      if (!copy.isRead) onSlow();
    });
  });
}
