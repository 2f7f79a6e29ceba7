/** The dialog over the text in which one sees, and says, who can see it. What is chosen is saved at once. */

import { Crown, X } from "lucide";

import { AskFailed } from "../../../frontend/lib/ask";
import type { RoomPage } from "../../../frontend/feature";
import { copyText } from "../../../frontend/ui/copy";
import { buttons, closeButton, frame } from "../../../frontend/ui/dialogs";
import { icon } from "../../../frontend/ui/icons";
import * as say from "./messages";
import { type Asking, Changes, type Entry, type Listed, type Sharing, type SharedLink } from "./sharing";

type Choices = readonly (readonly [string, string])[];

export class SharingDialog {
  private readonly dialog: HTMLDialogElement;
  private readonly body = make("div", "sharing");
  private readonly problem = make("p", "problem");
  private readonly told = make("p", "hint sharing-told");
  /** Why what was chosen is not saved: shown until something is chosen anew, whatever others change meanwhile. */
  private refused = "";
  /** Why what is shown may be old. */
  private unread = "";
  private readonly changes: Changes;
  /** What was typed or chosen, and not sent yet, survives what others change meanwhile. */
  private address = "";
  private invitedAs = "";
  /** As what those are to be let in who ask, by where that is answered. */
  private readonly letInAs = new Map<string, string>();

  constructor(
    private readonly page: RoomPage,
    private readonly url: string,
    private readonly membersUrl: string,
    private readonly hear: (sharing: Sharing) => void,
    closed: () => void,
  ) {
    this.changes = new Changes(page.ask);
    this.dialog = frame("sharing-dialog", say.SHARE, closed);
    this.dialog.classList.add("sharing-dialog");
    const heading = this.dialog.querySelector("h2");
    heading?.setAttribute("tabindex", "-1");
    heading?.setAttribute("autofocus", "");
    this.problem.setAttribute("role", "alert");
    this.told.setAttribute("role", "status");
    this.body.append(make("p", "hint", say.LOADING));
    const foot = make("div", "sharing-foot");
    foot.append(this.problem, this.told, buttons([closeButton(this.dialog, say.DONE)]));
    this.dialog.append(this.body, foot);
    this.dialog.showModal();
    void this.load();
  }

  /** Asks the server anew. */
  async load(): Promise<void> {
    try {
      this.show((await this.page.ask(this.url)) as Sharing);
    } catch (error) {
      this.unread = sentence(error);
      this.complain();
    }
  }

  /** Draws everything anew; what had the focus has it again. */
  private show(sharing: Sharing): void {
    const focused = (document.activeElement as HTMLElement | null)?.dataset["sharing"];
    this.hear(sharing);
    this.unread = "";
    this.complain();
    const words = make("p", "sharing-words", sharing.words);
    words.dataset["testid"] = "sharing-words";
    this.body.replaceChildren(words, ...(sharing.people ? this.all(sharing) : this.own(sharing)));
    this.dialog.querySelector(".dialog-buttons")?.replaceChildren(...this.ending(sharing), closeButton(this.dialog, say.DONE));
    if (focused) this.body.querySelector<HTMLElement>(`[data-sharing="${CSS.escape(focused)}"]`)?.focus();
    else if (this.dialog.open && !this.dialog.contains(document.activeElement)) this.dialog.querySelector("h2")?.focus();
  }

  /** For who may not share: what is true, and nothing to change. */
  private own({ you, byLink, ownedBy }: Sharing): HTMLElement[] {
    return [make("p", "hint", say.you(you, byLink, ownedBy.name))];
  }

  private all(sharing: Sharing): HTMLElement[] {
    const { people = [], hasMore, requests = [] } = sharing;
    const list = make("ul", "sharing-people");
    list.dataset["testid"] = "sharing-people";
    list.append(row(sharing.ownedBy, "", make("span", "badge", say.OWNER)), ...people.map((entry) => this.person(entry, sharing)));
    const parts = [...this.requests(requests, sharing), this.invitation(sharing), heading(say.PEOPLE), list];
    if (hasMore) {
      const all = document.createElement("a");
      all.href = this.membersUrl;
      all.textContent = say.ALL_PEOPLE;
      parts.push(all);
    }
    return [...parts, heading(say.LINK), ...this.link(sharing)];
  }

