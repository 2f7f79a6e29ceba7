/** How code is read, in the worker: a language's grammar is fetched when a document first uses it. */

import type { LanguageFn } from "highlight.js";
import { createLowlight } from "lowlight";

import { fetchedAgain } from "../../../../lib/again";
import type { LanguageName } from "./languages";

const GRAMMARS: Record<LanguageName, () => Promise<{ default: LanguageFn }>> = {
  bash: fetchedAgain(() => import("highlight.js/lib/languages/bash")),
  c: fetchedAgain(() => import("highlight.js/lib/languages/c")),
  cpp: fetchedAgain(() => import("highlight.js/lib/languages/cpp")),
  csharp: fetchedAgain(() => import("highlight.js/lib/languages/csharp")),
  css: fetchedAgain(() => import("highlight.js/lib/languages/css")),
  dart: fetchedAgain(() => import("highlight.js/lib/languages/dart")),
  diff: fetchedAgain(() => import("highlight.js/lib/languages/diff")),
  dockerfile: fetchedAgain(() => import("highlight.js/lib/languages/dockerfile")),
  elixir: fetchedAgain(() => import("highlight.js/lib/languages/elixir")),
  go: fetchedAgain(() => import("highlight.js/lib/languages/go")),
  graphql: fetchedAgain(() => import("highlight.js/lib/languages/graphql")),
  haskell: fetchedAgain(() => import("highlight.js/lib/languages/haskell")),
  xml: fetchedAgain(() => import("highlight.js/lib/languages/xml")),
  ini: fetchedAgain(() => import("highlight.js/lib/languages/ini")),
  java: fetchedAgain(() => import("highlight.js/lib/languages/java")),
  javascript: fetchedAgain(() => import("highlight.js/lib/languages/javascript")),
  json: fetchedAgain(() => import("highlight.js/lib/languages/json")),
  kotlin: fetchedAgain(() => import("highlight.js/lib/languages/kotlin")),
  lua: fetchedAgain(() => import("highlight.js/lib/languages/lua")),
  makefile: fetchedAgain(() => import("highlight.js/lib/languages/makefile")),
  markdown: fetchedAgain(() => import("highlight.js/lib/languages/markdown")),
  perl: fetchedAgain(() => import("highlight.js/lib/languages/perl")),
  php: fetchedAgain(() => import("highlight.js/lib/languages/php")),
  powershell: fetchedAgain(() => import("highlight.js/lib/languages/powershell")),
  python: fetchedAgain(() => import("highlight.js/lib/languages/python")),
  r: fetchedAgain(() => import("highlight.js/lib/languages/r")),
  ruby: fetchedAgain(() => import("highlight.js/lib/languages/ruby")),
  rust: fetchedAgain(() => import("highlight.js/lib/languages/rust")),
  scala: fetchedAgain(() => import("highlight.js/lib/languages/scala")),
  scss: fetchedAgain(() => import("highlight.js/lib/languages/scss")),
  sql: fetchedAgain(() => import("highlight.js/lib/languages/sql")),
  swift: fetchedAgain(() => import("highlight.js/lib/languages/swift")),
  typescript: fetchedAgain(() => import("highlight.js/lib/languages/typescript")),
  yaml: fetchedAgain(() => import("highlight.js/lib/languages/yaml")),
};

const lowlight = createLowlight();

type Tree = ReturnType<typeof lowlight.highlight>["children"][number];

/** Where a run of letters begins and ends, and the classes by which it is coloured. */
export type Token = [from: number, to: number, className: string];

export async function fetchGrammar(language: string): Promise<void> {
  const load = Object.hasOwn(GRAMMARS, language) ? GRAMMARS[language as LanguageName] : null;
  if (load && !lowlight.registered(language)) lowlight.register(language, (await load()).default);
}

export function tokenize(language: string, text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  const walk = (node: Tree, classes: string[]): void => {
    if (node.type === "text") {
      const to = position + node.value.length;
      if (classes.length > 0) tokens.push([position, to, classes.join(" ")]);
      position = to;
    } else if (node.type === "element") {
      const own = node.properties["className"];
      const all = Array.isArray(own) ? [...classes, ...own.map(String)] : classes;
      for (const child of node.children) walk(child, all);
    }
  };
  for (const node of lowlight.registered(language) ? lowlight.highlight(language, text).children : []) walk(node, []);
  return tokens;
}
