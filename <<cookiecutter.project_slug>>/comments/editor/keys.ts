/** The key that writes a comment. */

export const KEYS = "Mod-Alt-m";

/** Where a key types another sign together with Ctrl and Alt, that sign is meant. */
export function isCommentKey(event: KeyboardEvent): boolean {
  const isModified = (event.ctrlKey || event.metaKey) && event.altKey && !event.shiftKey && !event.getModifierState("AltGraph");
  const isLetter = event.key.toLowerCase() === "m";
  // With the Option key a Mac names the sign that it would write.
  return isModified && (isLetter || (event.code === "KeyM" && !/^[a-z]$/i.test(event.key)));
}
