/** When to try again after a lost connection. */

const FIRST = 1_000;
const OVERLOADED = 4_000;
const LONGEST = 10_000;
const LONGEST_OVERLOADED = 30_000;

/** Codes 4400 to 4499 say that the same attempt can't succeed later. */
export function isFinal(code: number): boolean {
  return code >= 4400 && code < 4500;
}

/**
 * Milliseconds until the next attempt.
 *
 * It doubles with each failure, and most of it is random: a restarted server must not meet all its clients in one instant.
 */
export function retryDelay(attempt: number, code: number, random: () => number = Math.random): number {
  const doubled = FIRST * 2 ** Math.min(attempt, 10);
  const overloaded = code === 4513 || code === 1013;
  const ceiling = overloaded ? Math.min(LONGEST_OVERLOADED, Math.max(OVERLOADED, doubled)) : Math.min(LONGEST, doubled);
  return Math.round(ceiling * (0.2 + 0.8 * random()));
}
