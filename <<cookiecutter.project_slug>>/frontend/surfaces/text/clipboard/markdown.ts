/** Markdown becomes HTML, by markdown-it: fetched apart, when the page has nothing else to do. */

import MarkdownIt from "markdown-it";

// Tags in a text are letters: what they would make of it, nobody could tell.
const markdown = new MarkdownIt({ html: false, linkify: true, typographer: false, breaks: false });
markdown.set({ maxNesting: 40 } as object);
// Every address is one that somebody wrote out; a word with a point in it is a word.
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });

// Boxes of tasks, which markdown-it does not know: a box that is escaped is letters.
markdown.core.ruler.before("inline", "boxes", ({ tokens }) => {
  for (const [at, token] of tokens.entries()) {
    const item = tokens[at - 2];
    const box = /^\[([ xX])\](\s+|$)/.exec(token.content);
    if (token.type !== "inline" || item?.type !== "list_item_open" || !box) continue;
    item.attrSet("data-checked", String(box[1] !== " "));
    token.content = token.content.slice(box[0].length);
  }
});

export function markdownToHtml(text: string): string {
  return markdown.render(text.replace(/^\uFEFF/, ""));
}
