/** What is said of a document beside its title and its text: the language that it is written in. */

import type * as Y from "yjs";

/** The root, whatever the document's kind: see rooms/kinds.py. */
const ABOUT = "about";
const LANGUAGE = "lang";

export class About {
  private readonly map: Y.Map<unknown>;

  constructor(
    doc: Y.Doc,
    private readonly onChange: () => void,
  ) {
    this.map = doc.getMap(ABOUT);
    this.map.observe(this.onChange);
  }

  /** As for the attribute `lang`; "" is what the browser takes it for. */
  get language(): string {
    const code = this.map.get(LANGUAGE);
    return typeof code === "string" ? canonical(code) : "";
  }

  set language(code: string) {
    if (code) this.map.set(LANGUAGE, code);
    else this.map.delete(LANGUAGE);
  }

  destroy(): void {
    this.map.unobserve(this.onChange);
  }
}

/** Longer ones are no languages: https://www.rfc-editor.org/rfc/rfc5646#section-4.4.1 */
const LONGEST = 35;

function canonical(code: string): string {
  try {
    return code.length <= LONGEST ? (Intl.getCanonicalLocales(code)[0] ?? "") : "";
  } catch {
    return ""; // somebody's word, not a language
  }
}
