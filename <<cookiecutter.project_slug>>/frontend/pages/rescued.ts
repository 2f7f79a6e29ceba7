/** The text on this device as HTML, without an editor. */

import { getSchema } from "@tiptap/core";
import { yXmlFragmentToProseMirrorRootNode } from "@tiptap/y-tiptap";
import { Awareness } from "y-protocols/awareness";
import type { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

import { FIELD } from "./config";
import { asHtml } from "../surfaces/text/download";
import { extensions } from "../surfaces/text/extensions";
import { LocalCopy } from "../session/local-copy";

export interface Rescued {
  html: string;
  clear: () => Promise<void>;
}

/** Waits until the device lets its copy be read, however long; `onSlow` is called if that takes long. */
export async function rescue(user: string, room: string, schema: number, onSlow: () => void): Promise<Rescued> {
  const doc = new Y.Doc();
  const local = await read(doc, user, room, schema, onSlow);
  // The schema is all that is wanted, but it comes with what talks to others.
  const provider = { awareness: new Awareness(doc) } as unknown as WebsocketProvider;
  const nobody = { id: user, name: "", color: "" };
  const known = getSchema(extensions({ doc, provider, user: nobody, isEditable: () => false }));
  const root = yXmlFragmentToProseMirrorRootNode(doc.getXmlFragment(FIELD), known);
  return { html: asHtml(root.content, known), clear: () => local.clear() };
}

function read(doc: Y.Doc, user: string, room: string, schema: number, onSlow: () => void): Promise<LocalCopy> {
  return new Promise((resolve) => {
    const onChange = (): void => {
      if (local.isRead) resolve(local);
    };
    const local = new LocalCopy({ doc, user, room, schema, onChange });
    void local.opened.then(() => {
      if (!local.isRead) onSlow();
    });
  });
}
