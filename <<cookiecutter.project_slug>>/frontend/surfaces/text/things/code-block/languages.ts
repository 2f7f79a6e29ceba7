/** Highlighting: each language is fetched when a document first uses it. */

import type { LanguageFn } from "highlight.js";
import type { createLowlight } from "lowlight";

import { fetchedAgain, untilThere } from "../../../../lib/again";

interface Language {
  label: string;
  load: () => Promise<{ default: LanguageFn }>;
}

const loadHighlighter = fetchedAgain(() => import("./highlighter"));

export const LANGUAGES: Record<string, Language> = {
  bash: { label: "Bash", load: fetchedAgain(() => import("highlight.js/lib/languages/bash")) },
  c: { label: "C", load: fetchedAgain(() => import("highlight.js/lib/languages/c")) },
  cpp: { label: "C++", load: fetchedAgain(() => import("highlight.js/lib/languages/cpp")) },
  csharp: { label: "C#", load: fetchedAgain(() => import("highlight.js/lib/languages/csharp")) },
  css: { label: "CSS", load: fetchedAgain(() => import("highlight.js/lib/languages/css")) },
  diff: { label: "Diff", load: fetchedAgain(() => import("highlight.js/lib/languages/diff")) },
  dockerfile: { label: "Dockerfile", load: fetchedAgain(() => import("highlight.js/lib/languages/dockerfile")) },
  go: { label: "Go", load: fetchedAgain(() => import("highlight.js/lib/languages/go")) },
  xml: { label: "HTML, XML", load: fetchedAgain(() => import("highlight.js/lib/languages/xml")) },
  ini: { label: "INI, TOML", load: fetchedAgain(() => import("highlight.js/lib/languages/ini")) },
  java: { label: "Java", load: fetchedAgain(() => import("highlight.js/lib/languages/java")) },
  javascript: { label: "JavaScript", load: fetchedAgain(() => import("highlight.js/lib/languages/javascript")) },
  json: { label: "JSON", load: fetchedAgain(() => import("highlight.js/lib/languages/json")) },
  kotlin: { label: "Kotlin", load: fetchedAgain(() => import("highlight.js/lib/languages/kotlin")) },
  markdown: { label: "Markdown", load: fetchedAgain(() => import("highlight.js/lib/languages/markdown")) },
  php: { label: "PHP", load: fetchedAgain(() => import("highlight.js/lib/languages/php")) },
  python: { label: "Python", load: fetchedAgain(() => import("highlight.js/lib/languages/python")) },
  r: { label: "R", load: fetchedAgain(() => import("highlight.js/lib/languages/r")) },
  ruby: { label: "Ruby", load: fetchedAgain(() => import("highlight.js/lib/languages/ruby")) },
  rust: { label: "Rust", load: fetchedAgain(() => import("highlight.js/lib/languages/rust")) },
  sql: { label: "SQL", load: fetchedAgain(() => import("highlight.js/lib/languages/sql")) },
  swift: { label: "Swift", load: fetchedAgain(() => import("highlight.js/lib/languages/swift")) },
  typescript: { label: "TypeScript", load: fetchedAgain(() => import("highlight.js/lib/languages/typescript")) },
  yaml: { label: "YAML", load: fetchedAgain(() => import("highlight.js/lib/languages/yaml")) },
};

/** What people write behind ``` for the names above. */
const ALIASES: Record<string, string> = {
  "c++": "cpp",
  "c#": "csharp",
  html: "xml",
  js: "javascript",
  md: "markdown",
  py: "python",
  rb: "ruby",
  rs: "rust",
  sh: "bash",
  shell: "bash",
  toml: "ini",
  ts: "typescript",
  yml: "yaml",
};

export function languageName(written: unknown): string | null {
  if (typeof written !== "string") return null;
  const name = ALIASES[written.toLowerCase()] ?? written.toLowerCase();
  return Object.hasOwn(LANGUAGES, name) ? name : null;
}

export interface Token {
  from: number;
  to: number;
  className: string;
}

type Lowlight = ReturnType<typeof createLowlight>;
type Tree = ReturnType<Lowlight["highlight"]>["children"][number];

let lowlight: Lowlight | null = null;
const loading = new Map<string, Promise<void>>();

/** Fetches a language, once: the text stays plain until it has come. */
export function load(language: string): Promise<void> {
  let promise = loading.get(language);
  if (!promise) {
    promise = fetchLanguage(language);
    loading.set(language, promise);
  }
  return promise;
}

async function fetchLanguage(language: string): Promise<void> {
  const entry = LANGUAGES[language];
  if (!entry) return;
  const [library, grammar] = await Promise.all([untilThere(loadHighlighter), untilThere(entry.load)]);
  lowlight ??= library.createLowlight();
  lowlight.register(language, grammar.default);
}

export function isLoaded(language: string): boolean {
  return lowlight?.registered(language) ?? false;
}

export function tokenize(language: string, text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  const walk = (node: Tree, classes: string[]): void => {
    if (node.type === "text") {
      const to = position + node.value.length;
      if (classes.length > 0) tokens.push({ from: position, to, className: classes.join(" ") });
      position = to;
    } else if (node.type === "element") {
      const own = node.properties["className"];
      const all = Array.isArray(own) ? [...classes, ...own.map(String)] : classes;
      for (const child of node.children) walk(child, all);
    }
  };
  for (const node of lowlight?.highlight(language, text).children ?? []) walk(node, []);
  return tokens;
}
