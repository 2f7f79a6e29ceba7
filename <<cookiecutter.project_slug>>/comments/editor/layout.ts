/** Where cards stand beside the words that they are about. */

export interface Wanted {
  id: string;
  /** Pixels: where its words are, and how high the card is. */
  top: number;
  height: number;
}

/** Pixels between two cards. */
export const GAP = 8;

/**
 * Where the top of each card is: beside its words, or below the card before, so that none covers another. `cards` are in the
 * order of the text. The one that is active is beside its words, and those before it make way upwards as far as there is room.
 */
export function stack(cards: readonly Wanted[], active: string | null, gap = GAP): Map<string, number> {
  const at = Math.max(0, cards.findIndex(({ id }) => id === active));
  const tops = downwards(cards.slice(0, at), 0, gap);
  const needed = cards.slice(0, at).reduce((sum, { height }) => sum + height + gap, 0);
  const focus = cards[at];
  const focusTop = Math.max(focus?.top ?? 0, needed);
  let limit = focusTop;
  for (let index = at - 1; index >= 0; index--) {
    tops[index] = Math.min(tops[index] as number, limit - gap - (cards[index] as Wanted).height);
    limit = tops[index] as number;
  }
  tops.push(...downwards(cards.slice(at), focusTop, gap));
  return new Map(cards.map(({ id }, index) => [id, tops[index] as number]));
}

function downwards(cards: readonly Wanted[], from: number, gap: number): number[] {
  let least = from;
  return cards.map(({ top, height }) => {
    const placed = Math.max(top, least);
    least = placed + height + gap;
    return placed;
  });
}
