/**
 * Marks as acts: each time somebody puts a mark on or takes it off, a format of its own is written over that range.
 *
 * Formats of one key cut each other: where one person makes "one two" bold and another "two three", the end of the one
 * would end the other too. So each act has a key of its own, such as `b:x7fQ`, and a value that is ordered: +t for on and
 * -t for off, {t, href} and {t} for links, with t one more than the greatest that its writer had seen. Of the acts over
 * a letter the greatest t decides, then the key. (What is to come out: Peritext, Litt and others, 2022.)
 */

import { Mark, type MarkType, type Schema } from "@tiptap/pm/model";

import { LIMITS, isPlain, isText, own } from "./values";

/** The formats in force at a place of the text, keys of acts among them. Never changed: shared by all letters under them. */
export type Formats = ReadonlyMap<string, unknown>;

export const NO_FORMATS: Formats = new Map();

/** A mark: the letter that its keys begin with, and its name in the schema. */
interface MarkKind {
  letter: string;
  name: string;
  /** What a value holds besides its order. */
  attribute?: string;
}

export const MARKS: readonly MarkKind[] = [
  { letter: "b", name: "bold" },
  { letter: "i", name: "italic" },
  { letter: "u", name: "underline" },
  { letter: "s", name: "strike" },
  { letter: "h", name: "highlight" },
  { letter: "l", name: "link", attribute: "href" },
  { letter: "c", name: "code" },
];

/** It hides all others. */
export const CODE = "c";

const BY_LETTER = new Map(MARKS.map((mark) => [mark.letter, mark]));
const BY_NAME = new Map(MARKS.map((mark) => [mark.name, mark]));

/** What a mark is over a letter: its address for a link, true for others; not there where it is off. */
export type Wanted = Map<string, string | true>;

export function letterOf(key: string): string | null {
  return key[1] === ":" && key.length <= LIMITS.id && BY_LETTER.has(key[0] ?? "") ? (key[0] ?? null) : null;
}

/** The order of an act, 0 if it is none. */
export function orderOf(value: unknown): number {
  const order = isPlain(value) ? own(value, "t") : value;
  return Number.isSafeInteger(order) ? Math.abs(order as number) : 0;
}

/** What an act says: on (an address for a link), or null for off. */
export function saysOf(letter: string, value: unknown): string | true | null {
  if (BY_LETTER.get(letter)?.attribute) return isPlain(value) ? isText(own(value, "href"), LIMITS.address) : null;
  return typeof value === "number" && value > 0 ? true : null;
}

/** The value of an act that puts a mark on. */
export function onOf(order: number, says: string | true): unknown {
  return typeof says === "string" ? { t: order, href: says } : order;
}

/** The value of an act that takes a mark off. */
export function offOf(letter: string, order: number): unknown {
  return BY_LETTER.get(letter)?.attribute ? { t: order } : -order;
}

/** What is on by the acts in force, what code hides included. */
export function wantedBy(formats: Formats): Wanted {
  const greatest = new Map<string, string>();
  for (const [key, value] of formats) {
    const letter = letterOf(key);
    const order = orderOf(value);
    if (!letter || !order) continue;
    const before = greatest.get(letter);
    const least = before === undefined ? 0 : orderOf(formats.get(before));
    if (before === undefined || order > least || (order === least && key > before)) greatest.set(letter, key);
  }
  const wanted: Wanted = new Map();
  for (const [letter, key] of greatest) {
    const says = saysOf(letter, formats.get(key));
    if (says !== null) wanted.set(letter, says);
  }
  return wanted;
}

/** Between formats and the marks of one schema. */
export class Marks {
  private readonly drawn = new WeakMap<Formats, readonly Mark[]>();
  private readonly normal = new WeakMap<readonly Mark[], readonly Mark[]>();
  /** One array for each set of marks, so that equal ones are mostly the same. */
  private readonly sets = new Map<string, readonly Mark[]>();

  constructor(private readonly schema: Schema) {}

  /** What is drawn under these formats. */
  of(formats: Formats): readonly Mark[] {
    if (!formats.size) return Mark.none;
    let marks = this.drawn.get(formats);
    if (!marks) {
      marks = this.make(wantedBy(formats));
      this.drawn.set(formats, marks);
    }
    return marks;
  }

  /** The marks of a tree as they would be drawn: what the text has no words for is left out. */
  normalized(marks: readonly Mark[]): readonly Mark[] {
    if (!marks.length) return Mark.none;
    let normal = this.normal.get(marks);
    if (!normal) {
      normal = this.make(wantedIn(marks));
      this.normal.set(marks, normal);
    }
    return normal;
  }

  private make(wanted: Wanted): readonly Mark[] {
    const name = JSON.stringify(wanted.has(CODE) ? [CODE] : [...wanted].sort());
    let marks = this.sets.get(name);
    if (!marks) {
      marks = Mark.none;
      for (const { letter, name: type, attribute } of MARKS) {
        const says = wanted.has(CODE) && letter !== CODE ? undefined : wanted.get(letter);
        const markType: MarkType | undefined = this.schema.marks[type];
        if (says !== undefined && markType) marks = markType.create(attribute ? { [attribute]: says } : null).addToSet(marks);
      }
      if (this.sets.size > 1_000) this.sets.clear();
      this.sets.set(name, marks);
    }
    return marks;
  }
}

/** What these marks of a tree say. */
export function wantedIn(marks: readonly Mark[]): Wanted {
  const wanted: Wanted = new Map();
  for (const { type, attrs } of marks) {
    const mark = BY_NAME.get(type.name);
    if (!mark) continue;
    const says = mark.attribute ? isText(attrs[mark.attribute], LIMITS.address) : true;
    if (says !== null) wanted.set(mark.letter, says);
  }
  return wanted;
}
