/** Stands for lib0/logging, with which Yjs writes to the console in colours: they bring a whole library for schemas along. */

export const ORANGE = "";
export const RED = "";
export const BOLD = "";
export const UNBOLD = "";

export function print(...words: unknown[]): void {
  console.log(...words);
}

export function warn(...words: unknown[]): void {
  console.warn(...words);
}
