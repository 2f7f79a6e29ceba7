/** What the server tells the editor in the page. */

import { element } from "../lib/element";
import type { BringOver } from "../session/bring-over";
import type { Ability, Person } from "../session/person";

export interface EditorConfig {
  room: string;
  /** What kind of document it is: see surfaces/registry.ts. */
  kind: string;
  /** As lists show it. */
  title: string;
  /** What this person is here, until the server names another role; and what each role allows. */
  role: string;
  abilities: Record<string, Ability[]>;
  user: Person;
  colors: string[];
  socketPath: string;
  schema: number;
  /** For what an older editor has left on this device. */
  offline: BringOver;
  membersUrl: string;
  dashboardUrl: string;
  loginUrl: string;
  nonce: string;
  /** By which the site knows that a question comes from its own page. */
  token: string;
  /** What features have for this person, by the feature. */
  features: Record<string, unknown>;
}

export function readConfig(): EditorConfig {
  return JSON.parse(element("editor-config").textContent ?? "") as EditorConfig;
}
