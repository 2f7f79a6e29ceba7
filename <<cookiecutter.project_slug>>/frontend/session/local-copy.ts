/**
 * The document on this device (IndexedDB), so that a reload without a network keeps it.
 *
 * The promise is kept here: `state` is "kept" only while the browser has confirmed that everything that is in the document
 * stands on the device. What is not confirmed, or was lost with a database that went away, is written again.
 */

import * as Y from "yjs";

import { type Database, IDLE, databaseName, empty, lockName, open, tellGone } from "./databases";
import { MARK } from "./unsent";

/** The editor does not wait longer for a slow disk: it starts without, and the copy joins it when it comes. */
const PATIENCE = 3_000;
/** A write that takes longer than this is no longer "about to be kept". */
const SLOW = 2_000;
const FIRST_RETRY = 500;
const LONGEST_RETRY = 5_000;
/** So many stored changes are worth being put together. */
const TRIM = 300;
/** How the keys of titles begin that earlier versions of the editor kept apart from the document. */
export const DRAFT = "title:";
/** Each says of one edit of one tab that it was not sent. */
const UNSENT = `${MARK}unsent:`;

export type CopyState = "kept" | "keeping" | "not kept";

export interface LocalCopyOptions {
  doc: Y.Doc;
  user: string;
  room: string;
  schema: number;
  /** Copies of an older schema than this are of another form: they are not read into the document, but brought over. */
  otherBelow?: number;
  /** The state has changed, or what was on the device has been read. */
  onChange: () => void;
  /** What stands beside the text has been read, and the text comes next; or nothing stands there any more. */
  onFound?: (found: Map<string, unknown>) => void;
}

export class LocalCopy {
  /** Settles once what is on the device has been read, or when nobody should wait for it any longer. */
  readonly opened: Promise<void>;
  /** The document has been read from the server at least once on this device. */
  wasSynced = false;
  /** Values that were here when the copy was opened: see `put`. */
  readonly found = new Map<string, unknown>();

  private isMarked = false;
  private database: Database | null = null;
  /** What is on the device has been read. */
  isRead = false;
  private closed = false;
  private slow = false;
  private failures = 0;
  private records = 0;
  private writing = false;
  /** Changes of the document that the device has not confirmed, `whole` if they are no longer told apart. */
  private queue: Uint8Array[] = [];
  private whole = false;
  private values = new Map<string, unknown>();
  private older: Older[] = [];
  private others: (Older & { update: Uint8Array })[] = [];
  private retryTimer: number | undefined;
  private slowTimer: number | undefined;
  private reportedState: CopyState | null = null;
  private letGo: () => void = () => undefined;

  constructor(private readonly options: LocalCopyOptions) {
    options.doc.on("update", this.changed);
    // While this lock is held, no other page deletes the database: see copies.ts.
    void navigator.locks?.request(lockName(options.user, options.room), { mode: "shared" }, () => {
      return new Promise<void>((resolve) => {
        if (this.closed) resolve();
        else this.letGo = resolve;
      });
    });
    let timer: number | undefined;
    const patience = new Promise<void>((resolve) => (timer = window.setTimeout(resolve, PATIENCE)));
    this.opened = Promise.race([this.connect(), patience]).finally(() => window.clearTimeout(timer));
  }

  /** What updates that were read from this device have as their origin. */
  get origin(): unknown {
    return this;
  }

  get state(): CopyState {
    if (!this.closed && this.isRead && this.database && !this.pending && !this.writing) return "kept";
    return this.closed || this.slow || this.failures > 0 || !this.isRead ? "not kept" : "keeping";
  }

  markSynced(): void {
    if (this.isMarked) return;
    this.isMarked = this.wasSynced = true;
    this.put("synced", 1);
    this.put("used", Date.now());
    this.put(IDLE, undefined);
  }

  /** Keeps a value beside the text; undefined takes it away. */
  put(key: string, value: unknown): void {
    // While the device fails, as many would gather as there are keystrokes; what was never written need not be taken away.
    const isWritten = !key.startsWith(UNSENT) || this.found.has(key) || this.values.get(key) === undefined;
    if (value === undefined && !isWritten) this.values.delete(key);
    else this.values.set(key, value);
    void this.writeSoon();
  }

  /** Takes the text off this device, and writes no more; rejects if that failed. A database that is still to open is cleared then. */
  async clear(): Promise<void> {
    this.close();
    const database = this.database ?? (await open(this.name));
    try {
      await empty(database);
      tellGone(this.options);
    } finally {
      database.close();
      this.database = null;
    }
  }

