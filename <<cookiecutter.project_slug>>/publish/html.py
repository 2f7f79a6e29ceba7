"""A document's text as the HTML of a page that stands alone: without scripts, and without styles within.

As in rooms/text/html.py only what stands here is ever written, whatever is in a document. Its title is the page's one
heading of the first level, so the text's own are a level lower, each with an address to link to.
"""

import re
import unicodedata
from html import escape
from typing import Final

from rooms.text.html import Writer, attribute
from rooms.text.tree import Mark, Node
from rooms.text.urls import image_url, is_safe_link

LOWEST: Final = 6
# Characters of a heading that its address holds.
LONGEST_ANCHOR: Final = 60


def text_as_html(tree: Node) -> str:
    """A text, from its tree."""
    return PageWriter().fragment(tree.content)


def plain_as_html(text: str) -> str:
    """Plain text, each line read in its own direction."""
    return f'<div class="plain" dir="auto">{escape(text)}</div>' if text.strip() else ""


class PageWriter(Writer):
    """Writes what a reader needs where an editor has something to press."""

    def __init__(self) -> None:
        super().__init__(None)
        self._anchors: set[str] = set()
        self._numbers: dict[str, int] = {}  # the last one of each name

    def node(self, node: Node) -> str:
        if node.is_textblock and node.type != "codeBlock" and "dir" not in node.attrs:
            node = Node(node.type, {**node.attrs, "dir": "auto"}, node.content, node.marks, node.text)
        return super().node(node)

    def heading(self, node: Node) -> str:
        words = self.fragment(node.content)
        tag = f"h{min(node.attrs['level'] + 1, LOWEST)}"
        dir_ = attribute("dir", node.attrs.get("dir"))
        if not node.words.strip():
            # A heading without words is none.
            return f"<p{dir_}>{words}</p>"
        name = self._anchor(node.words)
        return f'<{tag}{attribute("id", name)}{dir_}>{words}</{tag}>'

    def code(self, node: Node) -> str:
        # It may be wider than the screen, and is then scrolled by keys too.
        return f'<div class="code-block"><pre tabindex="0"><code>{self.fragment(node.content)}</code></pre></div>'

    def image(self, node: Node) -> str:
        # Nobody has to have an account to read this, so nothing here is the site's own.
        return super().image(node) if image_url(node.attrs.get("src")) else ""

    def task(self, node: Node) -> str:
        state, ticked, name = ("true", " checked", "Done") if node.attrs.get("checked") else ("false", "", "To do")
        box = f'<label><input type="checkbox" disabled{ticked} aria-label="{name}"></label>'
        content = f"{box}<div>{self.fragment(node.content)}</div>"
        return f'<li dir="auto" data-checked="{state}">{content}</li>'

    def table(self, node: Node) -> str:
        rows = self.fragment(node.content)
        return f'<div class="wide" tabindex="0"><table dir="auto"><tbody>{rows}</tbody></table></div>'

    def cell(self, node: Node) -> str:
        tag = "th" if node.type == "tableHeader" else "td"
        spans = {name: node.attrs.get(name, 1) for name in ("colspan", "rowspan")}
        attributes = "".join(attribute(name, number) for name, number in spans.items() if number != 1)
        align = node.attrs.get("align")
        attributes += attribute("class", f"align-{align}" if align else None)
        return f"<{tag}{attributes}>{self.fragment(node.content)}</{tag}>"

    def mention(self, node: Node) -> str:
        # As it was written; who that is in this site is nobody's business.
        return f'<span class="mention">{escape(node.words)}</span>'

    def opened(self, mark: Mark) -> str:
        if mark.type != "link":
            return super().opened(mark)
        address = mark.href or ""
        href = attribute("href", address if is_safe_link(address) else None)
        return f'<a rel="noopener noreferrer nofollow ugc"{href}>'

    def _anchor(self, words: str) -> str:
        """What no heading before is called."""
        folded = unicodedata.normalize("NFKC", words).lower()
        name = re.sub(r"[^\w]+", "-", folded).strip("-")[:LONGEST_ANCHOR].strip("-") or "section"
        unused, number = name, self._numbers.get(name, 1)
        while unused in self._anchors:
            number += 1
            unused = f"{name}-{number}"
        self._anchors.add(unused)
        self._numbers[name] = number
        return unused
