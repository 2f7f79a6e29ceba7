/**
 * The title: a column in the database, edited in place, saved while one types.
 *
 * A title that the server does not have yet is kept on this device. The server takes a title only from somebody who has
 * seen the one it replaces; else both are put together here, and neither's words nor the caret are lost.
 *
 * The field is there before any script, and before there is a text to write into. Until then it takes what is typed for
 * the text too: all below its first line, and what is more than a title can hold. See `letTextBegin`.
 */

import { fetchedAgain, untilThere } from "../lib/again";
import { NOT_LOADED } from "../text/messages";

type Merging = typeof import("./title-merge");

const loadMerging = fetchedAgain(() => import("./title-merge"));

const PAUSE = 500;
const RETRY = 5_000;

/** A title that the server has not taken yet, and the one that it was made from. */
export interface Draft {
  title: string;
  base: string;
}

interface Answer {
  title?: string;
  /** When the server took this title: of two, the later one counts. */
  at?: number;
  token?: string;
  error?: string;
  code?: string;
}

export interface TitleOptions {
  config: { title: string; titleAt: number; titleUrl: string; csrfToken: string; user: { id: string } };
  input: HTMLTextAreaElement;
  problem: HTMLElement;
  /** Called at each change, with what the device should keep: null once the server has it. */
  onDraft: (draft: Draft | null) => void;
  onPending: () => void;
  onEnter: () => void;
  /** The browser's session is over, or somebody else's. */
  onSessionLost: (code: string) => void;
  say: (sentence: string) => void;
}

export const BOTH_TITLES = "Somebody else changed the title at the same time. Both versions are in it now.";
const NOT_SAVED = "The title could not be saved.";

export class Title {
  /** The server's title, as far as it is known here, and when the server took it. */
  private saved: string;
  private at: number;
  /** What was sent and taken: the server may have tidied it up in its own way. */
  private taken: string;
  private sending: string | null = null;
  private token: string;
  private timer: number | undefined;
  private composing = false;
  /** What came while the field could not be touched: an input method was at work, or what merges titles not there yet. */
  private waiting: (() => void)[] = [];
  private merging: Merging | null = null;
  private hasDraft = false;
  /** Titles from this device wait to be put into the field. */
  private isRestoring = false;
  /** Somebody has typed here since the page was opened. */
  isTouched = false;
  private stopped = false;
  private textBegan = false;
  private readonly longest: number;
  private readonly siteName: string;
  private readonly closing = new AbortController();

  constructor(private readonly options: TitleOptions) {
    const { input, config } = options;
    this.saved = this.taken = config.title;
    this.at = config.titleAt;
    this.token = config.csrfToken;
    this.longest = Number(input.dataset["longest"]);
    this.siteName = document.title.includes(" · ") ? ` · ${document.title.split(" · ").pop() ?? ""}` : "";
    this.fit();
    this.listen();
    void this.load();
  }

