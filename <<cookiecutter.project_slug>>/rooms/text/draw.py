"""Lines to tree: total, and bounded. See draw.ts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from .flow import Container, Flow
from .keys import Cell, Keys, is_atom, without
from .kinds import kind_of
from .pieces import Line, Run
from .tables import Grid, Grids, Span
from .things import node_of_thing
from .tree import Mark, Node

Face = Literal["text", "words", "atom", "table"]

LISTS: Final = {"bullet": "bulletList", "ordered": "orderedList", "task": "taskList"}
ITEMS: Final = {"bullet": "listItem", "ordered": "listItem", "task": "taskItem"}


@dataclass(eq=False, slots=True)
class Entry:
    """A node that stands for a line."""

    line: Line | None  # none for a cell that has no line yet
    # "words" are those that stand in the line of a thing: they are drawn before it, and have no marker of their own.
    face: Face
    keys: Keys  # as drawn: see flow.py
    node: Node
    # For a line whose row or column is gone: the line of the table behind which it is drawn.
    behind: Line | None = None


@dataclass
class Places:
    # At which line each table stands.
    anchors: dict[str, Line] = field(default_factory=dict)
    cells: dict[Cell, list[Line]] = field(default_factory=dict)
    in_cells: set[Line] = field(default_factory=set)
    # By table: lines that name a cell which is not there.
    strays: dict[str, list[Line]] = field(default_factory=dict)


def draw(lines: Sequence[Line], grids: Grids, spare: Line) -> tuple[Node, list[Entry]]:
    """The tree, and its entries in order. `lines` as they are drawn, without hidden ones; `spare` if there are none."""
    artist = Artist(lines or [spare], grids)
    artist.draw()
    return Node("doc", content=tuple(artist.blocks)), artist.entries


class Artist:
    def __init__(self, lines: Sequence[Line], grids: Grids) -> None:
        self.blocks: list[Node] = []
        self.entries: list[Entry] = []
        self._lines = lines
        self._grids = grids
        self._places = tables_in(lines, grids)

    def draw(self) -> None:
        flow: Flow[Node] = Flow(wrap, self.blocks.append)
        anchors, strays = self._places.anchors, self._places.strays
        for line in self._lines:
            cell, table = line.keys.get("cell"), line.keys.get("table")
            if cell is not None:
                if line not in self._places.in_cells and cell.t not in anchors:
                    self._line(flow, line, without(line.keys, "cell", "align"))
            elif table is not None and anchors.get(table) is line:
                self._table(flow, line, table)
                # Who wrote in a row that another took away finds the words behind the table.
                for stray in strays.get(table, []):
                    self._line(flow, stray, without(stray.keys, "cell", "align"), line)
            else:
                self._line(flow, line, without(line.keys, "align"))
        flow.close()

    def _line(self, flow: Flow[Node], line: Line, keys: Keys, behind: Line | None = None) -> None:
        # A second place of the same table, or one of a table that is not there.
        own = without(keys, "kind", "table") if keys.get("kind") == "table" else keys
        atom = is_atom(own)
        if atom and line.length:
            self._put(flow, line, words_of(own), "words", behind)
            own = without(own, "align")
        self._put(flow, line, own, "atom" if atom else "text", behind)

    def _put(self, flow: Flow[Node], line: Line, keys: Keys, face: Face, behind: Line | None = None) -> None:
        drawn = flow.enter(keys)
        node = node_of(line, keys, face)
        self.entries.append(Entry(line, face, drawn, node, behind))
        flow.add(node)

    def _table(self, flow: Flow[Node], anchor: Line, table: str) -> None:
        grid = self._grids[table]
        if anchor.length:
            self._put(flow, anchor, words_of(without(anchor.keys, "align")), "words")
        entry = Entry(anchor, "table", flow.enter(without(anchor.keys, "align")), Node("table"))
        self.entries.append(entry)
        spans = {(span.row, span.column): span for span in grid.spans}
        covered = covered_in(grid)
        rows: list[Node] = []
        for at, row in enumerate(grid.rows):
            cells = []
            for across, column in enumerate(grid.columns):
                if (at, across) in covered:
                    continue
                cell = Cell(table, row.id, column.id)
                lines = self._places.cells.get(cell, [])
                align = lines[0].keys.get("align") if lines else None
                attrs = {**size_of(grid, across, spans.get((at, across))), "align": align}
                tag = "tableHeader" if row.is_header or column.is_header else "tableCell"
                cells.append(Node(tag, attrs, self._cell(cell, lines)))
            rows.append(Node("tableRow", {"id": row.id}, tuple(cells)))
        entry.node = Node("table", {"id": table}, tuple(rows))
        flow.add(entry.node)

    def _cell(self, cell: Cell, lines: list[Line]) -> tuple[Node, ...]:
        nodes: list[Node] = []
        flow: Flow[Node] = Flow(wrap, nodes.append)
        for index, line in enumerate(lines):
            # In a merged cell there are lines of several.
            keys = {**line.keys, "cell": cell}
            self._line(flow, line, without(keys, "align") if index else keys)
        if not lines:
            empty = Node("paragraph")
            self.entries.append(Entry(None, "text", {"cell": cell}, empty))
            nodes.append(empty)
        flow.close()
        return tuple(nodes)


def node_of(line: Line, keys: Keys, face: Face) -> Node:
    """The node of a line's own."""
    kind = kind_of(keys) if face != "words" else None
    dir_ = {"dir": keys["dir"]} if "dir" in keys and face != "words" else {}
    if kind is None:
        return Node("paragraph", dir_, inline(line.runs))
    attrs = kind.attrs(keys) | dir_
    if kind.shape == "atom":
        return Node(kind.node, attrs)
    return Node(kind.node, attrs, letters(line.runs) if kind.shape == "code" else inline(line.runs))


