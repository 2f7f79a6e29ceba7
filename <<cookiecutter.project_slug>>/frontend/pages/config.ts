/** What the server tells the editor in the page. */

import { element } from "../lib/element";
import type { Ability, Person } from "../session/person";

export interface EditorConfig {
  room: string;
  /** What kind of document it is: see surfaces/registry.ts. */
  kind: string;
  title: string;
  /** When the server was given this title. */
  titleAt: number;
  /** What this person is here, until the server names another role; and what each role allows. */
  role: string;
  abilities: Record<string, Ability[]>;
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

export function readConfig(): EditorConfig {
  return JSON.parse(element("editor-config").textContent ?? "") as EditorConfig;
}
