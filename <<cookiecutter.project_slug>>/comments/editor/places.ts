/**
 * Keeps threads at their words. Words that an undo brings back are other letters: as long as this page is open it knows them
 * by how they read last, and tells the site where they are, so that it is known later, too.
 */

import type * as Y from "yjs";
import { decodeRelativePosition } from "yjs";

import type { RoomPage } from "../../frontend/feature";
import { fromBase64 } from "../../frontend/lib/base64";
import type { Stretch } from "../../frontend/surfaces/surface";
import type { Place, Thread } from "./threads";

/** Milliseconds after the text was last drawn anew. */
const PAUSE = 300;

export class Places {
  /** How the words of each thread read when they were last there from first to last. */
  private readonly words = new Map<string, string>();
  private readonly told = new Map<string, string>();
  private timer: number | undefined;

  constructor(
    private readonly page: { doc: Y.Doc; surface: Pick<RoomPage["surface"], "asNow"> },
    private readonly threads: () => readonly Thread[],
    /** Tells the site that threads are elsewhere. */
    private readonly move: (places: Place[]) => void,
  ) {}

  stretchOf({ id, start, end, quote }: Thread): Stretch & { quote: string } {
    return { start, end, quote: this.words.get(id) ?? quote };
  }

  /** The text is another, or where the threads are. */
  changed(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.look(), PAUSE);
  }

  private look(): void {
    const moved: Place[] = [];
    for (const thread of this.threads()) {
      const { id, start, end } = thread;
      const now = this.page.surface.asNow(this.stretchOf(thread));
      if (!now) continue;
      const isOther = now.start !== start || now.end !== end;
      // A quote may be no more than the beginning of what was there; and who has brought words back tells of it, nobody else.
      if (isOther && this.words.has(id) && this.isOwn(now) && this.told.get(id) !== now.start + now.end) {
        this.told.set(id, now.start + now.end);
        moved.push({ thread: id, start: now.start, end: now.end });
      }
      if (!isOther) this.words.set(id, now.quote);
    }
    if (moved.length > 0) this.move(moved);
  }

  private isOwn({ start, end }: Stretch): boolean {
    const { clientID } = this.page.doc;
    return [start, end].some((place) => decodeRelativePosition(fromBase64(place)).item?.client === clientID);
  }
}
