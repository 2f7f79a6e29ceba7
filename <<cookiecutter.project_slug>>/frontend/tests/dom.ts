/** Imported first by tests that need a page: from then on there is one, without a browser. */

import { GlobalRegistrator } from "@happy-dom/global-registrator";

GlobalRegistrator.register({ url: "https://site.example/rooms/1/" });

// What it lacks.
globalThis.Option ??= class {
  constructor(text: string, value: string) {
    return Object.assign(document.createElement("option"), { textContent: text, value });
  }
} as unknown as typeof Option;
