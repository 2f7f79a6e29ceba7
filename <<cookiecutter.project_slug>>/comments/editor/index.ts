/** Comments on a document's page: see comments/README.md. */

import type { Feature } from "../../frontend/feature";
import { CommentsView, type Data } from "./view";

export default {
  open: (page, data) => {
    new CommentsView(page, data as Data);
  },
} satisfies Feature;
