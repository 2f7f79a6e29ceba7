/** Stands for lib0/environment, which looks for settings of a program in a page's address and in what is stored. */

export const isBrowser = true;

/** No such setting is given. */
export function getVariable(_name: string): null {
  return null;
}
