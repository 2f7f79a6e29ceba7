"""The text as plain words, for searches and for those who cannot have more."""

from .tree import Node


def as_text(tree: Node) -> str:
    """A document's words, a line each: those in a cell, and what describes an image, too."""
    return "\n".join(line for node in tree.content for line in _lines(node))


def _lines(node: Node) -> list[str]:
    if node.is_textblock:
        return [node.words]
    if node.type == "image":
        return [node.attrs["alt"]] if node.attrs.get("alt") else []
    return [line for child in node.content for line in _lines(child)]
