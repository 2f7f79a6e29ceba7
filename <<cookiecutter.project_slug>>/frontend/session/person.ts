/** The people of a document, as the server tells of them. */

/** Something that one may do in a document: see rooms/access.py. */
export type Ability = "read" | "comment" | "suggest" | "write" | "share" | "manage";

export interface Person {
  id: string;
  name: string;
  color: string;
  /** When they came to this document, in milliseconds by the server's clock; unknown of oneself before one has. */
  since?: number;
}
