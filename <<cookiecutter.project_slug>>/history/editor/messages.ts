/** Every sentence of history that people read. */

import type { Fate } from "./difference";

export const HISTORY = "History";
export const SHOW_HISTORY = "Show history";
export const NAME_LABEL = "Name of the version";
export const NAME_HINT = "Name this version";
export const KEEP = "Keep";
export const ONLY_NAMED = "Only versions with a name";
export const EMPTY = "There are no versions yet. One is kept by itself when nobody has written for a while.";
export const LOADING = "Fetching the versions…";
export const FORMER = "Former member";
export const COMPARED = "Show what changed";
export const SINCE_BEFORE = "Since the version before";
export const UNTIL_NOW = "From then to now";
export const NOTHING = "Nothing, only the text";
export const BETWEEN = "Between this version and";
export const FIRST = "This is the first version: there is none before.";
export const SAME = "No words were added or deleted. Lines or formatting may look different.";
export const RESTORE = "Restore…";
export const RENAME = "Name…";
export const ERASE = "Erase…";
export const BACK = "Back to now";
export const SAVE = "Save";
export const CANCEL = "Cancel";
export const UNTITLED = "Untitled";
export const OPEN_LIST = "Versions";
export const CHANGES = "What changed";
export const READERS = "People who may only read can see old versions";
export const READERS_HINT = "What was deleted is in them.";
export const BEFORE_RESTORE = "before a restore";
export const NOT_NOW = "You cannot change this document at the moment.";
export const NO_CHANGE = "The document is what it was then: there is nothing to restore.";
export const CLOSED = "Old versions are no longer shown to you.";

export function kept(name: string): string {
  return `“${name}” is kept.`;
}

export function restored(time: string): string {
  return `The document is what it was at ${time}. What was there is kept in the history, and undo takes this back.`;
}

export function askRestore(time: string): string {
  return `Make the document what it was at ${time}? Everybody who has it open sees that. What is there now is kept in the history, and you can undo it.`;
}

export function askErase(time: string): string {
  return (
    `Erase the version of ${time} for good? Nobody can bring it back. Its words may still be in the document, in versions before and after ` +
    "it, in copies that people have made, and in backups of this site."
  );
}

export function looking(time: string, name: string): string {
  return name ? `This is “${name}”, the document as it was at ${time}.` : `This is the document as it was at ${time}.`;
}

export function between(from: string, to: string): string {
  return `What changed from ${from} to ${to}.`;
}

export function since(from: string): string {
  return `What changed since ${from} is marked.`;
}

export const NOW = "now";

/** As screen readers say it: what stands before the words that were inserted or deleted, and what behind: the words may be of another direction. */
export function told(who: string | null, fate: Exclude<Fate, null>): [string, string] {
  return [`${who ? `${who} ${fate}` : fate === "inserted" ? "Inserted" : "Deleted"} “`, "”"];
}

/** What one reads who points at letters. */
export function doneBy(who: string | null, fate: Exclude<Fate, null>): string {
  const done = fate === "inserted" ? "Inserted" : "Deleted";
  return who ? `${done} by ${who}` : done;
}

export function more(count: number): string {
  return `And ${count} more.`;
}

export function titleChanged(from: string, to: string): string {
  return `The title was “${from || UNTITLED}” and became “${to || UNTITLED}”`;
}
