"""The pieces of a text, each with the marker that ends it; a line is what is drawn as one. See piece.ts, pieces.ts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from yroom.contents import ANY, EMBED, FORMAT, MAP, STRING, UNDEFINED, Item, Type, utf16_length

from .formats import Formats, marks_of, order_of
from .keys import Keys, is_atom, read_keys, without
from .tree import Mark
from .values import FORMATS, RANK, is_integer, is_text

# Stands for a thing in a run.
THING: Final = "\ufffc"
# Stands for an embedded type that is no marker.
OPAQUE: Final = object()
SAFE: Final = 2**53 - 1

# A marker's id in Yjs: client and clock.
Ref = tuple[int, int]


class Run(NamedTuple):
    """Letters under the same formats, line breaks among them, or one thing."""

    text: str
    marks: tuple[Mark, ...]
    formats: Formats = {}
    # What stands here instead of a letter; `text` is one unit long then.
    thing: Any = None


class Place(NamedTuple):
    """Behind which marker a line stands instead of where its own is; None for the beginning."""

    after: Ref | None
    rank: str


class Behind(NamedTuple):
    """Where a line is to stand: behind which piece (-1 the beginning), and with which rank."""

    number: int
    rank: str


@dataclass(eq=False, slots=True)
class Piece:
    """What one marker ends; without a marker, the text behind the last one."""

    marker: Item | None
    number: int  # the how manieth it is
    start: int  # in bytes, as pycrdt counts: a thing or a marker is one
    keys: Keys = field(default_factory=dict)
    place: Place | None = None
    join: Ref | None = None
    is_hidden: bool = False
    runs: list[Run] = field(default_factory=list)
    length: int = 0
    # In bytes, its marker included.
    size: int = 0

    @property
    def ref(self) -> Ref | None:
        return (self.marker.client, self.marker.clock) if self.marker is not None else None


@dataclass(eq=False)
class Line:
    """What is drawn as one line: a piece, and those joined to it."""

    pieces: list[Piece]
    # Where it is to stand instead of where it is: set by `order`.
    behind: Behind | None = None

    @property
    def root(self) -> Piece:
        return self.pieces[0]

    @cached_property
    def runs(self) -> list[Run]:
        return [run for piece in self.pieces for run in piece.runs]

    @cached_property
    def length(self) -> int:
        return sum(piece.length for piece in self.pieces)

    @cached_property
    def keys(self) -> Keys:
        """The words in the line of a thing that somebody took away are a paragraph."""
        keys = self.root.keys
        if not self.root.is_hidden or not self.length or not is_atom(keys):
            return keys
        return without(keys, "kind", "table")

    @property
    def is_hidden(self) -> bool:
        return self.root.is_hidden and not self.length

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


class Pieces:
    """The pieces of a text, and where each of its items stands."""

    def __init__(self, text: Type) -> None:
        self.list: list[Piece] = []
        self._owners: dict[Item, int] = {}
        self._text = text
        self._read(text.items())

    def piece_of(self, item: Item) -> Piece:
        """The piece that an item stands in; if it was deleted, the one that its text flowed into."""
        return self.list[self._owners[item]]

    def holds(self, item: Item) -> bool:
        return item.parent is self._text and item.key is None

    def _read(self, items: Iterable[Item]) -> None:
        reader = RunReader()
        piece = Piece(None, 0, 0)
        for item in items:
            self._owners[item] = len(self.list)
            if not is_marker(item):
                reader.take(item)
                continue
            piece.marker = item
            self._end(piece, reader)
            read_marker(piece, item.content)
            piece = Piece(None, len(self.list), piece.start + piece.size)
        self._end(piece, reader)
        self.greatest_order = reader.greatest_order

    def _end(self, piece: Piece, reader: "RunReader") -> None:
        piece.runs, piece.length, piece.size = reader.end(), reader.length, reader.size + (piece.marker is not None)
        reader.length, reader.size = 0, 0
        self.list.append(piece)


def is_marker(item: Item) -> bool:
    return not item.deleted and item.type is not None and item.type.kind == MAP


class RunReader:
    """Collects what stands in a piece, item by item; the formats go on into the next."""

    def __init__(self) -> None:
        self.length = 0
        self.size = 0
        self.greatest_order = 0
        self._runs: list[Run] = []
        # Those of the last run, if it is no thing: joined once, as each letter may be an item of its own.
        self._words: list[str] = []
        self._known: Formats = {}
        self._marks: tuple[Mark, ...] = ()
        self._changed: dict[str, Any] | None = None

    @property
    def formats(self) -> Formats:
        if self._changed is not None:
            if self._changed != self._known:
                self._known = self._changed
                self._marks = marks_of(self._known)
            self._changed = None
        return self._known

    def take(self, item: Item) -> None:
        if item.deleted:
            return
        if item.kind == FORMAT:
            self._format(*item.content)
        elif item.kind == STRING:
            self._text(item.content)
        elif item.kind == EMBED:
            self._thing(item.content)
        elif item.countable:
            for _ in range(item.length if item.kind == ANY else 1):
                self._thing(OPAQUE)

    def _format(self, key: str, value: Any) -> None:
        if self._changed is None:
            self._changed = dict(self._known)
        if value is None:
            self._changed.pop(key, None)
        elif len(self._changed) < FORMATS or key in self._changed:
            self._changed[key] = value
        self.greatest_order = max(self.greatest_order, order_of(value))

    def _text(self, text: str) -> None:
        formats = self.formats
        if not self._words or self._runs[-1].formats is not formats:
            self._end_words()
            self._runs.append(Run("", self._marks, formats))
        self._words.append(text)
        self.length += utf16_length(text)
        self.size += len(text.encode())

    def _thing(self, thing: Any) -> None:
        formats = self.formats
        self._end_words()
        self._runs.append(Run(THING, self._marks, formats, OPAQUE if thing is None else thing))
        self.length += 1
        self.size += 1

    def end(self) -> list[Run]:
        """What has come since this was asked last."""
        self._end_words()
        runs, self._runs = self._runs, []
        return runs

    def _end_words(self) -> None:
        if self._words:
            self._runs[-1] = self._runs[-1]._replace(text="".join(self._words))
            self._words = []


def read_marker(piece: Piece, marker: Type) -> None:
    piece.keys = read_keys(marker.get)
    piece.is_hidden = marker.get("hidden") is True
    piece.place = as_place(marker.get("place"))
    piece.join = as_ref(marker.get("join"))


def as_place(value: Any) -> Place | None:
    if not isinstance(value, dict):
        return None
    rank = is_text(value.get("n"), RANK)
    after = value.get("after", UNDEFINED)
    if rank is None:
        return None
    ref = as_ref(after)
    return Place(ref, rank) if ref is not None or after is None else None


def as_ref(value: Any) -> Ref | None:
    if not isinstance(value, list) or len(value) != 2 or not all(map(is_integer, value)):
        return None
    client, clock = map(int, value)
    return (client, clock) if abs(client) <= SAFE and 0 <= clock <= SAFE else None
