/** Sentences of who wrote what. */

export const TITLE = "Authors";
export const SHOW = "Show authors";
export const HIDE = "Hide authors";
export const PEOPLE = "Who wrote what is here";
export const LOADING = "Looking up who wrote what…";
export const NOTHING = "Nothing is written here yet.";
export const NOWHERE = "Put the cursor into the text to see who wrote there.";
export const UNKNOWN = "Nobody knows who wrote this: it is older than the record of that.";

export const wroteIt = (name: string, when: string): string => `${name}, ${when}`;

/** Of words that somebody has sent as another's, whose own browser has not confirmed them. */
export function saidToBe(name: string, by: string, when: string): string {
  return `${by} sent this as words of ${name}, who has not confirmed it (${when})`;
}

/** Of words that were gone, and that somebody has brought back. */
export const broughtBack = (name: string, by: string, when: string): string => `${name}, brought back by ${by}, ${when}`;

export const atCaret = (said: string): string => `At the cursor: ${said}`;

export const JUST_NOW = "just now";

/** The part of all letters that somebody wrote. */
export function share(letters: number, all: number): string {
  const percent = Math.round((100 * letters) / all);
  return percent < 1 ? "less than 1 %" : `${percent} %`;
}

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function moment(milliseconds: number, now: number): string {
  const then = new Date(milliseconds);
  return then.toDateString() === new Date(now).toDateString() ? `today, ${TIME.format(then)}` : DAY.format(then);
}
