"""What a document holds, item by item: in order, each with the id that Yjs gave it.

The library below gives a text's contents, but not the ids of the types in it, nor in which order its formats stand, nor
what "undefined" was: whoever names an item by its id, as `[client, clock]`, cannot find it there. So this reads a whole
document's state, as `encode()` makes it, and puts its items in order as Yjs does (src/structs/Item.js, `integrate`). It
only reads, and knows nothing of what a site keeps in its documents.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator
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

ARRAY, MAP, TEXT = 0, 1, 2
XML_FRAGMENT, XML_TEXT = 4, 6


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


class Items:
    """All items of a document."""

    def __init__(self, state: bytes) -> None:
        """Read a document's state. Raises ProtocolError for what is none."""
        self._roots: dict[str, Type] = {}
        reader = ItemReader(state, self._roots)
        self._items: dict[int, list[Item]] = {}
        self._clocks: dict[int, list[int]] = {}
        self._integrate(reader.items())
        self._delete(reader.deletions())

    def root(self, name: str) -> Type:
        """A root, an empty one if nothing is in it."""
        return self._roots.get(name) or Type(None)

    @property
    def roots(self) -> list[str]:
        """The names of all that something was ever put into."""
        return list(self._roots)

    @property
    def clients(self) -> Collection[int]:
        """Who ever wrote in it, by Yjs's numbers."""
        return self._items.keys()

    def find(self, client: int, clock: int) -> Item | None:
        """The item that holds a unit."""
        clocks = self._clocks.get(client)
        place = bisect_right(clocks, clock) - 1 if clocks else -1
        if place < 0:
            return None
        item = self._items[client][place]
        return item if clock < item.clock + item.length else None

    def _end(self, client: int) -> int:
        items = self._items.get(client)
        return items[-1].clock + items[-1].length if items else 0

    def _integrate(self, waiting: dict[int, list[Item]]) -> None:
        """Take all items, each after those that it builds on; what builds on something that is nowhere is left out."""
        for items in waiting.values():
            items.reverse()
        for first in waiting:
            stack = [first]
            while stack:
                client = stack[-1]
                if not waiting[client]:
                    stack.pop()
                    continue
                item = waiting[client][-1]
                lacks = self._lacks(item)
                if lacks is None:
                    waiting[client].pop()
                    self._add(item)
                    if len(stack) > 1:
                        stack.pop()  # whoever waits below may have waited for this one
                elif waiting.get(lacks) and lacks not in stack:
                    stack.append(lacks)
                else:
                    waiting[client].clear()

    def _lacks(self, item: Item) -> int | None:
        """A client of whom something must come first."""
        if item.clock != self._end(item.client):
            return item.client
        for other in (item.origin, item.right, item.parent):
            if isinstance(other, tuple) and other[1] >= self._end(other[0]):
                return other[0]
        return None

    def _add(self, item: Item) -> None:
        self._items.setdefault(item.client, []).append(item)
        self._clocks.setdefault(item.client, []).append(item.clock)
        if item.kind == GC:
            return
        left = self._ending(*item.origin) if item.origin else None
        right = self._starting(*item.right) if item.right else None
        if any(each is not None and each.kind == GC for each in (left, right)):
            item.parent = None
        elif item.parent is None:
            beside = left or right
            if beside is not None:
                item.parent, item.key = beside.parent, beside.key
        elif isinstance(item.parent, tuple):
            holder = self.find(*item.parent)
            item.parent = holder.type if holder is not None else None
        if isinstance(item.parent, Type):
            self._put(item, item.parent, left, right)
        else:
            item.kind, item.content, item.deleted = GC, None, True

    def _put(self, item: Item, parent: Type, left: Item | None, right: Item | None) -> None:
        if (left is None and (right is None or right.previous is not None)) or (
            left is not None and left.next is not right
        ):
            left = self._behind(item, parent, left, right)
        item.previous = left
        if left is not None:
            item.next, left.next = left.next, item
        else:
            item.next = self._first(parent, item.key)
            if item.key is None:
                parent.start = item
        if item.next is not None:
            item.next.previous = item
        elif item.key is not None:
            parent.keys[item.key] = item
        if item.kind == TYPE:
            item.content.item = item

    def _behind(self, item: Item, parent: Type, left: Item | None, right: Item | None) -> Item | None:
        """Behind which of those that others put at the same place."""
        other = left.next if left is not None else self._first(parent, item.key)
        conflicting: set[Item] = set()
        passed: set[Item] = set()
        while other is not None and other is not right:
            passed.add(other)
            conflicting.add(other)
            if item.origin == other.origin:
                if other.client < item.client:
                    left = other
                    conflicting.clear()
                elif item.right == other.right:
                    break
            else:
                origin = self.find(*other.origin) if other.origin else None
                if origin is None or origin not in passed:
                    break
                if origin not in conflicting:
                    left = other
                    conflicting.clear()
            other = other.next
        return left

    @staticmethod
    def _first(parent: Type, key: str | None) -> Item | None:
        if key is None:
            return parent.start
        item = parent.keys.get(key)
        while item is not None and item.previous is not None:
            item = item.previous
        return item

    def _starting(self, client: int, clock: int) -> Item | None:
        """The item that starts with a unit, cut so."""
        item = self.find(client, clock)
        return item if item is None or item.clock == clock or item.kind == GC else self._cut(item, clock - item.clock)

    def _ending(self, client: int, clock: int) -> Item | None:
        """The item that ends with a unit, cut so."""
        item = self.find(client, clock)
        if item is not None and clock + 1 < item.clock + item.length and item.kind != GC:
            self._cut(item, clock + 1 - item.clock)
        return item

    def _cut(self, item: Item, at: int) -> Item:
        """Make two of an item; return the second."""
        content = item.content
        if item.kind == STRING:
            item.content, content = _cut_text(content, at)
        elif item.kind == ANY:
            item.content, content = content[:at], content[at:]
        rest = Item(item.client, item.clock + at, item.length - at, item.kind, content)
        item.length = at
        rest.deleted, rest.parent, rest.key, rest.right = item.deleted, item.parent, item.key, item.right
        rest.origin = item.client, rest.clock - 1
        rest.previous, rest.next = item, item.next
        if item.next is not None:
            item.next.previous = rest
        elif item.key is not None and isinstance(item.parent, Type):
            item.parent.keys[item.key] = rest
        item.next = rest
        place = bisect_right(self._clocks[item.client], item.clock)
        self._items[item.client].insert(place, rest)
        self._clocks[item.client].insert(place, rest.clock)
        return rest

    def _delete(self, deletions: list[tuple[int, int, int]]) -> None:
        for client, start, end in deletions:
            end = min(end, self._end(client))
            if start >= end:
                continue
            item = self._starting(client, start)
            while item is not None and item.clock < end:
                self._ending(client, min(end, item.clock + item.length) - 1)
                item.deleted = True
                item = self.find(client, item.clock + item.length)


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


def _cut_text(text: str, at: int) -> tuple[str, str]:
    """A text in two, behind so many units; the halves of a character that is cut become replacement characters."""
    if text.isascii():
        return text[:at], text[at:]
    units = text.encode("utf-16-le")
    first, second = units[: 2 * at], units[2 * at :]
    if 0xDC <= second[1] < 0xE0:
        first, second = first[:-2] + b"\xfd\xff", b"\xfd\xff" + second[2:]
    return first.decode("utf-16-le"), second.decode("utf-16-le")
