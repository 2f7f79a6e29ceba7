/** How somebody likes code on this device: the language chosen last, and whether long lines are wrapped. */

type Store = Pick<Storage, "getItem" | "setItem">;

interface Kept {
  language: string | null;
  isWrapped: boolean;
}

const KEY = "code";

export class Habits {
  private readonly watchers = new Set<() => void>();
  private kept: Kept;

  constructor(private readonly store: Store | null = storage()) {
    this.kept = this.read();
  }

  get language(): string | null {
    return this.kept.language;
  }

  set language(language: string | null) {
    this.keep({ ...this.kept, language });
  }

  get isWrapped(): boolean {
    return this.kept.isWrapped;
  }

  set isWrapped(isWrapped: boolean) {
    this.keep({ ...this.kept, isWrapped });
  }

  /** Calls back after each change, until what it returns is called. */
  watch(changed: () => void): () => void {
    this.watchers.add(changed);
    return () => this.watchers.delete(changed);
  }

  private keep(kept: Kept): void {
    this.kept = kept;
    try {
      this.store?.setItem(KEY, JSON.stringify(kept));
    } catch {
      // It is full or forbidden: the habit then holds as long as this page.
    }
    for (const changed of this.watchers) changed();
  }

  private read(): Kept {
    try {
      const { language, isWrapped } = (JSON.parse(this.store?.getItem(KEY) ?? "{}") ?? {}) as Record<string, unknown>;
      return { language: typeof language === "string" ? language : null, isWrapped: isWrapped === true };
    } catch {
      return { language: null, isWrapped: false };
    }
  }
}

function storage(): Store | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
