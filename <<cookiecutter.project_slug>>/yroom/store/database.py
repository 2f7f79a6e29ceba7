"""Rooms in Django's default database."""

import logging
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from ..conf import room_settings
from ..crdt import causal_index, causal_order
from ..crdt.authors import BROUGHT, CONFIRMED, MADE, REMOVED, SHOWN, Claim, Note, Sent, settle
from ..crdt.brought_back import Copied
from ..crdt.protocol import EMPTY_UPDATE
from ..exceptions import FencedError, StoredRoomDamagedError
from ..models import DamagedRoom, DamagedRow, FormerRow, RoomSchema, RoomSnapshot, RoomUpdate
from . import authors
from .base import Convert, Entry, Stored
from .fences import condition, void

logger = logging.getLogger(__name__)

# What `append` writes, and how many rows at once: any number up to the first, then powers of two up to the second.
# SQLite keeps the last 128 statements, and nearly a kilobyte for each row of each.
COLUMNS: Final = ("room", "update", "checksum", "user", "created", "live")
ROWS: Final = 32
MANY_ROWS: Final = 512
# Rows at once where statements are not kept.
MOST_ROWS: Final = 5000
# How often it is looked up whose words somebody has brought back, where others bring back some meanwhile.
TRIES: Final = 5


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
                    values += (entry.room, entry.update, zlib.crc32(entry.update), entry.user, now, entry.live)
                rows = "VALUES " + ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(part))
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
        sent = _sent(room)
        log = [(sequence, each.update) for sequence, each in sent]
        former = _checked(room, snapshot.state, snapshot.checksum)
        try:
            roots = causal_index.roots(room_settings(room).roots)
            folded = causal_order.fold(former, [update for _, update in log], roots)
        except (ValueError, RuntimeError) as error:
            raise StoredRoomDamagedError(f"{room} cannot be compacted: {error}") from error
        done = [log[place][0] for place in folded.held]
        wrong = {log[place][0]: reason for place, reason in folded.wrong.items()}
        if not done and not wrong:
            return len(former)
        merged = snapshot_values(folded.state)
        notes = authors.of_log(room, former, [sent[place][1] for place in folded.held])
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
            authors.write(room, notes)
        return len(folded.state)

    def schema(self, room: str) -> int | None:
        """The number of a room's schema, if it has one."""
        return RoomSchema.objects.filter(room=room).values_list("schema", flat=True).first()

    def upgrade(self, room: str, schema: int, convert: Convert) -> None:
        """Replace a room's rows by a snapshot of what `convert` makes of them, and keep them as they are elsewhere.

        As with `compact`, what takes long happens outside the transaction; it begins anew if rows changed meanwhile.
        """
        while True:
            known = self.schema(room)
            if known is not None and known >= schema:
                return
            rows = _rows(room, known)
            stored = [_checked(room, row.data, row.checksum) for row in rows]
            state = convert(known, stored) if stored else None
            notes = _notes_of(room, rows)
            with transaction.atomic():
                # In this order: whoever raises the number first is waited for by all others.
                if not _raise_schema(room, schema):
                    return
                RoomSnapshot.objects.select_for_update().filter(room=room).first()
                if _marks(rows) == _marks(_rows(room, known)):
                    if state is not None:
                        _replace(room, rows, state)
                        authors.write(room, notes)
                    return
                transaction.set_rollback(True)

    def former(self, room: str, schema: int | None) -> list[bytes]:
        """The rows that were put aside when a room was brought up from that schema."""
        rows = FormerRow.objects.filter(room=room, schema=schema).order_by("pk")
        return [_checked(room, row.data, row.checksum) for row in rows.iterator()]

    def keep_former(self, room: str, schema: int | None, update: bytes, user: str) -> None:
        """Put one more beside them, which was never in the log."""
        now, checksum = timezone.now(), zlib.crc32(update)
        FormerRow.objects.create(room=room, schema=schema, data=update, checksum=checksum, user=user, created=now)

    def authors(self, room: str, among: authors.Ranged | None = None) -> list[Note]:
        """Who made and who deleted what, by the notes and by what the log tells beyond them."""
        while True:
            mark = _snapshot_mark(room)
            notes = authors.read(room, MADE, REMOVED, BROUGHT, among=among)
            sent = [each for _, each in _sent(room)]
            if sent:
                snapshot = RoomSnapshot.objects.filter(room=room).first()
                state = EMPTY_UPDATE if snapshot is None else _checked(room, snapshot.state, snapshot.checksum)
                notes += authors.of_log(room, state, sent)
            # A compaction meanwhile may have made notes of what was read of the log.
            if mark == _snapshot_mark(room):
                return settle(notes, authors.read(room, CONFIRMED, among=among))

    def claims(self, room: str, before: Mapping[int, int]) -> dict[int, Claim]:
        """Whose some clients' numbers were before these clocks."""
        return authors.claims(room, (sent for _, sent in _sent(room)), before)

    def unconfirmed(self, room: str, stored: Stored) -> list[Note]:
        """What somebody can still confirm, of the notes and of the log."""
        notes: list[Note] = []
        if stored.log_updates:
            snapshot = stored.updates[0] if len(stored.updates) > stored.log_updates else EMPTY_UPDATE
            notes = authors.of_log(room, snapshot, [each for _, each in _sent(room)])
        return authors.unconfirmed(room, notes)

    def note(self, room: str, notes: Sequence[Note]) -> None:
        """Note that operations were confirmed, or cannot be any more."""
        authors.write(room, notes)

    def bring_back(
        self, room: str, copies: Iterable[Copied], user: str, holding: Callable[[], AbstractContextManager[object]]
    ) -> int:
        """Note whose words a user has brought back.

        As with `compact`, what takes long happens outside the transaction; it begins anew if somebody else has brought
        back any meanwhile. Where that happens again and again, they stay his who brought them back.
        """
        claimed = list(copies)
        for _ in range(TRIES):
            mark = authors.brought_mark(room)
            found = authors.brought(room, self.authors(room), claimed, user)
            with holding():
                if mark == authors.brought_mark(room):
                    authors.write(room, found)
                    return sum(note.length for note in found)
        return 0

    def copied_authors(self, room: str, state: bytes) -> list[Note]:
        """What is known of these operations, for another room."""
        return authors.copied(state, [*self.authors(room), *authors.read(room, SHOWN)])

    def delete(self, room: str) -> None:
        """Delete a room's log and snapshot, what was set aside of them, and what they were in an older schema."""
        with transaction.atomic():
            # The snapshot first: its row is the lock that a compaction holds.
            RoomSnapshot.objects.filter(room=room).delete()
            RoomUpdate.objects.filter(room=room).delete()
            DamagedRow.objects.filter(room=room).delete()
            DamagedRoom.objects.filter(room=room).delete()
            FormerRow.objects.filter(room=room).delete()
            RoomSchema.objects.filter(room=room).delete()
            authors.forget(room)


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


