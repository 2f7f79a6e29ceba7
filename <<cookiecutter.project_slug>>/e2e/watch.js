// What the hunt in test_writing.py asks of a page. It only looks: everything that is done to the text is done by keys and mouse.
//
// Words of the hunt are a capital letter, which says whose they are, and four small ones, so that they are found wherever
// they stand. What somebody's own acts did to words is told apart from what others' did: only that excuses a word.
globalThis.watch = {
  changes: [],

  editor: () => document.querySelector("[data-testid=editor]").editor,

  begin() {
    this.editor().on("transaction", ({ transaction, appendedTransactions = [] }) => {
      const after = (appendedTransactions.at(-1) ?? transaction).doc;
      // An undo shows what the text says, as others' changes do; but it comes with a key or a click.
      const isOwn = transaction.getMeta("fromText") !== true || globalThis.event instanceof UIEvent;
      if (!isOwn || transaction.before.eq(after)) return;
      const [before, now] = [counts(transaction.before), counts(after)];
      for (const word of new Set([...before.keys(), ...now.keys()])) {
        const [was, is] = [before.get(word) ?? 0, now.get(word) ?? 0];
        if (was !== is) this.changes.push([word, was, is]);
      }
    });
  },

  // What one's own acts have done to words, and to those of which only a part stood there.
  take() {
    return this.changes.splice(0);
  },

  words: () => Object.fromEntries([...counts(watch.editor().state.doc)].filter(([word]) => word.length === 5)),

  tree: () => asJson(watch.editor().state.doc),

  // What is wrong with what is shown, beside the document.
  wrong() {
    const { view, state } = this.editor();
    const found = [];
    try {
      state.doc.check();
    } catch (error) {
      found.push(`no document: ${error.message}`);
    }
    const copy = view.dom.cloneNode(true);
    for (const each of copy.querySelectorAll("[data-testid=caret], .ProseMirror-widget, label, .code-tools")) each.remove();
    const [shown, words] = [copy.textContent.replaceAll("\u2060", ""), state.doc.textContent];
    if (shown !== words) found.push(`shown: ${shown}; in the document: ${words}`);
    return found;
  },

  isAt: () => document.activeElement === watch.editor().view.dom,

  // Words that are pasted into several chosen cells stand in each of them.
  repeats: () => watch.editor().state.selection.ranges.length > 1,

  can: (what) => watch.editor().can()[what](),

  // Where on the screen a place of the text is, in the midst of the window.
  place(part) {
    const { state, view } = this.editor();
    const at = near(state.doc, Math.floor(part * state.doc.content.size));
    if (at === null) return null;
    const { node } = view.domAtPos(at);
    (node instanceof Element ? node : node.parentElement).scrollIntoView({ block: "center", behavior: "instant" });
    const { left, top, bottom } = view.coordsAtPos(at);
    return { x: left + 0.5, y: (top + bottom) / 2 };
  },

  // The word at the caret, and how far behind its beginning that is.
  caret() {
    const { selection } = this.editor().state;
    if (!selection.empty || !selection.$head.parent.isTextblock) return null;
    const { parent, parentOffset } = selection.$head;
    for (const { 0: word, index } of textOf(parent).matchAll(WORD)) {
      if (word.length === 5 && index < parentOffset && parentOffset <= index + 5) return [word, parentOffset - index];
    }
    return null;
  },
};

const WORD = /[A-Z](?:[a-z]{4}|[a-z]{0,3}(?![a-z]))/g;

// Each node one letter, so that offsets are those of the document.
function textOf(node) {
  return node.textBetween(0, node.content.size, "\n", "\n");
}

function counts(doc) {
  const found = new Map();
  for (const [word] of textOf(doc).matchAll(WORD)) found.set(word, (found.get(word) ?? 0) + 1);
  return found;
}

function near(doc, at) {
  let [found, best] = [null, Infinity];
  doc.descendants((node, position) => {
    if (!node.isTextblock) return true;
    const [from, to] = [position + 1, position + 1 + node.content.size];
    const place = Math.min(Math.max(at, from), to);
    if (Math.abs(place - at) < best) [found, best] = [place, Math.abs(place - at)];
    return false;
  });
  return found;
}

function asJson(node) {
  const usual = node.type.spec.attrs ?? {};
  const attrs = Object.entries(node.attrs).filter(([name, value]) => name !== "thing" && value !== null && value !== usual[name]?.default);
  return {
    type: node.type.name,
    ...(attrs.length ? { attrs: Object.fromEntries(attrs) } : {}),
    ...(node.content.size ? { content: node.content.content.map(asJson) } : {}),
    ...(node.marks.length ? { marks: node.marks.map(({ type, attrs: { href } }) => ({ type: type.name, ...(href === undefined ? {} : { href }) })) } : {}),
    ...(node.isText ? { text: node.text } : {}),
  };
}
