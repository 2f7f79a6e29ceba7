/** The schema of the text of lines, without an editor. */

import { getSchema } from "@tiptap/core";

import { things } from "../../surfaces/text/extensions";
import { Marks } from "../../surfaces/text/model/formats";

export const EXTENSIONS = things(null);
export const SCHEMA = getSchema(EXTENSIONS);
export const MARKS = new Marks(SCHEMA);

/** The seed of this run's random tests: TEST_SEED repeats one. */
export const SEED = Number(process.env["TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log("seed", SEED);
