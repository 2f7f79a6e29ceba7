/** Writes the figures into MEASURED.md beside the model: `npm run figures -- [sessions]`, SEED=n for the first session's seed. */

import "../../dom";

import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";

import { figures } from "./figures";

const FILE = "frontend/surfaces/text/model/MEASURED.md";
const MARK = "<!-- figures -->";

const sessions = Number(process.argv[2] ?? 200);
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const [before] = readFileSync(FILE, "utf8").split(MARK) as [string];
const where = `Measured on ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC: ${cpus().length} x ${cpus()[0]?.model ?? "?"}, Node ${process.version}.`;
writeFileSync(FILE, `${before}${MARK}\n${where} ${await figures({ sessions, seed, pages: 60 })}`);
process.exit(0);
