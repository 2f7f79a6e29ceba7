"""The beginning of a text as HTML that looks, in the page's own styles, as the editor will draw it.

As in html.py only what stands here is ever written, whatever is in a document. It ends before the first thing of which
the editor alone knows how high it is, an image, and before what the page's security policy keeps from having its size,
a table with widths of its own.
"""

from collections.abc import Iterator

from .html import Writer, attribute
from .text import Text
from .tree import Node


class _UnknownSizeError(Exception):
    """Only the editor can tell how high this is."""


def first_look(state: bytes, longest: int) -> str:
    """As many of the first blocks as are not longer than so many bytes. Raises ProtocolError for what is no state."""
    parts: list[str] = []
    for part in _blocks(Text(state).tree):
        longest -= len(part.encode())
        if longest < 0:
            break
        parts.append(part)
    return "".join(parts)


def _blocks(tree: Node) -> Iterator[str]:
    writer = FirstLookWriter()
    try:
        for block in tree.content:
            yield writer.node(block)
    except _UnknownSizeError:
        return


class FirstLookWriter(Writer):
    """Writes what the editor's own elements look like before anybody presses one."""

    def __init__(self) -> None:
        super().__init__(None)

    def node(self, node: Node) -> str:
        if node.is_textblock and (not node.content or node.content[-1].type == "hardBreak"):
            # A line that holds nothing is as high as one that does.
            node = Node(node.type, node.attrs, (*node.content, Node("hardBreak")), node.marks)
        return super().node(node)

    def code(self, node: Node) -> str:
        words = self.fragment(node.content)
        end = "\n" if words.endswith("\n") else ""
        return f'<div class="code-block"><pre><code>{words}{end}</code></pre></div>'

    def image(self, node: Node) -> str:
        raise _UnknownSizeError

    def task(self, node: Node) -> str:
        # It is ticked in the editor, in a moment.
        state, ticked = ("true", " checked") if node.attrs.get("checked") else ("false", "")
        name = attribute("aria-label", node.content[0].words)
        box = f'<label><input type="checkbox" tabindex="-1"{ticked}{name}></label>'
        return f'<li dir="auto" data-checked="{state}">{box}<div>{self.fragment(node.content)}</div></li>'

    def table(self, node: Node) -> str:
        if any(cell.attrs.get("colwidth") for cell in node.content[0].content):
            raise _UnknownSizeError
        rows = self.fragment(node.content)
        return f'<div class="tableWrapper"><table dir="auto"><tbody>{rows}</tbody></table></div>'

    def cell(self, node: Node) -> str:
        return self.cell_with(node, attribute("align", node.attrs.get("align")))
