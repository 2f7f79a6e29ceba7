"""Whose words a restore brings back: they stay their author's, though the operations are new ones, of who restores.

The browser that restores says which new run is a copy of which old one. That is believed only where the new one stands
in a line that reads as that of the old one did, letter by letter and at the same place in it. So nobody can put words
together of another's letters: what becomes another's has stood in a line of this very document as it stands now.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from struct import unpack
from typing import Final

from yroom.authors import Copied
from yroom.contents import STRING, TYPE, Item, Items, utf16_length

END: Final = "\n"
SOMETHING: Final = "\ufffc"


class _Lines:
    """What is read in a document: units in order, and where each operation's is."""

    def __init__(self, state: bytes, roots: Iterable[str]) -> None:
        items = Items(state)
        parts: list[str] = []
        self._runs: dict[int, list[tuple[int, int, int]]] = {}
        at = 0
        for root in roots:
            for item in items.root(root).items():
                if item.deleted or not item.countable:
                    continue
                self._runs.setdefault(item.client, []).append((item.clock, item.length, at))
                parts.append(_units(item))
                at += item.length
            parts.append(END)
            at += 1
        for runs in self._runs.values():
            runs.sort()
        self._units = "".join(parts)
        self._ends = [place for place, unit in enumerate(self._units) if unit == END]

    def __len__(self) -> int:
        return len(self._units)

    def place(self, client: int, clock: int, length: int) -> int | None:
        """Where operations stand, if all are to be read, one right behind the other."""
        runs = self._runs.get(client, [])
        index = max(0, bisect_right(runs, clock, key=lambda run: run[0]) - 1)
        place, behind = None, clock
        for start, size, at in runs[index:]:
            here = at + behind - start
            if not start <= behind < start + size or (place is not None and here != place + behind - clock):
                return None
            place = here if place is None else place
            behind = start + size
            if behind >= clock + length:
                return place
        return None

    def line(self, place: int, length: int) -> tuple[int, int]:
        """Where the line begins, and where it ends, in which these units are; or the lines."""
        before = bisect_left(self._ends, place)
        last = bisect_left(self._ends, place + length - 1)
        return self._ends[before - 1] + 1 if before else 0, self._ends[last]

    def read(self, start: int, end: int) -> str:
        """Some units."""
        return self._units[start:end]


def _units(item: Item) -> str:
    """What is read of an item, one character for each unit of UTF-16."""
    if item.kind != STRING:
        return (END if item.kind == TYPE else SOMETHING) * item.length
    text: str = item.content
    if utf16_length(text) == len(text):
        return text
    return "".join(map(chr, unpack(f"<{item.length}H", text.encode("utf-16-le", "surrogatepass"))))


def same(past: bytes, now: bytes, roots: Iterable[str], claimed: Iterable[Copied]) -> Iterator[Copied]:
    """Those copies that stand in a document, now, where what they are copies of stood in an older state of it."""
    names = list(roots)
    before, after = _Lines(past, names), _Lines(now, names)
    alike: dict[tuple[int, int, int, int], bool] = {}
    # No letter is the copy of several: so whatever is claimed, no more is read than there is.
    left = len(after)
    for copy in claimed:
        left -= copy.length
        if copy.length < 1 or left < 0:
            continue
        old = before.place(copy.of_client, copy.of_clock, copy.length)
        new = after.place(copy.client, copy.clock, copy.length)
        if old is None or new is None:
            continue
        lines = *before.line(old, copy.length), *after.line(new, copy.length)
        if old - lines[0] != new - lines[2]:
            continue
        if lines not in alike:
            alike[lines] = before.read(*lines[:2]) == after.read(*lines[2:])
        if alike[lines]:
            yield copy
