/** What is said about pasting and copying. Apart from the other sentences: it is not needed before the first key. */

export const NO_PICTURES = "Some pictures were left out: only those with an https address can be shown here.";

export const TOO_MUCH = "This is too much to paste at once. Paste it in parts.";

export const CUT = "This was too much to paste at once: only its beginning is here.";

export const TABLE_CUT = "The table was too large: only its first rows and columns are here.";

export const PLAINER = "Colours of letters and the alignment of lines were left out: a document here has neither.";

export const NO_LINK_ON_CODE = "Code cannot be a link. Take the code style off these words first.";

export const PASTED_MARKDOWN = "Pasted as Markdown.";

export const PASTE_PLAIN = "Paste as plain text";

export const COPIED_MARKDOWN = "Copied as Markdown.";

export const NOT_COPIED = "The browser did not let this be copied.";
