/** A box to write a comment into: what is typed is kept until it is sent. */

import { CANCEL, SENDING, tooLong } from "./messages";

export interface BoxOptions {
  /** What screen readers say it is for. */
  label: string;
  placeholder: string;
  /** What the button says. */
  action: string;
  text: string;
  longest: number;
  /** Each time that something is typed. */
  typed: (text: string) => void;
  /** Raises an Error with a sentence. */
  send: (text: string, mentioned: number[] | null) => Promise<void>;
  /** Escape: words that are in it stay. */
  left: () => void;
  /** The button: asks first if there are words in it. */
  cancelled: (from: HTMLElement) => void;
  /** It is sent. */
  sent?: () => void;
}

/** Told on the document when there is another box, for features that help writing in it: `detail` is its textarea. */
export const BOX_EVENT = "comment-box";

export class Box {
  readonly element = document.createElement("form");
  readonly area = document.createElement("textarea");

  private readonly problem = document.createElement("p");
  private readonly button = document.createElement("button");
  private isSending = false;

  constructor(private readonly options: BoxOptions) {
    const { element, area, problem, button } = this;
    const { label, placeholder, action, text } = options;
    element.className = "comment-box";
    element.noValidate = true;
    area.rows = 1;
    area.value = text;
    area.dir = "auto";
    area.placeholder = placeholder;
    area.setAttribute("aria-label", label);
    area.dataset["testid"] = "comment-text";
    area.enterKeyHint = "enter";
    problem.className = "problem";
    problem.setAttribute("role", "alert");
    problem.dataset["testid"] = "comment-problem";
    button.type = "submit";
    button.className = "button button-primary";
    button.textContent = action;
    button.dataset["testid"] = "comment-send";
    const cancel = document.createElement("button");
    cancel.type = "button";
    cancel.className = "button";
    cancel.textContent = CANCEL;
    cancel.dataset["testid"] = "comment-cancel";
    cancel.addEventListener("click", () => options.cancelled(cancel));
    const row = document.createElement("div");
    row.className = "comment-box-buttons";
    row.append(cancel, button);
    element.append(area, problem, row);
    area.addEventListener("input", () => this.typed());
    area.addEventListener("keydown", (event) => this.pressed(event));
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    this.refresh();
    document.dispatchEvent(new CustomEvent(BOX_EVENT, { detail: area }));
  }

  /** Whether something is in it. */
  get isFilled(): boolean {
    return this.area.value.trim() !== "";
  }

  focus(): void {
    this.grow();
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(this.area.value.length, this.area.value.length);
  }

  /** It is on the page, perhaps with words in it. */
  grow(): void {
    const { area } = this;
    if (!area.isConnected) return;
    area.style.blockSize = "auto";
    area.style.blockSize = `${area.scrollHeight + 2}px`;
  }

  set(text: string): void {
    this.area.value = text;
    this.refresh();
    this.grow();
  }

  private typed(): void {
    this.options.typed(this.area.value);
    this.problem.textContent = "";
    this.refresh();
    this.grow();
  }

  private refresh(): void {
    const by = [...this.area.value].length - this.options.longest;
    if (by > 0) this.problem.textContent = tooLong(by);
    this.element.dataset["filled"] = String(this.isFilled);
    this.button.disabled = !this.isFilled || by > 0;
  }

  private pressed(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void this.send();
    else if (event.key === "Escape") this.options.left();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private async send(): Promise<void> {
    const { area, button, problem, options } = this;
    if (this.isSending || button.disabled) return;
    this.isSending = area.readOnly = true;
    button.textContent = SENDING;
    problem.textContent = "";
    const text = area.value;
    try {
      await options.send(text, mentionedIn(area));
      this.set("");
      options.sent?.();
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      this.isSending = area.readOnly = false;
      button.textContent = options.action;
    }
  }
}

/** Who offers people to be named in a box keeps their ids there. */
function mentionedIn({ dataset }: HTMLTextAreaElement): number[] | null {
  return dataset["mentioned"] ? (JSON.parse(dataset["mentioned"]) as number[]) : null;
}
