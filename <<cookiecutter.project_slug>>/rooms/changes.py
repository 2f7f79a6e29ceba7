"""Changing a text of a document by as little as can be, since others may be writing in it."""

from itertools import takewhile
from operator import eq

from pycrdt import Text


def shared(one: str, other: str) -> tuple[int, int]:
    """How many letters two texts share at their beginning, and at their end."""
    start = sum(takewhile(bool, map(eq, one, other)))
    most = min(len(one), len(other)) - start
    end = sum(takewhile(bool, map(eq, one[: -most - 1 : -1], other[: -most - 1 : -1])))
    return start, end


def change(text: Text, before: str, after: str, at: int = 0) -> None:
    """Make what reads `before`, from this byte of a text on, read `after`; what is in both at either end stays."""
    start, end = shared(before, after)
    # The library counts bytes.
    place = at + len(before[:start].encode())
    gone = len(before[start : len(before) - end].encode())
    if gone:
        del text[place : place + gone]
    if added := after[start : len(after) - end]:
        text.insert(place, added)
