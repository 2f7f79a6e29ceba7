/**
 * What a line can be besides a paragraph or the place of a table: one entry each.
 *
 * An entry says which keys of the marker belong to it, which node of the tree it is drawn as, and how that node is read
 * back. Adding a kind means adding an entry here; where older versions do not know it they draw a paragraph and keep it.
 */

import type { Attrs, Node } from "@tiptap/pm/model";

import { LIMITS, isNumber, isText } from "./values";

type Says = Record<string, unknown>;

export interface Kind {
  /** The node's name in the schema. */
  node: string;
  /** Text with marks and line breaks; text alone; or a thing without text. */
  shape: "text" | "code" | "atom";
  keys: (get: (name: string) => unknown) => Says;
  attrs: (keys: Says) => Attrs | null;
  read: (node: Node) => Says;
}

const HIGHEST_LEVEL = 3;

const heading: Kind = {
  node: "heading",
  shape: "text",
  keys: (get) => ({ level: Math.min(isNumber(get("level"), HIGHEST_LEVEL) || 1, HIGHEST_LEVEL) }),
  attrs: ({ level }) => ({ level }),
  read: ({ attrs }) => heading.keys((name) => attrs[name]),
};

const code: Kind = {
  node: "codeBlock",
  shape: "code",
  keys: (get) => withText({}, "language", get("language"), LIMITS.language),
  attrs: ({ language }) => ({ language: language ?? null }),
  read: ({ attrs }) => code.keys((name) => attrs[name]),
};

const rule: Kind = { node: "horizontalRule", shape: "atom", keys: () => ({}), attrs: () => null, read: () => ({}) };

const image: Kind = {
  node: "image",
  shape: "atom",
  keys: (get) => {
    const keys: Says = {};
    withText(keys, "src", get("src"), LIMITS.address);
    withText(keys, "alt", get("alt") || null, LIMITS.words);
    withText(keys, "title", get("title"), LIMITS.words);
    for (const side of ["width", "height"]) {
      const size = isNumber(get(side), LIMITS.size);
      if (size) keys[side] = size;
    }
    return keys;
  },
  attrs: ({ src, alt, title, width, height }) => ({
    src: src ?? null,
    alt: alt ?? "",
    title: title ?? null,
    width: width ?? null,
    height: height ?? null,
  }),
  read: ({ attrs }) => image.keys((name) => attrs[name]),
};

export const KINDS: Record<string, Kind> = Object.assign(Object.create(null), { heading, code, rule, image });

const BY_NODE = new Map(Object.entries(KINDS).map(([name, kind]) => [kind.node, { name, kind }]));

export function kindOf({ kind }: { kind?: string }): Kind | undefined {
  return kind === undefined ? undefined : KINDS[kind];
}

/** The kind of a line that is drawn as this node: null for a paragraph, undefined for what is no line. */
export function kindOfNode(node: Node): { name: string; kind: Kind } | null | undefined {
  return node.type.name === "paragraph" ? null : BY_NODE.get(node.type.name);
}

function withText(keys: Says, name: string, value: unknown, longest: number): Says {
  const words = isText(value, longest);
  if (words !== null) keys[name] = words;
  return keys;
}
