/**
 * What programs put into the clipboard, in small: each file has a comment that names what it follows, the HTML, and behind a
 * line `<!-- comes out as -->` what must come of it, written as this editor copies it.
 */

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const FOLDER = path.join(process.cwd(), "frontend/tests/pasted");

export interface Sample {
  name: string;
  html: string;
  out: string;
}

export function samples(): Sample[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".html"));
  return files.sort().map((name) => {
    const [given = "", out = ""] = readFileSync(path.join(FOLDER, name), "utf-8").split("\n<!-- comes out as -->\n");
    return { name: name.replace(/\.html$/, ""), html: given.replace(/^<!--[\s\S]*?-->\n/, ""), out: out.trimEnd().replaceAll(">\n<", "><") };
  });
}