  private requests(requests: Asking[], { roles = [] }: Sharing): HTMLElement[] {
    if (requests.length === 0) return [];
    const list = make("ul", "sharing-people");
    list.dataset["testid"] = "sharing-requests";
    for (const each of requests) {
      const choice = select(roles, this.letInAs.get(each.url) ?? "viewer", say.roleOf(each.name), `asks ${each.url}`);
      choice.addEventListener("change", () => this.letInAs.set(each.url, choice.value));
      const letIn = button(say.LET_IN, () => this.change(each.url, { role: choice.value }), say.letInLabel(each.name));
      const decline = button(say.DECLINE, () => this.change(each.url, { decline: "1" }), say.declineLabel(each.name));
      list.append(row(each, each.message, choice, letIn, decline));
    }
    return [heading(say.REQUESTS), list];
  }

  private invitation({ inviteUrl = "", roles = [] }: Sharing): HTMLElement {
    const form = make("form", "sharing-invite") as HTMLFormElement;
    form.noValidate = true;
    const input = document.createElement("input");
    Object.assign(input, { type: "email", name: "email", autocomplete: "off", placeholder: "name@example.com", value: this.address });
    input.setAttribute("aria-label", say.ADDRESS);
    input.dataset["sharing"] = "address";
    input.addEventListener("input", () => (this.address = input.value));
    const choice = select(roles, this.invitedAs || "editor", say.ROLE, "invited as");
    choice.addEventListener("change", () => (this.invitedAs = choice.value));
    const send = button(say.INVITE, () => undefined);
    send.type = "submit";
    send.classList.add("button-primary");
    form.append(input, choice, send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const email = input.value;
      void this.change(inviteUrl, { email, role: choice.value }, () => {
        if (this.address === email) this.address = "";
      });
    });
    return form;
  }

  private person(entry: Listed, { roles = [], may }: Sharing): HTMLElement {
    const choice = select(roles, entry.role, say.roleOf(entry.name), `role ${entry.url}`);
    choice.addEventListener("change", () => void this.choose(choice, entry.role, entry.url, { role: choice.value }));
    const parts: HTMLElement[] = [choice];
    if (entry.canOwn && may.includes("manage")) {
      parts.push(
        this.iconButton(Crown, say.ownerLabel(entry.name), `own ${entry.url}`, (from) =>
          this.asked(say.ownerQuestion(entry.name), say.MAKE_OWNER, from, entry.url, { hand_over: "1" }),
        ),
      );
    }
    parts.push(
      this.iconButton(X, say.removeLabel(entry.name), `remove ${entry.url}`, (from) =>
        this.asked(say.removeQuestion(entry.name), say.REMOVE, from, entry.url, { remove: "1" }),
      ),
    );
    return row(entry, entry.note, ...parts);
  }

  private link({ audiences = [], roles = [], link = null, linkUrl = "" }: Sharing): HTMLElement[] {
    const audience = select(audiences, link?.audience ?? "", say.AUDIENCE, "audience");
    const values = (): Record<string, string> => ({
      audience: audience.value,
      role: role?.value ?? link?.role ?? "viewer",
      expires: ends?.value ?? "",
    });
    const line = make("div", "sharing-link");
    line.append(audience);
    let role: HTMLSelectElement | null = null;
    let ends: HTMLSelectElement | null = null;
    audience.addEventListener("change", () => void this.choose(audience, link?.audience ?? "", linkUrl, values()));
    if (!link) return [line];
    role = select(roles, link.role, say.LINK_ROLE, "link role");
    role.addEventListener("change", () => void this.choose(role, link.role, linkUrl, values()));
    ends = select(endings(link), link.expires, say.EXPIRES, "expires");
    ends.addEventListener("change", () => void this.choose(ends, link.expires, linkUrl, values()));
    line.append(role, ends);
    const renew = button(say.NEW_LINK, () => this.change(linkUrl, { renew: "1" }));
    renew.dataset["sharing"] = "renew";
    line.append(renew);
    const note = link.isOver ? say.OVER : `${say.came(link.came)} ${say.LINK_HINT}`;
    return [line, make("p", "hint", note), ...this.arrivals(link)];
  }

  private arrivals({ arrivals }: SharedLink): HTMLElement[] {
    if (arrivals.length === 0) return [];
    const list = make("ul", "sharing-people");
    list.dataset["testid"] = "sharing-arrivals";
    list.setAttribute("aria-label", say.ARRIVALS);
    for (const each of arrivals) {
      const out = this.iconButton(X, say.putOutLabel(each.name), `out ${each.url}`, (from) =>
        this.asked(say.putOutQuestion(each.name), say.PUT_OUT, from, each.url, {}),
      );
      list.append(row(each, "", out));
    }
    return [list];
  }

  /** The buttons beside "Done". */
  private ending({ link, address, leaveUrl, isYours, byLink }: Sharing): HTMLElement[] {
    const copy = button(say.COPY_LINK, () => void this.copy(link && !link.isOver ? link.url : address));
    copy.dataset["testid"] = "copy-link";
    if (isYours || !leaveUrl) return [copy];
    const leave = button(say.LEAVE, () => {
      const sentence = byLink ? say.LEAVE_LINK_QUESTION : say.LEAVE_QUESTION;
      this.page.confirm({ sentence, label: say.LEAVE, accept: () => void this.leave(leaveUrl), from: leave });
    });
    leave.classList.add("button-danger");
    return [leave, copy];
  }

  private async copy(address: string): Promise<void> {
    this.refuse("");
    // Before the dialog is another's: what is chosen outside of a modal dialog cannot be copied.
    if (await copyText(address)) this.told.textContent = say.COPIED;
    else {
      const shown = document.createElement("code");
      shown.textContent = address;
      this.told.replaceChildren(say.NOT_COPIED, " ", shown);
    }
  }

  /** Nothing is said of it: the page closes by itself. */
  private async leave(url: string): Promise<void> {
    try {
      await this.page.ask(url, { method: "POST" });
      location.assign("/");
    } catch (error) {
      this.refuse(sentence(error));
    }
  }

  private asked(sentence: string, label: string, from: HTMLElement, url: string, body: Record<string, string>): void {
    this.page.confirm({ sentence, label, accept: () => void this.change(url, body), from });
  }

  /** Saves what was chosen from a list; what could not be saved is not what the list shows. */
  private async choose(choice: HTMLSelectElement, before: string, url: string, body: Record<string, string>): Promise<void> {
    if (!(await this.change(url, body))) choice.value = before;
  }

  private async change(url: string, body: Record<string, string>, done?: () => void): Promise<boolean> {
    this.refuse("");
    try {
      const sharing = await this.changes.send(url, body);
      done?.();
      this.show(sharing);
      this.told.textContent = sharing.said ?? "";
      return true;
    } catch (error) {
      this.refuse(sentence(error));
      // Somebody else may have been faster, or this person may not share any longer.
      if (error instanceof AskFailed && (error.status === 403 || error.status === 404)) void this.load();
      return false;
    }
  }

  private refuse(why: string): void {
    this.refused = why;
    this.complain();
  }

  private complain(): void {
    const problem = this.refused || this.unread;
    if (problem) this.told.textContent = "";
    if (this.problem.textContent !== problem) this.problem.textContent = problem;
  }

  private iconButton(shown: Parameters<typeof icon>[0], label: string, key: string, act: (from: HTMLElement) => void): HTMLElement {
    const made = button("", () => act(made), label);
    made.classList.add("button-icon");
    made.title = label;
    made.dataset["sharing"] = key;
    made.append(icon(shown));
    return made;
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function make(tag: string, className: string, text = ""): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function heading(text: string): HTMLElement {
  return make("h3", "", text);
}

function row({ name, detail, initials, color }: Entry, note: string, ...controls: HTMLElement[]): HTMLElement {
  const badge = make("span", `avatar-badge ${color}`, initials);
  badge.setAttribute("aria-hidden", "true");
  const person = make("span", "person");
  const strong = make("strong", "", name);
  strong.dir = "auto";
  person.append(strong, ...[detail, note].filter(Boolean).map((text) => make("span", "muted", text)));
  const actions = make("span", "sharing-actions");
  actions.append(...controls);
  const item = make("li", "");
  item.append(badge, person, actions);
  return item;
}

function select(choices: Choices, chosen: string, label: string, key: string): HTMLSelectElement {
  const element = document.createElement("select");
  element.setAttribute("aria-label", label);
  element.dataset["sharing"] = key;
  element.append(...choices.map(([value, text]) => new Option(text, value, false, value === chosen)));
  return element;
}

function button(text: string, act: () => unknown, label = ""): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button";
  element.textContent = text;
  if (label) element.setAttribute("aria-label", label);
  element.addEventListener("click", () => void act());
  return element;
}

function endings({ expires }: SharedLink): Choices {
  const own: Choices = expires ? [[expires, say.endsAt(new Date(expires))]] : [];
  return [["", say.NEVER], ...own, ...say.DAYS];
}
