"""How lines stand in each other: quotes and lists are opened and closed as a line's keys ask for it. See flow.ts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Literal, NamedTuple, TypeVar

from .keys import Keys, without

T = TypeVar("T")


@dataclass(slots=True)
class Container(Generic[T]):
    """An open quote, list or item. A list is always followed by an item."""

    type: Literal["quote", "item", "list"]
    kind: str | None  # of list
    # For a list: the indent by which it was asked for, and the one at which it stands.
    asked: int
    depth: int
    start: int  # of an ordered list: its first number
    keys: Keys
    children: list[T] = field(default_factory=list)


class Stay(NamedTuple):
    open: int  # in how many of the open containers a line stays
    quotes: int
    joins: bool  # whether the last of them is the list that it is an item of


class Flow(Generic[T]):
    """`wrap` makes a container's node once it is closed; `emit` takes what stands in none."""

    def __init__(self, wrap: Callable[[Container[T]], T], emit: Callable[[T], None]) -> None:
        self._open: list[Container[T]] = []
        self._numbers: dict[int, int] = {}  # the last ones of ordered lists, by how deep they stand
        self._wrap = wrap
        self._emit = emit

    def enter(self, keys: Keys) -> Keys:
        """Open and close what a line with these keys needs. Returns the keys as drawn."""
        drawn = without(keys, "indent", "quote", "break")
        if not self._open and "list" not in keys and "quote" not in keys:
            return drawn
        count, quotes, joins = self._stay(keys, keys.get("break"), by_depth=False)
        items = sum(container.type == "item" for container in self._open[:count])
        if items:
            drawn["indent"] = items
        if keys.get("quote"):
            drawn["quote"] = keys["quote"]
        if joins or "list" not in keys:
            drawn = without(drawn, "start", "numbers")
        if self._stay(drawn, None, by_depth=True).open > count:
            drawn["break"] = count
        self.close(count)
        for _ in range(quotes, keys.get("quote", 0)):
            self._push("quote", keys, items)
        if "list" in keys:
            if not joins:
                self._push("list", keys, items)
            self._push("item", keys, items)
            if keys["list"] == "ordered":
                self._numbers[items] = self._numbers[items] + 1 if joins else self._open[-2].start
        return drawn

    def shares(self, keys: Keys) -> int:
        """How many containers a line with these keys could share with what is open."""
        return self._stay(keys, None, by_depth=True).open

    def add(self, made: T) -> None:
        if self._open:
            self._open[-1].children.append(made)
        else:
            self._emit(made)

    def close(self, down_to: int = 0) -> None:
        while len(self._open) > down_to:
            self.add(self._wrap(self._open.pop()))

    def _push(self, kind: Literal["quote", "item", "list"], keys: Keys, depth: int) -> None:
        start = keys.get("start", 1) if kind == "list" else 1
        if start == "on":
            start = self._numbers.get(depth, 0) + 1
        self._open.append(Container(kind, keys.get("list"), keys.get("indent", 0), depth, start, keys))

    def _stay(self, keys: Keys, most: int | None, *, by_depth: bool) -> Stay:
        quote, indent = keys.get("quote", 0), keys.get("indent", 0)
        end = len(self._open) if most is None else min(len(self._open), most)
        quotes = count = 0
        while count < end:
            container = self._open[count]
            place = container.depth if by_depth else container.asked
            if container.type == "quote":
                if quotes >= quote:
                    break
                quotes += 1
                count += 1
            elif place < indent:
                if most is not None and count + 1 >= most:
                    break
                count += 2
            else:
                joins = keys.get("list") == container.kind and place <= indent and quotes == quote
                return Stay(count + 1 if joins else count, quotes, joins)
        return Stay(count, quotes, joins=False)
