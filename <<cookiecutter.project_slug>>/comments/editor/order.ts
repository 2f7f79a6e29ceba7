/** Which of two places in one line comes first. */

import * as Y from "yjs";

import { fromBase64 } from "../../frontend/lib/base64";
import type { Stretch } from "../../frontend/surfaces/surface";

/** Where a stretch begins in the document's text, as it lies in it; 0 if that is not known. */
export function indexOf({ start }: Stretch, doc: Y.Doc): number {
  try {
    return Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(fromBase64(start)), doc)?.index ?? 0;
  } catch {
    return 0; // it is no place
  }
}
