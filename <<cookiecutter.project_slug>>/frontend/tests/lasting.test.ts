import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Editor } from "@tiptap/core";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import StarterKit from "@tiptap/starter-kit";

import { lasting } from "../surfaces/text/lasting";

test("the focus stays in what a plugin shows when another plugin is added, and all goes with the editor", async () => {
  const host = document.createElement("div");
  document.body.append(host);
  const editor = new Editor({ element: host, extensions: [StarterKit.configure({ undoRedo: false })] });
  const button = document.createElement("button");
  const updates: string[] = [];
  editor.registerPlugin(
    lasting(
      new Plugin({
        key: new PluginKey("shown"),
        view: () => {
          host.append(button);
          return { update: ({ state }) => updates.push(state.doc.textContent), destroy: () => button.remove() };
        },
      }),
    ),
  );
  button.focus();
  editor.registerPlugin(new Plugin({ key: new PluginKey("later") }));
  await Promise.resolve();
  assert.equal(document.activeElement, button);
  editor.commands.insertContent("word");
  assert.equal(updates.at(-1), "word");
  editor.destroy();
  await Promise.resolve();
  assert.equal(button.isConnected, false);
});
