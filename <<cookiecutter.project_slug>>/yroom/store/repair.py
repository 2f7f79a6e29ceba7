"""Checks what is stored of rooms, and mends what can be mended.

A row is damaged if its bytes differ from their checksum, are no update, or cannot be applied. Repairing a room sets its
damaged rows aside, as they are, and leaves the others where they are. Nothing is deleted. What was written on top of a
damaged row waits in the log, and comes back with it: from whoever still has the document, or from `put_back()`.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from pycrdt import Doc

from ..crdt import causal_index, causal_order, library, update_reader
from ..crdt.protocol import EMPTY_UPDATE
from ..exceptions import ProtocolError
from ..models import DamagedRoom, DamagedRow, RoomSnapshot, RoomUpdate
from .base import get_storage
from .database import DatabaseStorage, empty_snapshot, set_aside
from .upgrade import stored_roots

# Names of rooms read at a time.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A stored row: the snapshot, which has no sequence, or a log entry."""

    sequence: int | None
    data: bytes
    checksum: int

    def __str__(self) -> str:
        return "snapshot" if self.sequence is None else f"update {self.sequence}"


@dataclass(slots=True)
class Findings:
    """What a room's stored rows are like."""

    room: str
    rows: list[Row]
    damaged: list[tuple[Row, str]] = field(default_factory=list)  # each with what is wrong with it
    waiting: list[Row] = field(default_factory=list)  # sound, but built on something that is not there
    unfit: str = ""  # why the document that the sound rows give cannot be served

    @property
    def is_sound(self) -> bool:
        return not self.damaged and not self.unfit

    @property
    def summary(self) -> str:
        """What is wrong, in a line."""
        parts = [f"{row} {reason}" for row, reason in self.damaged[:3]]
        if len(self.damaged) > 3:
            parts.append(f"{len(self.damaged) - 3} more damaged")
        return ", ".join([*parts, self.unfit] if self.unfit else parts)

    def __str__(self) -> str:
        log = [row for row in self.rows if row.sequence is not None]
        parts = [f"{len(log)} updates of {sum(len(row.data) for row in log)} bytes"]
        parts += [f"a snapshot of {len(row.data)} bytes" for row in self.rows if row.sequence is None]
        if self.waiting:
            parts.append(f"{len(self.waiting)} of them waiting for something missing")
        parts += [f"{row} damaged ({len(row.data)} bytes): {reason}" for row, reason in self.damaged]
        if self.unfit:
            parts.append(f"cannot be served: {self.unfit}")
        return f"{self.room}: {', '.join(parts)}"


def rooms() -> Iterator[str]:
    """The names of all rooms of which anything is stored in Django's database."""
    last = ""
    while True:
        models = (RoomSnapshot.objects, RoomUpdate.objects)
        snapshots, log = (model.filter(room__gt=last).order_by().values_list("room", flat=True) for model in models)
        names = list(snapshots.union(log).order_by("room")[:BATCH])
        yield from names
        if len(names) < BATCH:
            return
        last = names[-1]


def check(room: str) -> Findings:
    """Read all that is stored of a room, as a worker that opens it would, and more closely."""
    # The log first: what a compaction moves meanwhile is then seen twice rather than never.
    rows = _log(room)
    for snapshot in RoomSnapshot.objects.filter(room=room):
        rows = [*_row(snapshot), *rows]
    return examine(room, rows)


def repair(room: str) -> Findings:
    """Set the damaged rows of a room aside; return what it was like before.

    To examine may take long, so that happens outside the transaction: SQLite lets nobody else write meanwhile. What is
    appended in that time is for the next one to examine; after a compaction it has to be done again.
    """
    while True:
        snapshot, _ = RoomSnapshot.objects.get_or_create(room=room, defaults=empty_snapshot())
        findings = examine(room, [*_row(snapshot), *_log(room)])
        if _set_aside_damaged(findings, snapshot):
            return findings


