"""The text as Markdown: CommonMark with GitHub's tables, task lists and strikethrough.

What Markdown has no sign for is left out (highlights, underlines, widths of columns), words never are; letters that
it would take for signs are escaped. Merged cells are cut into single ones; what it cannot have in a cell stands there
in one line. Where marks begin or end between a symbol and a letter, Markdown does not take their signs for signs.
"""

import re
from collections.abc import Sequence
from typing import Final

from .read import placed_in
from .tree import Mark, Node
from .urls import image_url, is_safe_link

SIGNS: Final = {"bold": "**", "italic": "*", "strike": "~~"}
_SPECIAL = re.compile(r"[\\`*_\[\]<>~|&!$]")
# What would make something else of a line that begins with it.
_BEGINNING = re.compile(r"^(?:#{1,6}(?=\s|$)|[-+](?=\s|$)|[-=:]+\s*$)|^\d{1,9}(?=[.)](?:\s|$))")


def as_markdown(tree: Node, own_origin: str | None = None) -> str:
    """A document, with a line's end at its end; `own_origin` is as for as_html."""
    lines = _Writer(own_origin).blocks(tree.content)
    return "\n".join([*lines, ""]) if lines else ""


class _Writer:
    def __init__(self, own_origin: str | None) -> None:
        self._own_origin = own_origin

    def blocks(self, nodes: Sequence[Node]) -> list[str]:
        lines: list[str] = []
        other = False
        for at, node in enumerate(nodes):
            # Two lists one behind the other would be one, had they the same sign.
            other = not other if at and node.type == nodes[at - 1].type else False
            made = self._block(node, other=other)
            if made and lines:
                lines.append("")
            lines += made
        return lines

    def _block(self, node: Node, *, other: bool) -> list[str]:
        if node.type == "heading":
            words = " ".join(self._inline(node.content))
            return [f"{'#' * node.attrs['level']} {words}".rstrip()]
        if node.type == "codeBlock":
            return _code(node)
        if node.type == "horizontalRule":
            return ["***"]
        if node.type == "image":
            return [self._image(node)]
        if node.type == "blockquote":
            return [f"> {line}".rstrip() for line in self.blocks(node.content) or [""]]
        if node.type in ("bulletList", "orderedList", "taskList"):
            return self._list(node, other=other)
        if node.type == "table":
            return self._table(node)
        lines = [_at_beginning(line) for line in self._inline(node.content)]
        # A break needs something before and behind it.
        filled = [at for at, line in enumerate(lines) if line]
        lines = lines[filled[0] : filled[-1] + 1] if filled else []
        return [f"{line}\\" for line in lines[:-1]] + lines[-1:]

    def _list(self, node: Node, *, other: bool) -> list[str]:
        lines: list[str] = []
        for at, item in enumerate(node.content):
            sign = "* " if other else "- "
            if node.type == "orderedList":
                sign = f"{node.attrs.get('start', 1) + at}{')' if other else '.'} "
            box = "" if node.type != "taskList" else "[x] " if item.attrs.get("checked") else "[ ] "
            first, rest = self.blocks(item.content[:1]), self.blocks(item.content[1:])
            made = first or [""]
            if rest:
                # A list goes on a line of words only if it begins with 1.
                is_list = item.content[1].type.endswith("List") and item.content[1].attrs.get("start", 1) == 1
                made = [*made, *([] if is_list else [""]), *rest]
            indent = " " * len(sign)
            lines.append(f"{sign}{box}{made[0]}".rstrip())
            lines += [f"{indent}{line}".rstrip() for line in made[1:]]
        return lines

    def _table(self, node: Node) -> list[str]:
        placed = placed_in(node)
        width = max(cell.column + cell.columns for cell in placed)
        rows = [[""] * width for _ in node.content]
        for cell in placed:
            rows[cell.row][cell.column] = self._cell(cell.node)
        if any(cell.row == 0 and cell.node.type != "tableHeader" for cell in placed):
            rows.insert(0, [""] * width)
        aligned = {cell.column: cell.node.attrs.get("align") for cell in reversed(placed)}
        ends = {"left": ":--", "center": ":-:", "right": "--:"}
        rows.insert(1, [ends.get(aligned.get(column) or "", "---") for column in range(width)])
        return ["| " + " | ".join(row) + " |" for row in rows]

    def _cell(self, node: Node) -> str:
        parts: list[str] = []
        waiting = list(reversed(node.content))
        while waiting:
            each = waiting.pop()
            if each.type == "codeBlock":
                parts += [_code_span(line) for line in _program(each) if line]
            elif each.type == "image":
                parts.append(self._image(each))
            elif each.is_textblock:
                parts += [line for line in self._inline(each.content) if line]
            else:
                waiting += reversed(each.content)
        return "<br>".join(part.replace("|", "\\|").replace("\\\\|", "\\|") for part in parts)

    def _image(self, node: Node) -> str:
        words, address = (
            _escaped(re.sub(r"[\r\n]", " ", node.attrs.get("alt", ""))),
            image_url(node.attrs.get("src"), self._own_origin),
        )
        return words if address is None else f"![{words}](<{address}>)"

    def _inline(self, nodes: Sequence[Node]) -> list[str]:
        """What is written in a line, by its breaks."""
        lines: list[str] = [""]
        open_: list[Mark] = []
        for node in [*_tidied(nodes), Node("text")]:
            marks = [mark for mark in node.marks if mark.type in SIGNS or _opens(mark)]
            keep = 0
            while keep < min(len(open_), len(marks)) and open_[keep] == marks[keep]:
                keep += 1
            lines[-1] += "".join(_close(mark) for mark in reversed(open_[keep:]))
            if node.type == "hardBreak":
                lines[-1] += "".join(_close(mark) for mark in reversed(open_[:keep]))
                open_ = []
                lines.append("")
                continue
            lines[-1] += "".join("[" if mark.type == "link" else SIGNS[mark.type] for mark in marks[keep:])
            open_ = marks
            is_code = any(mark.type == "code" for mark in node.marks)
            lines[-1] += _code_span(node.text) if is_code else _escaped(node.text)
        return [line.strip(" \t") for line in lines]


