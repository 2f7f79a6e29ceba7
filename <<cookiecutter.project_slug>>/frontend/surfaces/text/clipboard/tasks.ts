/** Which items of pasted lists are tasks, as each program writes them. */

import { styleOf } from "./styles";

export type Task = "checked" | "open" | "letters" | null;

/** A box as letters, at the beginning of a line: in brackets, or as signs of Unicode, which Word and many others write. */
export const BOX = /^(\[[ xX]\](?=\s|$)|[\u2610-\u2612\u{1f5f9}\u{1f5f7}])\s*/u;
const CHECKED = /^(\[[xX]\]|[\u2611\u2612\u{1f5f9}\u{1f5f7}])/u;

/** Whether an item is one of a list of tasks, and by what. */
export function taskOf(item: Element): Task {
  const list = item.getAttribute("data-list");
  if (list === "checked" || list === "unchecked") return list === "checked" ? "checked" : "open";
  const own = item.getAttribute("data-checked") ?? item.getAttribute("aria-checked");
  if (own !== null && (item.hasAttribute("data-checked") || item.getAttribute("role") === "checkbox")) return own === "true" ? "checked" : "open";
  if (item.getAttribute("role") === "checkbox") return "open";
  const box = boxIn(item);
  if (box) return box;
  if (/^(taskItem|checkbox_item|task_item)$/.test(item.getAttribute("data-type") ?? "")) return /\bchecked\b/.test(item.className) ? "checked" : "open";
  const around = item.parentElement;
  // Confluence's pages, and Evernote.
  if (around?.classList.contains("inline-task-list")) return item.classList.contains("checked") ? "checked" : "open";
  if (around && /--en-todo:\s*true/.test(styleOf(around))) return /--en-checked:\s*true/.test(styleOf(item)) ? "checked" : "open";
  return BOX.test(firstText(item)) ? "letters" : null;
}

export function isChecked(words: string): boolean {
  return CHECKED.test(words);
}

export function isCheckedInLetters(item: Element, task: Task): boolean {
  return task === "letters" && isChecked(firstText(item));
}

/** A box at the beginning of an item: looked for in few elements, so that lists in lists take no longer than they are. */
function boxIn(item: Element): "checked" | "open" | null {
  let element: Element | null = item;
  for (let each = 0; each < 6 && element; each++) {
    const first: Element | null = element.firstElementChild;
    if (!first) return null;
    const isBox = (first.localName === "input" && first.getAttribute("type")?.toLowerCase() === "checkbox") || first.getAttribute("role") === "checkbox" || first.classList.contains("checkbox");
    if (isBox) {
      const isOn = first.hasAttribute("checked") || first.getAttribute("aria-checked") === "true" || first.classList.contains("checkbox-on");
      return isOn ? "checked" : "open";
    }
    if (/^(ul|ol|table)$/.test(first.localName)) return null;
    element = first;
  }
  return null;
}

export function firstText(element: Element): string {
  let node: ChildNode | null = element.firstChild;
  for (let each = 0; each < 20 && node; each++) {
    if (node.nodeType === 3 && node.nodeValue?.trim()) return node.nodeValue.trimStart().slice(0, 8);
    node = node.firstChild ?? node.nextSibling ?? (node.parentElement === element ? null : (node.parentElement?.nextSibling ?? null));
  }
  return "";
}
