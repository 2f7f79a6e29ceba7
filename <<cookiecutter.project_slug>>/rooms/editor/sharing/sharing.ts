/** Who can see a document: what the server tells of it, and what it may be told. */

import type { Asked } from "../../../frontend/lib/ask";

export interface Entry {
  name: string;
  /** The address, for those who have an account. */
  detail: string;
  initials: string;
  color: string;
}

export interface Listed extends Entry {
  url: string;
  role: string;
  note: string;
  canOwn: boolean;
}

export interface Asking extends Entry {
  url: string;
  message: string;
}

/** Somebody whom the link has let in. */
export interface Arrived extends Entry {
  url: string;
}

export interface SharedLink {
  url: string;
  audience: string;
  role: string;
  /** An ISO time; empty for one that never ends. */
  expires: string;
  isOver: boolean;
  came: number;
  /** Those who came last. */
  arrivals: Arrived[];
}

export interface Sharing {
  words: string;
  may: string[];
  you: string;
  ownedBy: Entry;
  isYours: boolean;
  byLink: boolean;
  address: string;
  leaveUrl: string;
  said?: string;
  /** Only for who may share. */
  people?: Listed[];
  hasMore?: boolean;
  roles?: [string, string][];
  audiences?: [string, string][];
  link?: SharedLink | null;
  requests?: Asking[];
  inviteUrl?: string;
  linkUrl?: string;
}

export type Ask = (url: string, asked?: Asked) => Promise<unknown>;

/** Tells the server one thing after the other, so that the last that was chosen is what counts. */
export class Changes {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly ask: Ask) {}

  send(url: string, body: Record<string, string>): Promise<Sharing> {
    const sent = this.last.then(() => this.ask(url, { method: "POST", body })) as Promise<Sharing>;
    this.last = sent.catch(() => undefined);
    return sent;
  }
}
