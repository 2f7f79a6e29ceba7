/** Keyboard shortcuts: how those in ProseMirror's notation are shown to people, and whether one of them is pressed. */

/** They open the help sheet, wherever one is on the page. Where "/" needs Shift, they are the numbered list's in a text. */
export const HELP_KEYS = "Mod-/ F1";

const ARROWS = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→" };
const MAC: Record<string, string> = { ...ARROWS, Mod: "⌘", Alt: "⌥", Shift: "⇧", Ctrl: "⌃" };
const OTHER: Record<string, string> = { ...ARROWS, Mod: "Ctrl" };

export function isMac(platform = globalThis.navigator?.platform ?? ""): boolean {
  return /^(Mac|iP)/.test(platform);
}

/** Each of the ways to press what `Mod-Alt-2 Mod-Shift-2` says: what one keyboard lacks another has. */
export function waysOf(keys: string): string[] {
  return keys.split(" ");
}

/** The names of the keys of `Mod-Shift-s`, for this kind of keyboard. */
export function keyNames(keys: string, mac = isMac()): string[] {
  const names = mac ? MAC : OTHER;
  return keys.split("-").map((key) => names[key] ?? (key.length === 1 ? key.toUpperCase() : key));
}

/** The first way, in one word. */
export function keyText(keys: string, mac = isMac()): string {
  return keyNames(waysOf(keys)[0] ?? "", mac).join(mac ? "" : "+");
}

/** Whether an event presses Mod and one sign, or one key. On many keyboards a sign needs Shift, so Shift is not looked at. */
export function isPressed(keys: string, { key, ctrlKey, metaKey }: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey">): boolean {
  return waysOf(keys).some((way) => {
    const [modifier, sign] = way.split("-");
    return sign === undefined ? key === modifier : modifier === "Mod" && (ctrlKey || metaKey) && key === sign;
  });
}
