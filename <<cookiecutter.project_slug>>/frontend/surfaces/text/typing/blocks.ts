/** Lines made other than they are: by a sign that was typed, or by a command. */

import { Fragment, type Node } from "@tiptap/pm/model";
import type { EditorState, Selection, Transaction } from "@tiptap/pm/state";

import type { Keys, ListKind } from "../model/keys";
import { wordsOfThing } from "../model/things";
import { LIMITS } from "../model/values";
import { type Dispatch, type Line, NO_LIST, type Stretch, drawn, endOfChosen, indentOf, lastAbove, lastIndex, nodeFor, placesOf, put, putLines, stretchOf, withKeys } from "./lines";
import { numbersIn } from "./numbers";
import type { BlockRule } from "./rules";

/** The line with the caret becomes what its first `length` letters say, which go. False where it cannot be that. */
export function becomeBlock({ tr, selection }: EditorState, { become }: BlockRule, length: number): Transaction | null {
  const stretch = stretchOf(selection);
  const line = stretch?.lines[stretch.first];
  if (!stretch || !line) return null;
  const rest: Line = { ...line, node: line.node.cut(length) };
  const made = madeOf(stretch, rest, become);
  if (!made) return null;
  const lines = [...stretch.lines.slice(0, stretch.first), ...made, ...stretch.lines.slice(stretch.first + 1)];
  const next = lines[stretch.first + made.length];
  const last = made.at(-1) as Line;
  // A list that is set to begin with a number of its own goes on to do so.
  if (next && typeof become === "object" && typeof become.start === "number" && typeof next.keys.start === "number" && next.keys.start !== become.start + 1) {
    lines[stretch.first + made.length] = withKeys(next, { break: outside(next.keys) });
  }
  return putLines(tr, stretch, lines, [{ line: last, offset: 0 }]) ? tr : null;
}

function madeOf(stretch: Stretch, line: Line, become: BlockRule["become"]): Line[] | null {
  const { quote = 0 } = line.keys;
  if (become === "quote") return quote < LIMITS.quote ? [withKeys(line, { quote: quote + 1 })] : null;
  if (become === "rule") return [{ keys: quote ? { quote } : {}, node: nodeFor(line, "horizontalRule", null, null) }, line];
  if (become.kind) return [{ ...line, node: nodeFor(line, "heading", { level: become["level"] }, line.node.content) }];
  const listed = withKeys(line, { ...NO_LIST, ...become, break: undefined });
  if (become.list !== "ordered") return [listed];
  if (!goesOn(stretch, become.start)) return [withKeys(listed, { break: outside(line.keys) })];
  // Who counts on from a list further above goes on with it.
  const above = numberAbove(stretch, stretch.first);
  return [above !== null && become.start === above + 1 ? withKeys(listed, { start: "on" }) : listed];
}

/** The last number above this line of the lists that are as deep as it; null if there is none. */
function numberAbove(stretch: Stretch, index: number): number | null {
  const depth = indentOf(stretch.lines[index]);
  const numbers = numbersIn(stretch.nodes).slice(0, index);
  const above = lastIndex(numbers, (numbered, at) => numbered !== null && indentOf(stretch.lines[at]) === depth);
  return numbers[above]?.number ?? lastAbove(stretch, depth);
}

/** In how many containers a line stands, its own list not among them: it shares no more with the line before. */
function outside({ quote = 0, indent = 0 }: Keys): number {
  return quote + 2 * indent;
}

/** Whether this is the number that comes next in the list right above, if there is one. */
function goesOn({ nodes, lines, first }: Stretch, number: Keys["start"]): boolean {
  const above = lastIndex(lines.slice(0, first), (line) => indentOf(line) <= indentOf(lines[first]));
  const before = numbersIn(nodes)[above];
  return !before || before.number + 1 === number;
}

/** A block of code in place of the line with the caret. */
export function becomeCode({ tr, selection }: EditorState, language: string): Transaction | null {
  const stretch = stretchOf(selection);
  const line = stretch?.lines[stretch.first];
  if (!stretch || !line) return null;
  const code: Line = { ...line, node: nodeFor(line, "codeBlock", { language: language || null }, null) };
  const lines = stretch.lines.map((each) => (each === line ? code : each));
  return putLines(tr, stretch, lines, [{ line: code, offset: 0 }]) ? tr : null;
}

