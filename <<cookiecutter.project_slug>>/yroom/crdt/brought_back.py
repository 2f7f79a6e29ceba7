"""Words that were gone and that somebody has brought back as new operations: whose they are.

By its number each operation is his who sent it (see authors.py), a restored word his who restores. Whoever asks has
made sure that the new operations say what the old ones said, at the same place; here it is looked up whose the old ones
were. Nobody's words become another's by that: the new ones must be the asker's own, and the old ones confirmed as their
author's, as what somebody has sent in another's name is not.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from .authors import BROUGHT, MADE, Note
from .ranges import Ranges, by_client


class Copied(NamedTuple):
    """Neighbouring operations of one client, and those of which they are copies, as many."""

    of_client: int
    of_clock: int
    client: int
    clock: int
    length: int


def whose(notes: Iterable[Note]) -> list[Note]:
    """Whose operations are: who made them, or whose they were before somebody brought them back. No two overlap."""
    kept = [note for note in notes if note.kind in (MADE, BROUGHT)]
    brought = by_client(note.range for note in kept if note.kind == BROUGHT)
    found: list[Note] = []
    for note in kept:
        ranges = brought.get(note.client)
        if note.kind == BROUGHT or ranges is None:
            found.append(note)
        else:
            rest = ranges.lacks(note.clock, note.end)
            found += (note._replace(clock=first, length=behind - first) for first, behind in rest)
    return sorted(found, key=lambda note: (note.client, note.clock))


def brought_back(notes: Iterable[Note], copies: Iterable[Copied], user: str, now: datetime) -> list[Note]:
    """What is to be noted of copies that a user has made; nothing of those of his own words."""
    known = _Known(whose(notes))
    taken: dict[int, Ranges] = {}
    found: list[Note] = []
    for copy in copies:
        for start, behind, author in known.parts(copy.of_client, copy.of_clock, copy.length):
            if author is not None and (not author.confirmed or author.user == user):
                continue
            to = copy.clock - copy.of_clock
            for first, end, maker in known.parts(copy.client, start + to, behind - start):
                if maker is None or maker.kind != MADE or not maker.confirmed or maker.user != user:
                    continue
                name = "" if author is None else author.user
                for part in taken.setdefault(copy.client, Ranges()).add([(first, end)]):
                    _append(found, Note(BROUGHT, copy.client, part[0], part[1] - part[0], name, now, now, by=user))
    return found


def _append(found: list[Note], note: Note) -> None:
    """As one with the one before, if it goes on with that."""
    last = found[-1] if found else None
    if last is not None and (last.client, last.end, last.user) == (note.client, note.clock, note.user):
        found[-1] = last._replace(length=last.length + note.length)
    else:
        found.append(note)


class _Known:
    """Notes that do not overlap, to be looked up."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._notes = notes
        self._places = [(note.client, note.clock) for note in notes]

    def parts(self, client: int, clock: int, length: int) -> Iterator[tuple[int, int, Note | None]]:
        """All of some operations, in order, with what is known of them."""
        at, end = clock, clock + length
        for place in range(max(0, bisect_right(self._places, (client, clock)) - 1), len(self._notes)):
            note = self._notes[place]
            if (note.client, note.clock) >= (client, end):
                break
            if note.client != client or note.end <= at:
                continue
            if at < note.clock:
                yield at, note.clock, None
                at = note.clock
            yield at, min(note.end, end), note
            at = min(note.end, end)
        if at < end:
            yield at, end, None
