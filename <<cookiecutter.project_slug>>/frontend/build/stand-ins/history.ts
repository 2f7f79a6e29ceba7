/** Stands for ProseMirror's own history, which StarterKit imports and the editor replaces: Yjs undoes only one's own edits. */

function unused(): never {
  throw new Error("Collaboration brings its own history");
}

export const history = unused;
export const undo = unused;
export const redo = unused;