def _tidied(nodes: Sequence[Node]) -> list[Node]:
    """Letters and breaks alone, with white space at the ends of what is marked outside of it: signs take none."""
    tidied: list[Node] = []
    for node in nodes:
        if node.type == "mention":
            node = Node("text", marks=node.marks, text=node.words)
        if "\r" in node.text:  # for whoever reads Markdown that is the end of a line
            node = Node("text", marks=node.marks, text=node.text.replace("\r", " "))
        if node.type == "hardBreak":
            tidied.append(Node("hardBreak"))
        elif Mark("code") in node.marks:
            # White space alone would be no code; two pieces side by side, with what is left out between them, are one.
            if tidied and Mark("code") in tidied[-1].marks:
                node = Node("text", marks=node.marks, text=tidied.pop().text + node.text)
            tidied.append(node if node.text.strip() else Node("text", text=node.text))
        elif node.type == "text":
            for part in re.split(r"^(\s+)|(\s+)$", node.text):
                if part:
                    plain = tuple(mark for mark in node.marks if mark.type == "link")
                    tidied.append(Node("text", marks=node.marks if part.strip() else plain, text=part))
    return tidied


def _opens(mark: Mark) -> bool:
    return mark.type == "link" and bool(mark.href) and is_safe_link(mark.href or "")


def _close(mark: Mark) -> str:
    if mark.type != "link":
        return SIGNS[mark.type]
    address = re.sub(r"[<>\\\s]", lambda match: f"%{ord(match[0]):02X}", mark.href or "")
    return f"](<{address}>)"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", text)


def _at_beginning(line: str) -> str:
    return _BEGINNING.sub(lambda match: match[0] + "\\" if match[0].isdigit() else f"\\{match[0]}", line)


def _program(node: Node) -> list[str]:
    """The lines of code, also as whoever reads Markdown sees their ends."""
    return re.sub("\r\n?", "\n", node.words).split("\n")


def _code(node: Node) -> list[str]:
    words = node.words
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", words)), 3)
    language = node.attrs.get("language") or ""
    return [fence + (language if re.fullmatch(r"[\w+#.-]+", language) else ""), *_program(node), fence]


def _code_span(text: str) -> str:
    words = text.replace("\n", " ")
    ticks = "`" * (max((len(run) for run in re.findall("`+", words)), default=0) + 1)
    return f"{ticks} {words} {ticks}" if words.strip() != words or "`" in words else f"{ticks}{words}{ticks}"
