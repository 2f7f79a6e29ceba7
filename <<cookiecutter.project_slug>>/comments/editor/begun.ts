/** A comment that begins a thread, as long as it is not sent: a card with the words that it is about. */

import { Box } from "./box";
import type { Acts } from "./card";
import type { Draft } from "./drafts";
import * as m from "./messages";
import { make } from "./parts";

export interface BegunActs extends Acts {
  begin(draft: Draft, mentioned: number[] | null): Promise<void>;
  /** It is not there any more: sent, or not wanted. */
  gone(begun: Begun): void;
}

export class Begun {
  readonly element: HTMLElement;
  readonly box: Box;

  constructor(
    readonly draft: Draft,
    acts: BegunActs,
  ) {
    const what = `new:${draft.id}` as const;
    const quote = draft.place?.quote ?? "";
    this.box = new Box({
      label: m.draftLabel(quote),
      placeholder: m.WRITE_HERE,
      action: m.COMMENT,
      text: draft.text,
      longest: acts.longest,
      typed: (text) => {
        draft.text = text;
        acts.drafts.put(what, draft);
        acts.resized();
      },
      send: async (text, mentioned) => {
        await acts.begin({ ...draft, text }, mentioned);
        acts.drafts.drop(what);
        acts.gone(this);
      },
      left: () => {
        if (!this.box.isFilled) acts.gone(this);
        acts.leave();
      },
      cancelled: (from) =>
        acts.discard(this.box.isFilled, from, () => {
          acts.drafts.drop(what);
          acts.gone(this);
          acts.leave();
        }),
    });
    const words = make("blockquote", "comment-quote", quote);
    words.dir = "auto";
    this.element = make("article", "comment-card comment-begun", words, this.box.element);
    this.element.dataset["testid"] = "new-thread";
    this.element.setAttribute("aria-label", m.draftLabel(quote));
  }
}
