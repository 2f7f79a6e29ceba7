/** The features of a document's page: a folder of the site each, whose `editor/` holds what runs in the browser. Two lines a feature. */

import authors from "../rooms/editor/authors";
import comments from "../comments/editor";
import history from "../history/editor";
import notices from "../notices/editor";
import publish from "../publish/editor";
import sharing from "../rooms/editor/sharing";
import type { Feature } from "./feature";

export const FEATURES: Record<string, Feature> = {
  comments,
  history,
  authors,
  notices,
  sharing,
  publish,
};