/** A picture in place of the last `length` letters, below what stands before them in the line; one goes on below it. */
export function putImage({ tr, selection }: EditorState, length: number, attrs: Record<string, unknown>): Transaction | null {
  const stretch = stretchOf(selection);
  const line = stretch?.lines[stretch.first];
  if (!stretch || !line) return null;
  const { parentOffset } = selection.$from;
  const head: Line = { ...line, node: line.node.cut(0, parentOffset - length) };
  const { list, indent = 0, quote } = line.keys;
  const inside = indent + (list ? 1 : 0);
  const keys: Keys = { ...(inside && { indent: inside }), ...(quote && { quote }) };
  const image: Line = { keys, node: nodeFor(line, "image", attrs, null) };
  const tail: Line = { keys, node: nodeFor(line, "paragraph", null, line.node.cut(parentOffset).content) };
  const isKept = list !== undefined || head.node.content.size > 0;
  const lines = [...stretch.lines.slice(0, stretch.first), ...(isKept ? [head] : []), image, tail, ...stretch.lines.slice(stretch.first + 1)];
  return putLines(tr, stretch, lines, [{ line: tail, offset: 0 }]) ? tr : null;
}

/** One block of code of all lines that are chosen; false where one of them is a thing, or there is only one, of letters alone. */
export function joinIntoCode({ tr, selection }: EditorState, dispatch: Dispatch, language: string | null): boolean {
  const stretch = stretchOf(selection);
  const chosen = stretch?.lines.slice(stretch.first, stretch.last + 1) ?? [];
  const [line] = chosen;
  if (!stretch || !line || !chosen.every(({ node }) => node.isTextblock)) return false;
  if (chosen.length < 2 && line.node.textContent.length === line.node.content.size) return false;
  const words = chosen.map(({ node }) => node.textBetween(0, node.content.size, "", (leaf) => (leaf.type.name === "hardBreak" ? "\n" : wordsOfThing(leaf.attrs["thing"])))).join("\n");
  const content = words ? Fragment.from(line.node.type.schema.text(words)) : null;
  const { kind: _kind, level: _level, ...keys } = withKeys(line, { ...NO_LIST, break: undefined }).keys;
  const code: Line = { ...line, keys, node: nodeFor(line, "codeBlock", { language }, content) };
  const lines = [...stretch.lines.slice(0, stretch.first), code, ...stretch.lines.slice(stretch.last + 1)];
  return put(tr, dispatch, stretch, lines, [{ line: code, offset: 0 }, { line: code, offset: words.length }]);
}

/** What only a list of a kind says of its lines. */
const OF_KIND: Record<ListKind, readonly string[]> = { bullet: [], ordered: ["start", "numbers"], task: ["checked"] };

/** What lists said of lines that they held, by what stands in these: it holds again where a line that nobody has changed becomes such an item again. */
const former = new WeakMap<Node, Keys>();

function ofKind(keys: Keys, kind: ListKind): Keys {
  return Object.fromEntries(OF_KIND[kind].map((name) => [name, keys[name]]));
}

/** Makes items of all lines that are chosen, or of none if all are. */
export function toggleList(kind: ListKind) {
  const canBe = ({ node: { type } }: Line): boolean => type.name === "paragraph" || type.name === "heading";
  return ({ tr, selection }: EditorState, dispatch: Dispatch): boolean => {
    const stretches = stretchesOf(selection);
    const isAll = areAll(chosenIn(stretches).filter(canBe), ({ list }) => list === kind);
    return changeChosen(tr, selection, stretches, dispatch, (line, containers) => {
      if (!canBe(line) || (!isAll && line.keys.list === kind)) return line;
      const node = line.node.type.name === "heading" ? nodeFor(line, "paragraph", null, line.node.content) : line.node;
      // Of a list before it is no more parted, of a quote still.
      const { break: shared } = line.keys;
      const isQuote = shared !== undefined && containers[shared] === "blockquote";
      const said = { ...former.get(node), ...(line.keys.list && ofKind(line.keys, line.keys.list)) };
      former.set(node, said);
      return withKeys({ ...line, node }, { ...NO_LIST, ...(isAll ? {} : { ...ofKind(said, kind), list: kind }), break: isQuote ? shared : undefined });
    });
  };
}

/** Puts all lines that are chosen, with what stands in their items, into a quote, or takes them out of one if all stand in one. */
export function toggleQuote({ tr, selection }: EditorState, dispatch: Dispatch): boolean {
  const stretches = stretchesOf(selection).map((stretch) => ({ ...stretch, last: endOfChosen(stretch) - 1 }));
  const by = areAll(chosenIn(stretches), ({ quote }) => !!quote) ? -1 : 1;
  return changeChosen(tr, selection, stretches, dispatch, (line, _containers, isFirst) => {
    const { quote = 0, break: shared } = line.keys;
    // What is parted from the line above stays so where both come along.
    return quote + by > LIMITS.quote ? line : withKeys(line, { quote: Math.max(0, quote + by) || undefined, break: isFirst ? undefined : shared });
  });
}

/** All tasks that are chosen are done, or none if all were. */
export function tick({ tr, selection }: EditorState, dispatch: Dispatch): boolean {
  const stretches = stretchesOf(selection);
  const checked = chosenIn(stretches).some(({ keys }) => keys.list === "task" && !keys.checked) || undefined;
  return changeChosen(tr, selection, stretches, dispatch, (line) => (line.keys.list === "task" ? withKeys(line, { checked: checked && true }) : line));
}

