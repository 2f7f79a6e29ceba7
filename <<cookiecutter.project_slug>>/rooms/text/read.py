"""Tree to lines: exact for what `draw` makes, and lines of some sort for whatever else a tree holds. See read.ts."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from .flow import Flow
from .formats import marks_for, wanted_in
from .keys import Cell, Keys, read_keys
from .kinds import BY_NODE, KINDS
from .pieces import THING, Run
from .tree import Node
from .values import is_id, is_integer

LISTS: Final = {"bulletList": "bullet", "orderedList": "ordered", "taskList": "task"}

Path = tuple[Node, ...]


class ReadLine(NamedTuple):
    keys: Keys
    node: Node

    @property
    def runs(self) -> list[Run]:
        return read_runs(self.node) if self.node.is_textblock else []


@dataclass
class ReadAxis:
    id: str
    is_header: bool = False
    width: int | None = None


@dataclass
class ReadGrid:
    rows: list[ReadAxis]
    columns: list[ReadAxis]


@dataclass
class Reading:
    # A table's line stands before those of its cells.
    lines: list[ReadLine] = field(default_factory=list)
    grids: dict[str, ReadGrid] = field(default_factory=dict)


class Context(NamedTuple):
    """In how many items and quotes."""

    items: int = 0
    quote: int = 0


def read(nodes: Sequence[Node], fresh_id: Callable[[], str], before: Sequence[Keys] = ()) -> Reading:
    """The lines that these nodes are; `before` are the keys, as drawn, of those of the node before, without cells'."""
    reader = _Reader(fresh_id)
    lines = Series(None, before)
    for node in nodes:
        reader.block(node, lines, (), Context())
    return reader.reading


class _Reader:
    def __init__(self, fresh_id: Callable[[], str]) -> None:
        self.reading = Reading()
        self._fresh_id = fresh_id

    def block(self, node: Node, lines: "Series", path: Path, context: Context) -> None:
        """`path`: the containers in which the node stands; `context`: the keys that follow from these."""
        kind = BY_NODE.get(node.type)
        if kind is not None:
            own = {"kind": kind, **KINDS[kind].keys(node.attrs.get)}
            self._line(node, lines, path, context, own)
        elif node.is_textblock:
            self._line(node, lines, path, context, {})
        elif node.type == "table" and lines.cell is None:
            self._table(node, lines, path, context)
        elif node.type in LISTS:
            self._list(node, lines, path, context)
        else:
            if node.type == "blockquote":
                path, context = (*path, node), context._replace(quote=context.quote + 1)
            for child in node.content:
                self.block(child, lines, path, context)

    def _list(self, node: Node, lines: "Series", path: Path, context: Context) -> None:
        kind = LISTS[node.type]
        for index, item in enumerate(node.content):
            inner = (*path, node, item)
            for place, child in enumerate(item.content):
                if place == 0 and child.type == "paragraph":
                    says = {"list": kind, "checked": item.attrs.get("checked")}
                    if not index:
                        says |= {"start": node.attrs.get("start"), "numbers": node.attrs.get("type")}
                    self._line(child, lines, inner, context, read_keys(says.get))
                else:
                    self.block(child, lines, inner, context._replace(items=context.items + 1))

    def _line(self, node: Node, lines: "Series", path: Path, context: Context, own: Keys) -> None:
        keys = dict(own)
        if context.items:
            keys["indent"] = context.items
        if context.quote:
            keys["quote"] = context.quote
        self.reading.lines.append(ReadLine(lines.next(keys, path), node))

    def _table(self, table: Node, lines: "Series", path: Path, context: Context) -> None:
        id_ = self._id(table.attrs.get("id"), self.reading.grids)
        columns = self._columns(table)
        rows: list[ReadAxis] = []
        self.reading.grids[id_] = ReadGrid(rows, columns)
        self._line(table, lines, path, context, {"kind": "table", "table": id_})
        taken: set[str] = set()
        for row in table.content:
            row_id = self._id(row.attrs.get("id"), taken)
            taken.add(row_id)
            rows.append(ReadAxis(row_id, all(cell.type == "tableHeader" for cell in row.content)))
            for column, cell in zip(columns, row.content, strict=False):
                self._cell(cell, Cell(id_, row_id, column.id))
        bodies = [row for row, axis in zip(table.content, rows, strict=True) if not axis.is_header]
        headers = Counter(
            index for row in bodies for index, cell in enumerate(row.content) if cell.type == "tableHeader"
        )
        for index, column in enumerate(columns):
            column.is_header = bool(bodies) and headers[index] == len(bodies)

    def _cell(self, cell: Node, place: Cell) -> None:
        first = len(self.reading.lines)
        lines = Series(place)
        for child in cell.content:
            self.block(child, lines, (), Context())
        align = read_keys({"align": cell.attrs.get("align")}.get).get("align")
        if align and first < len(self.reading.lines):
            line = self.reading.lines[first]
            self.reading.lines[first] = line._replace(keys={**line.keys, "align": align})

    def _columns(self, table: Node) -> list[ReadAxis]:
        """The columns by what most of their cells say."""
        votes: list[Counter[str]] = []
        widths: list[int | None] = []
        for row in table.content:
            for index, cell in enumerate(row.content):
                if index == len(votes):
                    votes.append(Counter())
                    widths.append(None)
                column, width = cell.attrs.get("column"), cell.attrs.get("colwidth")
                if isinstance(column, str) and is_id(column):
                    votes[index][column] += 1
                if widths[index] is None and width and is_integer(width[0]):
                    widths[index] = int(width[0])
        columns: list[ReadAxis] = []
        taken: set[str] = set()
        for of_column, width in zip(votes, widths, strict=True):
            free = [id_ for id_, _ in of_column.most_common() if id_ not in taken]
            columns.append(ReadAxis(free[0] if free else self._fresh_id(), width=width))
            taken.add(columns[-1].id)
        return columns

    def _id(self, value: Any, taken: Any) -> str:
        return value if is_id(value) and value not in taken else self._fresh_id()


class Series:
    """Lines one after the other, top-level or in a cell."""

    def __init__(self, cell: Cell | None, before: Sequence[Keys] = ()) -> None:
        self.cell = cell
        self._flow: Flow[None] = Flow(lambda container: None, lambda made: None)
        self._path: Path = ()
        for index, keys in enumerate(before):
            self._flow.enter(keys if index else {**keys, "break": 0})

    def next(self, keys: Keys, path: Path) -> Keys:
        shared = 0
        while shared < min(len(path), len(self._path)) and path[shared] is self._path[shared]:
            shared += 1
        full = dict(keys)
        if self._flow.shares(full) > shared:
            full["break"] = shared
        if self.cell is not None:
            full["cell"] = self.cell
        self._flow.enter(full)
        self._path = path
        return full


def read_runs(node: Node) -> list[Run]:
    """What is written in a textblock."""
    runs: list[Run] = []
    for child in node.content:
        marks = marks_for(wanted_in(child.marks))
        if child.type == "unknown":
            runs.append(Run(THING, marks, thing=child.attrs.get("thing")))
            continue
        text = "\n" if child.type == "hardBreak" else child.words
        if runs and runs[-1].thing is None and runs[-1].marks == marks:
            runs[-1] = runs[-1]._replace(text=runs[-1].text + text)
        else:
            runs.append(Run(text, marks))
    return runs
