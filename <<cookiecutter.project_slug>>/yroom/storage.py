"""Where rooms are kept: an append-only log of raw updates a room, compacted into a snapshot.

`YROOM_SETTINGS[prefix]["STORAGE_BACKEND"]` names a class with the methods of `RoomStorage`. They are synchronous and
called from threads of the worker's own: `append` always from one and the same, the others from a few.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from django.db import connections, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from pycrdt import Doc

from . import updates
from .conf import room_settings
from .models import DamagedRoom, DamagedRow, RoomSnapshot, RoomUpdate
from .protocol import EMPTY_UPDATE


class StoredRoomDamagedError(Exception):
    """What is stored of a room cannot be read. It stays as it is; nothing is ever saved over it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An update on its way into a room's log."""

    room: str
    update: bytes
    user: str  # primary key of who sent it, "" if unknown


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
        """Store entries of any number of rooms, all or none, and return once they are durable."""

    def compact(self, room: str) -> None:
        """Fold the log into the snapshot, without losing an update that arrives meanwhile."""

    def delete(self, room: str) -> None:
        """Forget all of a room."""


class DatabaseStorage:
    """Stores rooms in Django's default database."""

    def load(self, room: str) -> Stored:
        """Read a room's snapshot and log, each checked against its checksum."""
        # The log first: what a compaction moves into the snapshot meanwhile is then seen twice rather than never.
        log = list(RoomUpdate.objects.filter(room=room).order_by("sequence"))
        snapshot = RoomSnapshot.objects.filter(room=room).first()
        stored = [] if snapshot is None else [_checked(room, bytes(snapshot.state), snapshot.checksum)]
        entries = [_checked(room, bytes(row.update), row.checksum) for row in log]
        return Stored(stored + entries, len(entries), sum(map(len, entries)))

    def append(self, entries: Sequence[Entry]) -> None:
        """Insert the entries with one statement, which is one transaction."""
        RoomUpdate.objects.bulk_create(
            RoomUpdate(
                room=entry.room,
                update=entry.update,
                checksum=zlib.crc32(entry.update),
                user=entry.user,
            )
            for entry in entries
        )

    def compact(self, room: str) -> None:
        """Replace the snapshot by itself and the log, and delete exactly the log rows that were read.

        Updates that wait for others they depend on stay in the log, so the snapshot is garbage-collected. Reading and
        merging, which may take long, happen outside the transaction: SQLite lets nobody else write meanwhile.
        """
        snapshot, _ = RoomSnapshot.objects.get_or_create(room=room, defaults=empty_snapshot())
        log = list(RoomUpdate.objects.filter(room=room).order_by("sequence"))
        doc: Doc[Any] = Doc()
        try:
            updates.apply(doc, _checked(room, bytes(snapshot.state), snapshot.checksum))
            for row in log:
                updates.apply(doc, _checked(room, bytes(row.update), row.checksum))
        except (ValueError, RuntimeError) as error:
            raise StoredRoomDamagedError(f"{room} cannot be compacted: {error}") from error
        state_vector = doc.get_state()
        done = [row.pk for row in log if updates.is_integrated(bytes(row.update), state_vector)]
        if not done:
            return
        merged = snapshot_values(doc.get_update())
        with transaction.atomic():
            # Compactions take turns at the snapshot's row. Whoever finds that another was first leaves it at that.
            rows = RoomSnapshot.objects.select_for_update().filter(room=room)
            same = rows.filter(checksum=snapshot.checksum, updated=snapshot.updated)
            if same.values_list("room").first() is None:
                return
            rows.update(**merged)
            for start in range(0, len(done), 500):
                RoomUpdate.objects.filter(pk__in=done[start : start + 500]).delete()

    def delete(self, room: str) -> None:
        """Delete a room's log and snapshot, and what was set aside of them."""
        with transaction.atomic():
            # The snapshot first: its row is the lock that a compaction holds.
            RoomSnapshot.objects.filter(room=room).delete()
            RoomUpdate.objects.filter(room=room).delete()
            DamagedRow.objects.filter(room=room).delete()
            DamagedRoom.objects.filter(room=room).delete()


@cache
def _storage(path: str) -> RoomStorage:
    storage: RoomStorage = import_string(path)()
    return storage


def get_storage(room: str) -> RoomStorage:
    """The storage a room's settings name; one instance a class."""
    return _storage(room_settings(room).storage_backend)


def snapshot_values(state: bytes) -> dict[str, Any]:
    """The columns of a snapshot with this state."""
    return {"state": state, "checksum": zlib.crc32(state), "updated": timezone.now()}


def empty_snapshot() -> dict[str, Any]:
    """The columns of a snapshot of nothing."""
    return snapshot_values(EMPTY_UPDATE)


def _checked(room: str, data: bytes, checksum: int) -> bytes:
    if zlib.crc32(data) != checksum:
        raise StoredRoomDamagedError(f"stored bytes of {room} do not match their checksum")
    return data


def with_database(function: Callable[[], Any]) -> Any:
    """Run a function that uses the database in a thread; after a failure its connection is not used again."""
    try:
        return function()
    except Exception:
        connections.close_all()
        raise
