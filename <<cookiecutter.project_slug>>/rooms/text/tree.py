"""The tree as it is drawn: ProseMirror's, with the names of the editor's schema."""

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from .things import words_of_thing


class Mark(NamedTuple):
    """A mark over some letters."""

    type: str
    href: str | None = None  # of a link


@dataclass(frozen=True, slots=True)
class Node:
    """A node: of a type, with what its attributes say beyond the usual."""

    type: str
    attrs: dict[str, Any] = field(default_factory=dict)
    content: tuple["Node", ...] = ()
    marks: tuple[Mark, ...] = ()
    text: str = ""

    @property
    def is_textblock(self) -> bool:
        return self.type in TEXTBLOCKS

    @property
    def words(self) -> str:
        """All text in it, with line breaks."""
        if self.type == "hardBreak":
            return "\n"
        if "thing" in self.attrs:
            return words_of_thing(self.attrs["thing"])
        return self.text or "".join(child.words for child in self.content)


TEXTBLOCKS: Final = ("paragraph", "heading", "codeBlock")
LEAVES: Final = ("horizontalRule", "image", "hardBreak", "mention", "unknown")
# What attributes are where nothing else is said.
USUAL: Final[dict[str, Any]] = {
    "level": 1,
    "start": 1,
    "goesOn": False,
    "alt": "",
    "checked": False,
    "colspan": 1,
    "rowspan": 1,
}


def as_json(node: Node) -> dict[str, Any]:
    """As ProseMirror writes it, without attributes that are as usual, and without what unknown things are."""
    said: dict[str, Any] = {"type": node.type}
    attrs = {
        name: value
        for name, value in node.attrs.items()
        if name != "thing" and value is not None and value != USUAL.get(name)
    }
    if attrs:
        said["attrs"] = attrs
    if node.content:
        said["content"] = [as_json(child) for child in node.content]
    if node.marks:
        said["marks"] = [
            {"type": mark.type} | ({} if mark.href is None else {"href": mark.href}) for mark in node.marks
        ]
    if node.type == "text":
        said["text"] = node.text
    return said
