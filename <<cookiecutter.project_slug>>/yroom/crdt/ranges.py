"""Clocks of a client as ranges, each of the first and the one behind the last."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence


class Ranges:
    """Clocks, as ranges that do not touch."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.add(list(ranges))

    def add(self, ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Add some; return the parts of them that were not there."""
        if not ranges:
            return []
        new = sorted(ranges)
        low = bisect_left(self._ends, new[0][0])
        high = bisect_right(self._starts, max(behind for _, behind in new))
        known = list(zip(self._starts[low:high], self._ends[low:high], strict=True))
        fresh = _beyond(new, known)
        joined: list[list[int]] = []
        for first, behind in sorted(known + fresh):
            if joined and first <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], behind)
            else:
                joined.append([first, behind])
        self._starts[low:high] = [first for first, _ in joined]
        self._ends[low:high] = [behind for _, behind in joined]
        return fresh

    @property
    def all(self) -> list[tuple[int, int]]:
        """All of them, in order."""
        return list(zip(self._starts, self._ends, strict=True))

    def hold(self, first: int, behind: int) -> bool:
        """Whether all of a range is there."""
        at = bisect_right(self._starts, first) - 1
        return at >= 0 and behind <= self._ends[at]

    def lacks(self, first: int, behind: int) -> list[tuple[int, int]]:
        """The parts of a range that are not there."""
        low, high = bisect_left(self._ends, first), bisect_right(self._starts, behind)
        return _beyond([(first, behind)], list(zip(self._starts[low:high], self._ends[low:high], strict=True)))


def _beyond(new: Sequence[tuple[int, int]], known: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of ranges that others do not hold, both in order."""
    fresh: list[tuple[int, int]] = []
    at = place = 0
    for first, behind in new:
        at = max(at, first)
        while at < behind:
            while place < len(known) and known[place][1] <= at:
                place += 1
            if place < len(known) and known[place][0] <= at:
                at = known[place][1]
            else:
                end = min(behind, known[place][0]) if place < len(known) else behind
                fresh.append((at, end))
                at = end
    return fresh


def by_client(ranges: Iterable[tuple[int, int, int]]) -> dict[int, Ranges]:
    """The ranges of each client, of some that are said as the client, the first clock and the one behind the last."""
    found: dict[int, list[tuple[int, int]]] = {}
    for client, first, behind in ranges:
        found.setdefault(client, []).append((first, behind))
    return {client: Ranges(some) for client, some in found.items()}
