/**
 * Documents of schema 1, as its editor makes them: what a later schema must still open as the same text.
 *
 * Each is written by two people in turn, with the editor's own commands, so that it has a history: things deleted, undone
 * and done again, and edits that crossed each other.
 */

import type { Editor, JSONContent } from "@tiptap/core";

export interface Pair {
  ada: Editor;
  bob: Editor;
  /** Both learn what the other did. */
  meet: () => void;
}

const text = (words: string, ...marks: string[]): JSONContent => ({ type: "text", text: words, marks: marks.map((type) => ({ type })) });
const paragraph = (...content: JSONContent[]): JSONContent => ({ type: "paragraph", content });
const plain = (words: string): JSONContent => (words ? paragraph(text(words)) : paragraph());
const node = (type: string, attrs: Record<string, unknown>, ...content: JSONContent[]): JSONContent => ({ type, attrs, content });
const list = (type: "bulletList" | "orderedList", attrs: Record<string, unknown>, ...items: JSONContent[][]): JSONContent =>
  node(type, attrs, ...items.map((content) => node("listItem", {}, ...content)));
const tasks = (...items: [boolean, ...JSONContent[]][]): JSONContent =>
  node("taskList", {}, ...items.map(([checked, ...content]) => node("taskItem", { checked }, ...content)));
const cell = (words: string, attrs: Record<string, unknown> = {}): JSONContent => node("tableCell", attrs, plain(words));
const header = (words: string, attrs: Record<string, unknown> = {}): JSONContent => node("tableHeader", attrs, plain(words));
const row = (...cells: JSONContent[]): JSONContent => node("tableRow", {}, ...cells);
const table = (...rows: JSONContent[]): JSONContent => node("table", {}, ...rows);
const link = (words: string, href: string, ...marks: string[]): JSONContent => ({
  ...text(words, ...marks),
  marks: [{ type: "link", attrs: { href } }, ...marks.map((type) => ({ type }))],
});

const fill = ({ ada, meet }: Pair, ...content: JSONContent[]): void => {
  ada.commands.setContent({ type: "doc", content });
  meet();
};

const type = (editor: Editor, words: string): void => {
  for (const letter of words) editor.commands.insertContent({ type: "text", text: letter });
};

/** Puts the caret behind these words. */
const behind = (editor: Editor, words: string): void => {
  let place = -1;
  editor.state.doc.descendants((each, position) => {
    const at = each.isTextblock ? each.textContent.indexOf(words) : -1;
    if (place < 0 && at >= 0) place = position + 1 + at + words.length;
  });
  if (place < 0) throw new Error(`${words} is not in the text`);
  editor.commands.setTextSelection(place);
};

const select = (editor: Editor, words: string): void => {
  behind(editor, words);
  const to = editor.state.selection.from;
  editor.commands.setTextSelection({ from: to - words.length, to });
};

const SENTENCE = "The quick brown fox jumps over the lazy dog, and nobody knows what it was that made it do so. ";

