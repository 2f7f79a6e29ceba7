/** Code blocks: a language to choose, a button to copy, and highlighting that is fetched when it is needed. */

import { CodeBlock as Base } from "@tiptap/extension-code-block";
import type { Node } from "@tiptap/pm/model";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet, type EditorView } from "@tiptap/pm/view";

import { LANGUAGES, isLoaded, languageName, load, tokenize, type Token } from "./languages";

const key = new PluginKey<DecorationSet>("highlighting");

/** Longer blocks stay plain: highlighting them at each key would be felt. */
const LONGEST = 50_000;

// Nodes never change, so a block that nobody touched keeps its tokens.
const known = new WeakMap<Node, Token[]>();

export const CodeBlock = Base.extend({
  addProseMirrorPlugins() {
    return [...(this.parent?.() ?? []), highlighting()];
  },

  addNodeView() {
    return ({ node: first, editor, getPos }) => {
      let node = first;
      const dom = document.createElement("div");
      dom.className = "code-block";
      const tools = document.createElement("div");
      tools.className = "code-tools";
      tools.contentEditable = "false";
      const select = languageSelect();
      const copy = document.createElement("button");
      copy.type = "button";
      copy.textContent = "Copy";
      copy.setAttribute("aria-label", "Copy this code");
      tools.append(select, copy);
      const pre = document.createElement("pre");
      const code = document.createElement("code");
      code.spellcheck = false;
      pre.append(code);
      dom.append(tools, pre);

      const show = (): void => {
        select.value = languageName(node.attrs["language"]) ?? "";
        select.disabled = !editor.isEditable;
      };
      select.addEventListener("change", () => {
        const position = getPos();
        if (position === undefined) return;
        const language = select.value || null;
        editor.view.dispatch(editor.state.tr.setNodeMarkup(position, undefined, { ...node.attrs, language }));
        editor.commands.focus();
      });
      copy.addEventListener("click", () => {
        void navigator.clipboard?.writeText(node.textContent).then(() => {
          copy.textContent = "Copied";
          window.setTimeout(() => (copy.textContent = "Copy"), 1_500);
        });
      });
      show();
      editor.on("update", show);
      return {
        dom,
        contentDOM: code,
        update: (next) => {
          if (next.type !== node.type) return false;
          node = next;
          show();
          return true;
        },
        stopEvent: (event) => tools.contains(event.target as HTMLElement),
        ignoreMutation: (mutation) => mutation.type !== "selection" && !code.contains(mutation.target),
        destroy: () => {
          editor.off("update", show);
        },
      };
    };
  },
});

function languageSelect(): HTMLSelectElement {
  const select = document.createElement("select");
  select.setAttribute("aria-label", "Language of this code");
  select.add(new Option("Plain text", ""));
  for (const [name, { label }] of Object.entries(LANGUAGES)) select.add(new Option(label, name));
  return select;
}

function highlighting(): Plugin<DecorationSet> {
  return new Plugin<DecorationSet>({
    key,
    state: {
      init: (_config, state) => decorations(state.doc),
      apply: (transaction, before) =>
        transaction.docChanged || transaction.getMeta(key) ? decorations(transaction.doc) : before,
    },
    props: { decorations: (state) => key.getState(state) },
    view: (view) => {
      const awaited = new Set<string>();
      const fetch = (): void => fetchMissing(view, awaited);
      fetch();
      return { update: fetch };
    },
  });
}

function decorations(doc: Node): DecorationSet {
  const all: Decoration[] = [];
  for (const { node, position, language } of codeBlocks(doc)) {
    if (!isLoaded(language)) continue;
    let tokens = known.get(node);
    if (!tokens) {
      tokens = tokenize(language, node.textContent);
      known.set(node, tokens);
    }
    const start = position + 1;
    for (const { from, to, className } of tokens) {
      all.push(Decoration.inline(start + from, start + to, { class: className }));
    }
  }
  return DecorationSet.create(doc, all);
}

function fetchMissing(view: EditorView, awaited: Set<string>): void {
  for (const { language } of codeBlocks(view.state.doc)) {
    if (awaited.has(language)) continue;
    awaited.add(language);
    void load(language).then(() => {
      if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(key, true));
    });
  }
}

interface Block {
  node: Node;
  position: number;
  language: string;
}

function codeBlocks(doc: Node): Block[] {
  const blocks: Block[] = [];
  doc.descendants((node, position) => {
    if (node.type.name === "codeBlock") {
      const language = languageName(node.attrs["language"]);
      if (language && node.content.size <= LONGEST) blocks.push({ node, position, language });
    }
    return !node.isTextblock;
  });
  return blocks;
}
