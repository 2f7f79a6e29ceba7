/** The features of a document's page: a folder of the site each, whose `editor/` holds what runs in the browser. One line a feature. */

import type { Feature } from "./feature";

export const FEATURES: Record<string, () => Promise<{ default: Feature }>> = {
  comments: () => import("../comments/editor"),
  history: () => import("../history/editor"),
  authors: () => import("../rooms/editor/authors"),
  notices: () => import("../notices/editor"),
  sharing: () => import("../rooms/editor/sharing"),
  publish: () => import("../publish/editor"),
};
