/** Stands for lib0/dom, of which y-codemirror uses just this: the rest brings a whole library for schemas along. */

export const doc = document;
