/** A sentence, and what one can do, for every way in which a connection ends. */

export type Action = "login" | "dashboard" | "reload" | "retry" | "download" | "discard";

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
  discard: "Discard my unsaved changes",
};

export interface Circumstances {
  /** There are edits that the server has not confirmed. */
  unsaved: boolean;
  /** This browser keeps the text on the device. */
  kept: boolean;
}

const MESSAGES: Record<number, (circumstances: Circumstances) => Message> = {
  4401: ({ unsaved, kept }) => ({
    tone: "warning",
    text: `You are logged out.${unsaved && kept ? " Your last changes are kept on this device and will be sent when you log in again." : ""}`,
    actions: unsaved && !kept ? ["login", "download"] : ["login"],
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
      ? "This document has been deleted, and your last changes could not be saved. Download a copy to keep them."
      : "This document has been deleted.",
    actions: ["dashboard", "download"],
  }),
  4413: () => ({
    tone: "danger",
    text: "This document, or your last change to it, is too large to be saved. Download a copy before you discard the change.",
    actions: ["download", "discard"],
  }),
  4426: ({ unsaved, kept }) => ({
    tone: "warning",
    text: `A newer version of the editor is ready. Reload the page to go on.${unsaved && kept ? " Your last changes are kept." : ""}`,
    actions: unsaved && !kept ? ["reload", "download"] : ["reload"],
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

/** The server sends 4511 to 4513 for the registered codes 1011 to 1013, which it may not send itself. */
export function registered(code: number): number {
  return code >= 4511 && code <= 4513 ? code - 3500 : code;
}

/** What to say when a connection ended with this code. */
export function closeMessage(code: number, circumstances: Circumstances): Message {
  const known = MESSAGES[registered(code)];
  if (known) return known(circumstances);
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

/** For someone whose role became viewer while edits were still on the way. */
export const LEFTOVER: Message = {
  tone: "warning",
  text: "You may only view this document now. Some of your changes reached this device only and were not saved.",
  actions: ["download", "discard"],
};
