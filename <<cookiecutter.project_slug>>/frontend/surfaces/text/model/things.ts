/** Things in a line: plain objects that are embedded in the text. What this version does not know is kept and shown as such. */

import { isId, isPlain, isText, own } from "./values";

/** Somebody is named. The name is as it was then, so that it can be read wherever the text goes. */
export interface Named {
  /** Of this mention: the same wherever it is pasted. */
  id: string;
  /** Of the person, as the site knows them. */
  user: string;
  name: string;
}

const LONGEST_NAME = 200;
/** White space, controls, and what turns the direction of the text beside it. */
const SPACE = /[\u0000-\u0020\u007f-\u00a0\u200b\u200e\u200f\u2028-\u202f\u2060-\u2069\ufeff]+/g;

/** Who is named by a thing; null where it is something else. Named in rooms/text/things.py too. */
export function namedBy(thing: unknown): Named | null {
  if (!isPlain(thing)) return null;
  const [id, user, name] = [own(thing, "mention"), own(thing, "user"), own(thing, "name")];
  if (!isId(id) || !isId(user)) return null;
  const shown = isText(name, LONGEST_NAME)?.replace(SPACE, " ").replace(/^ | $/g, "");
  return shown ? { id, user, name: shown } : null;
}

export function mention({ id, user, name }: Named): object {
  return { mention: id, user, name };
}

/** As which node a thing is drawn. */
export function nodeOfThing(thing: unknown): "mention" | "unknown" {
  return namedBy(thing) ? "mention" : "unknown";
}

/** What is read in place of a thing. */
export function wordsOfThing(thing: unknown): string {
  const named = namedBy(thing);
  return named ? `@${named.name}` : "";
}
