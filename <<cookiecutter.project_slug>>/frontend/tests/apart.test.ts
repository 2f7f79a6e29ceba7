import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const frontend = path.resolve("frontend");

/** The expressions that import something when they run, with what stands before them. */
function imports(text: string): string[] {
  const code = text.replace(/^\s*(\/\/|\/?\*).*$/gm, "");
  return [...code.matchAll(/.*?\bimport\(/g)].map(([found]) => found).filter((found) => !/\btypeof import\($/.test(found));
}

test("whatever is fetched apart is fetched again when it could not be", () => {
  const files = readdirSync(frontend, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !name.startsWith("tests") && name !== path.join("lib", "again.ts") && name !== "features.ts",
  );
  const found = files.flatMap((name) => imports(readFileSync(path.join(frontend, name), "utf8")));
  assert.ok(found.length > 5);
  // All of the list of features at once, so that its lines are as short as can be.
  assert.match(readFileSync(path.join(frontend, "pages", "features.ts"), "utf8"), /\bfetchedAgain\(load\)/);
  for (const each of found) assert.match(each, /\bfetchedAgain\(\(\) => import\($/);
});
