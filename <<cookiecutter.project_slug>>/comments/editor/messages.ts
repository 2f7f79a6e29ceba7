/** The sentences of comments that people read. */

import type { ShortcutGroup } from "../../frontend/ui/shortcuts";

export const COMMENTS = "Comments";
export const COMMENT = "Comment";
export const REPLY = "Reply";
export const SAVE = "Save";
export const CANCEL = "Cancel";
export const RESOLVE = "Resolve";
export const REOPEN = "Open again";
export const EDIT = "Edit";
export const DELETE = "Delete";
export const COPY_LINK = "Copy link";
export const MORE = "More about this comment";
export const FORMER = "Former member";
export const DELETED = "This comment is deleted.";
export const EDITED = "edited";
export const DRAFT = "Not sent yet";

export const WRITE_HERE = "Write a comment";
export const REPLY_HERE = "Reply";
export const SENDING = "Sending…";

export const FILTERS = { open: "Open", resolved: "Resolved", mine: "Mine" } as const;
export type Filter = keyof typeof FILTERS;
export const FILTER_LABEL = "Which comments are shown";

export const NOTHING: Record<Filter, string> = {
  open: "No open comments.",
  resolved: "Nothing has been resolved yet.",
  mine: "You have not commented on this document.",
};
export const HOW_TO = "Select some words, then press the button beside them or";
export const MAY_NOT = "You may read the comments of this document, but not write any.";
export const SELECT_FIRST = "Select the words first that you want to comment on.";
export const NOT_LOADED = "The comments could not be loaded. They are asked for again once the server can be reached.";
export const NOT_FOUND = "This comment is not there any more.";
export const LINK_COPIED = "The link is copied.";
export const LINK_NOT_COPIED = "The link could not be copied.";
export const RESOLVED = "Resolved. You find it in the list of comments.";
export const REOPENED = "Open again.";
export const SENT = "Your comment is there.";
export const WORDS_GONE = "These words are deleted.";
export const LET_VIEWERS = "People who can only view may comment, too";
export const DISCARD = "Discard";
export const DISCARD_QUESTION = "Discard what you have written?";
export const DELETE_QUESTION = "Delete this comment? It cannot be brought back.";

export function resolvedBy(name: string, when: string): string {
  return `Resolved by ${name}, ${when}`;
}

export function replies(number: number): string {
  return number === 1 ? "1 reply" : `${number} replies`;
}

export function tooLong(by: number): string {
  return by === 1 ? "One character too many" : `${by} characters too many`;
}

export function threadLabel(name: string, quote: string): string {
  return `Comment by ${name} on “${quote}”`;
}

export function draftLabel(quote: string): string {
  return `Comment on “${quote}”`;
}

export function countLabel(open: number): string {
  return open === 0 ? "Comments" : `Comments: ${open} open`;
}

export function arrived(name: string): string {
  return `${name} has commented.`;
}

/** For the help sheet. */
export const keys = (comment: string): ShortcutGroup => ({
  title: "Comments",
  items: [
    { label: "Comment on what is selected", keys: comment },
    { label: "Send", keys: "Mod-Enter" },
    { label: "From one comment to the next", keys: "ArrowUp ArrowDown" },
    { label: "Back to the text", keys: "Escape" },
  ],
});
