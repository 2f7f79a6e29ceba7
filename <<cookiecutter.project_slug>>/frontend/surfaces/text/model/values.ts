/** What comes out of a document is nobody's in particular: these look at it without trusting it. */

/** What is drawn at most. Larger values stay in the text as they are. */
export const LIMITS = {
  indent: 8,
  quote: 4,
  containers: 100,
  start: 1_000_000_000,
  /** Letters of an address, a language, an id. */
  address: 8_000,
  words: 4_000,
  language: 40,
  id: 40,
  rank: 200,
  size: 10_000,
  tables: 500,
  columns: 200,
  cells: 20_000,
  /** Formats in force at one place: see formats.ts. */
  formats: 128,
};

export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

export function own(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
}

/** A whole number from 0 to `most`, larger ones clamped; or null. */
export function isNumber(value: unknown, most: number): number | null {
  return Number.isInteger(value) && (value as number) >= 0 ? Math.min(value as number, most) : null;
}

export function isText(value: unknown, longest: number): string | null {
  return typeof value === "string" && value.length <= longest ? value : null;
}

/** Ids are parts of keys with slashes between them. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= LIMITS.id && !value.includes("/");
}

/** Half a letter would be one thing in one copy of a text and another in the next. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** An id that nobody else makes. */
export function freshId(random: () => number, length = 8): string {
  let id = "";
  for (let each = 0; each < length; each++) id += LETTERS[Math.floor(random() * LETTERS.length)];
  return id;
}
