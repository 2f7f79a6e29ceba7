/** What several tests need. */

/** A store such as localStorage. */
export class Memory {
  private readonly items = new Map<string, string>();

  get length(): number {
    return this.items.size;
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  clear(): void {
    this.items.clear();
  }
}

/** What was to be done at once has been done, and what follows from it. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
}

/** A linear congruential generator: the same numbers again for the same seed. */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** The numbers of keys that have no sign. */
const CODES: Record<string, number> = { Backspace: 8, Tab: 9, Enter: 13, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, Delete: 46, F10: 121 };

/** Presses these keys where the focus is, as a keyboard with American signs does. */
export function press(keys: string): KeyboardEvent {
  const parts = keys.split("-");
  const name = parts.pop()!;
  const shiftKey = parts.includes("Shift");
  const key = shiftKey && name.length === 1 ? ("789".includes(name) ? "&*("["789".indexOf(name)]! : name.toUpperCase()) : name;
  const keyCode = name.length === 1 ? name.toUpperCase().charCodeAt(0) : (CODES[name] ?? 0);
  const modifiers = { shiftKey, ctrlKey: parts.includes("Mod"), altKey: parts.includes("Alt") };
  const event = new KeyboardEvent("keydown", { key, keyCode, bubbles: true, cancelable: true, ...modifiers });
  document.activeElement!.dispatchEvent(event);
  return event;
}
