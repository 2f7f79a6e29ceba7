/** History in a document's page: "Saved" is the button that opens it. */

import * as Y from "yjs";

import type { Feature, RoomPage } from "../../frontend/feature";
import { AskFailed } from "../../frontend/lib/ask";
import type { BroughtBack } from "../../frontend/surfaces/undone";
import { authorsOf } from "./authors";
import { type Change, Difference } from "./difference";
import { type Compared, VersionList } from "./list";
import * as say from "./messages";
import { Past } from "./past";
import { restore } from "./restore";
import { HistorySite, type Listed, type Version } from "./site";

interface Data {
  url: string;
  /** Whether those see old versions who may only read; null for those who may write, whom that does not concern yet. */
  readers: boolean | null;
  roots: Record<string, "text" | "map">;
}

/** Letters of a change that are told. */
const LONGEST = 120;
/** Milliseconds since somebody's last letter for which they count as writing. */
const WRITING = 3_000;

export default {
  open(page: RoomPage, data: unknown): void {
    new History(page, data as Data);
  },
} satisfies Feature;

class History {
  private readonly site: HistorySite;
  private readonly list: VersionList;
  private readonly past: Past;
  private readonly panel;
  private readonly button: HTMLButtonElement;
  private readonly entry: HTMLButtonElement;
  private readonly writers = new Map<number, number>();
  private listed: Listed | null = null;
  private readers: boolean | null;
  /** The ids of the versions that one looks at. */
  private seen: number[] = [];
  /** Rises with each version that is chosen. */
  private turn = 0;

  constructor(
    private readonly page: RoomPage,
    private readonly data: Data,
  ) {
    this.readers = data.readers;
    this.site = new HistorySite(page, data.url);
    this.panel = page.panel({ id: "history", title: say.HISTORY, closed: () => this.closed() });
    this.list = new VersionList({
      body: this.panel.body,
      may: () => ({ write: page.mayWrite(), manage: page.may("manage"), share: page.may("share") }),
      choose: (version, compared) => void this.look(version, compared),
      keep: (name) => this.keep(name),
      rename: (version, name) => this.try(() => this.site.rename(version.id, name)),
      erase: (version, from) => this.askErase(version, from),
      restore: (from) => this.askRestore(from),
      setReaders: (allowed) => this.try(() => this.site.setReaders(allowed)),
      reveal: ({ stretch }) => this.past.reveal(stretch),
    });
    this.past = new Past({ page, restore: () => this.askRestore(null), back: () => this.back(), openList: () => this.open() });
    this.button = statusButton(() => this.open());
    this.entry = page.addToMenu({ label: say.HISTORY, act: () => this.open(), id: "history-menu" });
    page.onRole(() => this.settle());
    page.onNews((news) => this.hear(news));
    page.doc.on("afterTransaction", (transaction: Y.Transaction) => this.noteWriters(transaction));
    this.settle();
  }

  private get maySee(): boolean {
    return this.page.may("write") || this.readers === true;
  }

  /** Shows the way to it to those who may see it, and to nobody else. */
  private settle(): void {
    if (!this.page.may("write") && this.readers === null) this.findOut();
    const { button, entry, page } = this;
    entry.hidden = !this.maySee;
    if (this.maySee && !button.isConnected) {
      page.status.before(button);
      button.prepend(page.status);
    } else if (!this.maySee && button.isConnected) {
      button.before(page.status);
      button.remove();
    }
    if (this.maySee) {
      if (this.listed) this.list.show(this.listed);
    } else if (this.panel.isOpen || this.past.isShown) {
      this.forget();
      this.back();
      this.panel.close();
      page.say(say.CLOSED);
    }
  }

  /** One may not write any more: whether one still sees old versions the site knows. */
  private findOut(): void {
    this.readers = false;
    const allowed = (): void => {
      this.readers = true;
      this.settle();
    };
    this.site.list().then(allowed, () => undefined);
  }

  private hear(news: Record<string, unknown>): void {
    const { readers = news["type"] ? this.readers : null } = news;
    if (readers !== this.readers && (readers === null || typeof readers === "boolean")) {
      this.readers = readers;
      this.settle();
    }
    if ((this.panel.isOpen || this.past.isShown) && this.maySee) void this.fetch();
    else this.forget();
  }

  private open(): void {
    this.panel.open();
    this.past.setListed(true);
    void this.fetch();
  }

  private closed(): void {
    this.past.setListed(false);
    // Whoever opens something else has to do with the document as it is.
    window.setTimeout(() => {
      if (document.documentElement.dataset["panel"] && !this.panel.isOpen) this.back();
    });
  }

  private async fetch(): Promise<void> {
    await this.try(() => this.site.list());
  }

  /** Asks the site and shows the list that it answers with; says what went wrong. Returns whether it was done. */
  private async try(asking: () => Promise<Listed>): Promise<boolean> {
    try {
      this.take(await asking());
      return true;
    } catch (error) {
      this.failed(error);
      return false;
    }
  }

  private take(listed: Listed): void {
    this.listed = listed;
    this.readers = listed.readers;
    const ids = new Set(listed.versions.map(({ id }) => id));
    this.site.keepOnly(ids);
    this.list.show(listed);
    // What one looks at may have been erased, or its place been taken.
    if (!this.seen.every((id) => ids.has(id))) this.back();
  }

  /** What has been erased since, or is not to be seen any more, shall not stay in this browser either. */
  private forget(): void {
    this.listed = null;
    this.site.keepOnly(new Set());
  }

  private failed(error: unknown): void {
    if (!(error instanceof AskFailed)) throw error;
    if (error.status === 404 && this.listed) void this.fetch();
    if (!this.listed) this.list.say(error.message);
    this.page.say(error.message);
  }