def _rows(room: str, schema: int | None) -> list[FormerRow]:
    """What is stored of a room, snapshot first, as rows that could be kept."""
    # The log first: see load().
    log = list(RoomUpdate.objects.filter(room=room).order_by("sequence"))
    rows = [
        FormerRow(
            room=room,
            schema=schema,
            data=bytes(snapshot.state),
            checksum=snapshot.checksum,
            created=snapshot.updated,
        )
        for snapshot in RoomSnapshot.objects.filter(room=room)
    ]
    return rows + [
        FormerRow(
            room=room,
            schema=schema,
            sequence=entry.sequence,
            data=bytes(entry.update),
            checksum=entry.checksum,
            user=entry.user,
            created=entry.created,
        )
        for entry in log
    ]


def _marks(rows: list[FormerRow]) -> list[tuple[Any, ...]]:
    """By what one sees whether rows are the same."""
    return [(row.sequence, row.checksum, row.sequence or row.created) for row in rows]


def _raise_schema(room: str, schema: int) -> bool:
    """Give a room the number of a newer schema; say whether it had an older one, or none."""
    RoomSchema.objects.bulk_create([RoomSchema(room=room, schema=-1)], ignore_conflicts=True)
    return RoomSchema.objects.filter(room=room, schema__lt=schema).update(schema=schema) == 1


def _replace(room: str, rows: list[FormerRow], state: bytes) -> None:
    """Keep rows of a room elsewhere, and put a snapshot with this state in their place."""
    FormerRow.objects.bulk_create(rows, 100)
    done = [row.sequence for row in rows if row.sequence is not None]
    for start in range(0, len(done), 500):
        RoomUpdate.objects.filter(pk__in=done[start : start + 500]).delete()
    RoomSnapshot.objects.update_or_create(room=room, defaults=snapshot_values(state))


def _log(room: str) -> list[tuple[int, bytes]]:
    """The sequences and updates of a room's log."""
    # Not as models, which would take ten times as long: a log can have many rows.
    log = RoomUpdate.objects.filter(room=room).order_by("sequence").values_list("sequence", "update", "checksum")
    return [(sequence, _checked(room, update, checksum)) for sequence, update, checksum in log.iterator()]


def _sent(room: str) -> list[tuple[int, Sent]]:
    """The sequences and updates of a room's log, with who sent them."""
    log = RoomUpdate.objects.filter(room=room).order_by("sequence")
    rows = log.values_list("sequence", "checksum", "update", "user", "created", "live").iterator()
    return [
        (sequence, Sent(_checked(room, update, checksum), user, created, live))
        for sequence, checksum, update, user, created, live in rows
    ]


def _notes_of(room: str, rows: list[FormerRow]) -> list[Note]:
    """What the log among a room's rows tells of who wrote what."""
    snapshot = next((bytes(row.data) for row in rows if row.sequence is None), EMPTY_UPDATE)
    log = [Sent(bytes(row.data), row.user, row.created, False) for row in rows if row.sequence is not None]
    return authors.of_log(room, snapshot, log)


def _snapshot_mark(room: str) -> tuple[Any, ...] | None:
    """By what one sees whether a snapshot is the same."""
    return RoomSnapshot.objects.filter(room=room).values_list("checksum", "updated").first()


def _checked(room: str, stored: Any, checksum: int) -> bytes:
    data = bytes(stored)  # a memoryview in some databases
    if zlib.crc32(data) != checksum:
        raise StoredRoomDamagedError(f"stored bytes of {room} do not match their checksum")
    return data
