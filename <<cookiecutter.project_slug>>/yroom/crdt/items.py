"""What a document holds, item by item: in order, each with the id that Yjs gave it.

The library below gives a text's contents, but not the ids of the types in it, nor in which order its formats stand, nor
what "undefined" was: whoever names an item by its id, as `[client, clock]`, cannot find it there. So this reads a whole
document's state, as `encode()` makes it, and puts its items in order as Yjs does (src/structs/Item.js, `integrate`). It
only reads, and knows nothing of what a site keeps in its documents.
"""

from bisect import bisect_right
from collections.abc import Collection
from typing import Final

from ..exceptions import TooIntricateError
from .item_reader import Item, ItemReader, Type
from .update_reader import ANY, GC, STRING, TYPE

# Steps that it may take to put items in order, and for each of them besides. However many people wrote at one place at
# once, what they wrote takes a few; but whoever wants it to takes as many as the square of the items.
STEPS: Final = 5_000_000
STEPS_EACH: Final = 100
# Letters, and items, that are copied in a step where one is cut.
COPIED: Final = 100


class Items:
    """All items of a document."""

    def __init__(self, state: bytes) -> None:
        """Read a document's state. Raises ProtocolError for what is none, and for one that takes too long to read."""
        self._roots: dict[str, Type] = {}
        reader = ItemReader(state, self._roots)
        self._items: dict[int, list[Item]] = {}
        self._clocks: dict[int, list[int]] = {}
        waiting = reader.items()
        self._steps_left = STEPS + STEPS_EACH * sum(map(len, waiting.values()))
        self._integrate(waiting)
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

    def end(self, client: int) -> int:
        """The clock behind the last unit of a client."""
        items = self._items.get(client)
        return items[-1].clock + items[-1].length if items else 0

    def _integrate(self, waiting: dict[int, list[Item]]) -> None:
        """Take all items, each after those that it builds on; what builds on something that is nowhere is left out."""
        for items in waiting.values():
            items.reverse()
        for first in waiting:
            stack = [first]
            stacked = {first}
            while stack:
                client = stack[-1]
                if not waiting[client]:
                    stacked.discard(stack.pop())
                    continue
                item = waiting[client][-1]
                lacks = self._lacks(item)
                if lacks is None:
                    waiting[client].pop()
                    self._add(item)
                    if len(stack) > 1:
                        stacked.discard(stack.pop())  # whoever waits below may have waited for this one
                elif waiting.get(lacks) and lacks not in stacked:
                    stack.append(lacks)
                    stacked.add(lacks)
                else:
                    waiting[client].clear()

    def _lacks(self, item: Item) -> int | None:
        """A client of whom something must come first."""
        if item.clock != self.end(item.client):
            return item.client
        for other in (item.origin, item.right, item.parent):
            if isinstance(other, tuple) and other[1] >= self.end(other[0]):
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
        self._spend(len(passed))
        return left

    def _spend(self, steps: int) -> None:
        self._steps_left -= steps
        if self._steps_left < 0:
            raise TooIntricateError("what is in it takes too long to be put in order")

    def _first(self, parent: Type, key: str | None) -> Item | None:
        if key is None:
            return parent.start
        item, steps = parent.keys.get(key), 0
        while item is not None and item.previous is not None:
            item = item.previous
            steps += 1
        self._spend(steps)
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
        self._spend((item.length + len(self._items[item.client])) // COPIED)
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
            end = min(end, self.end(client))
            if start >= end:
                continue
            item = self._starting(client, start)
            while item is not None and item.clock < end:
                self._ending(client, min(end, item.clock + item.length) - 1)
                item.deleted = True
                item = self.find(client, item.clock + item.length)


def _cut_text(text: str, at: int) -> tuple[str, str]:
    """A text in two, behind so many units; the halves of a character that is cut become replacement characters."""
    if text.isascii():
        return text[:at], text[at:]
    units = text.encode("utf-16-le")
    first, second = units[: 2 * at], units[2 * at :]
    if 0xDC <= second[1] < 0xE0:
        first, second = first[:-2] + b"\xfd\xff", b"\xfd\xff" + second[2:]
    return first.decode("utf-16-le"), second.decode("utf-16-le")
