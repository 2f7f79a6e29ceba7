/** The people of a document, as the server tells of them. */

export type Role = "owner" | "editor" | "viewer";

export interface Person {
  id: string;
  name: string;
  color: string;
  /** When they came to this document, in milliseconds by the server's clock; unknown of oneself before one has. */
  since?: number;
}