def _set_aside_damaged(findings: Findings, snapshot: RoomSnapshot) -> bool:
    """Set damaged rows aside, unless the snapshot is another one than when they were read; say whether it was not."""
    room = findings.room
    with transaction.atomic():
        # The lock under which compactions take turns too.
        rows = RoomSnapshot.objects.select_for_update().filter(room=room)
        same = rows.filter(checksum=snapshot.checksum, updated=snapshot.updated)
        if same.values_list("room").first() is None:
            return False
        for row, reason in findings.damaged:
            if row.sequence is None:
                values = {"room": room, "data": row.data, "checksum": row.checksum, "reason": reason}
                DamagedRow.objects.create(**values, created=snapshot.updated)
                rows.update(**empty_snapshot())
            elif (entry := RoomUpdate.objects.filter(pk=row.sequence).first()) is not None:
                set_aside(entry, reason)
        DamagedRoom.objects.filter(room=room).delete()
    return True


def put_back(damaged: DamagedRow) -> None:
    """Take a row that was set aside into its room again, whatever its checksum. Raises ValueError if it cannot be."""
    data = bytes(damaged.data)
    row = Row(-1, data, zlib.crc32(data))
    # Outside the transaction, see repair().
    findings = check(damaged.room)
    for bad, reason in examine(damaged.room, [*findings.rows, row]).damaged:
        if bad is row:
            raise ValueError(reason)
    with transaction.atomic():
        # Unless somebody else has done it meanwhile.
        if damaged.delete()[0]:
            entry = RoomUpdate(room=damaged.room, update=data, checksum=row.checksum, user=damaged.user)
            entry.save(force_insert=True)


def set_aside_since(last: int | None) -> tuple[int, set[str]]:
    """The number of the last row that was set aside, and the rooms of those after `last`; of none without it."""
    rows = DamagedRow.objects.order_by("-pk").values_list("pk", "room")
    new = list(rows[:1] if last is None else rows.filter(pk__gt=last))
    return (new[0][0] if new else last or 0), (set() if last is None else {room for _, room in new})


def note(room: str, reason: str) -> None:
    """Put a room that could not be read on the list of those that somebody should look after."""
    if isinstance(get_storage(room), DatabaseStorage):
        DamagedRoom.objects.update_or_create(room=room, defaults={"reason": reason, "found": timezone.now()})


def examine(room: str, rows: Sequence[Row]) -> Findings:
    """Find out which rows are damaged, and whether the others give a document that can be served."""
    findings = Findings(room, list(rows))
    sound: list[Row] = []
    for row in rows:
        if zlib.crc32(row.data) != row.checksum:
            findings.damaged.append((row, "differs from its checksum"))
            continue
        try:
            update_reader.read(row.data)
            sound.append(row)
        except ProtocolError as error:
            findings.damaged.append((row, str(error)))
    while True:
        doc: Doc[Any] = Doc()
        failed = _integrate(doc, sound, findings)
        if failed is None:
            break
        # It may have left something behind: once more, without it.
        sound = [row for row in sound if row is not failed]
    try:
        state = library.encode(doc)
        causal_index.survey(state)
        again: Doc[Any] = Doc()
        library.apply(again, state)
        ends = (causal_order.read_state_vector(library.state_of(each)) for each in (again, doc))
        if next(ends) != next(ends):
            findings.unfit = "its encoding gives another document"
    except (ValueError, RuntimeError) as error:
        findings.unfit = str(error)
    return findings


def _integrate(doc: Doc[Any], rows: list[Row], findings: Findings) -> Row | None:
    """Apply rows in an order in which that can be done; return the first that fails, after noting why."""
    ordered = causal_order.order((row.data for row in rows), stored_roots(findings.room))
    by_data = {row.data: row for row in reversed(rows)}
    for update, whole in ordered.ready:
        try:
            library.apply(doc, update)
        except (ValueError, RuntimeError) as error:
            findings.damaged.append((by_data[whole], str(error)))
            return by_data[whole]
    lacking = set(ordered.lacking)
    findings.damaged += [(row, ordered.wrong[row.data]) for row in rows if row.data in ordered.wrong]
    findings.waiting = [row for row in rows if row.data in lacking]
    return None


def _row(snapshot: RoomSnapshot) -> list[Row]:
    state = bytes(snapshot.state)
    return [] if state == EMPTY_UPDATE else [Row(None, state, snapshot.checksum)]


def _log(room: str) -> list[Row]:
    entries = RoomUpdate.objects.filter(room=room).order_by("sequence").values_list("sequence", "update", "checksum")
    return [Row(sequence, bytes(update), checksum) for sequence, update, checksum in entries.iterator()]
