// Builds the browser code with esbuild: `--watch` rebuilds on every change, `--test` runs the unit tests, `--run FILE ...` runs
// another program that uses the browser code.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { run as runTests } from "node:test";
import { spec as Spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

import * as esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const frontend = path.dirname(here);
const root = path.dirname(frontend);
const outdir = path.join(root, "static-built", "editor");
const watch = process.argv.includes("--watch");

// Bytes of script, compressed as browsers get it (Brotli, by https), that one may have to fetch before it shows a text.
const firstLoadLimit = 185_000;

const common = {
  bundle: true,
  target: ["es2022"],
  minify: !watch,
  sourcemap: watch ? "inline" : false,
  legalComments: "none",
  logLevel: "warning",
  outdir,
};

// Libraries import these in any case, but they are not needed: something smaller stands in for each.
const alias = {
  "@tiptap/extension-link": path.join(frontend, "surfaces/text/things/link/link.ts"),
  "@tiptap/pm/history": path.join(here, "stand-ins/history.ts"),
  "lib0/environment": path.join(here, "stand-ins/environment.ts"),
  "lib0/dom": path.join(here, "stand-ins/dom.ts"),
  "lib0/logging": path.join(here, "stand-ins/logging.ts"),
};

const split = { format: "esm", splitting: true, chunkNames: "chunks/[name]-[hash]", alias };

// The editor is split: what only some documents or some people need (highlighting, dialogs) is fetched when it is needed.
// Chunk names hold a hash of their content, so they may be cached for ever under the names the entry imports them by.
const editor = {
  ...common,
  ...split,
  entryPoints: {
    editor: path.join(frontend, "pages/room.ts"),
    // It shows documents as files, with most of what the editor has.
    rescue: path.join(frontend, "pages/no-access.ts"),
    "public-page": path.join(root, "publish/editor/page.css"),
    "editor-style": path.join(frontend, "styles/editor.css"),
  },
  metafile: true,
  plugins: [{ name: "first-load", setup: (build) => build.onEnd(({ metafile }) => metafile && writeFirstLoad(metafile)) }],
};

// site.js stands alone, so that a page may load it before it paints: the theme must not flash.
const site = { ...common, entryPoints: { site: path.join(frontend, "pages/site.ts") }, format: "iife" };

// The design of every page, those without an editor too.
const styles = { ...common, entryPoints: { site: path.join(frontend, "styles/site.css") }, outdir: path.dirname(outdir) };

// What other pages have, each built alone: parts that they shared with the editor would be files of their own, and a browser would
// have to ask for each of them to open a document.
const pages = Object.entries({
  device: path.join(frontend, "pages/device.ts"),
  offline: path.join(root, "offline/editor/pages.ts"),
  link: path.join(frontend, "pages/link.ts"),
}).map(([name, entry]) => ({ ...common, ...split, entryPoints: { [name]: entry } }));

// What browsers run beside pages: a script of its own each, without parts that it would fetch.
const workerEntries = ["service-worker", "no-worker"].map((name) => path.join(root, "offline/editor", `${name}.ts`));
const workers = { ...common, entryPoints: workerEntries, format: "iife" };

const all = [
  editor,
  site,
  styles,
  ...pages,
  workers,
];

async function build() {
  rmSync(outdir, { recursive: true, force: true });
  const [{ metafile }] = await Promise.all(all.map((options) => esbuild.build(options)));
  for (const [kind, files] of Object.entries(firstLoads(metafile))) {
    const bytes = files.reduce((sum, name) => sum + brotliCompressSync(readFileSync(path.resolve(name))).length, 0);
    console.log(`first load: ${Math.round(bytes / 1000)} kB of script, compressed (a document of kind ${kind})`);
    if (bytes <= firstLoadLimit) continue;
    console.error(`That is more than ${firstLoadLimit / 1000} kB: let what the first look at a document does not need be fetched later.`);
    process.exitCode = 1;
  }
}

// What a browser must fetch before it shows a document, by the document's kind: the entry, the kind's surface, and all that
// these import statically.
function firstLoads(metafile) {
  const outputs = Object.entries(metafile.outputs);
  const editor = outputs.filter(([name]) => name.endsWith("/editor.js")).map(([name]) => name);
  const surfaces = outputs.flatMap(([name, { entryPoint }]) => {
    const [, kind] = /surfaces\/([^/]+)\/index\.ts$/.exec(entryPoint ?? "") ?? [];
    return kind ? [[kind, withImports(metafile, [...editor, name])]] : [];
  });
  // Text first: it is what most documents are.
  return Object.fromEntries(surfaces.sort(([one], [two]) => Number(two === "text") - Number(one === "text")));
}

function withImports(metafile, names) {
  const seen = new Set();
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const item of metafile.outputs[name].imports) {
      if (item.kind === "import-statement" && !item.external) queue.push(item.path);
    }
  }
  return [...seen];
}

// For the page to name: a browser finds out what the entry needs only once it has the entry.
function writeFirstLoad(metafile) {
  const address = (name) => path.relative(path.dirname(outdir), path.resolve(name)).replaceAll(path.sep, "/");
  const kinds = Object.entries(firstLoads(metafile)).map(([kind, files]) => {
    return [kind, files.filter((name) => !name.endsWith("/editor.js")).map(address)];
  });
  writeFileSync(path.join(outdir, "first-load.json"), JSON.stringify(Object.fromEntries(kinds)));
}

async function watchAll() {
  for (const options of all) {
    const context = await esbuild.context({ ...options, logLevel: "info" });
    await context.watch();
  }
}

async function test() {
  const files = readdirSync(path.join(frontend, "tests")).filter((name) => name.endsWith(".test.ts"));
  await withBuilt(files.map((name) => path.join(frontend, "tests", name)), async (built) => {
    // A process for each file, and as many at once as there are cores: Node by itself would leave one of two idle.
    // One that fails may leave a timer behind that would keep its process for ever.
    const tests = runTests({ files: built, concurrency: os.availableParallelism(), forceExit: true });
    tests.on("test:fail", () => (process.exitCode = 1));
    // It names in the end what failed, wherever it prints to.
    for await (const line of tests.compose(new Spec())) process.stdout.write(line);
  });
}

async function run() {
  const [file, ...words] = process.argv.slice(process.argv.indexOf("--run") + 1);
  await withBuilt([path.resolve(file)], ([built]) => {
    process.exitCode = spawnSync(process.execPath, ["--enable-source-maps", built, ...words], { stdio: "inherit" }).status ?? 1;
  });
}

// Has `use` run what Node can run of these files.
async function withBuilt(files, use) {
  // In the folder of the libraries: Node looks there for those that are not bundled.
  const directory = mkdtempSync(path.join(root, "node_modules", ".editor-tests-"));
  try {
    await esbuild.build({
      entryPoints: files,
      outdir: directory,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      platform: "node",
      external: ["@happy-dom/global-registrator"],
      alias,
      format: "esm",
      target: "node20",
      sourcemap: "inline",
      logLevel: "warning",
    });
    const built = files.map((name) => path.join(directory, path.basename(name).replace(/\.ts$/, ".mjs")));
    await use(built);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const command = process.argv.includes("--test") ? test : process.argv.includes("--run") ? run : watch ? watchAll : build;
await command();
