/**
 * Colours in code blocks. A change asks for those of the blocks that it touches, and of no others: the rest of a document
 * is not looked at. Until they have come a block keeps the colours that it had, letters that are new have none.
 */

import type { Node } from "@tiptap/pm/model";
import { Plugin, PluginKey, type Transaction } from "@tiptap/pm/state";
import { Decoration, DecorationSet, type EditorView } from "@tiptap/pm/view";

import { untilThere } from "../../../../lib/again";
import { rangesOf } from "../../changed";
import type { Token } from "./grammars";
import { Highlighter } from "./highlighter";
import { languageName } from "./languages";

/** Letters: longer blocks stay plain, their colours would be more than a page shows at once. */
const LONGEST = 50_000;

/** Blocks of more letters than this are read anew when one stops typing for so many milliseconds. */
const [LONG, PAUSE] = [5_000, 250];

/** A block that took too long is tried again once it is so much shorter. */
const SHORTER = 0.5;

interface Block {
  position: number;
  node: Node;
}

/** What is known of the blocks of a document, at the places where they are now. */
interface Colours {
  set: DecorationSet;
  /** They have changed since they were coloured. */
  wanted: Block[];
  /** They took too long. */
  slow: Block[];
}

type Message = { of: Node; outcome: Token[] | "slow" } | { fetched: string };

export const highlightingKey = new PluginKey<Colours>("highlighting");

export function highlighting(): Plugin<Colours> {
  return new Plugin<Colours>({
    key: highlightingKey,
    state: {
      init: (_config, { doc }) => want({ set: DecorationSet.empty, wanted: [], slow: [] }, blocksIn(doc, 0, doc.content.size)),
      apply: (tr, before) => {
        const message = tr.getMeta(highlightingKey) as Message | undefined;
        const now = tr.docChanged ? want(mapped(before, tr), touchedBlocks(tr)) : before;
        return message ? told(now, message, tr.doc) : now;
      },
    },
    props: { decorations: (state) => highlightingKey.getState(state)?.set },
    // Made anew whenever another plugin is added to the editor: each has a worker of its own, which ends with it.
    view: (view) => new Asking(view, new Highlighter()),
  });
}

/** Code blocks in what a transaction has changed. */
export function touchedBlocks(tr: Transaction): Block[] {
  const found = new Map<number, Block>();
  for (const { from, to } of rangesOf(tr)) for (const block of blocksIn(tr.doc, from, to)) found.set(block.position, block);
  return [...found.values()];
}

function blocksIn(doc: Node, from: number, to: number): Block[] {
  const blocks: Block[] = [];
  doc.nodesBetween(from, to, (node, position) => {
    if (node.type.name === "codeBlock") blocks.push({ node, position });
    return !node.isTextblock;
  });
  return blocks;
}

function languageOf({ node }: Block): string | null {
  return languageName(node.attrs["language"]);
}

function mapped({ set, wanted, slow }: Colours, { mapping, doc }: Transaction): Colours {
  const still = (blocks: Block[]): Block[] =>
    blocks.map(({ position, node }) => ({ position: mapping.map(position), node })).filter(({ position }) => doc.nodeAt(position)?.type.name === "codeBlock");
  return { set: set.map(mapping, doc), wanted: still(wanted), slow: still(slow) };
}

function want({ set, wanted, slow }: Colours, changed: Block[]): Colours {
  for (const block of changed) {
    const { position, node } = block;
    wanted = wanted.filter((each) => each.position !== position);
    const language = languageOf(block);
    const wasSlow = slow.find((each) => each.position === position);
    const isSlow = wasSlow && languageOf(wasSlow) === language && node.content.size > wasSlow.node.content.size * SHORTER;
    if (!isSlow) slow = slow.filter((each) => each !== wasSlow);
    if (language && node.content.size <= LONGEST && !isSlow) wanted = [...wanted, block];
    else set = set.remove(set.find(position, position + node.nodeSize));
  }
  return { set, wanted, slow };
}

