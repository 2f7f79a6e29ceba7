"""The items of an update with all that is in them, as they stand there: where they go is for items.py."""

from collections.abc import Iterator
from struct import unpack
from typing import Any, Final

from ..exceptions import TooDeepError
from .protocol import read_json
from .update_reader import (
    ANY,
    BINARY,
    DELETED,
    DOCUMENT,
    EMBED,
    FORMAT,
    GC,
    HAS_KEY,
    HAS_ORIGIN,
    HAS_RIGHT,
    KIND,
    MAX_DEPTH,
    SKIP,
    STRING,
    TYPE,
    XML_ELEMENT,
    Reader,
    read,
)

# Types, beside those that update_reader.py names.
MAP: Final = 1
XML_FRAGMENT: Final = 4


class Undefined:
    """What JavaScript has besides null."""

    def __repr__(self) -> str:
        return "UNDEFINED"


class Opaque:
    """A value that JSON does not have: bytes, a large integer, a document in a document."""


UNDEFINED: Final = Undefined()


class Type:
    """A shared type: a root, or what an item holds."""

    __slots__ = ("item", "keys", "kind", "start", "tag")

    def __init__(self, kind: int | None, tag: str = "", item: "Item | None" = None) -> None:
        self.kind = kind  # none for a root, which is whatever one takes it for
        self.tag = tag  # of an XML element
        self.item = item
        self.start: Item | None = None
        self.keys: dict[str, Item] = {}

    def items(self) -> Iterator["Item"]:
        """All that was ever in it, in order."""
        item = self.start
        while item is not None:
            yield item
            item = item.next

    def get(self, name: str) -> Any:
        """The value of a key, UNDEFINED if it has none."""
        item = self.keys.get(name)
        if item is None or item.deleted or not item.countable:
            return UNDEFINED
        return item.content[-1] if item.kind == ANY else item.content


class Item:
    """A run of neighbouring operations by one client."""

    __slots__ = (
        "client", "clock", "content", "deleted", "key", "kind", "length", "next", "origin", "parent", "previous",
        "right",
    )  # fmt: skip

    def __init__(self, client: int, clock: int, length: int, kind: int, content: Any) -> None:
        self.client = client
        self.clock = clock
        self.length = length  # in units of UTF-16
        self.kind = kind  # of the content, see update_reader.py
        self.content = content  # text, a pair for a format, a list of values, a type, an embedded value
        self.deleted = kind in (GC, DELETED)
        self.origin: tuple[int, int] | None = None  # the unit behind which it was put
        self.right: tuple[int, int] | None = None  # and the one before which
        self.parent: Type | tuple[int, int] | None = None
        self.key: str | None = None
        self.previous: Item | None = None
        self.next: Item | None = None

    @property
    def countable(self) -> bool:
        """Whether there are units of it in its type."""
        return self.kind not in (FORMAT, DELETED, GC)

    @property
    def type(self) -> Type | None:
        """The shared type that it holds."""
        return self.content if self.kind == TYPE else None


class ItemReader(Reader):
    """Reads the items of an update with all that is in them, after the walk that checks it."""

    def __init__(self, update: bytes, roots: dict[str, Type]) -> None:
        super().__init__(update)
        self._deletions = read(update).deletes
        self._roots = roots

    def items(self) -> dict[int, list[Item]]:
        """By client, in the order of their clocks."""
        items: dict[int, list[Item]] = {}
        for _ in range(self.number()):
            number, client, clock = self.number(), self.number(), self.number()
            own = items[client] = []
            for _ in range(number):
                info = self.byte()
                item = self._item(client, clock, info)
                clock += item.length
                if info & KIND != SKIP:
                    own.append(item)
        return items

    def deletions(self) -> list[tuple[int, int, int]]:
        """Of which client, from which clock on, and before which."""
        return list(self._deletions)

    def _item(self, client: int, clock: int, info: int) -> Item:
        kind = info & KIND
        if kind in (GC, SKIP):
            return Item(client, clock, self.number(), GC, None)
        origin = (self.number(), self.number()) if info & HAS_ORIGIN else None
        right = (self.number(), self.number()) if info & HAS_RIGHT else None
        parent: Type | tuple[int, int] | None = None
        key = None
        if origin is None and right is None:
            parent = self._root(self.words()) if self.number() == 1 else (self.number(), self.number())
            key = self.words() if info & HAS_KEY else None
        item = Item(client, clock, *self._content(kind))
        item.origin, item.right, item.parent, item.key = origin, right, parent, key
        return item

    def _root(self, name: str) -> Type:
        return self._roots.setdefault(name, Type(None))

    def _content(self, kind: int) -> tuple[int, int, Any]:
        """How many units it has, of which kind it is, and what it holds."""
        if kind == STRING:
            text = self.words()
            return utf16_length(text), kind, text
        if kind == TYPE:
            type_ = self.number()
            return 1, kind, Type(type_, self.words() if type_ == XML_ELEMENT else "")
        if kind == FORMAT:
            return 1, kind, (self.words(), read_json(self.words()))
        if kind == EMBED:
            return 1, kind, read_json(self.words())
        if kind == ANY:
            values = [self._any(0) for _ in range(self.number())]
            return len(values), kind, values
        if kind == DELETED:
            return self.number(), kind, None
        if kind == BINARY:
            self.string()
        elif kind == DOCUMENT:
            self.words()
            self.value()
        return 1, kind, Opaque()

    def words(self) -> str:
        """A text behind its length."""
        return self.string().decode(errors="replace")

    def _any(self, depth: int) -> Any:
        """A value as JavaScript would have it."""
        if depth > MAX_DEPTH:
            raise TooDeepError(f"a value is nested more than {MAX_DEPTH} deep")
        tag = self.byte()
        if tag == 119:
            return self.words()
        if tag == 125:
            return self._signed()
        if tag in FLOATS:
            layout, size = FLOATS[tag]
            self.at += size
            return unpack(layout, self.data[self.at - size : self.at])[0]
        if tag == 117:
            return [self._any(depth + 1) for _ in range(self.number())]
        if tag == 118:
            return self._object(depth + 1)
        if tag == 116:
            self.string()
        elif tag == 122:
            self.at += 8
        return CONSTANTS.get(tag) if tag in CONSTANTS else Opaque()

    def _object(self, depth: int) -> Any:
        values: dict[str, Any] = {}
        own = True
        for _ in range(self.number()):
            name = self.words()
            value = self._any(depth)
            if name != "__proto__":
                values[name] = value
            elif value is None or isinstance(value, dict | list | Opaque):
                own = False  # in JavaScript it has become another kind of object
        return values if own else Opaque()

    def _signed(self) -> int:
        """A number whose first byte has a sign and six bits of it, and each other one seven."""
        byte = self.byte()
        negative, number, factor = byte & 64, byte & 63, 64
        while byte > 127:
            byte = self.byte()
            number += (byte & 127) * factor
            factor *= 128
        return -number if negative else number


FLOATS: Final = {123: (">d", 8), 124: (">f", 4)}
CONSTANTS: Final = {120: True, 121: False, 126: None, 127: UNDEFINED}


def utf16_length(text: str) -> int:
    """How many UTF-16 code units a text has: what Yjs counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
