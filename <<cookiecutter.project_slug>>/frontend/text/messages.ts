/** A sentence, and what one can do, for every way in which a connection ends. */

export type Action = "login" | "dashboard" | "reload" | "retry" | "download" | "send" | "discard" | "dismiss" | "downloadFormer";

export interface Message {
  tone: "info" | "warning" | "danger";
  text: string;
  actions: Action[];
}

export const ACTION_LABELS: Record<Action, string> = {
  login: "Log in",
  dashboard: "Go to my documents",
  reload: "Reload",
  retry: "Try now",
  download: "Download a copy",
  send: "Add my changes",
  discard: "Discard my changes",
  dismiss: "Got it",
  downloadFormer: "Download my words",
};

/** Languages that one may choose from, by their codes. */
export const LANGUAGES =
  "ar bg bn ca cs da de el en en-GB en-US es et fa fi fr ga he hi hr hu id is it ja ko lt lv ms mt nb nl nn pl pt pt-BR ro ru sk sl sq sr sv th tr uk ur vi zh-Hans zh-Hant".split(" ");

export const LANGUAGE = "For spelling, hyphens and reading aloud, for everybody who opens it";

interface Counted {
  words: number;
  characters: number;
}

/** Rows of a name and a value. */
export const COUNT = (all: Counted, chosen: Counted | null): [string, string][] => [
  ["Words", all.words.toLocaleString()],
  ["Characters", all.characters.toLocaleString()],
  ...(chosen
    ? ([
        ["Words that are selected", chosen.words.toLocaleString()],
        ["Characters that are selected", chosen.characters.toLocaleString()],
      ] as [string, string][])
    : []),
];

export const nowhere = (name: string): string => `${name} has this document open, but is not writing in it.`;

export interface Circumstances {
  /** There are edits that the server has not confirmed. */
  unsaved: boolean;
  /** This device has all of them. */
  kept: boolean;
}

/** What becomes of edits that the server does not have, and cannot be sent from this page any more. */
function lastChanges({ unsaved, kept }: Circumstances, then: string): string {
  if (!unsaved) return "";
  return kept
    ? ` Your last changes are kept on this device and ${then}.`
    : " Your last changes are in this tab only: download a copy before you leave it.";
}

const MESSAGES: Record<number, (circumstances: Circumstances) => Message> = {
  4400: () => ({
    tone: "danger",
    text: "The server did not understand this editor. Reload the page to get its current version.",
    actions: ["reload", "download"],
  }),
  4401: ({ unsaved, kept }) => ({
    tone: "warning",
    text: `You are logged out.${lastChanges({ unsaved, kept }, "will be sent when you log in again")}`,
    actions: unsaved && !kept ? ["download", "login"] : ["login"],
  }),
  4403: ({ unsaved }) => ({
    tone: "danger",
    text: unsaved
      ? "You no longer have access to this document, and your last changes could not be saved. Download a copy to keep them."
      : "You no longer have access to this document. You can keep a copy of what is on the screen.",
    actions: ["download", "dashboard"],
  }),
  4404: ({ unsaved }) => ({
    tone: "danger",
    text: unsaved
      ? "This document has been deleted or put into the trash, and your last changes could not be saved. Download a copy to keep them."
      : "This document has been deleted, or put into the trash by its owner.",
    actions: unsaved ? ["download", "dashboard"] : ["dashboard", "download"],
  }),
  4413: () => ({
    tone: "danger",
    text: "This document, or your last change to it, is too large to be saved. Download a copy before you discard the change.",
    actions: ["download", "discard"],
  }),
  4426: ({ unsaved, kept }) => ({
    tone: "warning",
    text: `A newer version of the editor is ready. Reload the page to go on.${lastChanges({ unsaved, kept }, "will be sent then")}`,
    actions: unsaved && !kept ? ["download", "reload"] : ["reload"],
  }),
  1011: () => ({
    tone: "warning",
    text: "The server had a problem with this document. The editor tries again by itself.",
    actions: ["retry", "download"],
  }),
  1012: () => ({ tone: "info", text: "The server is restarting. The editor reconnects by itself.", actions: ["retry"] }),
  1013: () => ({
    tone: "warning",
    text: "The server is very busy. The editor tries again by itself in a moment.",
    actions: ["retry"],
  }),
};

