/** Sentences for screen readers alone, when they have said what they are saying. */

const CLEARED = 100;

let timer: number | undefined;

export function announce(text: string): void {
  const region = document.getElementById("announcer");
  if (!region) return;
  // The same sentence a second time is only said if the region was empty in between.
  region.textContent = "";
  window.clearTimeout(timer);
  timer = window.setTimeout(() => (region.textContent = text), CLEARED);
}