  /** Writes no more; what is on the device stays there. */
  close(): void {
    this.closed = true;
    this.options.doc.off("update", this.changed);
    window.clearTimeout(this.retryTimer);
    window.clearTimeout(this.slowTimer);
    this.letGo();
    this.report();
  }

  private get name(): string {
    return databaseName(this.options.user, this.options.room, this.options.schema);
  }

  private get pending(): boolean {
    return this.whole || this.queue.length > 0 || this.values.size > 0;
  }

  private readonly changed = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) return;
    if (!this.whole) this.queue.push(update);
    void this.writeSoon();
  };

  private async connect(): Promise<void> {
    try {
      const database = await open(this.name, (lost) => this.lose(lost));
      if (this.closed) {
        // It has been cleared while it was not open yet.
        await empty(database);
        database.close();
        tellGone(this.options);
        return;
      }
      this.database = database;
      if (!this.isRead) await this.readAll(database);
    } catch {
      this.fail();
      return;
    }
    this.report(true);
    await this.write();
  }

  private async readAll(database: Database): Promise<void> {
    const { updates, values } = await contents(database);
    for (const [key, value] of values) this.found.set(key, value);
    this.records = updates.length;
    this.options.onFound?.(this.found);
    this.apply(updates);
    this.wasSynced ||= this.found.has("synced");
    await this.readOlder().catch(() => undefined);
    this.isRead = true;
  }

  /** Reads what an older version of the editor left here: it may hold edits that never reached the server. */
  private async readOlder(): Promise<void> {
    const { user, room, schema } = this.options;
    const names = new Set((await indexedDB.databases?.())?.map(({ name }) => name));
    for (let older = schema - 1; older > 0; older -= 1) {
      const name = databaseName(user, room, older);
      if (!names.has(name)) continue;
      const database = await open(name);
      const { updates, lastKey, values } = await contents(database);
      database.close();
      const moved = new Map([...values].filter(([key]) => key.startsWith(DRAFT) || key.startsWith(MARK)));
      if (lastKey === undefined && moved.size === 0) continue;
      for (const [key, value] of moved) {
        this.found.set(key, value);
        this.values.set(key, value);
      }
      this.options.onFound?.(moved);
      const isOther = older < (this.options.otherBelow ?? 0);
      if (!isOther) {
        this.apply(updates);
        this.whole = true;
      } else if (lastKey !== undefined) this.others.push({ name, lastKey, moved: [], update: merged(updates) });
      if (!isOther || moved.size > 0) {
        this.older.push({ name, lastKey: isOther ? undefined : lastKey, moved: [...moved.keys()] });
      }
    }
  }

  /** Hands over each copy of another form; one is taken off the device once `take` says that the server has its words. */
  async bringOver(take: (update: Uint8Array) => Promise<boolean>): Promise<void> {
    for (const other of this.others.splice(0)) {
      if (await take(other.update)) await forget(other).catch(() => undefined);
      else this.others.push(other);
    }
  }

  private apply(updates: Uint8Array[]): void {
    this.options.doc.transact(() => applyAll(this.options.doc, updates, this), this);
  }

  /** At once, but for a device that has just failed: it is tried again from time to time, not at each key. */
  private async writeSoon(): Promise<void> {
    if (this.failures > 0) this.report();
    else await this.write();
  }

  /** One transaction at a time; what comes meanwhile goes into the next. */
  private async write(): Promise<void> {
    const { database } = this;
    if (!database || !this.isRead || this.closed || this.writing || !this.pending) {
      this.report();
      return;
    }
    const { queue, whole, values } = this;
    [this.queue, this.whole, this.values] = [[], false, new Map()];
    this.writing = true;
    this.slowTimer = window.setTimeout(() => {
      this.slow = true;
      this.report();
    }, SLOW);
    this.report();
    let isWritten = false;
    try {
      // Without "strict" the browser reports as written what a power cut can still take away.
      const transaction = database.transaction(["updates", "custom"], "readwrite", { durability: "strict" });
      const updates = transaction.objectStore("updates");
      const custom = transaction.objectStore("custom");
      const requests: Promise<unknown>[] = [transaction.done];
      if (whole) requests.push(updates.add(Y.encodeStateAsUpdate(this.options.doc)));
      else if (queue.length > 0) requests.push(updates.add(Y.mergeUpdates(queue)));
      for (const [key, value] of values) requests.push(value === undefined ? custom.delete(key) : custom.put(value, key));
      await Promise.all(requests);
      isWritten = true;
      this.failures = 0;
      this.records += whole || queue.length > 0 ? 1 : 0;
    } catch {
      // What came meanwhile too: it is in the document.
      this.whole ||= whole || queue.length + this.queue.length > 0;
      this.queue = [];
      this.values = new Map([...values, ...this.values]);
    }
    window.clearTimeout(this.slowTimer);
    this.writing = this.slow = false;
    if (!isWritten) this.fail();
    else if (this.pending) await this.write();
    else await this.afterwards();
  }

  /** Everything is on the device now. */
  private async afterwards(): Promise<void> {
    this.report();
    if (this.closed || !this.database) return;
    const older = this.older.splice(0);
    await Promise.all(older.map((one) => forget(one).catch(() => undefined)));
    if (this.records > TRIM) await this.trim(this.database).catch(() => undefined);
  }

  /** Puts the stored changes together, those that another tab has stored too. */
  private async trim(database: Database): Promise<void> {
    this.records = 0;
    const transaction = database.transaction("updates", "readwrite", { durability: "strict" });
    const put = async (): Promise<void> => {
      const { store } = transaction;
      const [updates, keys] = await Promise.all([store.getAll(), store.getAllKeys()]);
      // Another tab may have put them together, or taken them off the device.
      if (keys.length < 2) return;
      const whole = new Y.Doc();
      for (const update of updates) Y.applyUpdate(whole, update);
      // In this order: where the first fails at once, the browser would still carry out what was asked for before.
      await Promise.all([store.add(Y.encodeStateAsUpdate(whole)), store.delete(IDBKeyRange.upperBound(keys.at(-1)))]);
    };
    await Promise.all([put(), transaction.done]);
  }

  /** The browser, or somebody at its settings, has taken the database away: what stood in it is to be written anew. */
  private lose(database: Database): void {
    database.close();
    if (this.database !== database) return;
    this.database = null;
    this.whole = true;
    this.queue = [];
    if (this.wasSynced) this.values = new Map([["synced", 1], ["used", Date.now()], ...this.values]);
    this.options.onFound?.(new Map());
    this.fail();
  }

  private fail(): void {
    this.failures += 1;
    this.report();
    if (this.closed) return;
    window.clearTimeout(this.retryTimer);
    const delay = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(this.failures - 1, 10));
    this.retryTimer = window.setTimeout(() => {
      // A transaction fails for ever on a connection that the browser has given up.
      this.database?.close();
      this.database = null;
      void this.connect();
    }, delay);
  }

  private report(always = false): void {
    const { state } = this;
    if (state === this.reportedState && !always) return;
    this.reportedState = state;
    this.options.onChange();
  }
}

