/** The words that comments are about, drawn in the text. */

import type { Marked, Stretch, Surface } from "../../frontend/surfaces/surface";

/** The layer of the text that is theirs. */
export const LAYER = "comments";

/** By which an element in the text says which thread its words belong to. */
export const ATTRIBUTE = "data-comment-thread";

export class WordMarks {
  /** Those whose words are in the text. */
  placed: ReadonlySet<string> = new Set();

  private drawn = "";

  constructor(
    private readonly surface: Surface,
    /** Words have moved, or are others: whether some have come, or are gone. */
    private readonly moved: (isOther: boolean) => void,
  ) {}

  show(ids: readonly string[], active: string | null, stretchOf: (id: string) => Stretch | null): void {
    const marks = ids.flatMap((id): Marked[] => {
      const stretch = stretchOf(id);
      const className = `comment-words${id === active ? " is-active" : ""}`;
      return stretch ? [{ id, stretch, look: { className, attributes: { [ATTRIBUTE]: id } } }] : [];
    });
    // Of the same threads, too: another browser may have told where their words are now.
    const key = JSON.stringify(marks);
    if (key === this.drawn) return;
    this.drawn = key;
    this.surface.mark(LAYER, marks, (shown) => {
      const isSame = shown.size === this.placed.size && [...shown].every((id) => this.placed.has(id));
      this.placed = shown;
      this.moved(!isSame);
    });
  }
}
