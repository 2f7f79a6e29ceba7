// Documents as one line of text each, for tables of what keys do: `- a / - ^b` is a list of two items, the caret in the second.
//
// Lines are parted by " / ". `#` is a heading, `-` a bullet, `1.` a number, `[ ]` and `[x]` are tasks, `>` a quote, two spaces
// stand for each item around a line, "`" is around code (with ⏎ in it), `---` is a rule, `![]` an image, `+ a + b` a row of a
// table. "~" parts a list from the one before, "'" stands before letters that only look like a sign. `^` stands where the
// selection begins and ends, `@` before what is chosen as a whole; `{bold:a}` is marked text.
globalThis.notation = {
  editor: () => document.querySelector("[data-testid=editor]").editor,

  write(text) {
    const editor = this.editor();
    const doc = build(text);
    editor.commands.setContent(doc);
    const places = [];
    editor.state.doc.descendants((node, position) => {
      if (node.isText) for (const { index } of node.text.matchAll(/\^/g)) places.push(position + index);
    });
    for (const place of [...places].reverse()) editor.commands.deleteRange({ from: place, to: place + 1 });
    const [anchor = 1, head = anchor + 1] = places;
    editor.commands.setTextSelection({ from: anchor, to: places.length > 1 ? head - 1 : anchor });
    editor.view.focus();
    return this.read();
  },

  read() {
    const { state } = this.editor();
    const { selection, doc } = state;
    const marks = selection.node ? [] : selection.empty ? [selection.head] : [selection.from, selection.to];
    const lines = [];
    const words = (node, at) => {
      let text = "";
      const carets = (from, piece) => {
        let shown = "";
        for (let offset = 0; offset < piece.length; offset++) shown += (marks.includes(from + offset) ? "^" : "") + piece[offset];
        return shown;
      };
      node.forEach((child, offset) => {
        const piece = carets(at + 1 + offset, child.isText ? child.text.replaceAll("\n", "⏎") : child.type.name === "hardBreak" ? "⏎" : "*");
        const names = child.marks.map((mark) => mark.type.name).join("+");
        text += names ? `{${names}:${piece}}` : piece;
      });
      return text + (marks.includes(at + 1 + node.content.size) ? "^" : "");
    };
    const show = (node, at, before, first) => {
      const sign = selection.node && selection.from === at ? "@" : "";
      const put = (text) => lines.push(text ? (first ?? before) + sign + text : (first ?? before).trimEnd());
      const { name } = node.type;
      if (name === "heading") put(`${"#".repeat(node.attrs.level)} ${words(node, at)}`);
      else if (name === "codeBlock") put(`\`${words(node, at)}\``);
      else if (name === "horizontalRule") put("---");
      else if (name === "image") put("![]");
      else if (node.isTextblock) put(literal(words(node, at)));
      else if (name === "table") {
        node.forEach((row, rowAt) => {
          const cells = [];
          row.forEach((cell, cellAt) => {
            const outer = lines.length;
            children(cell, at + 1 + rowAt + 1 + cellAt, "");
            cells.push(`+ ${lines.splice(outer).join("|")}`);
          });
          lines.push((first ?? before) + sign + cells.join(" "));
        });
      } else if (name === "blockquote") children(node, at, `${before}> `);
      else {
        node.forEach((item, offset, index) => {
          const marker = name === "orderedList" ? `${node.attrs.start + index}. ` : name === "bulletList" ? "- " : item.attrs.checked ? "[x] " : "[ ] ";
          children(item, at + 1 + offset, `${before}  `, before + marker);
        });
      }
    };
    const children = (node, at, before, first) => {
      node.forEach((child, offset, index) => {
        const { name } = child.type;
        if (index && /List$/.test(name) && node.child(index - 1).type.name === name) lines.push(`${before}~`);
        show(child, at + 1 + offset, before, index === 0 ? first : undefined);
      });
    };
    children(doc, -1, "");
    const all = selection.toJSON().type === "all" ? "ALL " : "";
    return all + lines.join(" / ");
  },
};

// Letters that look like a sign are no sign.
function literal(words) {
  return /^(#+|[-*+]|\d+[.)]|\[.?\]|>) /.test(words) || words.startsWith("---") ? `'${words}` : words;
}

function build(text) {
  const doc = { type: "doc", content: [] };
  let quotes = [doc];
  let lists = [];
  for (const line of text.split(" / ")) {
    const [, signs, spaces, rest] = /^((?:> )*)((?:  )*)(.*)$/s.exec(line);
    const [quote, indent] = [signs.length / 2, spaces.length / 2];
    if (quote !== quotes.length - 1) {
      quotes = quotes.slice(0, Math.min(quotes.length, quote + 1));
      while (quotes.length <= quote) {
        const next = { type: "blockquote", content: [] };
        quotes.at(-1).content.push(next);
        quotes.push(next);
      }
      lists = [];
    }
    if (rest === "~") {
      lists = lists.slice(0, indent);
      continue;
    }
    const outer = (depth) => (depth ? lists[depth - 1].content.at(-1) : quotes.at(-1));
    const found = /^(?:(-)|(\d+)\.|\[( |x)\])(?: (.*))?$/s.exec(rest);
    if (found) {
      const [, bullet, number, check, words = ""] = found;
      const type = bullet ? "bulletList" : number ? "orderedList" : "taskList";
      lists = lists.slice(0, indent + 1);
      let list = lists[indent];
      if (list?.type !== type || (number && list.attrs.start + list.content.length !== Number(number))) {
        list = { type, content: [], ...(number && { attrs: { start: Number(number) } }) };
        outer(indent).content.push(list);
        lists[indent] = list;
      }
      const item = check ? { type: "taskItem", attrs: { checked: check === "x" } } : { type: "listItem" };
      list.content.push({ ...item, content: [paragraph(words)] });
      continue;
    }
    lists = lists.slice(0, indent);
    const box = outer(indent).content;
    if (rest.startsWith("+ ")) {
      const cells = rest.slice(2).split(" + ").map((cell) => ({ type: "tableCell", content: [paragraph(cell)] }));
      if (box.at(-1)?.type !== "table") box.push({ type: "table", content: [] });
      box.at(-1).content.push({ type: "tableRow", content: cells });
    } else box.push(block(rest));
  }
  return doc;
}

function block(text) {
  const heading = /^(#+) (.*)$/s.exec(text);
  if (heading) return { ...paragraph(heading[2]), type: "heading", attrs: { level: heading[1].length } };
  if (text === "---") return { type: "horizontalRule" };
  if (text === "![]") return { type: "image", attrs: { src: "https://example.com/a.png", alt: "a" } };
  if (text.startsWith("`")) return { ...paragraph(text.slice(1, -1).replaceAll("⏎", "\n")), type: "codeBlock" };
  return paragraph(text);
}

function paragraph(text) {
  return { type: "paragraph", content: text ? [{ type: "text", text }] : [] };
}
