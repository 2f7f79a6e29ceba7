/** Sentences for screen readers alone, when they have said what they are saying. */

/** Milliseconds for which the region is empty: the same sentence a second time is only said after that. */
const CLEARED = 100;

let timer: number | undefined;
let waiting: string[] = [];

export function announce(text: string): void {
  const region = document.getElementById("announcer");
  if (!region) return;
  region.textContent = "";
  waiting.push(text);
  window.clearTimeout(timer);
  timer = window.setTimeout(() => {
    region.textContent = waiting.join(" ");
    waiting = [];
  }, CLEARED);
}
