/** Sentences that pass by themselves. */

const SHOWN = 8_000;

export function say(text: string): void {
  const holder = document.getElementById("toasts");
  if (!holder) return;
  // Once is enough for the same sentence.
  for (const other of [...holder.children]) if (other.textContent === text) other.remove();
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset["testid"] = "toast";
  toast.textContent = text;
  holder.append(toast);
  window.setTimeout(() => toast.remove(), SHOWN);
}