  private listen(): void {
    const { input, onEnter } = this.options;
    const { signal } = this.closing;
    const typed = (): void => {
      if (this.composing) this.compose();
      else this.typed();
    };
    const compositionBegins = (): void => {
      this.composing = true;
      window.clearTimeout(this.timer);
    };
    const compositionEnds = (): void => {
      this.composing = false;
      this.goOn();
      this.typed();
    };
    const pressed = (event: KeyboardEvent): void => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "ArrowDown")) return;
      if (!this.textBegan && !input.readOnly) {
        if (event.key === "Enter") this.goBelow(event);
        return;
      }
      if (event.key === "ArrowDown" && input.selectionStart !== input.value.length) return;
      event.preventDefault();
      this.flush();
      onEnter();
    };
    const left = (): void => {
      this.flush();
      if (!this.changed && !this.composing) this.show(this.saved);
    };
    const hidden = (): void => {
      if (document.visibilityState === "hidden") this.flush();
    };
    input.addEventListener("input", typed, { signal });
    input.addEventListener("compositionstart", compositionBegins, { signal });
    input.addEventListener("compositionend", compositionEnds, { signal });
    input.addEventListener("keydown", pressed, { signal });
    input.addEventListener("blur", left, { signal });
    window.addEventListener("online", () => this.flush(), { signal });
    // Who leaves does not wait for the pause.
    window.addEventListener("pagehide", () => this.flush(), { signal });
    document.addEventListener("visibilitychange", hidden, { signal });
    window.addEventListener("resize", () => this.fit(), { signal });
  }

  get pending(): boolean {
    return this.sending !== null || this.changed || this.isRestoring;
  }

  get text(): string {
    return tidy(this.options.input.value.slice(0, this.end));
  }

  /** Something is in the field that belongs into the text. */
  get holdsText(): boolean {
    return this.options.input.value.length > this.end;
  }

  /** From now on there is a text to write into, which takes what waited here for it, and the caret if it is there. */
  letTextBegin(take: (lines: string[], hasCaret: boolean) => void): void {
    const { input } = this.options;
    if (this.textBegan) return;
    if (this.composing) {
      input.addEventListener("compositionend", () => this.letTextBegin(take), { once: true, signal: this.closing.signal });
      return;
    }
    const { end } = this;
    const { value } = input;
    const hasCaret = document.activeElement === input && input.selectionStart > end;
    this.textBegan = true;
    input.maxLength = this.longest;
    if (value.length === end) return;
    input.value = value.slice(0, end);
    this.fit();
    take(value.slice(end).replace(/^\s/, "").split("\n"), hasCaret);
  }

  /** Goes on with titles that were typed on this device and never reached the server; `restored` once they are in the field. */
  restore(drafts: Draft[], restored: () => void): void {
    const { merging } = this;
    this.isRestoring = !merging || this.composing;
    if (!merging || this.composing) {
      this.waiting.push(() => this.restore(drafts, restored));
      this.options.onPending();
      return;
    }
    for (const { title, base } of drafts) {
      const merged = merging.mergeTitles(base, title, this.text);
      if (merged.isDoubled) this.options.say(BOTH_TITLES);
      this.show(merged.title);
    }
    if (this.changed) this.typed();
    restored();
    this.options.onPending();
  }

  /** Takes a title that the server has; what one is typing oneself stays. */
  receive(title: string, at: number): void {
    this.take({ title, at });
  }

  /** Asks the server for its title, which others may have changed meanwhile, and sends one's own. */
  async refresh(): Promise<void> {
    if (this.stopped) return;
    const response = await this.ask().catch(() => null);
    if (response?.ok) this.take((await response.json()) as Answer);
    this.flush();
  }

  setReadOnly(readOnly: boolean): void {
    this.options.input.readOnly = readOnly;
    if (!readOnly) this.flush();
  }

  /** Nothing is sent from here on. */
  stop(): void {
    this.stopped = true;
    this.options.input.readOnly = true;
    window.clearTimeout(this.timer);
  }

  /** Leaves the field as it is, and nothing behind. */
  destroy(): void {
    this.stop();
    this.closing.abort();
  }

  private get changed(): boolean {
    return this.text !== this.saved && this.text !== this.taken;
  }

  /** Where in the field the title ends. */
  private get end(): number {
    const { value } = this.options.input;
    if (this.textBegan) return value.length;
    const [line = ""] = value.split("\n", 1);
    if (line.length <= this.longest) return line.length;
    const space = line.lastIndexOf(" ", this.longest);
    if (space > 0) return space;
    return /[\uDC00-\uDFFF]/.test(line.charAt(this.longest)) ? this.longest - 1 : this.longest;
  }

  private goBelow(event: KeyboardEvent): void {
    const { input } = this.options;
    const { end } = this;
    if (input.selectionEnd > end) return; // another line of the text
    event.preventDefault();
    if (input.value.length === end) input.value += "\n";
    input.setSelectionRange(end + 1, end + 1);
    this.fit();
  }

  private async load(): Promise<void> {
    const { problem } = this.options;
    this.merging = await untilThere(loadMerging, () => (problem.textContent = NOT_LOADED), this.closing.signal);
    if (problem.textContent === NOT_LOADED) problem.textContent = "";
    this.goOn();
    // The page can be typed into before its scripts have come.
    if (this.changed) this.typed();
  }

  private goOn(): void {
    if (!this.merging || this.composing) return;
    for (const step of this.waiting.splice(0)) step();
  }

  private typed(): void {
    const { input } = this.options;
    this.isTouched = true;
    if (this.textBegan && input.value.includes("\n")) this.show(input.value.replace(/\s*\n\s*/g, " "));
    this.fit();
    this.keep();
    this.schedule(PAUSE);
  }

  /** Nobody else is shown half a word; but should the page go now, it is not lost: on a phone each last word is composed. */
  private compose(): void {
    this.isTouched = true;
    this.fit();
    this.keep();
  }

  private keep(): void {
    if (this.pending || this.hasDraft) this.options.onDraft(this.pending ? { title: this.text, base: this.saved } : null);
    this.hasDraft = this.pending;
    this.options.onPending();
  }

  private schedule(delay: number): void {
    window.clearTimeout(this.timer);
    if (!this.stopped) this.timer = window.setTimeout(() => this.flush(), delay);
  }

  private flush(): void {
    if (this.composing || this.stopped || this.sending !== null || this.options.input.readOnly) return;
    window.clearTimeout(this.timer);
    if (this.changed) void this.send(this.text);
  }

  private async send(title: string): Promise<void> {
    this.sending = title;
    this.options.onPending();
    let again: number | null = null;
    try {
      const response = await this.post(title);
      const answer = (await response.json().catch(() => ({}))) as Answer;
      this.sending = null;
      if (response.ok) {
        this.options.problem.textContent = "";
        this.take(answer, title);
      } else if (response.status === 409) {
        this.take(answer);
      } else if (isLogin(response) || answer.code) {
        this.options.onSessionLost(answer.code ?? "");
      } else {
        this.options.problem.textContent = answer.error ?? NOT_SAVED;
        if (response.status >= 500 || response.status === 429) again = RETRY;
      }
    } catch {
      this.options.problem.textContent = "";
      again = RETRY; // no connection: the status line says so already
    }
    this.sending = null;
    this.keep();
    if (again !== null) this.schedule(again);
    else if (this.changed && !this.options.problem.textContent) this.schedule(PAUSE);
  }

  /** A token is as old as the session: after logging out and in elsewhere, there is another. */
  private async post(title: string): Promise<Response> {
    const response = await this.postWith(this.token, title);
    if (response.status !== 403 || response.headers.get("Content-Type")?.startsWith("application/json")) return response;
    const answer = await this.ask();
    if (!answer.ok) return answer; // the login page, or no access
    this.token = ((await answer.json()) as Answer).token ?? this.token;
    return this.postWith(this.token, title);
  }

  private postWith(token: string, title: string): Promise<Response> {
    const { config } = this.options;
    return fetch(config.titleUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
      body: JSON.stringify({ title, base: this.saved, user: config.user.id }),
      redirect: "manual",
      keepalive: true,
    });
  }

  private ask(): Promise<Response> {
    return fetch(this.options.config.titleUrl, { headers: { Accept: "application/json" }, redirect: "manual" });
  }

  /** Takes over what the server has; `sent` is what it has answered to. */
  private take(answer: Answer, sent: string | null = null): void {
    const { title, at } = answer;
    // An earlier one can arrive later, by another way; and the last answer when nobody waits for it any more.
    if (this.closing.signal.aborted || typeof title !== "string" || typeof at !== "number" || at < this.at) return;
    const { merging } = this;
    if (!merging || this.composing) {
      this.waiting.push(() => this.take(answer, sent));
      return;
    }
    const isOwn = sent !== null || title === this.sending;
    const wasChanged = this.changed;
    const base = this.saved;
    this.saved = title;
    this.at = at;
    this.taken = sent ?? title;
    if (!isOwn && wasChanged) this.join(merging, base, title);
    else if (!isOwn && this.text !== title) this.show(title);
    this.keep();
  }

  /** Puts together what one is typing and what somebody else has made of the same title. */
  private join(merging: Merging, base: string, theirs: string): void {
    if (base === theirs) return;
    const { input, say } = this.options;
    const { title, isDoubled } = merging.mergeTitles(base, input.value.slice(0, this.end), theirs);
    if (title.length > this.longest) {
      say(`Somebody else changed the title at the same time, to “${theirs}”. Both are too long for one title: yours is kept.`);
    } else {
      if (isDoubled) say(BOTH_TITLES);
      this.show(title);
    }
    this.schedule(PAUSE);
  }

  /** Puts a title into the field, and leaves the caret beside the letters it was beside. */
  private show(text: string): void {
    const { input } = this.options;
    const { end } = this;
    const { selectionStart, selectionEnd, value } = input;
    const before = value.slice(0, end);
    if (before !== text) {
      input.value = text + value.slice(end);
      if (document.activeElement === input) {
        const moved = (place: number): number => {
          if (place > end) return place - end + text.length;
          return this.merging?.moveCaret(place, before, text) ?? Math.min(place, text.length);
        };
        input.setSelectionRange(moved(selectionStart), moved(selectionEnd));
      }
    }
    this.fit();
  }

  private fit(): void {
    const { input } = this.options;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
    document.title = (this.text || "Untitled") + this.siteName;
  }
}

/** Whoever is not logged in is sent to the login page. */
function isLogin(response: Response): boolean {
  return response.type === "opaqueredirect";
}

/** As the server will have it. */
function tidy(title: string): string {
  return title.trim().replace(/\s+/g, " ");
}
