/** Words that stay, by which it is found which of some lines have become which. */

const MOST_COMPARED = 100_000;

export interface Word {
  text: string;
  at: number;
}

/** Words of some letters: shorter ones are the same too often. */
export function wordsIn(text: string): Word[] {
  return [...text.matchAll(/[\p{L}\p{N}]{3,}/gu)].map(({ 0: word, index }) => ({ text: word, at: index }));
}

/** The longest row of the same words in both, by their letters; nothing where that would take too long. */
export function sameRow<W extends { text: string }>(words: readonly W[], others: readonly W[]): [W, W][] {
  const [rows, columns] = [words.length, others.length];
  if (!rows || !columns || rows * columns > MOST_COMPARED) return [];
  const width = columns + 1;
  const best = new Uint32Array((rows + 1) * width);
  const isSame = (row: number, column: number): boolean => words[row]?.text === others[column]?.text;
  const bestAt = (row: number, column: number): number => best[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      const length = isSame(row, column) ? (words[row]?.text.length ?? 0) + bestAt(row + 1, column + 1) : 0;
      best[row * width + column] = Math.max(length, bestAt(row + 1, column), bestAt(row, column + 1));
    }
  }
  const same: [W, W][] = [];
  for (let [row, column] = [0, 0]; row < rows && column < columns; ) {
    const [word, other] = [words[row], others[column]];
    if (word && other && isSame(row, column) && bestAt(row, column) === word.text.length + bestAt(row + 1, column + 1)) {
      same.push([word, other]);
      row++;
      column++;
    } else if (bestAt(row + 1, column) >= bestAt(row, column + 1)) row++;
    else column++;
  }
  return same;
}

/** Some lines of before, and those that they have become. */
export interface Group {
  from: number;
  to: number;
  newFrom: number;
  newTo: number;
}

/** Lines in as small groups as can be, so that no word that stays goes from one to the next. */
export function groupsOf(before: readonly { text: string }[], after: readonly { text: string }[]): Group[] {
  const wordsOf = (lines: readonly { text: string }[]) => lines.flatMap(({ text }, line) => wordsIn(text).map((word) => ({ ...word, line })));
  const groups: Group[] = [];
  let [from, newFrom] = [0, 0];
  const cut = (to: number, newTo: number): void => {
    if (to > from || newTo > newFrom) groups.push({ from, to, newFrom, newTo });
    [from, newFrom] = [to, newTo];
  };
  let last: { line: number; made: number } | null = null;
  for (const [{ line }, { line: made }] of sameRow(wordsOf(before), wordsOf(after))) {
    if (last && line > last.line && made > last.made) {
      cut(last.line + 1, last.made + 1);
      cut(line, made);
    }
    last = { line, made };
  }
  cut(before.length, after.length);
  return groups;
}
