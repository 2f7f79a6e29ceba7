/** Words that an older editor kept on this device, of a document that has another form by now: the server writes them into it. */

import * as Y from "yjs";

import { type Asker, headersOf } from "../lib/asker";

export interface BringOver {
  url: string;
  /** Copies of an older schema than this are of another form. */
  below: number;
}

/** "done" with how many lines there are of them; "gone" if the server no longer knows what the document was before; else later. */
export type Brought = { is: "done"; lines: number } | { is: "gone" } | { is: "later" };

const LATER: Brought = { is: "later" };

export async function bringOver({ url }: BringOver, asker: Asker, update: Uint8Array): Promise<Brought> {
  try {
    const headers = { ...headersOf(asker), "Content-Type": "application/octet-stream" };
    const response = await fetch(url, { method: "POST", headers, body: update as Uint8Array<ArrayBuffer> });
    if (response.status === 410) return { is: "gone" };
    if (!response.ok) return LATER;
    const { lines } = (await response.json()) as { lines?: unknown };
    return { is: "done", lines: typeof lines === "number" ? lines : 0 };
  } catch {
    return LATER;
  }
}

/** The words of such a copy, a line for each block: what is left to do where the server cannot take them. */
export function wordsOf(update: Uint8Array): string {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  const lines: string[] = [];
  const walk = (node: Y.XmlFragment): void => {
    const words = node.toArray().filter((each) => each instanceof Y.XmlText);
    if (words.length) lines.push(words.map(lettersOf).join(""));
    for (const child of node.toArray()) if (child instanceof Y.XmlElement) walk(child);
  };
  walk(doc.getXmlFragment("default"));
  return `${lines.join("\n")}\n`;
}

function lettersOf(text: Y.XmlText): string {
  const parts = text.toDelta() as { insert: unknown }[];
  return parts.map(({ insert }) => (typeof insert === "string" ? insert : "")).join("");
}
