"""Where rooms are kept: an append-only log of raw updates a room, compacted into a snapshot.

`YROOM_SETTINGS[prefix]["STORAGE_BACKEND"]` names a class with the methods of `RoomStorage`. They are synchronous and
called from threads of the worker's own: `append` always from one and the same, the others from a few.
"""

import logging
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import cache, partial
from os import dup
from queue import Empty, SimpleQueue
from socket import SHUT_RDWR, socket
from threading import Lock, Thread, get_ident
from time import monotonic
from typing import Any, Final, Protocol

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from ..conf import room_settings
from ..crdt import causal_order as updates
from ..crdt import update_reader as structs
from ..crdt.protocol import EMPTY_UPDATE
from ..exceptions import FencedError, StoredRoomDamagedError
from ..hooks import check_methods
from ..models import DamagedRoom, DamagedRow, RoomSnapshot, RoomUpdate
from .fences import Fence, condition, void

logger = logging.getLogger(__name__)

# What libpq calls a connection on which a command is under way.
ACTIVE: Final = 1
# Seconds after which another attempt to connect is made beside one that hangs.
CONNECT_INTERVAL: Final = 1.0
# Seconds until an attempt is given up, where the site's settings say nothing of it.
CONNECT_TIMEOUT: Final = 5
# What `append` writes, and how many rows at once: any number up to the first, then powers of two up to the second.
# SQLite keeps the last 128 statements, and nearly a kilobyte for each row of each.
COLUMNS: Final = ("room", "update", "checksum", "user", "created")
ROWS: Final = 32
MANY_ROWS: Final = 512
# Rows at once where statements are not kept.
MOST_ROWS: Final = 5000


@dataclass(frozen=True, slots=True)
class Entry:
    """An update on its way into a room's log."""

    room: str
    update: bytes
    user: str  # primary key of who sent it, "" if unknown
    fence: Fence | None = None  # None: from a process that has no room open


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


class DatabaseStorage:
    """Stores rooms in Django's default database."""

    def load(self, room: str) -> Stored:
        """Read a room's snapshot and log, each checked against its checksum."""
        # The log first: what a compaction moves into the snapshot meanwhile is then seen twice rather than never.
        entries = [update for _, update in _log(room)]
        snapshot = RoomSnapshot.objects.filter(room=room).first()
        stored = [] if snapshot is None else [_checked(room, snapshot.state, snapshot.checksum)]
        return Stored(stored + entries, len(entries), sum(map(len, entries)))

    def append(self, entries: Sequence[Entry]) -> None:
        """Insert the entries in one transaction, if all their fences hold.

        In SQL of its own: this runs for every keystroke, and models would take several times as long.
        """
        quote, table = connection.ops.quote_name, RoomUpdate._meta
        into = f"INSERT INTO {quote(table.db_table)} ({', '.join(map(quote, COLUMNS))}) "
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        fences = {entry.fence for entry in entries if entry.fence is not None}
        holding, keys = condition(fences) if fences else ("", [])
        parts = list(_parts(entries))
        with transaction.atomic() if len(parts) > 1 else nullcontext(), connection.cursor() as cursor:
            for part in parts:
                values: list[Any] = []
                for entry in part:
                    values += (entry.room, entry.update, zlib.crc32(entry.update), entry.user, now)
                rows = "VALUES " + ", ".join(["(%s, %s, %s, %s, %s)"] * len(part))
                rows = f"SELECT * FROM ({rows}) AS entry WHERE {holding}" if fences else rows  # noqa: S608
                cursor.execute(into + rows, [*values, *keys])
                if fences and cursor.rowcount != len(part):
                    raise FencedError(void(fences))

    def compact(self, room: str) -> int:
        """Replace the snapshot by itself and the log, and take out of the log what the new one provably holds.

        What lacks something stays in the log, so the snapshot is garbage-collected. What can be nowhere, because
        something came in between while it waited, is set aside with the damaged rows, where somebody can look at it.
        Reading and merging, which may take long, happen outside the transaction: SQLite lets nobody else write
        meanwhile.
        """
        snapshot, _ = RoomSnapshot.objects.get_or_create(room=room, defaults=empty_snapshot())
        log = _log(room)
        former = _checked(room, snapshot.state, snapshot.checksum)
        try:
            folded = updates.fold(former, [update for _, update in log], structs.roots(room_settings(room).roots))
        except (ValueError, RuntimeError) as error:
            raise StoredRoomDamagedError(f"{room} cannot be compacted: {error}") from error
        done = [log[place][0] for place in folded.held]
        wrong = {log[place][0]: reason for place, reason in folded.wrong.items()}
        if not done and not wrong:
            return len(former)
        merged = snapshot_values(folded.state)
        with transaction.atomic():
            # Compactions take turns at the snapshot's row. Whoever finds that another was first leaves it at that.
            rows = RoomSnapshot.objects.select_for_update().filter(room=room)
            same = rows.filter(checksum=snapshot.checksum, updated=snapshot.updated)
            if same.values_list("room").first() is None:
                return len(former)
            rows.update(**merged)
            for entry in RoomUpdate.objects.filter(pk__in=list(wrong)):
                set_aside(entry, wrong[entry.pk])
            for start in range(0, len(done), 500):
                RoomUpdate.objects.filter(pk__in=done[start : start + 500]).delete()
        return len(folded.state)

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
    check_methods(storage, RoomStorage, path)
    return storage


