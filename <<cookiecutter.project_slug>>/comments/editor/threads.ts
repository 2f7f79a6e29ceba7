/** The threads of a document, as the server has them. */

import { AskFailed } from "../../frontend/lib/ask";
import type { RoomPage } from "../../frontend/feature";
import type { Draft } from "./drafts";

export interface Author {
  id: string;
  name: string;
  initials: string;
  /** Which of the site's colours is theirs. */
  color: number;
}

export interface Comment {
  id: string;
  /** Null for somebody whose account is gone. */
  author: Author | null;
  text: string;
  written: string;
  edited: string | null;
  deleted: boolean;
}

export interface Thread {
  /** That of its first comment. */
  id: string;
  start: string;
  end: string;
  quote: string;
  resolved: string | null;
  resolvedBy: Author | null;
  comments: Comment[];
}

/** Where a thread is now. */
export interface Place {
  thread: string;
  start: string;
  end: string;
}

interface Listed {
  threads: Thread[];
  may: string[];
  viewers: boolean;
}

export class Threads {
  isLoaded = false;
  /** What this person may do about comments. */
  may: ReadonlySet<string> = new Set();
  /** Whether people who may only view may comment. */
  viewers = false;
  /** What they are being told they may, and when that was done last: no answer from before counts. */
  private ruling: boolean | null = null;
  private rulings = 0;
  private ruled = 0;

  private readonly threads = new Map<string, Thread>();
  /** Which question each thread's answer was to: one that was asked before is older, whenever its answer comes. */
  private readonly asked = new Map<string, number>();
  private turn = 0;

  constructor(
    private readonly url: string,
    private readonly ask: RoomPage["ask"],
    /** Something is another than before; who has written, if it was somebody just now. */
    private readonly changed: (author: Author | null) => void,
  ) {}

  get mayComment(): boolean {
    return this.may.has("comment");
  }

  get all(): Thread[] {
    return [...this.threads.values()];
  }

  get(id: string): Thread | undefined {
    return this.threads.get(id);
  }

  /** The thread that a comment is in. */
  withComment(id: string): Thread | undefined {
    return this.all.find(({ comments }) => comments.some((comment) => comment.id === id));
  }

  /** All anew. Raises AskFailed. */
  async load(): Promise<void> {
    const turn = ++this.turn;
    const { threads, may, viewers } = (await this.ask(this.url)) as Listed;
    const listed = new Set(threads.map(({ id }) => id));
    for (const { id } of this.all) if (!listed.has(id) && this.isNews(id, turn)) this.threads.delete(id);
    for (const thread of threads) if (this.isNews(thread.id, turn)) this.threads.set(thread.id, thread);
    this.may = new Set(may);
    if (turn > this.ruled) this.viewers = this.ruling ?? viewers;
    this.isLoaded = true;
    this.changed(null);
  }

  /** One anew. Raises AskFailed. */
  async loadOne(id: string): Promise<void> {
    const turn = ++this.turn;
    try {
      this.take((await this.ask(`${this.url}thread/${id}/`)) as Thread, turn);
    } catch (error) {
      if (!(error instanceof AskFailed) || error.status !== 404) throw error;
      this.lose(id, turn);
    }
  }

  async begin({ id, text, place }: Draft, mentioned: number[] | null): Promise<void> {
    await this.post("", { id, text, mentioned, ...place });
  }

  async reply(thread: string, { id, text }: Draft, mentioned: number[] | null): Promise<void> {
    await this.post(`thread/${thread}/`, { id, text, mentioned });
  }

  async edit(comment: string, { text }: Draft, mentioned: number[] | null): Promise<void> {
    await this.post(`${comment}/`, { text, mentioned });
  }

  async remove(thread: string, comment: string): Promise<void> {
    const turn = ++this.turn;
    const left = (await this.ask(`${this.url}${comment}/delete/`, { method: "POST", body: {} })) as Thread | null;
    if (left) this.take(left, turn);
    else this.lose(thread, turn);
  }

  async resolve(thread: string, resolved: boolean): Promise<void> {
    await this.post(`thread/${thread}/resolve/`, { resolved });
  }

  /** Their words are others than they were bound to. */
  async move(places: readonly Place[]): Promise<void> {
    await this.ask(`${this.url}places/`, { method: "POST", body: { places } });
    for (const { thread, start, end } of places) {
      const known = this.threads.get(thread);
      if (known) this.threads.set(thread, { ...known, start, end });
    }
    this.changed(null);
  }

  async letViewers(allowed: boolean): Promise<void> {
    const before = this.viewers;
    const ruling = ++this.rulings;
    this.viewers = this.ruling = allowed;
    try {
      await this.ask(`${this.url}viewers/`, { method: "POST", body: { allowed } });
    } catch (error) {
      if (ruling === this.rulings) this.viewers = before;
      throw error;
    } finally {
      // Another may have been made meanwhile.
      if (ruling === this.rulings) this.ruling = null;
      this.ruled = ++this.turn;
      this.changed(null);
    }
  }

  /** What changes a thread answers with it. */
  private async post(path: string, body: unknown): Promise<void> {
    const turn = ++this.turn;
    this.take((await this.ask(this.url + path, { method: "POST", body })) as Thread, turn);
  }

  private take(thread: Thread, turn: number): void {
    if (!this.isNews(thread.id, turn)) return;
    const known = new Set(this.threads.get(thread.id)?.comments.map(({ id }) => id));
    const added = thread.comments.find(({ id, deleted }) => !known.has(id) && !deleted);
    this.threads.set(thread.id, thread);
    this.changed(added?.author ?? null);
  }

  private lose(id: string, turn: number): void {
    if (!this.isNews(id, turn)) return;
    this.threads.delete(id);
    this.changed(null);
  }

  private isNews(id: string, turn: number): boolean {
    if (turn < (this.asked.get(id) ?? 0)) return false;
    this.asked.set(id, turn);
    return true;
  }
}
