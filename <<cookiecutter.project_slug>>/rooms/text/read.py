"""Tree to lines: exact for what `draw` makes, and lines of some sort for whatever else a tree holds. See read.ts."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final, NamedTuple

from .flow import Flow
from .formats import marks_for, wanted_in
from .keys import Cell, Keys, direction_of, read_keys
from .kinds import BY_NODE, KINDS
from .pieces import THING, Run
from .tables import Ends
from .tree import Node
from .values import CELLS, COLUMNS, is_id, is_integer, is_number

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
    # Merged cells, from one cell to another.
    spans: list[Ends] = field(default_factory=list)


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
                        start = "on" if node.attrs.get("goesOn") else node.attrs.get("start")
                        says |= {"start": start, "numbers": node.attrs.get("type")}
                    self._line(child, lines, inner, context, read_keys(says.get))
                else:
                    self.block(child, lines, inner, context._replace(items=context.items + 1))

    def _line(self, node: Node, lines: "Series", path: Path, context: Context, own: Keys) -> None:
        keys = dict(own)
        if context.items:
            keys["indent"] = context.items
        if context.quote:
            keys["quote"] = context.quote
        if dir_ := direction_of(node.attrs.get):
            keys["dir"] = dir_
        self.reading.lines.append(ReadLine(lines.next(keys, path), node))

    def _table(self, table: Node, lines: "Series", path: Path, context: Context) -> None:
        id_ = self._id(table.attrs.get("id"), self.reading.grids)
        placed = placed_in(table)
        columns = self._columns(placed)
        grid = self.reading.grids[id_] = ReadGrid([], columns)
        self._line(table, lines, path, context, {"kind": "table", "table": id_})
        taken: set[str] = set()
        plain = {cell.row for cell in placed if cell.node.type == "tableCell"}
        headed = {cell.row for cell in placed} - plain
        for at, row in enumerate(table.content):
            grid.rows.append(ReadAxis(self._id(row.attrs.get("id"), taken), at in headed))
            taken.add(grid.rows[-1].id)
        for cell in placed:
            row_id, column_id = grid.rows[cell.row].id, columns[cell.column].id
            if cell.rows > 1 or cell.columns > 1:
                last = grid.rows[cell.row + cell.rows - 1].id, columns[cell.column + cell.columns - 1].id
                grid.spans.append(Ends(row_id, column_id, *last))
            self._cell(cell.node, Cell(id_, row_id, column_id))
        headers = headers_in(placed, grid.rows)
        for at, column in enumerate(columns):
            column.is_header = at in headers

    def _cell(self, cell: Node, place: Cell) -> None:
        first = len(self.reading.lines)
        lines = Series(place)
        for child in cell.content:
            self.block(child, lines, (), Context())
        align = read_keys({"align": cell.attrs.get("align")}.get).get("align")
        if align and first < len(self.reading.lines):
            line = self.reading.lines[first]
            self.reading.lines[first] = line._replace(keys={**line.keys, "align": align})

    def _columns(self, placed: list["Placed"]) -> list[ReadAxis]:
        """The columns by what most of their cells say."""
        count = max((cell.column + cell.columns for cell in placed), default=0)
        votes: list[Counter[str]] = [Counter() for _ in range(count)]
        widths: list[int | None] = [None] * count
        for cell in placed:
            column, covers, colwidth = (cell.node.attrs.get(name) for name in ("column", "covers", "colwidth"))
            # Where a column was put into a merged cell, it cannot be said which of those it covers is which.
            others = covers if isinstance(covers, list) and len(covers) == cell.columns - 1 else []
            for at in range(cell.columns):
                name = column if not at else others[at - 1] if others else None
                if isinstance(name, str) and is_id(name):
                    votes[cell.column + at][name] += 1
                width: Any = colwidth[at] if isinstance(colwidth, list) and at < len(colwidth) else None
                if widths[cell.column + at] is None and is_integer(width) and width > 0:
                    widths[cell.column + at] = int(width)
        columns: list[ReadAxis] = []
        taken: set[str] = set()
        for of_column, own in zip(votes, widths, strict=True):
            free = [id_ for id_, _ in of_column.most_common() if id_ not in taken]
            columns.append(ReadAxis(free[0] if free else self._fresh_id(), width=own))
            taken.add(columns[-1].id)
        return columns

    def _id(self, value: Any, taken: Any) -> str:
        return value if is_id(value) and value not in taken else self._fresh_id()


class Placed(NamedTuple):
    """A cell, and where it stands in the grid."""

    row: int
    column: int
    rows: int
    columns: int
    node: Node


def placed_in(table: Node) -> list[Placed]:
    """Where the cells of a table stand: each in the first place of its row that no other covers."""
    placed: list[Placed] = []
    until: list[int] = []  # down to before which row a column is covered
    for row, row_node in enumerate(table.content):
        column = 0
        for node in row_node.content:
            while column < len(until) and until[column] > row:
                column += 1
            wide = is_number(node.attrs.get("colspan"), COLUMNS) or 1
            others = enumerate(until[column : column + wide])
            wide = next((at for at, end in others if end > row), wide)
            high = min(is_number(node.attrs.get("rowspan"), CELLS) or 1, len(table.content) - row)
            until += [0] * (column + wide - len(until))
            until[column : column + wide] = [row + high] * wide
            placed.append(Placed(row, column, high, wide, node))
            column += wide
    return placed


def headers_in(placed: list[Placed], rows: list[ReadAxis]) -> set[int]:
    """The columns that are headers: all that begin in them are, but for those in rows that are."""
    plain = list(accumulate((not row.is_header for row in rows), initial=0))  # how many such rows are before each
    headers = {cell.column for cell in placed if not rows[cell.row].is_header}
    filled: Counter[int] = Counter()
    for cell in placed:
        if not rows[cell.row].is_header and cell.node.type != "tableHeader":
            headers.discard(cell.column)
        for column in range(cell.column, cell.column + cell.columns):
            filled[column] += plain[cell.row + cell.rows] - plain[cell.row]
    # Where a row is too short, nothing says so.
    return {column for column in headers if filled[column] == plain[-1]}


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
        if "thing" in child.attrs:
            runs.append(Run(THING, marks, thing=child.attrs.get("thing")))
            continue
        text = "\n" if child.type == "hardBreak" else child.words
        if runs and runs[-1].thing is None and runs[-1].marks == marks:
            runs[-1] = runs[-1]._replace(text=runs[-1].text + text)
        else:
            runs.append(Run(text, marks))
    return runs