  private async keep(name: string): Promise<boolean> {
    const done = await this.try(() => this.site.keep({ name }));
    if (done && name) this.page.say(say.kept(name));
    return done;
  }

  private async look(version: Version, compared: Compared): Promise<void> {
    const turn = ++this.turn;
    const versions = this.listed?.versions ?? [];
    const other = this.otherOf(version, compared, versions);
    this.seen = [version, other].flatMap((each) => (each && each !== "now" ? [each.id] : []));
    try {
      const isNewer = other === "now" || (other !== null && versions.indexOf(other) < versions.indexOf(version));
      const [older, newer] = !other || isNewer ? [version, other] : [other, version];
      const { state, changes: changed } = await this.site.states(older, newer === "now" ? null : newer);
      if (turn !== this.turn) return;
      const difference = new Difference(...state);
      await others();
      const until = newer === "now" ? Y.encodeStateAsUpdate(this.page.doc, Y.encodeStateVector(difference.doc)) : changed;
      if (until) difference.until(until);
      await others();
      if (turn !== this.turn) {
        difference.destroy();
        return;
      }
      // It is shown meanwhile: a long text takes its time, too.
      const asked = authorsOf(this.page, `${this.data.url}authors/`, difference);
      const sentence = this.sentenceAbout(version, other, isNewer);
      const shown = this.past.show(difference, asked, sentence, this.page.mayWrite());
      const doneBy = await asked;
      if (turn === this.turn) {
        const changes: Change[] = until ? difference.changes(doneBy, LONGEST) : [];
        this.list.tell(changes, titleChange(difference), until ? say.SAME : compared === "before" ? say.FIRST : null);
      }
      await shown;
    } catch (error) {
      this.failed(error);
    }
  }

  private sentenceAbout(version: Version, other: Version | "now" | null, isNewer: boolean): string {
    const { list } = this;
    const shortly = (each: Version): string => (each.name ? `“${each.name}”` : list.timeOf(each));
    const looking = say.looking(list.timeOf(version), version.name);
    if (!other) return looking;
    if (isNewer) return say.between(shortly(version), other === "now" ? say.NOW : shortly(other));
    return `${looking} ${say.since(shortly(other as Version))}`;
  }

  private otherOf(version: Version, compared: Compared, versions: readonly Version[]): Version | "now" | null {
    if (compared === "now") return "now";
    if (compared === "before") return versions[versions.indexOf(version) + 1] ?? null;
    return versions.find(({ id }) => id === compared) ?? null;
  }

  private back(): void {
    this.turn++;
    this.seen = [];
    const { version } = this.list;
    this.past.leave();
    this.list.forget();
    if (version && this.panel.isOpen) this.list.focusChosen();
  }

  private askErase(version: Version, from: HTMLElement): void {
    const accept = (): void => void this.try(() => this.site.erase(version.id));
    this.page.confirm({ sentence: say.askErase(this.list.timeOf(version)), label: "Erase for good", accept, from });
  }

  private askRestore(from: HTMLElement | null): void {
    const { version } = this.list;
    if (!version) return;
    const time = this.list.timeOf(version);
    this.page.confirm({ sentence: say.askRestore(time), label: "Restore", accept: () => void this.restore(version, time), from });
  }

  /** What is there now is kept first; without that nothing is changed. */
  private async restore(version: Version, time: string): Promise<void> {
    const { page } = this;
    try {
      const [{ state }, listed] = await Promise.all([this.site.states(version, null), this.site.keep({ restores: true })]);
      if (!page.mayWrite()) {
        page.say(say.NOT_NOW);
        return;
      }
      const past = new Y.Doc();
      for (const update of state) Y.applyUpdate(past, update);
      const before = Y.encodeStateVector(page.doc);
      const now = Date.now();
      const writing = [...this.writers].filter(([, at]) => now - at < WRITING).map(([client]) => client);
      let changed = false;
      page.doc.once("update", () => (changed = true));
      let brought: BroughtBack[] = [];
      page.surface.step(() => (brought = restore({ doc: page.doc, past, roots: this.data.roots, writing })));
      past.destroy();
      // What is not noted counts as written by whoever restores; the text is as it should be either way.
      void page.saved().then(() => this.site.brought(version.id, brought).catch(() => undefined));
      this.take(listed);
      this.back();
      this.panel.close();
      page.surface.focus("last");
      page.say(changed || Y.encodeStateVector(page.doc).length !== before.length ? say.restored(time) : say.NO_CHANGE);
    } catch (error) {
      this.failed(error);
    }
  }

  private noteWriters({ local, beforeState, afterState }: Y.Transaction): void {
    if (local) return;
    for (const [client, clock] of afterState) if (clock > (beforeState.get(client) ?? 0)) this.writers.set(client, Date.now());
  }
}

/** Lets the page do what else waits, such as a key: each step takes a while in a long text. */
function others(): Promise<void> {
  return new Promise((done) => window.setTimeout(done));
}

function titleChange(difference: Difference): string | null {
  const parts = difference.title();
  if (parts.every(({ fate }) => !fate)) return null;
  const but = (fate: string): string =>
    parts
      .filter((part) => part.fate !== fate)
      .map(({ words }) => words)
      .join("");
  return say.titleChanged(but("inserted"), but("deleted"));
}

/** Around the line that says "Saved". */
function statusButton(open: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "history-open";
  button.dataset["testid"] = "history-open";
  // Beside what it says, which is what becomes of the text: so screen readers read both.
  button.title = say.SHOW_HISTORY;
  button.addEventListener("click", open);
  return button;
}