export const DOCUMENTS: Record<string, (pair: Pair) => void> = {
  empty: () => {},
  headings: (pair) => fill(pair, node("heading", { level: 1 }, text("One")), plain("below"), node("heading", { level: 2 }, text("Two")), node("heading", { level: 3 }, text("Three", "italic")), plain("")),
  marks: (pair) =>
    fill(
      pair,
      paragraph(text("bold", "bold"), text(" and "), text("italic", "italic"), text("both", "bold", "italic"), text(" under", "underline"), text(" struck", "strike"), text(" lit", "highlight"), text(" code", "code")),
      paragraph(link("a link", "https://example.com/?q=1&r=<2>"), text(" "), link("a bold one", "mailto:ada@example.com", "bold"), text(" "), text("all", "bold", "italic", "underline", "strike", "highlight")),
      paragraph(text("over", "bold"), { type: "hardBreak", marks: [{ type: "bold" }] }, text("two lines", "bold"), { type: "hardBreak" }, { type: "hardBreak" }, text("and empty ones")),
    ),
  lists: (pair) =>
    fill(
      pair,
      list("bulletList", {}, [plain("one")], [plain("two"), plain("still two"), list("bulletList", {}, [plain("two a")], [plain("two b"), list("orderedList", { start: 4 }, [plain("deep")], [plain("deeper")])])], [plain("")]),
      list("orderedList", { start: 7 }, [plain("seven")], [plain("eight"), node("codeBlock", { language: "python" }, text("def f():\n    return 1"))]),
      list("orderedList", {}, [plain("one again")]),
      tasks([true, plain("done")], [false, plain("to do"), tasks([false, plain("a part")], [true, plain("another part")])], [false, plain("")]),
      list("bulletList", {}, [plain("holds a table"), table(row(header("a"), header("b")), row(cell("1"), cell("2")))], [plain("holds a quote"), node("blockquote", {}, plain("said"), plain("twice"))]),
    ),
  quotes: (pair) =>
    fill(
      pair,
      node("blockquote", {}, plain("one"), node("heading", { level: 2 }, text("a heading")), node("blockquote", {}, plain("a quote in it"), list("bulletList", {}, [plain("and a list")])), plain("two")),
      node("blockquote", {}, plain("another quote")),
      node("blockquote", {}, node("codeBlock", { language: null }, text("code")), node("horizontalRule", {}), table(row(cell("in a quote")))),
    ),
  code: (pair) =>
    fill(pair, node("codeBlock", { language: "typescript" }, text("const a = 1;\n\n\tif (a < 2) {\n\t\tb(`&amp;`);\n\t}\n")), node("codeBlock", { language: null }), node("codeBlock", { language: "klingon" }, text("nuqneH")), plain("after")),
  "rules and images": (pair) =>
    fill(
      pair,
      node("horizontalRule", {}),
      node("image", { src: "https://example.com/a.png", alt: "A picture", title: "With a title" }),
      node("image", { src: "https://example.com/b.png", alt: "", width: 320, height: 200 }),
      node("horizontalRule", {}),
      node("horizontalRule", {}),
      list("bulletList", {}, [plain("in a list"), node("image", { src: "https://example.com/c.png" })]),
    ),
  tables: (pair) =>
    fill(
      pair,
      table(row(header("Name"), header("Age", { align: "right" })), row(cell("Ada"), cell("36", { align: "right" })), row(cell(""), cell(""))),
      plain(""),
      table(row(header("wide", { colwidth: [320] }), cell("narrow", { colwidth: [60] })), row(header("left"), cell(""))),
      table(row(cell("merged over two", { colspan: 2 }), cell("tall", { rowspan: 2 })), row(cell("a"), cell("b")), row(cell("c"), cell("d"), cell("e"))),
      table(row(node("tableCell", {}, node("heading", { level: 3 }, text("in a cell")), list("bulletList", {}, [plain("a list")]), tasks([true, plain("done")]), plain("two"), node("codeBlock", { language: "sql" }, text("select 1"))), node("tableCell", {}, table(row(cell("a table in it")))))),
      plain("behind"),
    ),
  "other writings": (pair) => fill(pair, plain("שלום, עולם."), plain("مرحبا بالعالم."), plain("日本語の文章です。"), plain("👩‍👩‍👧‍👦 and 𝒳 and e\u0301 and \u200b and \u2028 and \u00a0nbsp"), plain("  spaces  kept  "), plain("<b>&amp;</b> \"quotes\" 'single'")),
  "a history": (pair) => {
    const { ada, bob, meet } = pair;
    type(ada, "Plans for the garden");
    ada.commands.toggleHeading({ level: 1 });
    ada.chain().focus("end").splitBlock().run();
    type(ada, "apples, pears and plums");
    meet();
    select(bob, "pears");
    bob.commands.toggleBold();
    behind(ada, "apples");
    type(ada, " (red ones)");
    meet();
    behind(bob, "plums");
    bob.commands.splitBlock();
    bob.commands.toggleBulletList();
    type(bob, "dig");
    bob.commands.splitListItem("listItem");
    type(bob, "water");
    bob.commands.sinkListItem("listItem");
    meet();
    ada.commands.undo();
    bob.commands.undo();
    meet();
    ada.commands.redo();
    bob.commands.redo();
    meet();
    select(ada, "red ones");
    ada.commands.deleteSelection();
    behind(bob, "apples");
    type(bob, " and quinces");
    bob.commands.insertTable({ rows: 2, cols: 2, withHeaderRow: true });
    type(bob, "fruit");
    meet();
    behind(ada, "fruit");
    ada.commands.addColumnAfter();
    ada.commands.addRowAfter();
    bob.commands.undo();
    meet();
  },
  "crossing marks": (pair) => {
    const { ada, bob, meet } = pair;
    type(ada, "one two three four five");
    meet();
    select(ada, "one two three");
    ada.commands.toggleBold();
    select(bob, "two three four");
    bob.commands.toggleBold();
    select(bob, "three four five");
    bob.commands.setLink({ href: "https://example.com/bob" });
    select(ada, "three");
    ada.commands.setLink({ href: "https://example.com/ada" });
    meet();
    select(bob, "two");
    bob.commands.toggleItalic();
    ada.commands.selectAll();
    ada.commands.unsetAllMarks();
    meet();
  },
  long: (pair) => {
    const blocks: JSONContent[] = [];
    for (let chapter = 1; chapter <= 40; chapter++) {
      blocks.push(node("heading", { level: 1 + (chapter % 3) }, text(`Chapter ${chapter}`)));
      for (let each = 0; each < 12; each++) blocks.push(paragraph(text(SENTENCE.repeat(1 + (each % 3))), text(`word ${chapter}.${each}`, each % 2 ? "bold" : "italic"), text(".")));
      blocks.push(list("bulletList", {}, [plain(`first of ${chapter}`)], [plain(`second of ${chapter}`)]));
    }
    fill(pair, ...blocks);
  },
};
