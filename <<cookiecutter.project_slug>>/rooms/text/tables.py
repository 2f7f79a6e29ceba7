"""The grid of each table: rows and columns of the map "tables", with flat keys. See tables.ts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .values import CELLS, COLUMNS, ID, RANK, SIZE, TABLES, is_id, is_number, is_text, unit_order

ROW, COLUMN, HEADER, WIDTH, SPAN = "r", "c", "h", "w", "s"


@dataclass
class Axis:
    """A row or a column."""

    id: str
    rank: str
    is_header: bool = False
    width: int | None = None


class Span(NamedTuple):
    """A merged cell, by indices."""

    row: int
    column: int
    rows: int
    columns: int


class Ends(NamedTuple):
    """A merged cell, by the names of its corners."""

    row: str
    column: str
    to_row: str
    to_column: str


@dataclass
class Grid:
    rows: list[Axis] = field(default_factory=list)
    columns: list[Axis] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


Grids = dict[str, Grid]


def read_grids(entries: Iterable[tuple[str, Any]]) -> Grids:
    """The tables that these entries make, as many and as large as may be drawn."""
    raw: Grids = {}
    more: dict[str, Any] = {}
    merged: dict[str, list[Ends]] = {}
    for key, value in entries:
        match key.split("/"):
            case [table, part, id_] if is_id(table) and is_id(id_):
                if part in (HEADER, WIDTH):
                    more[key] = value
                rank = is_text(value, RANK)
                if rank is not None and part in (ROW, COLUMN):
                    grid = raw.setdefault(table, Grid())
                    (grid.rows if part == ROW else grid.columns).append(Axis(id_, rank))
            case [table, part, row, column] if part == SPAN and all(map(is_id, (table, row, column))):
                ends = (is_text(value, 2 * ID + 1) or "").split("/")
                if len(ends) == len(("row", "column")):
                    merged.setdefault(table, []).append(Ends(row, column, *ends))
    # Which tables are too many is the same for all, in whatever order their keys have come.
    return _limited(sorted(raw.items(), key=lambda entry: unit_order(entry[0])), more, merged)


def _limited(raw: list[tuple[str, Grid]], more: dict[str, Any], merged: dict[str, list[Ends]]) -> Grids:
    grids: Grids = {}
    left = CELLS
    for table, grid in raw[:TABLES]:
        columns = sorted(grid.columns, key=_by_rank)[:COLUMNS]
        rows = sorted(grid.rows, key=_by_rank)[: left // len(columns) if columns else 0]
        if not rows or not columns:
            continue
        left -= len(rows) * len(columns)
        for axis in (*rows, *columns):
            axis.is_header = more.get(f"{table}/{HEADER}/{axis.id}") is True
        for column in columns:
            column.width = is_number(more.get(f"{table}/{WIDTH}/{column.id}"), SIZE) or None
        grids[table] = Grid(rows, columns, _spans_in(rows, columns, merged.get(table, [])))
    return grids


def _spans_in(rows: list[Axis], columns: list[Axis], ends: list[Ends]) -> list[Span]:
    """Spans of more than one cell, none of which overlap."""
    row_at, column_at = ({axis.id: at for at, axis in enumerate(axes)} for axes in (rows, columns))
    asked: list[Span] = []
    for each in ends:
        row, column = row_at.get(each.row), column_at.get(each.column)
        if row is None or column is None:
            continue
        high = max(row_at.get(each.to_row, row) - row + 1, 1)
        wide = max(column_at.get(each.to_column, column) - column + 1, 1)
        if high > 1 or wide > 1:
            asked.append(Span(row, column, high, wide))
    covered: set[tuple[int, int]] = set()
    spans: list[Span] = []
    for span in sorted(asked):
        across = range(span.column, span.column + span.columns)
        # What begins before it, and reaches into it, reaches into its first row.
        if not any((span.row, column) in covered for column in across):
            covered |= {(row, column) for row in range(span.row, span.row + span.rows) for column in across}
            spans.append(span)
    return spans


def _by_rank(axis: Axis) -> tuple[bytes, bytes]:
    return unit_order(axis.rank), unit_order(axis.id)