/** The close reason starts with one of these words where the code alone does not say which limit was met. */
const REASONS: Record<string, Message | ((circumstances: Circumstances) => Message)> = {
  "4401 someone_else": ({ unsaved, kept }) => ({
    tone: "warning",
    text: `This browser is logged in as somebody else now, so this page has stopped.${lastChanges({ unsaved, kept }, "will be sent when you log in again yourself")}`,
    actions: unsaved && !kept ? ["download", "reload"] : ["reload"],
  }),
  "4413 frame_too_large": {
    tone: "danger",
    text: "Your last change is too large to be saved in one piece. Download a copy, discard the change, and add it again in smaller parts.",
    actions: ["download", "discard"],
  },
  "4413 room_too_large": {
    tone: "danger",
    text: "This document is full: your last change does not fit any more. Download a copy, discard the change, and go on in a new document.",
    actions: ["download", "discard", "dashboard"],
  },
  "4413 room_too_complex": {
    tone: "danger",
    text: "Your last change is too intricate for this document. Download a copy, discard the change, and add it again in smaller parts.",
    actions: ["download", "discard"],
  },
  "1013 room_full": {
    tone: "warning",
    text: "As many people as can have this document open already. The editor tries again by itself, and lets you in when somebody leaves.",
    actions: ["retry", "dashboard"],
  },
  "1013 too_many_sockets": {
    tone: "warning",
    text: "You have documents open in too many tabs or windows. Close some of them: the editor then connects by itself.",
    actions: ["retry"],
  },
  "1013 too_many_ids": {
    tone: "warning",
    text: "This tab shows itself to the others as too many people at once. Reload the page to start afresh.",
    actions: ["reload", "download"],
  },
  "1013 too_fast": {
    tone: "warning",
    text: "This tab sends more at once than the server takes. The editor waits a moment and goes on by itself.",
    actions: ["retry"],
  },
  "1013 too_slow": {
    tone: "warning",
    text: "Your connection is too slow for all that happens in this document. The editor reconnects by itself.",
    actions: ["retry"],
  },
  "1013 too_much_waiting": {
    tone: "warning",
    text: "The server got some of your changes without those before them. The editor connects again and sends them all.",
    actions: ["retry", "download"],
  },
  "1013 unsaved_backlog": {
    tone: "warning",
    text: "The server cannot save as fast as changes come in. The editor sends yours again by itself in a moment.",
    actions: ["retry", "download"],
  },
  "1011 quarantined": {
    tone: "danger",
    text: "The server could not read this document and leaves it as it is, so that nothing gets lost. Ask the people who run this site to restore it.",
    actions: ["download", "retry"],
  },
};

/** The server sends 4511 to 4513 for the registered codes 1011 to 1013, which it may not send itself. */
export function registered(code: number): number {
  return code >= 4511 && code <= 4513 ? code - 3500 : code;
}

/** What to say when a connection ended with this code, and with a reason such as "room_full: too many people". */
export function closeMessage(code: number, circumstances: Circumstances, reason = ""): Message {
  const name = `${registered(code)} ${reason.split(":", 1)[0]}`;
  const message = REASONS[name] ?? MESSAGES[registered(code)];
  if (message) return typeof message === "function" ? message(circumstances) : message;
  if (code >= 4400 && code < 4500) {
    return { tone: "danger", text: "The server has ended this session.", actions: ["reload", "download"] };
  }
  return {
    tone: "info",
    text: circumstances.kept
      ? "No connection. You can go on: changes are kept on this device and sent when the connection is back."
      : "No connection. Changes are kept only in this tab: leave it open until the connection is back.",
    actions: circumstances.kept ? ["retry"] : ["retry", "download"],
  };
}

