/**
 * Reads documents for a test of the server's side, which must read them the same: tests/text/ in Python starts it, sends
 * a document's state in base64 a line, and gets back what is drawn.
 */

import "../dom";

import { createInterface } from "node:readline";

import { drawn } from "./drawn";

for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(drawn(Buffer.from(line, "base64"))));
process.exit();
