/** Ranks order what several people put between the same two neighbours: strings, compared letter by letter. */

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LONGEST = 150;

/**
 * A rank between two others; null is an open end. Two people who ask at once get different ones: it ends at random.
 *
 * Where nothing fits, because they are out of order or as long as can be, it comes right behind the lower one.
 */
export function rankBetween(low: string | null, high: string | null, random: () => number): string {
  const below = low ?? "";
  const digit = (letter: string | undefined): number => (letter === undefined ? -1 : DIGITS.indexOf(letter));
  let rank = "";
  let above = high;
  for (let place = 0; place < LONGEST; place++) {
    const from = Math.max(digit(below[place]), 0);
    const to = above === null ? DIGITS.length : digit(above[place]);
    if (above !== null && to < from) break;
    if (to - from > 1) return rank + DIGITS[from + 1 + Math.floor(random() * (to - from - 1))] + tail(random);
    rank += DIGITS[from];
    if (above !== null && to > from) above = null;
  }
  return below.slice(0, LONGEST) + DIGITS[DIGITS.length / 2] + tail(random);
}

// Never a zero at the end: nothing would fit below it.
function tail(random: () => number): string {
  const digit = (): string => DIGITS[1 + Math.floor(random() * (DIGITS.length - 1))] ?? "z";
  return digit() + digit();
}