def get_storage(room: str) -> RoomStorage:
    """The storage a room's settings name; one instance a class."""
    return _storage(room_settings(room).storage_backend)


def _parts(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """The entries, as many at once as one statement may insert."""
    start = 0
    while start < len(entries):
        size = left = len(entries) - start
        if connection.vendor == "postgresql":
            size = min(left, MOST_ROWS)
        elif left > ROWS:
            size = min(MANY_ROWS, 2 ** (left.bit_length() - 1))
        yield entries[start : start + size]
        start += size


def snapshot_values(state: bytes) -> dict[str, Any]:
    """The columns of a snapshot with this state."""
    return {"state": state, "checksum": zlib.crc32(state), "updated": timezone.now()}


def empty_snapshot() -> dict[str, Any]:
    """The columns of a snapshot of nothing."""
    return snapshot_values(EMPTY_UPDATE)


def set_aside(entry: RoomUpdate, reason: str) -> None:
    """Put a row of the log, as it is, where it harms nobody and somebody can look at it."""
    DamagedRow.objects.create(
        room=entry.room,
        sequence=entry.pk,
        data=entry.update,
        checksum=entry.checksum,
        user=entry.user,
        created=entry.created,
        reason=reason,
    )
    entry.delete()


def _log(room: str) -> list[tuple[int, bytes]]:
    """The sequences and updates of a room's log."""
    # Not as models, which would take ten times as long: a log can have many rows.
    log = RoomUpdate.objects.filter(room=room).order_by("sequence").values_list("sequence", "update", "checksum")
    return [(sequence, _checked(room, update, checksum)) for sequence, update, checksum in log.iterator()]


def _checked(room: str, stored: Any, checksum: int) -> bytes:
    data = bytes(stored)  # a memoryview in some databases
    if zlib.crc32(data) != checksum:
        raise StoredRoomDamagedError(f"stored bytes of {room} do not match their checksum")
    return data


# The connections of those who are inside with_database(), by thread and time, and since when they wait for an answer.
_in_use: dict[tuple[int, float], Any] = {}
_waiting: dict[tuple[int, float], float] = {}


def with_database(function: Callable[[], Any]) -> Any:
    """Run a function that uses the database in a thread; after a failure its connection is not used again."""
    use = get_ident(), monotonic()
    _in_use[use] = _connection_of_this_thread()
    try:
        return function()
    except Exception:
        connections.close_all()
        raise
    finally:
        del _in_use[use]


def _connection_of_this_thread() -> Any:
    """Django's connection for this thread; to PostgreSQL one of its own, whatever pool the pages share.

    After failures a pool waits for longer and longer before it connects again: minutes after an hour's outage.
    """
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    if wrapper.vendor == "postgresql" and not isinstance(wrapper.get_new_connection, partial):
        wrapper.close()
        wrapper = connections.create_connection(DEFAULT_DB_ALIAS)
        options = {name: value for name, value in wrapper.settings_dict["OPTIONS"].items() if name != "pool"}
        wrapper.settings_dict = {**wrapper.settings_dict, "OPTIONS": {"connect_timeout": CONNECT_TIMEOUT, **options}}
        wrapper.get_new_connection = partial(_connect, wrapper.get_new_connection)
        connections[DEFAULT_DB_ALIAS] = wrapper
    return wrapper


def _connect(connect: Callable[[Any], Any], parameters: Any) -> Any:
    """Connect by the first of several attempts, one a second until one succeeds or fails.

    libpq waits for two seconds at least, and usually more, for a server that does not answer; it may be back meanwhile.
    """
    results: SimpleQueue[Any] = SimpleQueue()
    ending = Lock()
    ended = False

    def attempt() -> None:
        try:
            result = connect(parameters)
        except Exception as error:
            result = error
        with ending:
            if not ended:
                results.put(result)
            elif not isinstance(result, Exception):
                result.close()

    while True:
        try:
            Thread(target=attempt, name="yroom-connect", daemon=True).start()
        except RuntimeError:
            # The interpreter is on its way out, and starts no threads any more.
            return connect(parameters)
        with suppress(Empty):
            result = results.get(timeout=CONNECT_INTERVAL)
            break
    with ending:
        ended = True
    while not results.empty():
        spare = results.get()
        if not isinstance(spare, Exception):
            spare.close()
    if isinstance(result, Exception):
        raise result
    return result


def break_connections(seconds: float) -> None:
    """Break connections on which a thread has waited for PostgreSQL for too long: it fails, and can try again.

    Nobody else would end its wait if the network went away without a word.
    """
    now = monotonic()
    for use, wrapper in list(_in_use.items()):
        connection = wrapper.connection if wrapper.vendor == "postgresql" else None
        if connection is None or connection.closed or connection.info.transaction_status != ACTIVE:
            _waiting.pop(use, None)
        elif now - _waiting.setdefault(use, now) > seconds:
            logger.error("yroom gives up a connection to the database that does not answer")
            # It may end by itself in this very moment.
            with suppress(Exception), socket(fileno=dup(connection.fileno())) as broken:
                broken.shutdown(SHUT_RDWR)
    for use in _waiting.keys() - _in_use.keys():
        del _waiting[use]
