/** What keys do, for the help sheet. */

export interface ShortcutGroup {
  title: string;
  items: { label: string; keys: string }[];
}

/** Those of features, behind those of the surface. */
export const added: ShortcutGroup[] = [];

export function addKeys(group: ShortcutGroup): void {
  added.push(group);
}
