/** The text as HTML. */

import { getSchema } from "@tiptap/core";
import { DOMSerializer, type Fragment, type Schema } from "@tiptap/pm/model";
import type * as Y from "yjs";

import { drawDocument } from "./binding/drawn";
import { things } from "./extensions";

/** A document's text, without an editor. */
export function documentAsHtml(doc: Y.Doc): string {
  const schema = getSchema(things(null));
  return asHtml(drawDocument(doc, schema).content, schema);
}

/** Some text. It is made in a document that fetches nothing: an image in this one would be. */
export function asHtml(fragment: Fragment, schema: Schema): string {
  const inert = document.implementation.createHTMLDocument("");
  DOMSerializer.fromSchema(schema).serializeFragment(fragment, { document: inert }, inert.body);
  return inert.body.innerHTML;
}
