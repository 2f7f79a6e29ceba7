/** Times as the reader's clock has them. Without this script pages show the server's, with its time zone. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How a moment is told, by how long ago it is: what is recent to the minute, what is old to the day. */
export function told(moment: Date, now: Date, locale: string, timeZone?: string): string {
  const age = now.getTime() - moment.getTime();
  if (age > -MINUTE && age < MINUTE) return "just now";
  if (age > 0 && age < HOUR) {
    const minutes = Math.floor(age / MINUTE);
    return minutes === 1 ? "a minute ago" : `${minutes} minutes ago`;
  }
  const day = (date: Date): string => date.toLocaleDateString("en-CA", { timeZone });
  const time = moment.toLocaleTimeString("en", { timeStyle: "short", timeZone, hourCycle: hourCycle(locale) });
  if (day(moment) === day(now)) return `today at ${time}`;
  const yesterday = new Date(now);
  yesterday.setTime(now.getTime() - 24 * HOUR);
  if (day(moment) === day(yesterday)) return `yesterday at ${time}`;
  const sameYear = day(moment).slice(0, 4) === day(now).slice(0, 4);
  return moment.toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
    timeZone,
  });
}

/** Tells all moments on the page anew. */
export function tellMoments(now = new Date()): void {
  for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-moment]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    element.textContent = told(moment, now, navigator.language);
    element.title = moment.toLocaleString("en-GB", {
      dateStyle: "full",
      timeStyle: "short",
      hourCycle: hourCycle(navigator.language),
    });
  }
}

/** The words are English as the pages are; whether a day has twelve hours or twenty-four is the reader's custom. */
function hourCycle(locale: string): "h12" | "h23" {
  return new Intl.DateTimeFormat(known(locale), { hour: "numeric" }).resolvedOptions().hour12 ? "h12" : "h23";
}

/** A locale, or the default. Where the system has no language, Chromium names "en-US@posix", which its own functions refuse. */
function known(locale: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(locale)[0];
  } catch {
    return undefined;
  }
}
