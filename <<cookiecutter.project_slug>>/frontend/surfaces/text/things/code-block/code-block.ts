/** Code blocks: a language to choose, lines that are wrapped or not, and a button to copy. Their colours: highlighting.ts. */

import type { Editor } from "@tiptap/core";
import { CodeBlock as Base, type CodeBlockOptions } from "@tiptap/extension-code-block";
import type { Node } from "@tiptap/pm/model";
import type { EditorState, Transaction } from "@tiptap/pm/state";
import { ChevronDown, Copy, WrapText } from "lucide";

import { copyText } from "../../../../ui/copy";
import { icon } from "../../../../ui/icons";
import { say } from "../../../../ui/toast";
import { rove, toolbar } from "../../../../ui/toolbar";
import { withDialogs } from "../../lazy";
import { apart } from "../../bound";
import { Habits } from "./habits";
import { indent, newLine, outdent } from "./indent";
import { languageLabel } from "./languages";

const COPIED = "The code is on the clipboard.";
const NOT_COPIED = "This browser does not let the page copy. Select the code, and press Ctrl+C or Cmd+C.";

interface Storage {
  habits: Habits;
}

export const CodeBlock = Base.extend<CodeBlockOptions, Storage>({
  addStorage: () => ({ habits: new Habits() }),

  addKeyboardShortcuts() {
    const { editor } = this;
    const keys = this.parent?.() ?? {};
    const run = (make: (state: EditorState) => Transaction | null) => (): boolean => {
      const tr = editor.isEditable ? make(editor.state) : null;
      if (tr) editor.view.dispatch(tr);
      return tr !== null;
    };
    const enter = keys["Enter"];
    // Undone by itself, however soon one does something else.
    const byItself = (act: () => boolean) => (): boolean => apart(editor, act);
    return { ...keys, Tab: byItself(run(indent)), "Shift-Tab": byItself(run(outdent)), Enter: (props) => enter?.(props) || run(newLine)() };
  },

  addNodeView() {
    const { habits } = this.storage;
    return ({ node: first, editor, getPos }) => {
      let node = first;
      const dom = document.createElement("div");
      dom.className = "code-block";
      const pre = document.createElement("pre");
      const code = document.createElement("code");
      code.spellcheck = false;
      pre.append(code);
      const change = (language: string | null): void => {
        const position = getPos();
        if (position === undefined || !editor.isEditable) return;
        habits.language = language;
        if ((node.attrs["language"] ?? null) === language) return;
        editor.view.dispatch(editor.state.tr.setNodeMarkup(position, undefined, { ...node.attrs, language }));
      };
      const tools = codeTools(editor, habits, () => node, change);
      // Before the code, they would keep a selection from reaching a document's beginning.
      dom.append(pre, tools.element);

      let shown = "";
      const show = (): void => {
        // Called at each change of the document, and of any block.
        const now = JSON.stringify([node.attrs["language"], habits.isWrapped, editor.isEditable]);
        if (now === shown) return;
        shown = now;
        tools.show();
        pre.classList.toggle("is-wrapped", habits.isWrapped);
        // Whoever scrolls by the keyboard can; while it is written in, the caret does.
        if (habits.isWrapped || editor.isEditable) pre.removeAttribute("tabindex");
        else pre.tabIndex = 0;
      };
      const unwatch = habits.watch(show);
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
        stopEvent: (event) => tools.element.contains(event.target as HTMLElement),
        ignoreMutation: (mutation) => mutation.type !== "selection" && !code.contains(mutation.target),
        destroy: () => {
          editor.off("update", show);
          unwatch();
        },
      };
    };
  },
});

export function habitsOf(editor: Editor): Habits {
  return (editor.storage as unknown as { codeBlock: Storage }).codeBlock.habits;
}

interface Tools {
  element: HTMLElement;
  show: () => void;
}

function codeTools(editor: Editor, habits: Habits, node: () => Node, change: (language: string | null) => void): Tools {
  const element = document.createElement("div");
  element.className = "code-tools";
  element.contentEditable = "false";
  const bar = toolbar("Code block", "code-tools");
  element.append(bar);
  const back = (): void => void editor.commands.focus();
  const language = button("code-language", () => {
    if (!editor.isEditable) return;
    language.setAttribute("aria-expanded", "true");
    const closed = (isDone: boolean): void => {
      language.setAttribute("aria-expanded", "false");
      if (isDone) back();
    };
    withDialogs(({ chooseLanguage }) => chooseLanguage({ language: node().attrs["language"], button: bar, chosen: change, closed }));
  });
  language.setAttribute("aria-haspopup", "listbox");
  language.setAttribute("aria-expanded", "false");
  const name = document.createElement("span");
  language.append(name, icon(ChevronDown, 14));
  const wrap = button("code-wrap", () => {
    habits.isWrapped = !habits.isWrapped;
  });
  wrap.append(icon(WrapText, 15));
  wrap.setAttribute("aria-label", "Wrap long lines");
  wrap.title = "Wrap long lines";
  const copy = button("code-copy", () => {
    void copyText(node().textContent).then((isCopied) => say(isCopied ? COPIED : NOT_COPIED));
  });
  copy.append(icon(Copy, 15));
  copy.setAttribute("aria-label", "Copy this code");
  copy.title = "Copy this code";
  bar.append(language, wrap, copy);
  rove(bar, back);
  return {
    element,
    show: () => {
      const label = languageLabel(node().attrs["language"]);
      name.textContent = label;
      language.setAttribute("aria-label", `Language of this code: ${label}`);
      language.setAttribute("aria-disabled", String(!editor.isEditable));
      wrap.setAttribute("aria-pressed", String(habits.isWrapped));
    },
  };
}

function button(className: string, run: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = className;
  element.addEventListener("click", run);
  return element;
}
