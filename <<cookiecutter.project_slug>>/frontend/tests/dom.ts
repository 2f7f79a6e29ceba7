/** Imported first by tests that need a page: from then on there is one, without a browser. */

import { GlobalRegistrator } from "@happy-dom/global-registrator";

GlobalRegistrator.register({ url: "https://site.example/rooms/1/" });

// What it lacks.
function makeOption(text: string, value: string): HTMLOptionElement {
  return Object.assign(document.createElement("option"), { textContent: text, value });
}

globalThis.Option ??= makeOption as unknown as typeof Option;

// In browsers it is told later, and only if the selection is another: editors take this one for a person's.
const dispatch = document.dispatchEvent.bind(document);
document.dispatchEvent = (event: Event): boolean => event.type === "selectionchange" || dispatch(event);
