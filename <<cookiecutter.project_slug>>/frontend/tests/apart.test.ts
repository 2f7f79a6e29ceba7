import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { fetchedAgain } from "../lib/again";

const frontend = path.resolve("frontend");

/** The expressions that import something when they run, with what stands before them. */
function imports(text: string): string[] {
  const code = text.replace(/^\s*(\/\/|\/?\*).*$/gm, "");
  return [...code.matchAll(/.*?\bimport\(/g)].map(([found]) => found).filter((found) => !/\btypeof import\($/.test(found));
}

test("whatever is fetched apart is fetched again when it could not be", () => {
  const files = readdirSync(frontend, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !name.startsWith("tests") && name !== path.join("lib", "again.ts"),
  );
  const found = files.flatMap((name) => imports(readFileSync(path.join(frontend, name), "utf8")));
  assert.ok(found.length > 5);
  for (const each of found) assert.match(each, /\bfetchedAgain\(\(\) => import\($/);
});

test("what has been fetched is there for all, and what could not be is asked for once more", async () => {
  let asked = 0;
  const load = fetchedAgain(async () => {
    if (++asked === 1) throw new Error("no network");
    return { number: asked };
  });
  const together = await Promise.allSettled([load(), load()]);
  assert.deepEqual(together.map(({ status }) => status), ["rejected", "rejected"]);
  assert.deepEqual(await Promise.all([load(), load()]), [{ number: 2 }, { number: 2 }]);
  assert.deepEqual(await load(), { number: 2 });
});
