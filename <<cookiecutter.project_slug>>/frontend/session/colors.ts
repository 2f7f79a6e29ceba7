/** Who has which colour: far from those of all others who are here, and the same on every screen. */

/** Somebody present. */
export interface Present {
  id: string;
  /** The person's own colour, which is only another's if too many are here. */
  color: string;
  /** When they came, in milliseconds by the server's clock. */
  since: number;
}

/** OKLab distance below which two colours are taken for each other: half of what lies between two of the palette. */
const CLOSE = 0.07;

type Lab = readonly [number, number, number];

export class Colors {
  private given = new Map<string, string>();

  constructor(private readonly palette: readonly string[]) {}

  /** The colour by which somebody present is shown; who was not among them has their own. */
  of(id: string, own: string): string {
    return this.given.get(id) ?? own;
  }

  /**
   * Gives each their own colour or, where somebody who came before has one like it, the free one that is farthest from all
   * others. It goes by who is present alone: all screens agree, and who comes changes nobody's colour but their own.
   */
  assign(present: Iterable<Present>): void {
    this.given = new Map();
    for (const { id, color } of [...present].sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))) {
      const taken = [...this.given.values()];
      this.given.set(id, nearest(color, taken) >= CLOSE ? color : this.farthest(taken, color));
    }
  }

  private farthest(taken: string[], own: string): string {
    // With everything taken each colour has its double: it is then one's own.
    if (this.palette.every((color) => nearest(color, taken) < CLOSE)) return own;
    return this.palette.reduce((best, color) => (nearest(color, taken) > nearest(best, taken) ? color : best), own);
  }
}

function nearest(color: string, others: string[]): number {
  return Math.min(...others.map((other) => distance(color, other)));
}

/** How different two colours look, from 0 to about 1. */
export function distance(one: string, two: string): number {
  const [a, b] = [lab(one), lab(two)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** A colour such as #1b6b2f in OKLab, where distances are what eyes see: https://bottosson.github.io/posts/oklab/ */
function lab(color: string): Lab {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((start) => {
    const part = (Number.parseInt(color.slice(start, start + 2), 16) || 0) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