function told(colours: Colours, message: Message, doc: Node): Colours {
  if ("fetched" in message) {
    return want(colours, blocksIn(doc, 0, doc.content.size).filter((block) => languageOf(block) === message.fetched));
  }
  const block = colours.wanted.find(({ node }) => node === message.of);
  if (!block) return colours; // it has changed since
  const wanted = colours.wanted.filter((each) => each !== block);
  if (message.outcome !== "slow") return { ...colours, wanted, set: coloured(colours.set, block, message.outcome, doc) };
  const plain = colours.set.remove(colours.set.find(block.position, block.position + block.node.nodeSize));
  return { set: plain, wanted, slow: [...colours.slow, block] };
}

/** Only where colours differ from those that are there something is drawn anew: at most keys, in one word. */
function coloured(set: DecorationSet, { position, node }: Block, tokens: Token[], doc: Node): DecorationSet {
  const start = position + 1;
  const before = set.find(start, start + node.content.size).sort((one, other) => one.from - other.from);
  const isSame = (old: Decoration | undefined, token: Token | undefined): boolean =>
    !!old && !!token && old.from === start + token[0] && old.to === start + token[1] && old.spec["className"] === token[2];
  let first = 0;
  while (isSame(before[first], tokens[first])) first++;
  let [oldEnd, newEnd] = [before.length, tokens.length];
  for (; oldEnd > first && newEnd > first && isSame(before[oldEnd - 1], tokens[newEnd - 1]); oldEnd--) newEnd--;
  const made = tokens.slice(first, newEnd).map(([from, to, className]) => Decoration.inline(start + from, start + to, { class: className }, { className }));
  return set.remove(before.slice(first, oldEnd)).add(doc, made);
}

/** One block after the other, the newest text of each. */
class Asking {
  private isAsking = false;
  private readonly lacking = new Set<string>();
  private readonly closing = new AbortController();

  constructor(
    private readonly view: EditorView,
    private readonly highlighter: Highlighter,
  ) {
    this.update();
  }

  update(): void {
    if (!this.isAsking && this.next()) void this.askAll();
  }

  destroy(): void {
    this.closing.abort();
    this.highlighter.close();
  }

  private next(): Block | undefined {
    return highlightingKey.getState(this.view.state)?.wanted.find((block) => !this.lacking.has(languageOf(block) ?? ""));
  }

  private async askAll(): Promise<void> {
    this.isAsking = true;
    for (let block = this.next(); block && !this.isOver; block = this.next()) {
      const { node } = block;
      if (node.content.size > LONG) await this.wait(PAUSE);
      // Whoever types on is asked about what there is in the end.
      if (!this.isOver && this.next()?.node === node) await this.ask(block);
    }
    this.isAsking = false;
  }

  private async ask(block: Block): Promise<void> {
    const [language, text] = [languageOf(block) ?? "", block.node.textContent];
    const outcome = await this.highlighter.ask({ language, text });
    // What an input method composes must not be drawn anew.
    while (this.view.composing && !this.isOver) await this.wait(PAUSE);
    if (this.isOver) return;
    if (outcome === "failed") this.fetch(language);
    else this.tell({ of: block.node, outcome });
  }

  /** Until all languages are there that could not be fetched. */
  private fetch(language: string): void {
    const isFirst = this.lacking.size === 0;
    this.lacking.add(language);
    if (isFirst) void untilThere(() => this.fetchLacking(), undefined, this.closing.signal);
  }

  private async fetchLacking(): Promise<void> {
    for (const language of this.lacking) {
      const outcome = await this.highlighter.ask({ language, text: "" });
      if (outcome === "failed") throw new Error(`${language} could not be fetched`);
      this.lacking.delete(language);
      this.tell({ fetched: language });
    }
  }

  private tell(message: Message): void {
    if (!this.isOver) this.view.dispatch(this.view.state.tr.setMeta(highlightingKey, message).setMeta("addToHistory", false));
  }

  private wait(milliseconds: number): Promise<void> {
    return new Promise((done) => setTimeout(done, milliseconds));
  }

  private get isOver(): boolean {
    return this.closing.signal.aborted || this.view.isDestroyed;
  }
}
