/** What the server tells the editor in the page, and the few names both sides share. */

export type Role = "owner" | "editor" | "viewer";

export interface Person {
  id: string;
  name: string;
  color: string;
  /** When they came to this document, in milliseconds by the server's clock; unknown of oneself before one has. */
  since?: number;
}

export interface EditorConfig {
  room: string;
  title: string;
  /** When the server was given this title. */
  titleAt: number;
  role: Role;
  user: Person;
  colors: string[];
  socketPath: string;
  schema: number;
  titleUrl: string;
  membersUrl: string;
  dashboardUrl: string;
  loginUrl: string;
  csrfToken: string;
  nonce: string;
}

/** The name of the Yjs XML fragment that holds the text. */
export const FIELD = "default";

export function readConfig(): EditorConfig {
  return JSON.parse(element("editor-config").textContent ?? "") as EditorConfig;
}

export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element #${id}`);
  return found as T;
}
