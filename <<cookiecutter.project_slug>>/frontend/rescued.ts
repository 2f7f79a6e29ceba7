/** The text on this device as HTML, without an editor. */

import { getSchema } from "@tiptap/core";
import { yXmlFragmentToProseMirrorRootNode } from "@tiptap/y-tiptap";
import { Awareness } from "y-protocols/awareness";
import type { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

import { FIELD } from "./config";
import { asHtml } from "./download";
import { extensions } from "./extensions";
import { LocalCopy } from "./session/local-copy";

export interface Rescued {
  html: string;
  clear: () => Promise<void>;
}

/** Null where the device does not let its copy be read: then nothing is offered that could be taken for it. */
export async function rescue(user: string, room: string, schema: number): Promise<Rescued | null> {
  const doc = new Y.Doc();
  const local = new LocalCopy({ doc, user, room, schema, onChange: () => undefined });
  await local.opened;
  if (!local.isRead) return null;
  // The schema is all that is wanted, but it comes with what talks to others.
  const provider = { awareness: new Awareness(doc) } as unknown as WebsocketProvider;
  const nobody = { id: user, name: "", color: "" };
  const known = getSchema(extensions({ doc, provider, user: nobody, isEditable: () => false }));
  const root = yXmlFragmentToProseMirrorRootNode(doc.getXmlFragment(FIELD), known);
  return { html: asHtml(root.content, known), clear: () => local.clear() };
}
