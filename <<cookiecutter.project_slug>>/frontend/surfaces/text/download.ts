/** A copy of the document as one HTML file, made in the browser: it needs no server. */

import { DOMSerializer, type Fragment, type Schema } from "@tiptap/pm/model";

/** Some text as HTML. It is made in a document that fetches nothing: an image in this one would be. */
export function asHtml(fragment: Fragment, schema: Schema): string {
  const inert = document.implementation.createHTMLDocument("");
  DOMSerializer.fromSchema(schema).serializeFragment(fragment, { document: inert }, inert.body);
  return inert.body.innerHTML;
}

export function copyAsHtml(title: string, body: string): string {
  const name = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html>\n<html>\n<meta charset="utf-8">\n<title>${name}</title>\n<h1>${name}</h1>\n${body}\n</html>\n`;
}

export function fileName(title: string): string {
  const safe = title.trim().replace(/[\\/:*?"|\u0000-\u001f]|[<>]/g, " ").replace(/\s+/g, " ").trim().slice(0, 80);
  return `${safe || "Untitled"}.html`;
}

export function download(title: string, body: string): void {
  const url = URL.createObjectURL(new Blob([copyAsHtml(title, body)], { type: "text/html" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName(title);
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
