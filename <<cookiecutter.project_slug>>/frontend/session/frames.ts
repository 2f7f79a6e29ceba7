/** The frames of the wire protocol that the editor looks into itself. */

import type { Person } from "./person";

/** Types of y-websocket's messages. */
export const MESSAGE_SYNC = 0;
export const MESSAGE_AWARENESS = 1;
/** Type of the server's control frames: JSON, only from the server to the browser. */
export const MESSAGE_CONTROL = 100;

export type ControlFrame =
  | { type: "welcome" | "role"; role: string; read_only: boolean; user: Person | null }
  | { type: "saved"; count: number }
  /** Something was lost on the way while this page was connected: of the document, or of what else has changed. */
  | { type: "resync" }
  | { type: "pieces"; size: number; credit: number }
  | { type: "notice"; code: string; text: string }
  /** Something has changed beside the document: of which feature, and what more that says. */
  | { type: "news"; of: string; [more: string]: unknown };

/** The control frame in this text, or null for one that this editor does not know. */
export function parseControlFrame(text: string): ControlFrame | null {
  let frame: Record<string, unknown>;
  try {
    frame = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (typeof frame !== "object" || frame === null) return null;
  switch (frame["type"]) {
    case "welcome":
    case "role":
      return typeof frame["read_only"] === "boolean" ? (frame as unknown as ControlFrame) : null;
    case "saved":
      return typeof frame["count"] === "number" ? (frame as unknown as ControlFrame) : null;
    case "pieces":
      return isCount(frame["size"]) && frame["size"] > 0 && isCount(frame["credit"]) ? (frame as unknown as ControlFrame) : null;
    case "notice":
      return typeof frame["text"] === "string" ? (frame as unknown as ControlFrame) : null;
    case "news":
      return typeof frame["of"] === "string" ? (frame as unknown as ControlFrame) : null;
    case "resync":
      return { type: "resync" };
    default:
      return null;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** What the server counts and acknowledges: sync step 2 and updates. Both type numbers are below 128, so one byte each. */
export function isDocumentMessage(data: Uint8Array): boolean {
  return data[0] === 0 && (data[1] === 1 || data[1] === 2);
}

/** A sync step 2 that holds nothing: the answer of someone who may only read. */
export const EMPTY_STEP_2 = new Uint8Array([MESSAGE_SYNC, 1, 2, 0, 0]);
