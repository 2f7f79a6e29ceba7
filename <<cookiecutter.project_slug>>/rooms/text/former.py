"""Documents of schema 1 as a tree: there, the editor's tree itself was stored, as Yjs's XML, in the root "default".

What the lines have no place for is changed so that no word is lost: the lines of a table in a cell become lines of that
cell; an element that nobody knows gives way to what is in it; and so does one that stands deeper than is ever drawn.
"""

from collections.abc import Iterator
from typing import Any, Final

from yroom.contents import FORMAT, STRING, UNDEFINED, XML_TEXT, Items, Type

from .formats import BY_NAME, marks_for, wanted_in
from .kinds import BY_NODE
from .tree import Mark, Node

ROOT: Final = "default"
LISTS: Final = {"bulletList": "listItem", "orderedList": "listItem", "taskList": "taskItem"}
CELLS: Final = ("tableCell", "tableHeader")
ATOMS: Final = ("horizontalRule", "image")
# Elements in each other that are looked at one by one.
DEEPEST: Final = 40
EMPTY: Final = Node("paragraph")


def read_former(items: Items) -> list[Node]:
    """The nodes of a document of schema 1."""
    return list(_blocks(items.root(ROOT), 0, in_cell=False))


def _children(type_: Type) -> Iterator[Type]:
    return (item.type for item in type_.items() if not item.deleted and item.type is not None)


def _attrs(type_: Type) -> dict[str, Any]:
    values = {name: type_.get(name) for name in type_.keys}
    return {name: value for name, value in values.items() if value is not UNDEFINED}


def _blocks(type_: Type, depth: int, *, in_cell: bool) -> Iterator[Node]:
    for child in _children(type_):
        yield from _block(child, depth, in_cell=in_cell)


def _block(type_: Type, depth: int, *, in_cell: bool) -> Iterator[Node]:
    """What an element is, block by block; words among blocks are paragraphs."""
    tag = type_.tag
    if type_.kind == XML_TEXT or tag == "paragraph" or tag in BY_NODE:
        yield from _line(type_)
    elif depth > DEEPEST:
        yield from _flat(type_)
    elif tag == "blockquote":
        yield Node(tag, content=tuple(_blocks(type_, depth + 1, in_cell=in_cell)) or (EMPTY,))
    elif tag in LISTS:
        items = tuple(_item(child, LISTS[tag], depth + 1, in_cell=in_cell) for child in _children(type_))
        if items:
            yield Node(tag, _attrs(type_), items)
    elif tag == "table" and not in_cell:
        yield from _table(type_, depth + 1)
    else:
        yield from _blocks(type_, depth + 1, in_cell=in_cell)


def _item(type_: Type, tag: str, depth: int, *, in_cell: bool) -> Node:
    inside = _blocks if type_.tag in LISTS.values() else _block
    content = tuple(inside(type_, depth, in_cell=in_cell))
    if not content or content[0].type != "paragraph":
        content = (EMPTY, *content)
    return Node(tag, _attrs(type_) if type_.tag == tag else {}, content)


def _line(type_: Type) -> Iterator[Node]:
    content = tuple(_inline(type_))
    tag = type_.tag if type_.kind != XML_TEXT else "paragraph"
    if tag in ATOMS:
        yield Node(tag, _attrs(type_))
        tag = "paragraph" if content else ""
    if tag == "codeBlock":
        words = "".join(node.words for node in content)
        content = (Node("text", text=words),) if words else ()
    if tag and (content or type_.kind != XML_TEXT):
        yield Node(tag, _attrs(type_) if tag == type_.tag else {}, content)


def _flat(type_: Type) -> Iterator[Node]:
    """The lines of whatever is in an element, one after the other."""
    waiting = [type_]
    while waiting:
        each = waiting.pop()
        if each.kind == XML_TEXT or each.tag == "paragraph" or each.tag in BY_NODE:
            yield from _line(each)
        else:
            waiting += reversed(list(_children(each)))


def _inline(type_: Type) -> Iterator[Node]:
    """What is written in a line, however deep."""
    waiting = [type_]
    while waiting:
        each = waiting.pop()
        if each.kind == XML_TEXT:
            yield from _letters(each)
            continue
        if each.tag == "hardBreak":
            yield Node("hardBreak")
        waiting += reversed(list(_children(each)))


def _letters(text: Type) -> Iterator[Node]:
    formats: dict[str, Any] = {}
    for item in text.items():
        if item.deleted:
            continue
        if item.kind == FORMAT:
            name, value = item.content
            formats = {**formats, name: value}
        elif item.kind == STRING:
            yield Node("text", marks=_marks(formats), text=item.content)


def _marks(formats: dict[str, Any]) -> tuple[Mark, ...]:
    marks = []
    for name, value in formats.items():
        kind = BY_NAME.get(name.split("--")[0])
        if kind is None or value is None:
            continue
        href = value.get(kind.attribute) if kind.attribute and isinstance(value, dict) else None
        marks.append(Mark(kind.name, href))
    return marks_for(wanted_in(tuple(marks)))


def _table(table: Type, depth: int) -> Iterator[Node]:
    """A table, and behind it what else was in it."""
    rows = []
    others: list[Type] = []
    for child in _children(table):
        if child.tag == "tableRow":
            rows.append(Node("tableRow", content=tuple(_cell(each, depth) for each in _children(child))))
        else:
            others.append(child)
    if any(row.content for row in rows):
        yield Node("table", content=tuple(rows))
    for child in others:
        yield from _block(child, depth, in_cell=False)


def _cell(type_: Type, depth: int) -> Node:
    if type_.tag not in CELLS:
        return Node(CELLS[0], content=tuple(_block(type_, depth, in_cell=True)))
    return Node(type_.tag, _attrs(type_), tuple(_blocks(type_, depth, in_cell=True)))
