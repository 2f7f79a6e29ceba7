/**
 * Where a copy was cut out of its document: how many nodes are open at its ends, and in what it stood.
 *
 * It is written into the HTML as all editors on ProseMirror do, in one attribute, so that these understand each other.
 */

import { Fragment, type Node, type Schema, Slice } from "@tiptap/pm/model";

import { isNumber, isPlain } from "../model/values";

export const CUT = "data-pm-slice";

export interface Cut {
  openStart: number;
  openEnd: number;
  /** Elements around it that only HTML asks for. */
  wrappers: number;
  context: unknown;
}

/** What can stand around letters that were copied, with what may be said of it. */
const AROUND: Record<string, (attrs: Record<string, unknown>) => Record<string, unknown>> = {
  paragraph: () => ({}),
  blockquote: () => ({}),
  bulletList: () => ({}),
  listItem: () => ({}),
  taskList: () => ({}),
  taskItem: ({ checked }) => ({ checked: checked === true }),
  heading: ({ level }) => ({ level: Math.max(1, isNumber(level, 3) ?? 1) }),
  orderedList: ({ start, type, goesOn }) => ({ goesOn: goesOn === true, start: isNumber(start, 1e9) ?? 1, type: typeof type === "string" && /^[aAiI]$/.test(type) ? type : null }),
};

const CELLS = new Set(["tableCell", "tableHeader"]);

const [LONGEST_CONTEXT, DEEPEST] = [4_000, 40];

export function readCut(page: Document): Cut | null {
  const written = page.querySelector(`[${CUT}]`)?.getAttribute(CUT) ?? "";
  const [, openStart, openEnd, wrappers = "0", context = "[]"] = /^(\d{1,3}) (\d{1,3})(?: -(\d))? (\[.*)$/.exec(written.slice(0, LONGEST_CONTEXT)) ?? [];
  if (openStart === undefined || openEnd === undefined) return null;
  try {
    return { openStart: Number(openStart), openEnd: Number(openEnd), wrappers: Number(wrappers), context: JSON.parse(context) as unknown };
  } catch {
    return null;
  }
}

/**
 * A copy without what it alone stands in, and what that was: the names and attributes of these nodes in turn.
 *
 * A part of one line is only its words: copied within a list, it makes no list of where it is put. What stands in one cell brings
 * no table along.
 */
export function unwrapped(slice: Slice): { slice: Slice; context: unknown[] } {
  let { content, openStart, openEnd } = slice;
  let context: unknown[] = [];
  let around: Node[] = [];
  let node = content.childCount === 1 ? content.firstChild : null;
  while (node && openStart > around.length && openEnd > around.length) {
    const isCell = CELLS.has(node.type.name);
    if (!node.isTextblock) around.push(node);
    if (node.isTextblock || isCell) {
      content = node.isTextblock ? Fragment.from(node) : node.content;
      openStart -= around.length;
      openEnd -= around.length;
      context = isCell ? [] : around.flatMap(({ type, attrs }) => [type.name, AROUND[type.name]?.(attrs) ?? null]);
      around = [];
    }
    if (node.isTextblock || node.childCount !== 1) break;
    node = node.firstChild;
  }
  return { slice: new Slice(content, openStart, openEnd), context };
}

export function addContext(slice: Slice, { context }: Cut, schema: Schema): Slice {
  if (!slice.size || !Array.isArray(context)) return slice;
  let { content, openStart, openEnd } = slice;
  for (let at = Math.min(context.length, DEEPEST) - 2; at >= 0; at -= 2) {
    const [name, attrs] = [context[at] as unknown, context[at + 1] as unknown];
    const type = typeof name === "string" && Object.hasOwn(AROUND, name) ? schema.nodes[name] : undefined;
    // Its beginning may be cut off.
    if (!type || typeof name !== "string" || !type.contentMatch.fillBefore(content, true)) break;
    const node: Node = type.create(AROUND[name]?.(isPlain(attrs) ? attrs : {}) ?? null, content);
    content = Fragment.from(node);
    openStart++;
    openEnd++;
  }
  return new Slice(content, openStart, openEnd);
}
