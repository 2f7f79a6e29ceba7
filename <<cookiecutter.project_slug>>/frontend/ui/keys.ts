/** Keyboard shortcuts as people read them. */

const MAC: Record<string, string> = { Mod: "⌘", Alt: "⌥", Shift: "⇧", Ctrl: "⌃" };
const OTHER: Record<string, string> = { Mod: "Ctrl" };

export function isMac(platform = globalThis.navigator?.platform ?? ""): boolean {
  return /^(Mac|iP)/.test(platform);
}

/** The names of the keys of `Mod-Shift-s`, for this kind of keyboard. */
export function keyNames(keys: string, mac = isMac()): string[] {
  const names = mac ? MAC : OTHER;
  return keys.split("-").map((key) => names[key] ?? (key.length === 1 ? key.toUpperCase() : key));
}

export function keyText(keys: string, mac = isMac()): string {
  return keyNames(keys, mac).join(mac ? "" : "+");
}
