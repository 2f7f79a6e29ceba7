/** Puts text on the clipboard, on sites without https too, where browsers offer no other way than the old one. */

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyAsSelected(text);
  }
}

/** What a "copy" of the page's own selection would take is replaced on the way. */
function copyAsSelected(text: string): boolean {
  const focused = document.activeElement;
  const holder = document.createElement("textarea");
  holder.value = text;
  holder.className = "visually-hidden";
  holder.setAttribute("aria-hidden", "true");
  document.body.append(holder);
  holder.select();
  let isCopied = false;
  try {
    isCopied = document.execCommand("copy");
  } catch {
    // Then it is not.
  }
  holder.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return isCopied;
}
