/** A document's public page, as far as its editor has to do with it: whether there is one, and where; its owner decides. */

import type { Feature, RoomPage } from "../../frontend/feature";
import { AskFailed } from "../../frontend/lib/ask";
import { copyText } from "../../frontend/ui/copy";
import * as m from "./messages";

interface State {
  public: boolean;
  listed: boolean;
  /** Its address. */
  page: string;
  /** Whether this person may change that. */
  may: boolean;
}

export default {
  open(page: RoomPage, data: unknown): void {
    new PublicPage(page, data as State & { url: string });
  },
} satisfies Feature;

class PublicPage {
  private readonly panel;
  private readonly entry;
  private readonly sign = document.createElement("button");
  private state: State;

  constructor(
    private readonly page: RoomPage,
    private readonly data: State & { url: string },
  ) {
    this.state = data;
    this.panel = page.panel({ id: "publish-panel", title: m.TITLE });
    const open = (): void => this.panel.open();
    this.entry = page.addToMenu({ label: m.PUBLISH_ENTRY, id: "publish", act: open });
    // Who writes in a document that anybody can read shall see that.
    Object.assign(this.sign, { type: "button", className: "button public-sign", textContent: m.PUBLIC, title: m.PUBLIC_HINT });
    this.sign.dataset["testid"] = "public-sign";
    this.sign.addEventListener("click", open);
    page.addToHeader(this.sign);
    page.onNews(() => void this.look());
    page.onRole(() => void this.look());
    this.show();
  }

  private async look(): Promise<void> {
    try {
      this.become((await this.page.ask(this.data.url)) as State);
    } catch {
      // It is asked again after the next news, or once there is a connection.
    }
  }

  private async want(wanted: Pick<State, "public" | "listed">): Promise<void> {
    const before = this.state;
    try {
      this.become((await this.page.ask(this.data.url, { method: "POST", body: wanted })) as State);
      if (before.public !== wanted.public) this.page.say(wanted.public ? m.PUBLISHED : m.UNPUBLISHED);
    } catch (error) {
      if (!(error instanceof AskFailed)) throw error;
      this.page.say(error.message);
      this.show();
    }
  }

  private become(state: State): void {
    const isNews = JSON.stringify(state) !== JSON.stringify({ ...this.state, url: undefined });
    this.state = state;
    if (isNews) this.show();
  }

  private show(): void {
    const { public: isPublic, may } = this.state;
    this.sign.hidden = !isPublic;
    this.entry.hidden = !isPublic && !may;
    this.entry.textContent = isPublic ? m.PUBLIC_ENTRY : m.PUBLISH_ENTRY;
    const { body } = this.panel;
    const hadFocus = body.contains(document.activeElement);
    body.replaceChildren(...(isPublic ? this.published() : this.unpublished()));
    if (hadFocus) body.querySelector<HTMLElement>("button, input")?.focus();
  }

  private unpublished(): HTMLElement[] {
    if (!this.state.may) return [paragraph(m.NOT_PUBLIC)];
    const publish = button(m.PUBLISH, "publish-now", () => void this.want({ public: true, listed: false }));
    publish.classList.add("button-primary");
    return [paragraph(m.EXPLAINED), publish];
  }

  private published(): HTMLElement[] {
    const { page: address, listed, may } = this.state;
    const parts = [paragraph(m.IS_PUBLIC), this.address(address)];
    if (!may) return [...parts, paragraph(m.OWNER_ONLY)];
    const label = document.createElement("label");
    label.className = "public-listed";
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: listed });
    box.dataset["testid"] = "public-listed";
    box.addEventListener("change", () => void this.want({ public: true, listed: box.checked }));
    label.append(box, m.LISTED);
    return [...parts, label, button(m.STOP, "publish-stop", () => void this.want({ public: false, listed: false }))];
  }

  private address(address: string): HTMLElement {
    const field = document.createElement("label");
    field.className = "field";
    const input = Object.assign(document.createElement("input"), { type: "text", readOnly: true, value: address });
    input.dataset["testid"] = "public-address";
    input.addEventListener("focus", () => input.select());
    field.append(m.ADDRESS, input);
    const copy = button(m.COPY, "public-copy", () => void copyText(address).then((done) => this.page.say(done ? m.COPIED : m.NOT_COPIED)));
    const open = Object.assign(document.createElement("a"), { className: "button", href: address, target: "_blank", rel: "noopener", textContent: m.OPEN });
    const row = document.createElement("div");
    row.className = "public-buttons";
    row.append(copy, open);
    const part = document.createElement("div");
    part.append(field, row);
    return part;
  }
}

function paragraph(text: string): HTMLElement {
  const made = document.createElement("p");
  made.textContent = text;
  return made;
}

function button(label: string, testId: string, act: () => void): HTMLButtonElement {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: label });
  made.dataset["testid"] = testId;
  made.addEventListener("click", act);
  return made;
}
