"""The tree as HTML: what the editor's own schema makes of it, letter by letter (`documentAsHtml` in export.ts).

Only what stands here is ever written, whatever is in a document: these tags and attributes, with texts escaped, and
addresses that may be opened.
"""

from collections.abc import Callable, Sequence
from typing import Final

from .things import named_by
from .tree import Mark, Node
from .urls import image_url, is_safe_link

# Pixels of a column that has no width of its own.
COLUMN: Final = 60
NEWER: Final = "This was made with a newer version of the editor"
TAGS: Final = {
    "bold": "strong",
    "italic": "em",
    "strike": "s",
    "underline": "u",
    "highlight": "mark",
    "code": "code",
    "paragraph": "p",
    "blockquote": "blockquote",
    "bulletList": "ul",
    "listItem": "li",
    "tableRow": "tr",
}
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\u00a0": "&nbsp;"})
_VALUE = str.maketrans({"&": "&amp;", '"': "&quot;"})


def as_html(tree: Node, own_origin: str | None = None) -> str:
    """`own_origin` is the site's, such as "http://localhost:8000": its own images are shown where it has no https."""
    return Writer(own_origin).fragment(tree.content)


class Writer:
    """Writes a tree. A page with other needs has one of its own, in which some nodes are written otherwise."""

    def __init__(self, own_origin: str | None) -> None:
        self._own_origin = own_origin
        self._special: dict[str, Callable[[Node], str]] = {
            "text": lambda node: node.text.translate(_TEXT),
            "hardBreak": lambda node: "<br>",
            "horizontalRule": lambda node: "<hr>",
            "mention": self.mention,
            "unknown": lambda node: f'<span class="unknown" title="{NEWER}">\u25a1</span>',
            "heading": self.heading,
            "codeBlock": self.code,
            "image": self.image,
            "orderedList": self.ordered,
            "taskList": lambda node: f'<ul data-type="taskList">{self.fragment(node.content)}</ul>',
            "taskItem": self.task,
            "table": self.table,
            "tableCell": self.cell,
            "tableHeader": self.cell,
        }

    def fragment(self, nodes: Sequence[Node]) -> str:
        """Some nodes; marks that go on from one to the next are written once."""
        html: list[str] = []
        open_: list[Mark] = []
        for node in nodes:
            keep = 0
            while keep < min(len(open_), len(node.marks)) and open_[keep] == node.marks[keep]:
                keep += 1
            html += [_close(mark) for mark in reversed(open_[keep:])]
            html += [self.opened(mark) for mark in node.marks[keep:]]
            open_ = list(node.marks)
            html.append(self.node(node))
        html += [_close(mark) for mark in reversed(open_)]
        return "".join(html)

    def node(self, node: Node) -> str:
        special = self._special.get(node.type)
        if special is not None:
            return special(node)
        tag = TAGS[node.type]
        # What stands in these says which way they are read: a list's numbers, a quote's bar.
        dir_ = "auto" if node.type in ("listItem", "blockquote") else node.attrs.get("dir")
        return f"<{tag}{attribute('dir', dir_)}>{self.fragment(node.content)}</{tag}>"

    def heading(self, node: Node) -> str:
        tag = f"h{node.attrs['level']}"
        return f"<{tag}{attribute('dir', node.attrs.get('dir'))}>{self.fragment(node.content)}</{tag}>"

    def code(self, node: Node) -> str:
        language = node.attrs.get("language")
        attributes = attribute("class", f"language-{language}" if language else None)
        return f"<pre><code{attributes}>{self.fragment(node.content)}</code></pre>"

    def image(self, node: Node) -> str:
        attributes = attribute("src", image_url(node.attrs.get("src"), self._own_origin))
        attributes += attribute("alt", node.attrs.get("alt", ""))
        attributes += "".join(attribute(name, node.attrs.get(name)) for name in ("title", "width", "height"))
        return f'<img loading="lazy" referrerpolicy="no-referrer"{attributes}>'

    def ordered(self, node: Node) -> str:
        start = node.attrs.get("start", 1)
        attributes = attribute("start", None if start == 1 else start) + attribute("type", node.attrs.get("type"))
        return f"<ol{attributes}>{self.fragment(node.content)}</ol>"

    def task(self, node: Node) -> str:
        checked = node.attrs.get("checked", False)
        state, ticked = ("true", attribute("checked", "checked")) if checked else ("false", "")
        box = f'<label><input type="checkbox"{ticked}><span></span></label>'
        content = f"{box}<div>{self.fragment(node.content)}</div>"
        return f'<li dir="auto" data-checked="{state}" data-type="taskItem">{content}</li>'

    def table(self, node: Node) -> str:
        widths = [width for cell in node.content[0].content for width in _widths(cell)]
        columns = "".join(
            f'<col style="{"width" if width else "min-width"}: {width or COLUMN}px;">' for width in widths
        )
        total = sum(width or COLUMN for width in widths)
        style = f"{'width' if all(widths) else 'min-width'}: {total}px;"
        rows = self.fragment(node.content)
        return f'<table dir="auto" style="{style}"><colgroup>{columns}</colgroup><tbody>{rows}</tbody></table>'

    def cell(self, node: Node) -> str:
        widths, align = node.attrs.get("colwidth"), node.attrs.get("align")
        attributes = attribute("colwidth", ",".join(map(str, widths)) if widths else None)
        attributes += attribute("style", f"text-align: {align};" if align else None)
        return self.cell_with(node, attributes)

    def cell_with(self, node: Node, attributes: str) -> str:
        """A cell, with attributes beside those that say what it spans."""
        tag = "th" if node.type == "tableHeader" else "td"
        spans = "".join(attribute(name, node.attrs.get(name, 1)) for name in ("colspan", "rowspan"))
        return f"<{tag}{spans}{attributes}>{self.fragment(node.content)}</{tag}>"

    def mention(self, node: Node) -> str:
        named = named_by(node.attrs["thing"])
        name = attribute("data-mention", None if named is None else named.id)
        return f'<span class="mention"{name}>{node.words.translate(_TEXT)}</span>'

    def opened(self, mark: Mark) -> str:
        """How a mark begins."""
        if mark.type != "link":
            return f"<{TAGS[mark.type]}>"
        address = mark.href or ""
        href = address if is_safe_link(address) else ""
        return f'<a target="_blank" rel="noopener noreferrer nofollow"{attribute("href", href)}>'


def _widths(cell: Node) -> list[int | None]:
    widths = cell.attrs.get("colwidth") or []
    return [widths[place] if place < len(widths) else None for place in range(cell.attrs.get("colspan", 1))]


def _close(mark: Mark) -> str:
    return f"</{'a' if mark.type == 'link' else TAGS[mark.type]}>"


def attribute(name: str, value: object) -> str:
    """An attribute, with the space before it; nothing for None."""
    return "" if value is None else f' {name}="{str(value).translate(_VALUE)}"'
