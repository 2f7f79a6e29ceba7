/**
 * What is asked for without a key: by a system's menu, the bar above a phone's keyboard, a picker of emoji, somebody who dictates.
 *
 * Left alone, a browser does it to the page by its own lights, to be read back from there: its undo knows nothing of what
 * others write, and lists and tables come apart where it deletes over several lines.
 */

import type { Editor } from "@tiptap/core";
import { Plugin, TextSelection } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";

import { type Command, bold, bulletList, italic, orderedList, redo, rule, runCommand, strike, underline, undo } from "../commands";

/** By the names that browsers have for them. */
const COMMANDS: Record<string, Command> = {
  historyUndo: undo,
  historyRedo: redo,
  formatBold: bold,
  formatItalic: italic,
  formatUnderline: underline,
  formatStrikeThrough: strike,
  insertUnorderedList: bulletList,
  insertOrderedList: orderedList,
  insertHorizontalRule: rule,
};

/** There ProseMirror compares the page with what it was, and keyboards lose track where they are interfered with. */
const isPhone = (): boolean => /Android/.test(globalThis.navigator?.userAgent ?? "");

export function mountInputs(editor: Editor): void {
  editor.registerPlugin(new Plugin({
    props: {
      handleDOMEvents: {
        beforeinput: (view, event) => {
          const isDone = view.editable && !view.composing && !view.isDestroyed && done(editor, view, event);
          if (isDone) event.preventDefault();
          return isDone;
        },
      },
    },
  }));
}

function done(editor: Editor, view: EditorView, { inputType, data }: InputEvent): boolean {
  const command = COMMANDS[inputType];
  if (command) {
    if (command.isEnabled?.(editor, editor.can()) ?? true) runCommand(editor, command);
    return true;
  }
  // Of colours, fonts and the like there are none here; what one sees is what is kept.
  if (inputType.startsWith("format")) return true;
  if (isPhone()) return false;
  const key = /^delete(?!By).*(Backward|Forward)$/.exec(inputType)?.[1];
  if (key) return press(view, key === "Backward" ? "Backspace" : "Delete");
  return inputType === "insertText" && !!data && overLines(view) && write(view, data);
}

/** A key does it where a line begins or ends, and over several lines; elsewhere nothing. */
function press(view: EditorView, key: string): boolean {
  const event = new KeyboardEvent("keydown", { key });
  return view.someProp("handleKeyDown", (handle) => handle(view, event) || undefined) ?? false;
}

function overLines({ state: { selection } }: EditorView): boolean {
  return !(selection instanceof TextSelection) || !selection.$from.sameParent(selection.$to);
}

function write(view: EditorView, text: string): boolean {
  const { from, to } = view.state.selection;
  const make = () => view.state.tr.insertText(text);
  if (!view.someProp("handleTextInput", (handle) => handle(view, from, to, text, make) || undefined)) view.dispatch(make().scrollIntoView());
  return true;
}
