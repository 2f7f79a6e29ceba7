/** The text on this device (IndexedDB), so that a reload without a network keeps it. */

import * as idb from "lib0/indexeddb";
import { IndexeddbPersistence } from "y-indexeddb";
import type * as Y from "yjs";

/** A browser may refuse or hang (private windows, full disks): the editor then starts without. */
const PATIENCE = 3_000;

export class LocalCopy {
  private constructor(
    private readonly persistence: IndexeddbPersistence,
    /** The document has been read from the server at least once on this device. */
    public wasSynced: boolean,
  ) {}

  /** Reads what is stored into the document; null where the browser stores nothing. */
  static async open(doc: Y.Doc, user: string, room: string, schema: number): Promise<LocalCopy | null> {
    if (!("indexedDB" in window)) return null;
    const persistence = new IndexeddbPersistence(databaseName(user, room, schema), doc);
    const opened = await Promise.race([
      Promise.all([persistence.get("synced"), persistence.whenSynced.then(() => adoptOlder(doc, user, room, schema))]),
      new Promise<null>((resolve) => window.setTimeout(() => resolve(null), PATIENCE)),
    ]);
    return opened && new LocalCopy(persistence, Boolean(opened[0]));
  }

  async markSynced(): Promise<void> {
    if (this.wasSynced) return;
    this.wasSynced = true;
    await this.persistence.set("synced", 1);
  }

  /** What updates that were read from this device have as their origin. */
  get origin(): unknown {
    return this.persistence;
  }

  /**
   * Forgets the text on this device.
   *
   * The database itself stays, for another tab may be writing into it: that would lose its own changes with it.
   */
  async clear(): Promise<void> {
    const { db } = this.persistence;
    if (db) {
      const stores = idb.transact(db, ["updates", "custom"]);
      await Promise.all(stores.map((store) => idb.rtop(store.clear())));
    }
    await this.persistence.destroy();
  }
}

/** One database for each person, room and schema: who shares a computer must not find another one's text. */
function databaseName(user: string, room: string, schema: number): string {
  return `yroom:${user}:${room}:${schema}`;
}

/** Takes over what an older version of the editor left here: it may hold edits that never reached the server. */
async function adoptOlder(doc: Y.Doc, user: string, room: string, schema: number): Promise<void> {
  const databases = (await indexedDB.databases?.()) ?? [];
  const names = new Set(databases.map((database) => database.name));
  for (let older = schema - 1; older > 0; older -= 1) {
    const name = databaseName(user, room, older);
    if (!names.has(name)) continue;
    const persistence = new IndexeddbPersistence(name, doc);
    await persistence.whenSynced;
    await persistence.clearData();
  }
}
