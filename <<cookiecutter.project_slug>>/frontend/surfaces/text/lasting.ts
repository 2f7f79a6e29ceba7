/** What a plugin shows stays as it is, with the focus in it, when other plugins are added later, as those of features are. */

import type { Plugin, PluginView } from "@tiptap/pm/state";

/** ProseMirror makes the views of all plugins anew with each that is added: this plugin's goes on instead. */
export function lasting<State>(plugin: Plugin<State>): Plugin<State> {
  const make = plugin.spec.view;
  let left: PluginView | null = null;
  plugin.spec.view = (view) => {
    const shown = left ?? make?.(view) ?? {};
    left = null;
    return {
      update: (...changed) => shown.update?.(...changed),
      destroy: () => {
        left = shown;
        // By then it has been taken up again, or the editor is gone.
        queueMicrotask(() => {
          if (left !== shown) return;
          left = null;
          shown.destroy?.();
        });
      },
    };
  };
  return plugin;
}
