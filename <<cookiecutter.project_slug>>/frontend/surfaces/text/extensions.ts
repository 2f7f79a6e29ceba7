/** What a document may hold. Adding a node or a mark here means a new `schema` of the kind "text" in rooms/kinds.py. */

import { Extension, type AnyExtension, type Attributes } from "@tiptap/core";
import { Highlight } from "@tiptap/extension-highlight";
import { Image, type ImageOptions } from "@tiptap/extension-image";
import { TaskItem, TaskList } from "@tiptap/extension-list";
import { TableCell, TableHeader, TableRow } from "@tiptap/extension-table";
import { Placeholder } from "@tiptap/extensions";
import { Plugin } from "@tiptap/pm/state";
import { StarterKit } from "@tiptap/starter-kit";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";

import { isFromText } from "./binding/binding";
import { Bound } from "./bound";
import { Carets } from "./carets";
import { CodeBlock } from "./things/code-block/code-block";
import { BY_LETTERS, Direction } from "./things/direction/direction";
import { imageView, type Consent } from "./things/image/images";
import { Link } from "./things/link/link";
import { OrderedList } from "./things/ordered-list/ordered-list";
import { Mention } from "./things/mention/mention";
import { TableIds } from "./things/table/ids";
import { Table } from "./things/table/table";
import { Unknown } from "./things/unknown/unknown";
import { imageUrl } from "../../lib/urls";
import type { Surroundings } from "../surface";

export interface ExtensionOptions {
  doc: Y.Doc;
  awareness: Awareness;
  isEditable: () => boolean;
  consent: Consent;
  page: Pick<Surroundings, "colorOf" | "isInTouch">;
}

/** All that an editor is made of, on top of what a document may hold. */
export function extensions({ doc, awareness, isEditable, consent, page }: ExtensionOptions): AnyExtension[] {
  return [
    ...things(consent),
    Placeholder.configure({
      placeholder: ({ node }) =>
        node.type.name === "heading" ? "Heading" : "Write, or press / for blocks",
    }),
    Bound.configure({
      doc,
      // Without a connection nobody knows who is writing somewhere.
      isHere: (client) => !page.isInTouch() || awareness.getStates().has(client),
      isAlone: () => page.isInTouch() && awareness.getStates().size <= 1,
    }),
    Carets.configure({ awareness, page }),
    Tail,
    ReadOnly.configure({ isEditable }),
  ];
}

/** What a document may hold; without somebody's consent no image is shown. */
export function things(consent: Consent | null): AnyExtension[] {
  return [
    StarterKit.configure({
      undoRedo: false, // see Bound, which undoes only one's own edits
      trailingNode: false, // it would write into the document on opening it: see Tail
      listItem: { HTMLAttributes: BY_LETTERS },
      orderedList: false,
      blockquote: { HTMLAttributes: BY_LETTERS },
      codeBlock: false,
      heading: { levels: [1, 2, 3] },
      dropcursor: { class: "drop-cursor", color: false, width: 2 },
      link: false,
    }),
    Link,
    Highlight,
    CodeBlock,
    OrderedList,
    TaskList,
    TaskItem.configure({
      nested: true,
      HTMLAttributes: BY_LETTERS,
      a11y: { checkboxLabel: (node) => node.textContent || "Empty task" },
    }),
    Table.configure({ resizable: true, cellMinWidth: 60, allowTableNodeSelection: true, HTMLAttributes: BY_LETTERS }),
    TableRow,
    TableCell.extend({ addAttributes: cellAttributes }),
    TableHeader.extend({ addAttributes: cellAttributes }),
    SafeImage.configure({ consent }),
    TableIds,
    Direction,
    Mention,
    Unknown,
  ];
}

const ALIGNMENTS = ["left", "center", "right"];

/** A document's word goes into a style, and styles can fetch: only these words do. */
function cellAttributes(this: { parent?: (() => Attributes) | null | undefined }): Attributes {
  const given = this.parent?.() ?? {};
  return {
    ...given,
    align: {
      ...given["align"],
      renderHTML: ({ align }: { align?: unknown }) =>
        typeof align === "string" && ALIGNMENTS.includes(align) ? { style: `text-align: ${align}` } : {},
    },
  };
}

/** Images by address only, by addresses that the page's security policy lets through, and once somebody asks for them. */
const SafeImage = Image.extend<ImageOptions & { consent: Consent | null }>({
  addOptions() {
    return {
      ...(this.parent?.() as ImageOptions),
      HTMLAttributes: { loading: "lazy", referrerpolicy: "no-referrer" },
      consent: null,
    };
  },
  addStorage() {
    return { consent: this.options.consent };
  },
  addNodeView() {
    const { consent } = this.options;
    return consent && ((props) => imageView(props, consent));
  },
  addAttributes() {
    return {
      ...this.parent?.(),
      src: {
        default: null,
        parseHTML: (element: HTMLElement) => imageUrl(element.getAttribute("src")),
        renderHTML: ({ src }: { src?: unknown }) => {
          const address = imageUrl(src);
          return address ? { src: address } : {};
        },
      },
      alt: {
        default: "",
        renderHTML: ({ alt }: { alt?: unknown }) => ({ alt: typeof alt === "string" ? alt : "" }),
      },
    };
  },
});

/**
 * Refuses every local change while one may only read.
 *
 * `setEditable(false)` stops the keyboard alone; plugins that tidy up (tables) would still write.
 */
const ReadOnly = Extension.create<{ isEditable: () => boolean }>({
  name: "readOnly",
  addOptions: () => ({ isEditable: () => true }),
  addProseMirrorPlugins() {
    const { isEditable } = this.options;
    return [
      new Plugin({
        filterTransaction: (transaction) => !transaction.docChanged || isFromText(transaction) || isEditable(),
      }),
    ];
  },
});

/** Keeps a paragraph after a block one can't type behind, when it is oneself who put that block at the end. */
const Tail = Extension.create({
  name: "tail",
  addProseMirrorPlugins() {
    return [
      new Plugin({
        appendTransaction: (transactions, _before, state) => {
          if (!transactions.some((transaction) => transaction.docChanged) || transactions.some(isFromText)) return null;
          const last = state.doc.lastChild;
          const paragraph = state.schema.nodes["paragraph"];
          if (!last || !paragraph || !["table", "codeBlock", "image", "horizontalRule"].includes(last.type.name)) return null;
          return state.tr.insert(state.doc.content.size, paragraph.create());
        },
      }),
    ];
  },
});
