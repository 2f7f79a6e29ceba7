/** "Show authors": whose words are whose, as colours, in a list, and in words at the cursor. */

import type { Feature } from "../../../frontend/feature";
import { AuthorsView } from "./view";

export default {
  open: (page, data) => {
    new AuthorsView(page, (data as { url: string }).url);
  },
} satisfies Feature;