def inline(runs: Sequence[Run]) -> tuple[Node, ...]:
    nodes: list[Node] = []
    words: list[str] = []  # those of the next node, which several runs may have a part in
    marks: tuple[Mark, ...] = ()

    def end_words() -> None:
        if words:
            nodes.append(Node("text", marks=marks, text="".join(words)))
            words.clear()

    for run in runs:
        if run.thing is not None or run.marks != marks:
            end_words()
            marks = run.marks
        if run.thing is not None:
            nodes.append(Node(node_of_thing(run.thing), {"thing": run.thing}, marks=marks))
            continue
        for index, part in enumerate(run.text.split("\n")):
            if index:
                end_words()
                nodes.append(Node("hardBreak", marks=marks))
            if part:
                words.append(part)
    end_words()
    return tuple(nodes)


def letters(runs: Sequence[Run]) -> tuple[Node, ...]:
    """What a block of code shows."""
    text = "".join(run.text for run in runs)
    return (Node("text", text=text),) if text else ()


def wrap(container: Container[Node]) -> Node:
    children = tuple(container.children)
    if container.type == "quote" or container.kind is None:
        return Node("blockquote", content=children)
    keys = container.keys
    attrs: dict[str, Any] = {}
    if container.type == "item" and container.kind == "task":
        attrs = {"checked": keys.get("checked") is True}
    if container.type == "list" and container.kind == "ordered":
        attrs = {
            "start": container.start,
            "type": keys.get("numbers"),
            "goesOn": keys.get("start") == "on",
        }
    return Node((LISTS if container.type == "list" else ITEMS)[container.kind], attrs, children)


def tables_in(lines: Sequence[Line], grids: Grids) -> Places:
    """Which lines stand in which cell, and where each table stands."""
    places = Places()
    if not grids:
        return places
    for line in lines:
        table = line.keys.get("table")
        if table in grids and "cell" not in line.keys and table not in places.anchors:
            places.anchors[table] = line
            grid = grids[table]
            names = [[Cell(table, row.id, column.id) for column in grid.columns] for row in grid.rows]
            places.cells |= {cell: [] for row in names for cell in row}
            for span in grid.spans:
                first = places.cells[names[span.row][span.column]]
                for row in names[span.row : span.row + span.rows]:
                    places.cells |= dict.fromkeys(row[span.column : span.column + span.columns], first)
    for line in lines:
        cell = line.keys.get("cell")
        if cell is None:
            continue
        if cell in places.cells:
            places.cells[cell].append(line)
            places.in_cells.add(line)
        elif cell.t in places.anchors:
            places.strays.setdefault(cell.t, []).append(line)
    return places


def covered_in(grid: Grid) -> set[tuple[int, int]]:
    """The cells that a merged one covers, its first one not among them; by row and column."""
    return {
        (row, column)
        for span in grid.spans
        for row in range(span.row, span.row + span.rows)
        for column in range(span.column, span.column + span.columns)
        if (row, column) != (span.row, span.column)
    }


def size_of(grid: Grid, at: int, span: Span | None) -> dict[str, Any]:
    """What a cell says of its columns."""
    own = grid.columns[at : at + (span.columns if span is not None else 1)]
    return {
        "column": own[0].id,
        "covers": [column.id for column in own[1:]] or None,
        "colspan": len(own),
        "rowspan": span.rows if span is not None else 1,
        "colwidth": [column.width or 0 for column in own] if any(column.width for column in own) else None,
    }


def words_of(keys: Keys) -> Keys:
    """The keys of words that stand in the line of a thing."""
    return {name: keys[name] for name in ("quote", "indent", "cell", "align") if name in keys}
