/** Writes documents.json: `node frontend/build/build.mjs --run frontend/tests/schema-1/make.ts`. */

import "../dom";

import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { Editor } from "@tiptap/core";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import { documentAsHtml } from "../../surfaces/text/export";
import { extensions } from "../../surfaces/text/extensions";
import { Consent } from "../../surfaces/text/things/image/images";
import { DOCUMENTS, type Pair } from "./documents";

function edited(by: (pair: Pair) => void): { state: string; html: string } {
  const docs = [1, 2].map((clientID) => Object.assign(new Y.Doc(), { clientID }));
  const [ada, bob] = docs.map((doc) => {
    const awareness = new Awareness(doc);
    awareness.setLocalStateField("user", { id: "1", name: "Ada", color: "#112233" });
    const page = { colorOf: (_id: string, own: string) => own };
    const element = document.createElement("div");
    document.body.append(element);
    return new Editor({ element, injectCSS: false, extensions: extensions({ doc, awareness, isEditable: () => true, consent: new Consent("", null), page }) });
  });
  const meet = (): void => {
    // y-tiptap looks for a caret where its text has been, and throws where the text is shorter now.
    for (const editor of [ada, bob]) editor!.commands.setTextSelection(1);
    const [first, second] = docs.map((doc) => Y.encodeStateAsUpdate(doc));
    Y.applyUpdate(docs[0]!, second!);
    Y.applyUpdate(docs[1]!, first!);
  };
  by({ ada: ada!, bob: bob!, meet });
  meet();
  const [doc, other] = docs.map((each) => ({ state: Y.encodeStateAsUpdate(each), html: documentAsHtml(each) }));
  if (doc!.html !== other!.html) throw new Error("the two do not see the same");
  for (const editor of [ada, bob]) editor!.destroy();
  return { state: gzipSync(doc!.state).toString("base64"), html: doc!.html };
}

const made = Object.fromEntries(Object.entries(DOCUMENTS).map(([name, by]) => [name, edited(by)]));
writeFileSync("frontend/tests/schema-1/documents.json", `${JSON.stringify(made, null, 1)}\n`);
process.exit();
