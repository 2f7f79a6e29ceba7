/** Sentences about a document's public page. */

export const TITLE = "Public page";
export const PUBLISH_ENTRY = "Publish…";
export const PUBLIC_ENTRY = "Public page…";
export const PUBLIC = "Public";
export const PUBLIC_HINT = "Anybody can read this document";

export const EXPLAINED =
  "Anybody who has the address of a public page can read it, without an account. It shows the title and the text, and follows what is written here. Comments and the names of people are not on it.";
export const IS_PUBLIC = "Anybody who has this address can read the document, and all that is written in it from now on.";
export const OWNER_ONLY = "Only its owner can change that.";
export const NOT_PUBLIC = "This document is not public any more.";

export const PUBLISH = "Publish";
export const STOP = "Stop publishing";
export const ADDRESS = "Address";
export const COPY = "Copy link";
export const COPIED = "The link is copied.";
export const NOT_COPIED = "The link could not be copied: select it, and copy it by hand.";
export const OPEN = "Open";
export const LISTED = "Search engines may list it";
export const PUBLISHED = "The document is public now.";
export const UNPUBLISHED = "The document is not public any more.";
