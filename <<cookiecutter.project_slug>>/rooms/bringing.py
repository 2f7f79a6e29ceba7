"""Whose words are that come back, by an undo or as a version is restored: they stay their author's.

To Yjs they are new operations, of who brings them back. His browser says which new run is a copy of which old one. That
is believed line by line: where all that stood in a line, at some moment, stands in one line again, in the same order,
each letter itself or a copy of it that says the same. So nobody can put words together of another's letters, or leave
some of them out. What others write in such a line, meanwhile or since, is theirs and no reason to doubt the rest: who
brings it back could write there himself later on.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from struct import unpack
from typing import Final, NamedTuple

from yroom.authors import Copied
from yroom.contents import STRING, TYPE, Item, Items, utf16_length

END: Final = "\n"
SOMETHING: Final = "\ufffc"


class Run(NamedTuple):
    """Neighbouring operations of one client that stand side by side, and where."""

    client: int
    clock: int
    length: int
    at: int

    def part(self, clock: int, end: int) -> "Run":
        """Those of them from one clock on and before another."""
        start = max(clock, self.clock)
        length = min(end, self.clock + self.length) - start
        return Run(self.client, start, length, self.at + start - self.clock)


class _Lines:
    """What is read in a document: units in order, and where each operation's is."""

    def __init__(self, state: bytes, roots: Iterable[str]) -> None:
        items = Items(state)
        parts: list[str] = []
        self._runs: list[Run] = []
        at = 0
        for root in roots:
            for item in items.root(root).items():
                if item.deleted or not item.countable:
                    continue
                self._runs.append(Run(item.client, item.clock, item.length, at))
                parts.append(_units(item))
                at += item.length
            parts.append(END)
            at += 1
        self._by_client: dict[int, list[Run]] = {}
        for run in sorted(self._runs):
            self._by_client.setdefault(run.client, []).append(run)
        self._units = "".join(parts)
        self._ends = [place for place, unit in enumerate(self._units) if unit == END]

    def __len__(self) -> int:
        return len(self._units)

    def parts(self, client: int, clock: int, length: int) -> Iterator[Run]:
        """Those of some operations that are to be read, in the order of their clocks."""
        runs, end = self._by_client.get(client, []), clock + length
        for place in range(max(0, bisect_right(runs, clock, key=lambda run: run.clock) - 1), len(runs)):
            if runs[place].clock >= end:
                return
            part = runs[place].part(clock, end)
            if part.length > 0:
                yield part

    def line(self, place: int) -> tuple[int, int]:
        """Where the line begins in which a unit is, and where its end is."""
        last = bisect_left(self._ends, place)
        return self._ends[last - 1] + 1 if last else 0, self._ends[last]

    def lines(self, start: int, length: int) -> Iterator[tuple[int, int]]:
        """The lines in which some units are."""
        while length > 0:
            line = self.line(start)
            yield line
            start, length = line[1] + 1, start + length - line[1] - 1

    def runs(self, start: int, end: int) -> Iterator[Run]:
        """All that stands in a line, in order."""
        for place in range(max(0, bisect_right(self._runs, start, key=lambda run: run.at) - 1), len(self._runs)):
            run = self._runs[place]
            if run.at >= end:
                return
            part = run.part(run.clock + start - run.at, run.clock + end - run.at)
            if part.length > 0:
                yield part

    def read(self, start: int, length: int) -> str:
        """Some units."""
        return self._units[start : start + length]


def _units(item: Item) -> str:
    """What is read of an item, one character for each unit of UTF-16."""
    if item.kind != STRING:
        return (END if item.kind == TYPE else SOMETHING) * item.length
    text: str = item.content
    if utf16_length(text) == len(text):
        return text
    return "".join(map(chr, unpack(f"<{item.length}H", text.encode("utf-16-le", "surrogatepass"))))


class _Piece(NamedTuple):
    """Letters of a line as it was, and those that stand for them now."""

    old: Run
    new: Run


def same(past: bytes, now: bytes, roots: Iterable[str], claimed: Iterable[Copied]) -> Iterator[Copied]:
    """Those copies that stand in a document, now, where what they are copies of stood in an older state of it."""
    names = list(roots)
    before, after = _Lines(past, names), _Lines(now, names)
    copies: dict[int, list[Copied]] = {}
    lines: set[tuple[int, int]] = set()
    # No letter is the copy of several: so whatever is claimed, no more is read than there is.
    left = len(after)
    for copy in sorted(claimed):
        if not 0 < copy.length <= left:
            continue
        left -= copy.length
        copies.setdefault(copy.of_client, []).append(copy)
        for run in before.parts(copy.of_client, copy.of_clock, copy.length):
            lines.update(before.lines(run.at, run.length))
    for start, end in sorted(lines):
        letters = list(_pieces(before.runs(start, end), after, copies))
        if _is_whole(before, after, end - start, letters):
            closing = after.line(letters[0].new.at)[1]
            ends = (each for each in _pieces(before.runs(end, end + 1), after, copies) if each.new.at == closing)
            for old, new in (*letters, *ends):
                if old[:2] != new[:2]:
                    yield Copied(old.client, old.clock, new.client, new.clock, old.length)


def _pieces(runs: Iterable[Run], after: _Lines, copies: dict[int, list[Copied]]) -> Iterator[_Piece]:
    """What stands for each letter: itself if it is still there, and else what is said to be a copy of it."""
    for run in runs:
        at = run.clock
        for part in [*after.parts(run.client, run.clock, run.length), Run(run.client, run.clock + run.length, 0, 0)]:
            for copy in _within(copies.get(run.client, []), at, part.clock):
                to = copy.clock - copy.of_clock
                for new in after.parts(copy.client, copy.clock, copy.length):
                    yield _Piece(run.part(new.clock - to, new.clock - to + new.length), new)
            if part.length:
                yield _Piece(run.part(part.clock, part.clock + part.length), part)
            at = part.clock + part.length


def _within(copies: list[Copied], clock: int, end: int) -> Iterator[Copied]:
    """The copies of letters from one clock on and before another, each letter's first."""
    for place in range(max(0, bisect_right(copies, clock, key=lambda copy: copy.of_clock) - 1), len(copies)):
        copy = copies[place]
        if copy.of_clock >= end:
            return
        start, behind = max(clock, copy.of_clock), min(end, copy.of_clock + copy.length)
        if start < behind:
            yield copy._replace(of_clock=start, clock=copy.clock + start - copy.of_clock, length=behind - start)
            clock = behind


def _is_whole(before: _Lines, after: _Lines, length: int, letters: list[_Piece]) -> bool:
    """Whether these are all letters of a line, and stand in one line in the same order, with nothing else that was."""
    if not length or sum(old.length for old, _ in letters) != length:
        return False
    if any(one.new.at + one.new.length > other.new.at for one, other in pairwise(letters)):
        return False
    start, end = after.line(letters[0].new.at)
    if letters[-1].new.at + letters[-1].new.length > end:
        return False
    if any(before.read(old.at, old.length) != after.read(new.at, new.length) for old, new in letters):
        return False
    own = sum(old.length for old, new in letters if old[:2] == new[:2])
    return own == sum(part.length for run in after.runs(start, end) for part in before.parts(*run[:3]))
