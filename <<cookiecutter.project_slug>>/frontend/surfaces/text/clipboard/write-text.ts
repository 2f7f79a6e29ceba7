/**
 * A copy as plain text: a line for a line, and none besides, so that what was pasted as text is copied as the same text.
 */

import type { Fragment, Node, Slice } from "@tiptap/pm/model";

import { imageUrl } from "../../../lib/urls";
import { wordsOfThing } from "../model/things";

export function writeText({ content }: Slice): string {
  // Within one line there are no signs of what it is.
  let only: Node | null = content.childCount === 1 ? content.firstChild : null;
  while (only && !only.isTextblock) only = only.childCount === 1 && !/^table/.test(only.type.name) ? only.firstChild : null;
  return (only ? words(only).split("\n") : lines(content)).join("\n");
}

function lines(content: Fragment): string[] {
  const first = content.firstChild;
  if (first && /^table(Row|Cell|Header)$/.test(first.type.name)) return rows(first.type.name === "tableRow" ? content.content : [first]);
  return content.content.flatMap(block);
}

function block(node: Node): string[] {
  switch (node.type.name) {
    case "bulletList":
    case "orderedList":
    case "taskList":
      return node.content.content.flatMap((item, at) => listItem(item, signOf(node, item, at)));
    case "listItem":
    case "taskItem":
      return listItem(node, "- ");
    case "blockquote":
      return lines(node.content).map((line) => `> ${line}`);
    case "horizontalRule":
      return ["---"];
    case "image":
      return [imageUrl(node.attrs["src"]) ?? String(node.attrs["alt"] ?? "")];
    case "table":
      return rows(node.content.content);
    default:
      return node.isTextblock ? words(node).split("\n") : lines(node.content);
  }
}

function signOf({ type, attrs }: Node, item: Node, at: number): string {
  if (type.name === "taskList") return item.attrs["checked"] === true ? "[x] " : "[ ] ";
  return type.name === "orderedList" ? `${Number(attrs["start"]) + at}. ` : "- ";
}

function listItem({ content }: Node, sign: string): string[] {
  const indent = " ".repeat(sign.length);
  return lines(content).map((line, at) => (at ? indent : sign) + line);
}

function rows(nodes: readonly Node[]): string[] {
  return nodes.map((row) => row.content.content.flatMap((cell) => [inCell(cell), ...new Array<string>(Math.max(Number(cell.attrs["colspan"] ?? 1) - 1, 0)).fill("")]).join("\t"));
}

/** A spreadsheet takes a line's end for a row's. */
function inCell(cell: Node): string {
  return lines(cell.content).join(" ").replace(/[\t\n]/g, " ");
}

function words(node: Node): string {
  let text = "";
  node.forEach((child) => {
    text += child.isText ? child.text : child.type.name === "hardBreak" ? "\n" : wordsOfThing(child.attrs["thing"]);
  });
  return text;
}
