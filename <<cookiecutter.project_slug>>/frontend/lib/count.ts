/** How much is written, in any script: where no spaces stand between words, the browser knows where they end. */

export interface Count {
  words: number;
  /** As people see them: a letter with its accents, an emoji of several parts. */
  characters: number;
}

export function countIn(text: string, language: string): Count {
  const count = { words: 0, characters: 0 };
  for (const { isWordLike } of segments(text, language, "word")) if (isWordLike) count.words += 1;
  for (const { segment } of segments(text, language, "grapheme")) if (segment !== "\n") count.characters += 1;
  return count;
}

function segments(text: string, language: string, granularity: "word" | "grapheme"): Intl.Segments {
  return new Intl.Segmenter(language || undefined, { granularity }).segment(text);
}
