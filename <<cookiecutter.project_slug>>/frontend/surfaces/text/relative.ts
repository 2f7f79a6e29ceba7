/**
 * Anchors as they travel and are kept: as Yjs's relative positions, which any other client of Yjs can place too. What comes
 * back is looked at, for others may have written anything.
 */

import * as Y from "yjs";

import type { Anchor } from "./binding/anchors";
import { TABLES, TEXT } from "./model/drawn";
import { isPlain } from "./model/values";

/** A Y.RelativePosition in JSON. */
export interface Relative {
  /** The marker of the line at whose beginning it is. */
  type?: Y.ID;
  tname?: string;
  item?: Y.ID;
  assoc: 0 | -1;
}

export function relativeOf(anchor: Anchor): Relative {
  if ("cell" in anchor) return { tname: [TABLES, anchor.cell.t, anchor.cell.r, anchor.cell.c].join("/"), assoc: 0 };
  if ("letter" in anchor) return { item: anchor.letter, assoc: anchor.isBefore ? 0 : -1 };
  const { marker, next } = anchor;
  if (marker) return { type: marker, item: next ?? marker, assoc: 0 };
  return { tname: TEXT, ...(next && { item: next }), assoc: 0 };
}

/** The anchor in a JSON value, or null if there is none in it. */
export function anchorFrom(value: unknown): Anchor | null {
  if (!isPlain(value)) return null;
  const { type, tname, item, assoc } = value;
  const next = isId(item) ? item : null;
  if (isId(type)) return { marker: type, next: Y.compareIDs(next, type) ? null : next };
  if (tname === TEXT) return { marker: null, next };
  if (next) return { letter: next, isBefore: assoc !== -1 };
  const [root, t, r, c, ...rest] = typeof tname === "string" ? tname.split("/") : [];
  return root === TABLES && t && r && c && !rest.length ? { cell: { t, r, c } } : null;
}

function isId(value: unknown): value is Y.ID {
  return isPlain(value) && isNumber(value["client"]) && isNumber(value["clock"]);
}

function isNumber(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
