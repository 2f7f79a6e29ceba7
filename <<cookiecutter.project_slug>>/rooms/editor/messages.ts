/** Sentences of who wrote what. */

export const TITLE = "Authors";
export const SHOW = "Show authors";
export const HIDE = "Hide authors";
export const PEOPLE = "Who wrote what is here";
export const LOADING = "Looking up who wrote what…";
export const NOTHING = "Nothing is written here yet.";
export const NOWHERE = "Put the cursor into the text to see who wrote there.";
export const UNKNOWN = "Nobody knows who wrote this: it is older than the record of that.";

/** Of words that somebody else has sent under a person's name, which that person's own browser has not confirmed. */
export const UNCONFIRMED = "not confirmed";

/** Who, and when as far as that is known. */
export function wroteIt(name: string, when: string | null): string {
  return when === null ? name : `${name}, ${when}`;
}

export function saidToBe(name: string, by: string, when: string | null): string {
  return `${wroteIt(by, when)}, who brought it as words of ${name}: ${UNCONFIRMED}`;
}

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