/** For someone whose edits did not reach the server while they had the right to make them. */
export function leftoverMessage({ readOnly, comments, downloaded }: { readOnly: boolean; comments: boolean; downloaded: boolean }): Message {
  if (!readOnly) {
    return {
      tone: "warning",
      text: "You may edit this document again. The changes you made before, shown below, are on this device only: add them to the document, or discard them.",
      actions: ["send", "download", "discard"],
    };
  }
  return downloaded
    ? {
        tone: "info",
        text: "Your version has been downloaded. Discard your changes here to see the document as the others see it.",
        actions: ["discard", "download"],
      }
    : {
        tone: "warning",
        text: `${mayOnly(comments)}. The changes you made before, shown below, were not saved: nobody else sees them.`,
        actions: ["download", "discard"],
      };
}

const mayOnly = (comments: boolean): string => `You may only view ${comments ? "and comment on " : ""}this document now`;

/** For someone who was writing when the right to do so was taken away. */
export const demoted = (comments: boolean): Message => ({
  tone: "info",
  text: `${mayOnly(comments)}: its owner has changed what you may do here.`,
  actions: ["dismiss"],
});

export const PROMOTED = "You may edit this document now.";

export const NOT_LOADED = "This part of the editor could not be loaded. Check your connection, then try again; if that does not help, reload the page.";

/** Of a document whose kind this editor has no surface for. */
export const UNKNOWN_KIND: Message = {
  tone: "danger",
  text: "This editor cannot show documents of this kind. Reload the page to get its newest version; if that does not help, tell the people who run this site.",
  actions: ["reload", "dashboard"],
};

export const NOT_DISCARDED = "Your changes could not be removed from this device. Please try again.";

export const DISCARDING = "This device is slow: the page reloads once your changes have been removed from it.";

/** An older editor had kept them on this device, and the document has another form by now. */
export const BROUGHT_OVER = "What you wrote here without a connection has been added to the document.";

export const FORMER: Message = {
  tone: "warning",
  text: "What you wrote here without a connection, in an older editor, cannot be added to the document any more. Download your words to keep them.",
  actions: ["downloadFormer"],
};

/** Asked before edits are discarded that have not been downloaded. */
export const DISCARD = "Discard your changes? They are on this device only, and nobody can bring them back.";

/** The same on the page that says that one has no access at all. */
export const RESCUED: Message = {
  tone: "warning",
  text: "Changes you made to this document were never saved. They are still on this device: download your version to keep it.",
  actions: ["download", "discard"],
};

/** While the device does not let them be read, or what reads them has not come. */
export const NOT_READ: Message = {
  tone: "warning",
  text: "Changes you made to this document were never saved. They are still on this device, but could not be read yet: if they do not appear here in a while, reload the page.",
  actions: ["reload"],
};

export const NOT_DISCARDED_HERE: Message = { tone: "warning", text: NOT_DISCARDED, actions: ["discard", "download"] };

export const RESCUED_AND_DOWNLOADED: Message = {
  tone: "info",
  text: "Your version has been downloaded. You can discard what this device still holds of it.",
  actions: ["discard", "download"],
};

/** Beside a title of which lists show only the beginning. */
export function longTitle(shown: number): string {
  return `Lists show the first ${shown} characters of this title.`;
}

/** For who has pressed Escape in the text, where Tab does not lead on otherwise. */
export const LEAVES = "Press Tab to leave the text.";

/** Said to screen readers of what others do. */
export function came(names: string[]): string {
  return `${listed(names)} ${names.length > 1 ? "are" : "is"} here.`;
}

export function left(names: string[]): string {
  return `${listed(names)} ${names.length > 1 ? "have" : "has"} left.`;
}

export function writes(name: string, section: string): string {
  return section ? `${name} is writing in “${section}”.` : `${name} is writing.`;
}

function listed(names: string[]): string {
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}` : (names[0] ?? "");
}
