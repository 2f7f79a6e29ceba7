/** Stands for TipTap's own ways with Yjs, which the drag handle imports: the text is bound otherwise, and keeps positions. */

export const ySyncPluginKey = { getState: (): undefined => undefined };

/** Whether all places are lost: they never are. */
export function isChangeOrigin(): boolean {
  return false;
}

function unused(): never {
  throw new Error("There is no fragment of Yjs");
}

export const absolutePositionToRelativePosition = unused;
export const relativePositionToAbsolutePosition = unused;