/** Lines one below the other, or those of each cell that is chosen; the last first, so that what is changed moves none of the others. */
function stretchesOf({ ranges }: Selection): Stretch[] {
  return ranges.map((range) => stretchOf(range)).filter((stretch) => stretch !== null).sort((one, other) => other.from - one.from);
}

/** Whether all of these are so already. An empty line says nothing: one stands at the end of most that is chosen. */
function areAll(lines: readonly Line[], are: (keys: Keys) => boolean): boolean {
  return lines.every(({ keys, node }) => are(keys) || (isEmpty(node) && lines.some((line) => are(line.keys))));
}

function isEmpty({ isTextblock, content }: Node): boolean {
  return isTextblock && !content.size;
}

function chosenIn(stretches: readonly Stretch[]): Line[] {
  return stretches.flatMap(({ lines, first, last }) => lines.slice(first, last + 1));
}

/**
 * `change` is given the containers too in which a line stands. The `break` that it leaves a line is of these: it is put right for those
 * in which the line above stands then.
 */
function changeChosen(tr: Transaction, selection: Selection, stretches: readonly Stretch[], dispatch: Dispatch, change: (line: Line, containers: readonly string[], isFirst: boolean) => Line): boolean {
  let isChanged = false;
  for (const stretch of stretches) {
    const { box, nodes, lines, first, last } = stretch;
    const isChosen = (index: number): boolean => index >= first && index <= last;
    const before = containersIn(nodes);
    const made = lines.map((line, index) => (isChosen(index) ? change(line, before[index] ?? [], index === first) : line));
    // Drawn once, and only where some line is parted: few are.
    let after: string[][] | undefined;
    const changed = made.map((line, index) => {
      const { break: shared } = line.keys;
      if (shared === undefined || !isChosen(index)) return line;
      after ??= containersIn(drawn(box.type.schema, made.map((each, at) => (isChosen(at) ? withKeys(each, { break: undefined }) : each))));
      return withKeys(line, { break: sharedNow(shared, before[index - 1] ?? [], after[index - 1] ?? []) });
    });
    isChanged = putLines(tr, stretch, changed, placesOf(stretch, selection, changed)) || isChanged;
  }
  if (isChanged) dispatch(tr);
  return isChanged;
}

/** In which containers each line stands that is in these nodes, the outermost first. */
function containersIn(nodes: readonly Node[]): string[][] {
  const found: string[][] = [];
  const visit = (node: Node, around: string[]): void => {
    if (node.isTextblock || node.isAtom || node.type.name === "table") found.push(around);
    else for (const child of node.children) visit(child, [...around, node.type.name]);
  };
  for (const node of nodes) visit(node, []);
  return found;
}

/** How many containers a line shares with the one above it, where it shared so many, and that one stood in others `before`. */
function sharedNow(shared: number, before: readonly string[], after: readonly string[]): number {
  const longer = after.length > before.length ? after : before;
  let at = 0;
  while (at < longer.length && before[at] === after[at]) at++;
  // Of quotes right in each other, it is the outermost that comes or goes.
  if (longer[at] === "blockquote") while (longer[at - 1] === "blockquote") at--;
  const isShared = longer === after ? at <= shared : at < shared;
  return isShared ? Math.max(0, after.length - (before.length - shared)) : shared;
}

/** The numbers of a list: from here on from one again, or on from those of the list before. */
export function renumber(how: "anew" | "on") {
  return ({ tr, selection }: EditorState, dispatch: Dispatch): boolean => {
    const stretch = stretchOf(selection);
    const line = stretch && itemAt(stretch);
    if (!stretch || !line) return false;
    const { lines } = stretch;
    const numbers = numbersIn(stretch.nodes);
    const index = lines.indexOf(line);
    const change = (at: number, keys: Keys): boolean => {
      const changed = lines.map((each, place) => (place === at ? withKeys(each, keys) : each));
      return put(tr, dispatch, stretch, changed, placesOf(stretch, selection, changed), true);
    };
    if (how === "anew") return change(index, { start: undefined, break: numbers[index]?.begins ? line.keys.break : outside(line.keys) });
    const list = numbers[index]?.list;
    const first = numbers.findIndex((numbered) => numbered?.list === list);
    return numberAbove(stretch, first) !== null && change(first, { start: "on", break: undefined });
  };
}

/** The item of a numbered list in which the selection begins. */
function itemAt({ lines, first }: Stretch): Line | undefined {
  const depth = indentOf(lines[first]);
  const own = lines[first]?.keys.list ? first : lastIndex(lines.slice(0, first), ({ keys }) => !!keys.list && (keys.indent ?? 0) < depth);
  return lines[own]?.keys.list === "ordered" ? lines[own] : undefined;
}
