/**
 * Lines that came out in another order than they were put.
 *
 * Each line that comes says behind which other it stands, if it has to. Where several come at once among such as were moved
 * before, between things, or over the ends of lines, that cannot be known of each before all are written. What is drawn then
 * shows which of them stand elsewhere: these are placed by those that stand where they were put.
 */

import type * as Y from "yjs";

import { nameOf } from "../model/draw";
import { mapOf } from "./edits";
import { type Ranked, type Standing, asKey, placeBetween, standingOf } from "./places";
import type { LineEntry, View } from "./view";

/** How the lines of a container are to stand. */
export interface Order {
  /** The cell; "" for the document. */
  container: string;
  /** By their markers; null for what has none. */
  lines: readonly (Y.Map<unknown> | null)[];
  /** Those that stand before and behind them. */
  previous: Y.Map<unknown> | null;
  next: Y.Map<unknown> | null;
}

interface Found {
  map: Y.Map<unknown>;
  standing: Standing;
  /** The how manieth it is drawn in its container. */
  at: number;
}

/** Writes where those are to stand that stand elsewhere. False: there are none. */
export function putInOrder({ container, lines, previous, next }: Order, view: View, ranked: Ranked): boolean {
  const drawn = linesIn(container, view);
  const find = (map: Y.Map<unknown> | null): Found[] => {
    const found = map && drawn.get(map);
    return map && found ? [{ map, standing: standingOf(found.entry, map), at: found.at }] : [];
  };
  const [before, behind] = [find(previous), find(next)];
  // What was not changed stays where it is.
  const [least, most] = [before[0]?.at ?? -1, behind[0]?.at ?? drawn.size];
  const all = lines.flatMap(find);
  const inPlace = rising(all.filter(({ at }) => at > least && at < most));
  if (inPlace.size === all.length) return false;
  const row = [...before, ...all, ...behind];
  for (const [index, { map, standing }] of row.entries()) {
    if (!all.includes(row[index] as Found) || inPlace.has(row[index] as Found)) continue;
    const following = row.slice(index + 1).find((each) => behind.includes(each) || inPlace.has(each));
    const place = placeBetween(row[index - 1]?.standing ?? null, following?.standing ?? null, map, ranked);
    standing.behind = place;
    map.set("place", asKey(place.after, place.rank));
  }
  return true;
}

function linesIn(container: string, view: View): Map<Y.Map<unknown>, { entry: LineEntry; at: number }> {
  const lines = new Map<Y.Map<unknown>, { entry: LineEntry; at: number }>();
  for (const entry of view.all()) {
    const map = mapOf(entry);
    if (map && (entry.keys.cell ? nameOf(entry.keys.cell) : "") === container) lines.set(map, { entry, at: lines.size });
  }
  return lines;
}

/** The longest row of them that are drawn one behind the other. */
function rising(all: readonly Found[]): Set<Found> {
  /** By length: the row of that length that ends first. */
  const ends: Found[] = [];
  const before = new Map<Found, Found | undefined>();
  for (const each of all) {
    let length = ends.findIndex(({ at }) => at >= each.at);
    if (length < 0) length = ends.length;
    before.set(each, ends[length - 1]);
    ends[length] = each;
  }
  const row = new Set<Found>();
  for (let last = ends.at(-1); last; last = before.get(last)) row.add(last);
  return row;
}
