"""Who wrote and who deleted what in a document, by the ids that Yjs gives operations: the client's and a clock.

authors = authors_of(room)
for stretch in authors.who_wrote(client, clock, length):
    stretch.author.name, stretch.last, stretch.confirmed
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from yroom.authors import BROUGHT, REMOVED, Note, notes, whose

from .models import Room
from .people import shown


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who has a part in a document."""

    id: str  # the account's or the guest's key; "" where that is not known, or where it is gone
    name: str
    color: str  # as in #2474cf


UNKNOWN: Final = Author("", "Unknown", "#5f5e62")
FORMER: Final = Author("", "Former member", "#5f5e62")


class Stretch(NamedTuple):
    """Neighbouring operations of one client that one person made, or deleted, in about the same time."""

    client: int
    clock: int
    length: int
    author: Author
    first: datetime | None  # when, from the first to the last of them; None where that is not known
    last: datetime | None
    confirmed: bool = True  # False: `by` sent them under a client id of `author`, who has not confirmed them
    by: Author | None = None
    brought: bool = False  # True: `by` has brought back what `author` had written, as these operations

    @property
    def doer(self) -> Author:
        """Whose doing it is that they are there: not who once wrote them, where another has brought them back."""
        return self.by if self.brought and self.by is not None else self.author

    @property
    def end(self) -> int:
        """The clock behind the last."""
        return self.clock + self.length

    def part(self, clock: int, end: int) -> "Stretch":
        """The part of it from one clock on and before another."""
        start = max(clock, self.clock)
        return self._replace(clock=start, length=min(end, self.end) - start)


class Authors:
    """Who wrote and who deleted what in a document: by client and clock, no two overlap."""

    def __init__(self, written: Iterable[Stretch], deleted: Iterable[Stretch]) -> None:
        self.written = sorted(written, key=_place)
        self.deleted = sorted(deleted, key=_place)

    def who_wrote(self, client: int, clock: int, length: int) -> Iterator[Stretch]:
        """All of some operations by who wrote them, in order; what nobody knows is UNKNOWN's."""
        at = clock
        for stretch in _some(self.written, client, clock, length):
            if at < stretch.clock:
                yield Stretch(client, at, stretch.clock - at, UNKNOWN, None, None)
            yield stretch
            at = stretch.end
        if at < clock + length:
            yield Stretch(client, at, clock + length - at, UNKNOWN, None, None)

    def who_deleted(self, client: int, clock: int, length: int) -> Iterator[Stretch]:
        """Those of some operations that are known to be deleted, by who did it, in order."""
        return _some(self.deleted, client, clock, length)

    @property
    def people(self) -> list[Author]:
        """Everybody who wrote or deleted something, each once."""
        return list(dict.fromkeys(stretch.author for stretch in (*self.written, *self.deleted)))


def authors_of(room: Room, among: Iterable[tuple[int, int, int]] | None = None) -> Authors:
    """Who wrote and who deleted what in a document, as far as it is stored by now. Asks the database.

    Who asks about some operations only names them, a client, the first clock and how many there are each: of others
    there may be nothing in the answer then, and nobody who wrote them.
    """
    meant = None if among is None else [(client, clock, clock + length) for client, clock, length in among]
    noted = notes(room.yroom_name, meant)
    people = _people({user for note in noted for user in (note.user, note.by) if user})

    def stretch(note: Note) -> Stretch:
        brought = note.kind == BROUGHT
        author = people.get(note.user, UNKNOWN)
        by = people.get(note.by, UNKNOWN) if brought or not note.confirmed else None
        place = note.client, note.clock, note.length
        return Stretch(*place, author, note.first, note.last, note.confirmed, by, brought)

    return Authors(map(stretch, whose(noted)), (stretch(note) for note in noted if note.kind == REMOVED))


def _people(keys: set[str]) -> dict[str, Author]:
    """Those whom the engine noted, by their keys. Who has left is still somebody."""
    known = {key: Author(key, person.name, person.color) for key, person in shown(keys).items()}
    return {key: known.get(key, FORMER) for key in keys}


def _place(stretch: Stretch) -> tuple[int, int]:
    return stretch.client, stretch.clock


def _some(stretches: list[Stretch], client: int, clock: int, length: int) -> Iterator[Stretch]:
    """The parts of stretches that lie within some operations."""
    end = clock + length
    at = max(0, bisect_right(stretches, (client, clock), key=_place) - 1)
    for stretch in map(stretches.__getitem__, range(at, len(stretches))):  # not a copy of the rest
        if (stretch.client, stretch.clock) >= (client, end):
            return
        if stretch.client == client and stretch.end > clock:
            yield stretch.part(clock, end)
