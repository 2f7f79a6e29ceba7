/** The layers that are drawn over a document, of any kind: when each is to be drawn anew. */

import type { Drawn, Marked, Painter } from "./surface";

interface Layer {
  marks: readonly Marked[] | Painter | null;
  drawn: Drawn | undefined;
}

export interface LayersOptions<Drawing> {
  /** Whether what is drawn and what is written are in step now; else it is tried again a moment later. */
  canDraw: () => boolean;
  draw: (layer: string, marks: readonly Marked[] | Painter) => { drawn: Drawing; shown: ReadonlySet<string> };
  show: (drawings: Map<string, Drawing | []>) => void;
}

/** Milliseconds after a change of the text: until then marks move along, and new words have none yet. */
const PAUSE = 100;

/** Of the time, that drawing may take at most: a long text that is painted letter by letter is drawn less often. */
const SHARE = 5;

export class LayerList<Drawing> {
  private readonly layers = new Map<string, Layer>();
  private timer: number | undefined;
  private pause = PAUSE;

  constructor(private readonly options: LayersOptions<Drawing>) {}

  set(name: string, marks: Layer["marks"], drawn?: Drawn): void {
    if (marks === null && !this.layers.has(name)) return;
    this.layers.set(name, { marks, drawn });
    this.draw();
  }

  /** The text has changed. */
  refresh(): void {
    if (this.layers.size) this.timer ??= window.setTimeout(() => this.draw(), this.pause);
  }

  destroy(): void {
    window.clearTimeout(this.timer);
    this.layers.clear();
  }

  private draw(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.options.canDraw()) {
      this.refresh();
      return;
    }
    const began = performance.now();
    const drawings = new Map<string, Drawing | []>();
    const told: (() => void)[] = [];
    for (const [name, { marks, drawn }] of this.layers) {
      if (marks === null) {
        drawings.set(name, []);
        this.layers.delete(name);
        continue;
      }
      const { drawn: drawing, shown } = this.options.draw(name, marks);
      drawings.set(name, drawing);
      told.push(() => drawn?.(shown));
    }
    this.options.show(drawings);
    this.pause = Math.max(PAUSE, SHARE * (performance.now() - began));
    for (const tell of told) tell();
  }
}

/**
 * Where words begin that an undo, or a restored version, has brought back: its letters are others than those that went, and
 * stand where those were, from `from` to `to`. The same words elsewhere are others, however near. Null: they are not back.
 */
export function broughtBack(letters: string, words: string, from: number, to: number): number | null {
  const at = letters.indexOf(words, Math.max(0, from - words.length));
  return at < 0 || at > to ? null : at;
}
