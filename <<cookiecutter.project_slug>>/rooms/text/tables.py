"""The grid of each table: rows and columns of the map "tables", with flat keys. See tables.ts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from .values import CELLS, COLUMNS, RANK, SIZE, TABLES, is_id, is_number, is_text, unit_order

ROW, COLUMN, HEADER, WIDTH = "r", "c", "h", "w"
PARTS: Final = 3


@dataclass
class Axis:
    """A row or a column."""

    id: str
    rank: str
    is_header: bool = False
    width: int | None = None


@dataclass
class Grid:
    rows: list[Axis] = field(default_factory=list)
    columns: list[Axis] = field(default_factory=list)


Grids = dict[str, Grid]


def read_grids(entries: Iterable[tuple[str, Any]]) -> Grids:
    """The tables that these entries make, as many and as large as may be drawn."""
    raw: Grids = {}
    more: dict[str, Any] = {}
    for key, value in entries:
        parts = key.split("/")
        if len(parts) != PARTS or not is_id(parts[0]) or not is_id(parts[2]):
            continue
        table, part, id_ = parts
        if part in (HEADER, WIDTH):
            more[key] = value
        rank = is_text(value, RANK)
        if rank is None or part not in (ROW, COLUMN):
            continue
        grid = raw.setdefault(table, Grid())
        (grid.rows if part == ROW else grid.columns).append(Axis(id_, rank))
    # Which tables are too many is the same for all, in whatever order their keys have come.
    return _limited(sorted(raw.items(), key=lambda entry: unit_order(entry[0])), more)


def _limited(raw: list[tuple[str, Grid]], more: dict[str, Any]) -> Grids:
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
        grids[table] = Grid(rows, columns)
    return grids


def _by_rank(axis: Axis) -> tuple[bytes, bytes]:
    return unit_order(axis.rank), unit_order(axis.id)
