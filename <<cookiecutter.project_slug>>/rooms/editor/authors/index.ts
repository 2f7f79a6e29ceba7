/** "Show authors": whose words are whose, as colours, in a list, and in words at the cursor. */

import type { Feature } from "../../../frontend/feature";
import { watchUndone } from "../../../frontend/surfaces/undone";
import { Undone } from "./undone";
import { AuthorsView } from "./view";

export default {
  open: (page, data) => {
    const { url, most } = data as { url: string; most: number };
    new AuthorsView(page, url);
    const undone = new Undone(page, `${url}undone/`, most);
    watchUndone(page.surface.undoManager, (back) => undone.take(back));
  },
} satisfies Feature;
