/** Where in the document's title the letters are that stand in a field, which others may be ahead of. */

/** `text` has come in the place of what stood from `from` to `to`. */
export interface Change {
  from: number;
  to: number;
  text: string;
}

/** What others did to a text, as Yjs tells it. */
export type Delta = readonly { retain?: number; insert?: unknown; delete?: number }[];

/**
 * What makes one text of another, as little as can be; of letters that are alike, those at the caret.
 *
 * But where what was selected has been replaced, all of that has: letters that happen to be in both are not what somebody
 * else may keep or delete of it. And only whole characters: who put something between two halves would make others of them.
 */
export function changeOf(before: string, after: string, caret: number, selected: [number, number] = [0, 0]): Change {
  const [start, end] = selected;
  const instead = after.slice(start, after.length - (before.length - end));
  if (start < end && before.slice(0, start) + instead + before.slice(end) === after) return { from: start, to: end, text: instead };
  const most = Math.min(before.length, after.length);
  let [from, kept] = [0, 0];
  while (from < most && before[from] === after[from]) from += 1;
  while (kept < most && before.at(-1 - kept) === after.at(-1 - kept)) kept += 1;
  if (from + kept > most) {
    from = Math.min(Math.max(caret - Math.max(0, after.length - before.length), most - kept), from);
    kept = most - from;
  }
  if (splits(before, from) || splits(after, from)) from -= 1;
  if (splits(before, before.length - kept) || splits(after, after.length - kept)) kept -= 1;
  return { from, to: before.length - kept, text: after.slice(from, after.length - kept) };
}

/** Whether a place lies between the two halves of a character. */
function splits(text: string, place: number): boolean {
  return /[\uD800-\uDBFF]/.test(text.charAt(place - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(place));
}

/** The place in the document of each letter in the field; -1 for one that is no longer there. */
export class Places {
  private places: number[];

  /** The field shows the document as it is. */
  constructor(length: number) {
    this.places = Array.from({ length }, (_, index) => index);
  }

  /** The field shows what the document has been. */
  static between(before: string, after: string): Places {
    const places = new Places(before.length);
    const { from, to, text } = changeOf(before, after, after.length);
    places.follow([{ retain: from }, { insert: text }, { delete: to - from }]);
    return places;
  }

  /** The document has changed. */
  follow(delta: Delta): void {
    this.places = this.places.map((place) => moved(place, delta));
  }

  /** The field has changed, and the document with it: what is new in the field stands at `place` there. */
  take({ from, to, text }: Change, place: number): void {
    this.places.splice(from, to - from, ...Array.from({ length: text.length }, (_, index) => place + index));
  }

  /** Where in the document is what stands in the field from here to there: in parts, if others wrote within it. */
  partsOf(from: number, to: number): { at: number; length: number }[] {
    const parts: { at: number; length: number }[] = [];
    for (const place of this.places.slice(from, to)) {
      const last = parts.at(-1);
      if (last && last.at + last.length === place) last.length += 1;
      else if (place >= 0) parts.push({ at: place, length: 1 });
    }
    return parts;
  }

  /** Where in the document it is behind the letter that a place in the field is behind. */
  behind(place: number): number {
    return Math.max(-1, ...this.places.slice(0, place)) + 1;
  }

  /** Where in the document it is before the letter that a place in the field is before; undefined at the end. */
  before(place: number): number | undefined {
    return this.places.slice(place).find((at) => at >= 0);
  }
}

function moved(place: number, delta: Delta): number {
  let [end, shift] = [0, 0]; // of what was looked at, in the old text
  for (const { retain = 0, insert, delete: gone = 0 } of delta) {
    if (insert !== undefined) shift += typeof insert === "string" ? insert.length : 1;
    end += retain;
    if (place < end) break;
    end += gone;
    if (place < end) return -1;
    shift -= gone;
  }
  return place < 0 ? place : place + shift;
}
