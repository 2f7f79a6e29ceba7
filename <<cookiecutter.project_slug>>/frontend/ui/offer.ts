/** A sentence that passes by itself, with something that one can do about it. */

import { keyText } from "./keys";

/** As `say` shows sentences, but long enough to reach the button with keys. */
const SHOWN = 20_000;

/** The key that leads to it: see the command "toToolbar". */
const KEY = "Alt-F10";

/** Returns what takes it away. */
export function offer(sentence: string, label: string, act: () => void, back: () => void): () => void {
  const toast = document.createElement("div");
  toast.className = "toast offer";
  toast.dataset["testid"] = "offer";
  const text = document.createElement("span");
  text.textContent = sentence;
  const button = document.createElement("button");
  button.type = "button";
  button.tabIndex = 0; // by which "toToolbar" finds it
  button.className = "button";
  button.textContent = label;
  const hint = document.createElement("kbd");
  hint.textContent = keyText(KEY);
  toast.append(text, button, hint);
  // Somebody who is there needs more time.
  let timer = 0;
  const close = (): void => {
    window.clearTimeout(timer);
    toast.remove();
  };
  const wait = (): void => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (toast.matches(":hover, :focus-within") ? wait() : close()), SHOWN);
  };
  button.addEventListener("click", () => {
    close();
    act();
  });
  toast.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    close();
    back();
  });
  for (const other of document.querySelectorAll(".offer")) other.remove();
  document.getElementById("toasts")?.append(toast);
  wait();
  return close;
}
