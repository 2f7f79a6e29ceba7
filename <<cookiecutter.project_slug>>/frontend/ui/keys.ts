/** Keyboard shortcuts: how those in ProseMirror's notation are shown to people, and whether one of them is pressed. */

/** They open the help sheet, wherever one is on the page. */
export const HELP_KEYS = "Mod-/";

const ARROWS = { ArrowUp: "↑", ArrowDown: "↓" };
const MAC: Record<string, string> = { ...ARROWS, Mod: "⌘", Alt: "⌥", Shift: "⇧", Ctrl: "⌃" };
const OTHER: Record<string, string> = { ...ARROWS, Mod: "Ctrl" };

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

/** Whether an event presses Mod and this one sign. On many keyboards the sign needs Shift, so Shift is not looked at. */
export function isPressed(keys: string, event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey">): boolean {
  const [modifier, sign] = keys.split("-");
  return modifier === "Mod" && (event.ctrlKey || event.metaKey) && event.key === sign;
}
