// Who may import whom: `npm run check` goes by it. What is not allowed here is forbidden, types included.

const inside = (...parts) => ({ path: parts.map((part) => `^frontend/${part}`) });
const library = (...names) => ({ path: names.map((name) => `(^|/)node_modules/${name}/`) });

// Whom a part may use besides itself, and which libraries.
const PARTS = {
  lib: [[], []],
  text: [[], []],
  ui: [["text/", "lib/"], ["lucide"]],
  session: [["text/", "lib/"], ["yjs", "y-protocols", "lib0", "idb"]],
  pages: [["session/", "surfaces/registry", "surfaces/surface", "feature", "text/", "ui/", "lib/"], ["yjs", "lucide"]],
};

/** The part of a feature that runs in the browser. */
const FEATURE = "^([^/]+)/editor/";

const TIPTAP = ["@tiptap/[^/]+", "lowlight", "highlight\\.js", "linkifyjs", "markdown-it"];

module.exports = {
  forbidden: [
    { name: "no-circle", severity: "error", comment: "Of two that import each other, neither can be read alone.", from: {}, to: { circular: true } },
  ],
  allowed: [
    ...Object.entries(PARTS).flatMap(([part, [parts, libraries]]) => [
      { from: inside(`${part}/`), to: inside(`${part}/`, ...parts) },
      // An empty list would match all.
      ...(libraries.length > 0 ? [{ from: inside(`${part}/`), to: library(...libraries) }] : []),
    ]),
    // A kind of surface knows neither pages nor sessions nor another kind; what is open to all is open to it.
    { from: inside("surfaces/registry", "surfaces/surface"), to: inside("surfaces/surface", "surfaces/[^/]+/index", "ui/shortcuts", "lib/") },
    { from: inside("surfaces/layers"), to: inside("surfaces/surface") },
    { from: inside("surfaces/undone"), to: inside("surfaces/insides") },
    { from: { path: "^frontend/surfaces/([^/]+)/" }, to: { path: "^frontend/surfaces/$1/" } },
    { from: { path: "^frontend/surfaces/[^/]+/" }, to: inside("surfaces/surface", "surfaces/layers", "surfaces/insides", "text/", "ui/", "lib/") },
    { from: inside("surfaces/"), to: library("yjs", "y-protocols", "lucide") },
    { from: inside("surfaces/text/"), to: library(...TIPTAP) },
    { from: inside("surfaces/plain/"), to: library("@codemirror/[^/]+", "y-codemirror\\.next") },
    // A feature is used by the line that lists it, and knows of the page what feature.ts says.
    { from: inside("features\\.ts"), to: { path: ["^[^/]+/editor/index", "^[^/]+/editor/[^/]+/index"] } },
    { from: inside("features?\\.ts"), to: inside("feature\\.ts", "lib/", "ui/", "session/person", "surfaces/surface") },
    { from: inside("feature\\.ts"), to: library("yjs", "y-protocols") },
    { from: { path: FEATURE }, to: { path: "^$1/editor/" } },
    { from: { path: FEATURE }, to: inside("feature\\.ts", "lib/", "ui/", "session/person", "surfaces/surface", "surfaces/registry", "surfaces/insides", "surfaces/undone") },
    { from: { path: FEATURE }, to: library("yjs", "y-protocols", "lucide") },
    // On the pages beside the documents': it lists the copies that session/ keeps on the device.
    { from: { path: "^offline/editor/" }, to: inside("session/(copies|databases|unsent)") },
    { from: inside("build/"), to: { pathNot: "^frontend/" } },
    { from: inside("tests/"), to: {} },
  ],
  allowedSeverity: "error",
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "browser", "default"] },
  },
};
