// Builds the browser code with esbuild: `--watch` rebuilds on every change, `--test` runs the unit tests.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import * as esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const frontend = path.dirname(here);
const root = path.dirname(frontend);
const outdir = path.join(root, "static-built", "editor");
const watch = process.argv.includes("--watch");

// Bytes of script, gzipped, that a browser may have to fetch before it shows a text.
const firstLoadLimit = 195_000;

const common = {
  bundle: true,
  target: ["es2022"],
  minify: !watch,
  sourcemap: watch ? "inline" : false,
  legalComments: "none",
  logLevel: "warning",
  outdir,
};

// The editor is split: what only some documents or some people need (highlighting, dialogs) is fetched when it is needed.
// Chunk names hold a hash of their content, so they may be cached for ever under the names the entry imports them by.
const editor = {
  ...common,
  entryPoints: {
    editor: path.join(frontend, "pages/room.ts"),
    rescue: path.join(frontend, "pages/no-access.ts"),
    device: path.join(frontend, "pages/device.ts"),
    "editor-style": path.join(frontend, "styles/editor.css"),
  },
  format: "esm",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  metafile: true,
  plugins: [{ name: "first-load", setup: (build) => build.onEnd(({ metafile }) => metafile && writeFirstLoad(metafile)) }],
  // What TipTap imports in any case, and the first look at a text does not need.
  alias: {
    linkifyjs: path.join(frontend, "surfaces/text/things/link/links.ts"),
    "@tiptap/pm/history": path.join(here, "stand-ins/history.ts"),
    "lib0/dom": path.join(here, "stand-ins/dom.ts"),
    "lib0/logging": path.join(here, "stand-ins/logging.ts"),
  },
};

// site.js stands alone, so that a page may load it before it paints: the theme must not flash.
const site = { ...common, entryPoints: { site: path.join(frontend, "pages/site.ts") }, format: "iife" };

async function build() {
  rmSync(outdir, { recursive: true, force: true });
  const [{ metafile }] = await Promise.all([esbuild.build(editor), esbuild.build(site)]);
  const bytes = firstLoad(metafile).reduce((sum, name) => sum + gzipSync(readFileSync(path.resolve(name))).length, 0);
  console.log(`first load: ${Math.round(bytes / 1000)} kB of script, gzipped`);
  if (bytes > firstLoadLimit) {
    console.error(`That is more than ${firstLoadLimit / 1000} kB: let what the first look at a text does not need be fetched later.`);
    process.exitCode = 1;
  }
}

// What a browser must fetch before the editor starts: the entry and all it imports statically.
function firstLoad(metafile) {
  const seen = new Set();
  const queue = Object.keys(metafile.outputs).filter((name) => name.endsWith("/editor.js"));
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const item of metafile.outputs[name].imports) {
      if (item.kind === "import-statement" && !item.external) queue.push(item.path);
    }
  }
  return [...seen];
}

// For the page to name: a browser finds out what the entry imports only once it has the entry.
function writeFirstLoad(metafile) {
  const chunks = firstLoad(metafile).filter((name) => !name.endsWith("/editor.js"));
  const names = chunks.map((name) => path.relative(path.dirname(outdir), path.resolve(name)).replaceAll(path.sep, "/"));
  writeFileSync(path.join(outdir, "first-load.json"), JSON.stringify(names));
}

async function watchAll() {
  for (const options of [editor, site]) {
    const context = await esbuild.context({ ...options, logLevel: "info" });
    await context.watch();
  }
}

async function test() {
  const directory = mkdtempSync(path.join(tmpdir(), "editor-tests-"));
  try {
    const files = readdirSync(path.join(frontend, "tests")).filter((name) => name.endsWith(".test.ts"));
    await esbuild.build({
      entryPoints: files.map((name) => path.join(frontend, "tests", name)),
      outdir: directory,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      logLevel: "warning",
    });
    const built = files.map((name) => path.join(directory, name.replace(/\.ts$/, ".mjs")));
    process.exitCode = spawnSync(process.execPath, ["--test", ...built], { stdio: "inherit" }).status ?? 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await (process.argv.includes("--test") ? test() : watch ? watchAll() : build());
