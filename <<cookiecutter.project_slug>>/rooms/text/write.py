"""Lines into a text: a whole one, or some more in one that people have open."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pycrdt import Doc, Map
from pycrdt import Text as SharedText

from .formats import on_of, wanted_in
from .keys import Cell, Keys
from .pieces import OPAQUE, Line, Ref, Run
from .ranks import rank_between, ranks
from .read import ReadAxis, ReadGrid, Reading
from .tables import COLUMN, HEADER, ROW, SPAN, WIDTH
from .text import TABLES, TEXT, Text
from .values import fresh_id, unit_order, well_formed

# Ids and ranks that others make at the same time are to be different ones.
choose: Final = random.SystemRandom().choice


@dataclass
class NewLine:
    """A line that is to be written: what stands in it, and what its marker says."""

    runs: Sequence[Run]
    keys: Keys = field(default_factory=dict)


@dataclass
class Spot:
    """Where a line is to be written, and if that does not say where it stands: behind which marker, with which rank."""

    start: int
    after: list[int] | None = None
    low: str | None = None
    high: str | None = None
    is_placed: bool = False


def line_of(words: str, **keys: Any) -> NewLine:
    """A line of plain words: `line_of("Fruit", kind="heading", level=2)`."""
    return NewLine([Run(words, ())], keys)


def new_id() -> str:
    return fresh_id(choose)


def write(doc: Doc[Any], reading: Reading) -> None:
    """Write lines, such as `read` gives, into a document that has none."""
    text: SharedText = doc.get(TEXT, type=SharedText)
    tables: Map[Any] = doc.get(TABLES, type=Map)
    with doc.transaction():
        # The last one first, each at the beginning: any other place would be looked for from there, each time.
        for line in reversed(_ordered(reading)):
            _put(text, 0, line, 1)
        for id_, grid in reading.grids.items():
            for name, value in _entries(id_, grid):
                tables[name] = value


def insert_lines(doc: Doc[Any], lines: Sequence[NewLine], behind: int | None = None) -> None:
    """Write lines into a document, behind the first so many that are shown outside of tables, or behind all.

    It changes nothing else: what others write meanwhile stays. For use within `YroomDocument.edit()`.
    """
    text = Text(doc.get_update())
    shown = [line for line in text.lines if not line.is_hidden and "cell" not in line.keys]
    count = len(shown) if behind is None else min(max(behind, 0), len(shown))
    shared: SharedText = doc.get(TEXT, type=SharedText)
    with doc.transaction():
        spot = _spot(shown[count - 1] if count else None, shown[count] if count < len(shown) else None)
        if count and shown[count - 1].root.marker is None and shown[count - 1].length:
            # What stands behind the last marker is a line that has none yet.
            shared.insert_embed(spot.start, Map({}), {})
            spot.start += 1
        for line in lines:
            keys = dict(line.keys)
            if spot.is_placed:
                spot.low = _rank(spot.low, spot.high)
                keys["place"] = {"after": spot.after, "n": spot.low}
            spot.start += _put(shared, spot.start, NewLine(line.runs, keys), text.greatest_order + 1)


def _spot(before: Line | None, after: Line | None) -> Spot:
    """Between these two lines, as they are drawn; None for an end. See order.py."""
    start = before.root.start + before.root.size if before is not None else 0
    own = before.behind if before is not None else None
    if after is not None and after.behind is not None and after.root.place is not None:
        low = own.rank if own is not None and own.number == after.behind.number else None
        return Spot(start, _ref(after.root.place.after), low, after.behind.rank, is_placed=True)
    if own is not None and before is not None and before.root.place is not None:
        return Spot(start, _ref(before.root.place.after), own.rank, is_placed=True)
    return Spot(start)


def _ref(ref: Ref | None) -> list[int] | None:
    return None if ref is None else list(ref)


def _rank(low: str | None, high: str | None) -> str:
    rank = rank_between(low, high, choose)
    # Letters that no rank has, somebody may have written.
    return rank if low is None or unit_order(rank) > unit_order(low) else low + rank


def _put(text: SharedText, start: int, line: NewLine, order: int) -> int:
    """Write a line where another begins; return how much that is, in pycrdt's units: bytes."""
    text.insert_embed(start, Map({name: _plain(value) for name, value in line.keys.items()}), {})
    size = 1
    for run, formats in reversed(_acts(line.runs, order)):
        if run.thing is None and run.text:
            words = well_formed(run.text)
            text.insert(start, words, formats)
            size += len(words.encode())
        elif run.thing is not None and run.thing is not OPAQUE:
            text.insert_embed(start, run.thing, formats)
            size += 1
    return size


def _acts(runs: Sequence[Run], order: int) -> list[tuple[Run, dict[str, Any]]]:
    """Runs, each with the formats under which it is to stand: one key for each mark, as far as it reaches."""
    acts: list[tuple[Run, dict[str, Any]]] = []
    keys: dict[tuple[str, str | bool], str] = {}
    for run in runs:
        wanted = wanted_in(run.marks)
        keys = {mark: keys.get(mark, f"{mark[0]}:{new_id()[:4]}") for mark in wanted.items()}
        acts.append((run, {key: on_of(order, says) for (_, says), key in keys.items()}))
    return acts


def _ordered(reading: Reading) -> list[NewLine]:
    """The lines as they are to stand in the text: those of cells before the line of their table."""
    lines: list[NewLine] = []
    anchor: NewLine | None = None
    for read_line in reading.lines:
        line = NewLine(read_line.runs, read_line.keys)
        if anchor is not None and "cell" not in line.keys:
            lines.append(anchor)
            anchor = None
        if line.keys.get("kind") == "table":
            anchor = line
        else:
            lines.append(line)
    return lines if anchor is None else [*lines, anchor]


def _entries(id_: str, grid: ReadGrid) -> list[tuple[str, Any]]:
    """What the map of tables says of one."""
    entries: list[tuple[str, Any]] = []
    axes: tuple[tuple[str, list[ReadAxis]], ...] = (ROW, grid.rows), (COLUMN, grid.columns)
    for part, of_part in axes:
        for axis, rank in zip(of_part, ranks(len(of_part), choose), strict=True):
            entries.append((f"{id_}/{part}/{axis.id}", rank))
            if axis.is_header:
                entries.append((f"{id_}/{HEADER}/{axis.id}", True))
            if axis.width:
                entries.append((f"{id_}/{WIDTH}/{axis.id}", axis.width))
    entries += [(f"{id_}/{SPAN}/{ends.row}/{ends.column}", f"{ends.to_row}/{ends.to_column}") for ends in grid.spans]
    return entries


def _plain(value: Any) -> Any:
    return value._asdict() if isinstance(value, Cell) else value