/** One update that says all that these say, but for those that say nothing. */
function merged(updates: Uint8Array[]): Uint8Array {
  const doc = new Y.Doc();
  applyAll(doc, updates);
  return Y.encodeStateAsUpdate(doc);
}

function applyAll(doc: Y.Doc, updates: Uint8Array[], origin?: unknown): void {
  for (const update of updates) {
    try {
      Y.applyUpdate(doc, update, origin);
    } catch {
      // One record that nothing can be made of must not hide the others.
    }
  }
}

/** Whether this error of `open` says that the browser has no databases, or forbids this site to use any. */
export function keepsNothing(error: unknown): boolean {
  return typeof indexedDB === "undefined" || (error instanceof DOMException && error.name === "SecurityError");
}

interface Contents {
  updates: Uint8Array[];
  lastKey: number | undefined;
  values: Map<string, unknown>;
}

async function contents(database: Database): Promise<Contents> {
  const transaction = database.transaction(["updates", "custom"]);
  const [stored, custom] = [transaction.objectStore("updates"), transaction.objectStore("custom")];
  const read = [stored.getAll(), stored.getAllKeys(), custom.getAllKeys(), custom.getAll(), transaction.done] as const;
  const [updates, keys, names, values] = await Promise.all(read);
  return { updates, lastKey: keys.at(-1), values: new Map(names.map((name, index) => [name, values[index]])) };
}

/** What was read of a copy that an older version of the editor has left. */
interface Older {
  name: string;
  lastKey: number | undefined;
  /** The keys of what the new copy has taken over. */
  moved: string[];
}

/** Only what has been read: another tab, with an older version of the editor, may be writing there. */
async function forget({ name, lastKey, moved }: Older): Promise<void> {
  const database = await open(name);
  const transaction = database.transaction(["updates", "custom"], "readwrite");
  const custom = transaction.objectStore("custom");
  const requests = moved.map((key) => custom.delete(key));
  if (lastKey !== undefined) requests.push(transaction.objectStore("updates").delete(IDBKeyRange.upperBound(lastKey)));
  await Promise.all([...requests, transaction.done]).finally(() => database.close());
}
