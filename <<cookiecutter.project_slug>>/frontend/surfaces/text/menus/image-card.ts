/** At a chosen image: how large it is, what is said of it to those who do not see it, another one, and none. */

import type { Editor } from "@tiptap/core";
import { Captions, Replace, Trash2 } from "lucide";

import { withDialogs } from "../lazy";
import { menuBar, type MenuBar } from "./menu-bar";

/** Pixels; null: as large as it is itself, where the page has room for that. */
const SIZES: [label: string, width: number | null][] = [
  ["Small", 240],
  ["Medium", 480],
  ["Large", 720],
  ["Full size", null],
];

export function imageCard(editor: Editor): MenuBar {
  const size = document.createElement("select");
  size.className = "tool-select";
  size.setAttribute("aria-label", "Size of the image");
  for (const [label, width] of SIZES) size.add(new Option(label, String(width ?? "")));
  const other = new Option("As dragged", "other");
  size.add(other);
  size.addEventListener("change", () => {
    if (size.value !== "other") editor.commands.updateAttributes("image", { width: Number(size.value) || null, height: null });
  });
  const bar = menuBar(editor, "Image", "image-menu", [
    size,
    "separator",
    {
      id: "describeImage",
      label: "Description, for those who can't see it",
      group: "block",
      icon: Captions,
      isActive: () => String(editor.getAttributes("image")["alt"] ?? "") !== "",
      run: () => withDialogs((dialogs) => dialogs.describeImage(editor)),
    },
    { id: "replaceImage", label: "Replace image", group: "block", icon: Replace, run: () => withDialogs((dialogs) => dialogs.insertImage(editor)) },
    { id: "removeImage", label: "Remove image", group: "block", icon: Trash2, run: () => editor.chain().deleteSelection().focus().run() },
  ]);
  return {
    element: bar.element,
    refresh: () => {
      bar.refresh();
      const width: unknown = editor.getAttributes("image")["width"];
      const isNamed = SIZES.some((each) => each[1] === (width ?? null));
      other.hidden = isNamed;
      size.value = isNamed ? String(width ?? "") : "other";
    },
  };
}
