/** Files pasted or dropped: a document cannot hold them, and says so instead of swallowing them. */

import type { Editor } from "@tiptap/core";

import { say } from "../../ui/toast";

export const NO_FILES = "Files cannot be put into a document yet. A picture that is on the web can be: insert it by its address.";

/** Answers for files that would vanish: on their own, or as pictures within a text that came from elsewhere. */
export function watchForFiles(editor: Editor, signal: AbortSignal): void {
  const refused = (): void => {
    if (editor.isEditable) say(NO_FILES);
  };
  // What is pasted into the text is looked at there: see clipboard/.
  document.addEventListener("paste", ({ clipboardData, target }) => {
    if (!editor.view.dom.contains(target as Node) && clipboardData && vanishes(clipboardData)) refused();
  }, { signal });
  // Otherwise the browser would leave the page to show the file.
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  }, { signal });
  document.addEventListener("drop", (event) => {
    const { dataTransfer } = event;
    if (!dataTransfer) return;
    if (vanishes(dataTransfer)) refused();
    if (dataTransfer.types.includes("Files")) event.preventDefault();
  }, { signal });
}

function vanishes(data: DataTransfer): boolean {
  const html = data.getData("text/html");
  if (html) {
    const images = [...new DOMParser().parseFromString(html, "text/html").images];
    return images.some((image) => /^(data|blob|file|cid):/i.test(image.getAttribute("src") ?? ""));
  }
  return data.files.length > 0 && !data.getData("text/plain");
}
