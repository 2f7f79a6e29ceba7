/** What is needed to write in a text, and not to read it: it is fetched apart, so that a text is shown sooner. */

export { Composed } from "./composing";
export { putInOrder } from "./misplaced";
export { OwnWriting, changedLetters } from "./own";
export { tidy } from "./tidy";
export { freeWords, wordsBesideThings } from "./words";
