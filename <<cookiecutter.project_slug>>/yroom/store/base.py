"""What the engine asks of whatever keeps rooms: an append-only log of raw updates a room, compacted into a snapshot.

`YROOM_SETTINGS[prefix]["STORAGE_BACKEND"]` names a class with the methods of `RoomStorage`. They are synchronous and
called from threads of the worker's own: `append` always from one and the same, the others from a few.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Protocol, runtime_checkable

from django.utils.module_loading import import_string
from msgspec import Struct

from ..conf import room_settings
from ..crdt.authors import Claim, Note
from ..crdt.brought_back import Copied
from ..hooks import check_methods
from .fences import Fence


class Entry(Struct):
    """An update on its way into a room's log."""

    room: str
    update: bytes
    user: str  # primary key of who sent it, "" if unknown
    fence: Fence | None = None  # None: from a process that has no room open
    live: bool = True  # whether it was sent as it was made, and not as an answer to what the server lacked


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a room: updates that give its document when applied in order, none for a new room."""

    updates: list[bytes]
    log_updates: int  # how many of them are log entries
    log_bytes: int


class RoomStorage(Protocol):
    """What the engine asks of a storage class.

    Any exception from `append` means that nothing of it was stored: it is tried again. Any exception from `load`
    refuses the room's clients until a later load succeeds.
    """

    def load(self, room: str) -> Stored:
        """Read a room. Raises StoredRoomDamagedError rather than returning less than was stored."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Store entries of any number of rooms, all or none, and return once they are durable.

        Raises FencedError where another worker has claimed the shard of an entry since its fence, see fences.py.
        """

    def compact(self, room: str) -> int:
        """Fold the log into the snapshot, losing no update that arrives meanwhile; return the snapshot's bytes."""

    def delete(self, room: str) -> None:
        """Forget all of a room."""


# What a storage stores in place of these updates of a document of this schema, None where they stay: see upgrade.py.
Convert = Callable[[int | None, Sequence[bytes]], bytes | None]


@runtime_checkable
class UpgradingStorage(RoomStorage, Protocol):
    """What the engine asks of a storage class besides, where the setting UPGRADE names a function."""

    def schema(self, room: str) -> int | None:
        """The number of a room's schema; None for a new room and for one from before there were numbers."""

    def upgrade(self, room: str, schema: int, convert: Convert) -> None:
        """Replace what is stored of a room by what `convert` makes of it, unless its schema is `schema` or a later one.

        That, the new number and the keeping of what is replaced happen all at once or not at all. A room of which
        nothing is stored, or that `convert` leaves as it is, gets the number alone.
        """

    def former(self, room: str, schema: int | None) -> list[bytes]:
        """The updates that gave a room's document when it was of that schema, as far as they are kept."""

    def keep_former(self, room: str, schema: int | None, update: bytes, user: str) -> None:
        """Keep one more of them: it came too late."""


@runtime_checkable
class AuthorStorage(RoomStorage, Protocol):
    """What the engine asks of a storage class that keeps who wrote what, see crdt/authors.py; others keep it not."""

    def authors(self, room: str, among: Collection[tuple[int, int, int]] | None = None) -> list[Note]:
        """All that is known, of what is in the log too; later notes that confirm operations are about earlier ones.

        What says nothing of the operations in `among` may be left out: each a client, the first clock and the one
        behind the last.
        """

    def claims(self, room: str, before: Mapping[int, int]) -> dict[int, Claim]:
        """Whose some clients' numbers were before these clocks, as far as is known."""

    def unconfirmed(self, room: str, stored: Stored) -> list[Note]:
        """What somebody can still confirm, of what was loaded."""

    def note(self, room: str, notes: Sequence[Note]) -> None:
        """Note that somebody has confirmed operations, or can do so no more."""

    def bring_back(
        self, room: str, copies: Iterable[Copied], user: str, holding: Callable[[], AbstractContextManager[object]]
    ) -> int:
        """Note whose words a user has brought back, while that is held; return of how many operations it is noted."""

    def copied_authors(self, room: str, state: bytes) -> list[Note]:
        """What to note of a new room that is going to begin with this state of a room."""


@cache
def _storage(path: str) -> RoomStorage:
    storage: RoomStorage = import_string(path)()
    check_methods(storage, RoomStorage, path)
    return storage


def get_storage(room: str) -> RoomStorage:
    """The storage a room's settings name; one instance a class."""
    return _storage(room_settings(room).storage_backend)


def author_storage(room: str) -> AuthorStorage | None:
    """The storage of a room, if it keeps who wrote what."""
    storage = get_storage(room)
    return storage if isinstance(storage, AuthorStorage) else None
