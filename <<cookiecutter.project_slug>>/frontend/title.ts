/** The title: a column in the database, edited in place, saved while one types. */

import type { EditorConfig } from "./config";

const PAUSE = 500;
const RETRY = 5_000;

export interface TitleOptions {
  config: Pick<EditorConfig, "title" | "titleUrl" | "csrfToken">;
  input: HTMLTextAreaElement;
  problem: HTMLElement;
  onPending: (pending: boolean) => void;
  onEnter: () => void;
}

export class Title {
  private saved: string;
  private timer: number | undefined;
  private sending = false;
  private readonly siteName: string;

  constructor(private readonly options: TitleOptions) {
    const { input, config } = options;
    this.saved = config.title;
    this.siteName = document.title.includes(" · ") ? ` · ${document.title.split(" · ").pop() ?? ""}` : "";
    input.value = config.title;
    this.fit();
    input.addEventListener("input", () => {
      if (input.value.includes("\n")) input.value = input.value.replace(/\s*\n\s*/g, " ");
      this.fit();
      this.schedule(PAUSE);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "ArrowDown")) return;
      if (event.key === "ArrowDown" && input.selectionStart !== input.value.length) return;
      event.preventDefault();
      this.flush();
      options.onEnter();
    });
    input.addEventListener("blur", () => this.flush());
    window.addEventListener("online", () => this.flush());
    window.addEventListener("resize", () => this.fit());
  }

  get pending(): boolean {
    return this.sending || this.changed;
  }

  /** Takes a title that someone else has given; what one is typing oneself goes first. */
  receive(title: string): void {
    if (this.pending) return;
    this.saved = title;
    this.options.input.value = title;
    this.fit();
  }

  setReadOnly(readOnly: boolean): void {
    this.options.input.readOnly = readOnly;
    if (readOnly && this.changed) {
      this.options.input.value = this.saved;
      this.fit();
    }
  }

  private get changed(): boolean {
    return this.options.input.value.trim() !== this.saved;
  }

  private schedule(delay: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.flush(), delay);
    this.options.onPending(this.pending);
  }

  private flush(): void {
    window.clearTimeout(this.timer);
    if (this.changed && !this.sending && !this.options.input.readOnly) void this.send(this.options.input.value.trim());
    else this.options.onPending(this.pending);
  }

  private async send(title: string): Promise<void> {
    const { config, problem, onPending } = this.options;
    this.sending = true;
    onPending(true);
    let again: number | null = null;
    try {
      const response = await fetch(config.titleUrl, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": config.csrfToken },
        body: JSON.stringify({ title }),
        redirect: "error",
        keepalive: true,
      });
      const answer = (await response.json().catch(() => ({}))) as { title?: string; error?: string };
      if (response.ok) {
        this.saved = title;
        problem.textContent = "";
        if (typeof answer.title === "string" && !this.changed) {
          this.saved = answer.title;
          this.options.input.value = answer.title;
        }
        this.fit();
      } else {
        problem.textContent = answer.error ?? "The title could not be saved.";
        if (response.status >= 500) again = RETRY;
      }
    } catch {
      problem.textContent = "";
      again = RETRY; // no connection: the status line says so already
    } finally {
      this.sending = false;
    }
    onPending(this.pending);
    if (again !== null) this.schedule(again);
    else if (this.changed && !problem.textContent) this.flush();
  }

  private fit(): void {
    const { input } = this.options;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
    document.title = (input.value.trim() || "Untitled") + this.siteName;
  }
}
