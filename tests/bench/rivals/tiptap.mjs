// Builds the pages that the editor is measured beside, with what a generated site has installed, into a folder.

import path from "node:path";

import * as esbuild from "esbuild";

const imports = 'import { Editor } from "@tiptap/core"; import { StarterKit } from "@tiptap/starter-kit";';
const content = 'const content = JSON.parse(document.getElementById("content").textContent);';
const element = 'element: document.getElementById("editor")';

const pages = {
  alone: `${imports} ${content} new Editor({ ${element}, extensions: [StarterKit], content });`,
  yjs: `${imports} ${content}
    import { Collaboration } from "@tiptap/extension-collaboration";
    import * as Y from "yjs";
    const doc = new Y.Doc();
    Y.applyUpdate(doc, Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)));
    const kit = StarterKit.configure({ undoRedo: false, trailingNode: false });
    new Editor({ ${element}, extensions: [kit, Collaboration.configure({ document: doc })] });`,
};

for (const [name, contents] of Object.entries(pages)) {
  await esbuild.build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    outfile: path.join(process.argv[2], `${name}.js`),
  });
}
