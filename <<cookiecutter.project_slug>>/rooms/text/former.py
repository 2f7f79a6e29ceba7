"""Documents of schema 1 as a tree: there, the editor's tree itself was stored, as Yjs's XML, in the root "default".

What the lines have no place for is changed so that no word is lost: a merged cell is cut into single ones, with its
text in the first; the lines of a table in a cell become lines of that cell; an element that nobody knows gives way to
what is in it; and so does one that stands deeper than is ever drawn.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from yroom.contents import FORMAT, STRING, UNDEFINED, XML_TEXT, Items, Type

from .formats import BY_NAME, marks_for, wanted_in
from .kinds import BY_NODE
from .tree import Mark, Node
from .values import CELLS as TABLE_CELLS
from .values import COLUMNS, is_number

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
    """A table as a grid of single cells, and behind it what else was in it."""
    rows = [child for child in _children(table) if child.tag == "tableRow"]
    grid = _Grid(len(rows))
    for number, row in enumerate(rows):
        for child in _children(row):
            inside = _blocks if child.tag in CELLS else _block
            grid.put(number, child, tuple(inside(child, depth, in_cell=True)))
    if grid.cells:
        yield Node("table", content=tuple(grid.rows()))
    for child in _children(table):
        if child.tag != "tableRow":
            yield from _block(child, depth, in_cell=False)


class _Grid:
    def __init__(self, height: int) -> None:
        self.cells: dict[tuple[int, int], Node] = {}
        # Of each row: where its next cell can stand at the earliest, and where nothing stands any more.
        self._nexts = [0] * height
        self._left = TABLE_CELLS
        self._ends = [0] * height

    def put(self, row: int, type_: Type, content: tuple[Node, ...]) -> None:
        """Put a cell where the next one of its row stands."""
        column = self._nexts[row]
        while (row, column) in self.cells:
            column += 1
        attrs = _attrs(type_)
        wide, high = _span(attrs, "colspan"), min(_span(attrs, "rowspan"), len(self._ends) - row)
        if wide * high > self._left or column + wide > COLUMNS:
            wide = high = 1  # more than is ever drawn: each stands by itself
        self._left -= wide * high - 1
        tag = type_.tag if type_.tag in CELLS else CELLS[0]
        widths = attrs.get("colwidth")
        self._nexts[row] = column + wide
        for down in range(high):
            self._ends[row + down] = max(self._ends[row + down], column + wide)
            for along in range(wide):
                width = widths[along : along + 1] if isinstance(widths, list) else None
                first = not down and not along
                said = {"colwidth": width, "align": attrs.get("align") if first else None}
                self.cells.setdefault((row + down, column + along), Node(tag, said, content if first else ()))

    def rows(self) -> Iterable[Node]:
        for row, end in enumerate(self._ends):
            cells = (self.cells.get((row, column)) for column in range(end))
            yield Node("tableRow", content=tuple(cell or Node(CELLS[0]) for cell in cells))


def _span(attrs: dict[str, Any], name: str) -> int:
    return is_number(attrs.get(name), COLUMNS * COLUMNS) or 1
