"""Notes of who wrote what, in Django's default database: see crdt/authors.py for what they say.

They are taken from the log as it is folded into the snapshot, in the same transaction. So what is noted is gone from
the log, and what is in the log is not noted yet, whenever a process dies.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db import connection
from django.db.models import Case, CharField, Count, F, Max, Q, When
from django.utils import timezone

from ..conf import room_settings
from ..crdt.authors import (
    BROUGHT,
    CONFIRMED,
    MADE,
    REMOVED,
    SHOWN,
    Claim,
    Note,
    Notes,
    Sent,
    claims_in,
    clients_in,
    settle,
)
from ..crdt.brought_back import Copied, brought_back
from ..crdt.causal_order import Extent
from ..crdt.protocol import EMPTY_UPDATE
from ..crdt.ranges import Ranges, by_client
from ..models import AuthorNote, RoomUpdate

logger = logging.getLogger(__name__)

# Notes of a room up to which AUTHOR_SECONDS is kept to: with ten times as many, a stretch may last ten times as long.
EXACT: Final = 1000
# Numbers that a statement asks for.
BATCH: Final = 500
# Ranges of operations up to which only the notes on these are read: of more, all of the room.
FEW: Final = 100
FIELDS: Final = tuple(Note._fields)
# Operations: of each a client, the first clock and the one behind the last.
Ranged = Collection[tuple[int, int, int]]
# Where in a row there are times.
_TIMES: Final = [1 + FIELDS.index(field) for field in ("first", "last")]


def _insert() -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(map(quote, ("room", *FIELDS)))
    values = ", ".join(["%s"] * (1 + len(FIELDS)))
    return f"INSERT INTO {quote(AuthorNote._meta.db_table)} ({columns}) VALUES ({values})"  # noqa: S608


def _row(room: str, note: Note) -> list[Any]:
    row: list[Any] = [room, *note]
    for place in _TIMES:
        if row[place] is not None:
            row[place] = connection.ops.adapt_datetimefield_value(row[place])
    return row


def of_log(room: str, snapshot: bytes, sent: Sequence[Sent]) -> list[Note]:
    """What a log tells beyond its snapshot; nothing, rather than that anything else fails over it."""
    if not sent:
        return []
    try:
        known = Extent.of_encoded(snapshot)
        # Before there is a snapshot, there are notes only of what a copy was made of.
        noted = read(room, MADE, REMOVED) if snapshot == EMPTY_UPDATE else []
        settings = room_settings(room)
        senders = _senders(room)
        span = timedelta(seconds=settings.author_seconds * max(1.0, sum(senders.values()) / EXACT))
        claims = _claims(room, clients_in(sent))
        return Notes(known, claims, span, senders, settings.max_author_notes, noted).read(sent)
    except Exception:
        logger.exception("yroom could not note who wrote what in %s", room)
        return []


def _senders(room: str) -> dict[str, int]:
    """How many notes there are of what each user sent."""
    own = Q(confirmed=True) & ~Q(kind=BROUGHT)
    sender = Case(When(own, then=F("user")), default=F("by"), output_field=CharField())
    rows = AuthorNote.objects.filter(room=room).order_by().values_list(sender).annotate(Count("pk"))
    return dict(rows)


def _claims(room: str, clients: Iterable[int], before: Mapping[int, int] | None = None) -> dict[int, Claim]:
    """Whose these numbers are, by what is noted; or were, before these clocks."""
    claims: dict[int, Claim] = {}
    numbers = list(clients)
    for start in range(0, len(numbers), BATCH):
        rows = AuthorNote.objects.filter(
            room=room, kind=MADE, client__in=numbers[start : start + BATCH], confirmed=True
        ).order_by("clock")
        for client, clock, user, live in rows.values_list("client", "clock", "user", "live"):
            if before is None or clock < before[client]:
                claims[client] = Claim(user, live)
    return claims


def claims(room: str, log: Iterable[Sent], before: Mapping[int, int]) -> dict[int, Claim]:
    """Whose numbers were before these clocks, by notes and by the log."""
    return claims_in(log, before, _claims(room, before, before))


def read(room: str, *kinds: int, among: Ranged | None = None) -> list[Note]:
    """The notes of some kinds; where only some operations are meant, there may be none of others among them."""
    rows = AuthorNote.objects.filter(room=room, kind__in=kinds).order_by("kind", "client", "clock")
    if among is not None:
        meant = [
            Q(client=client, clock__lt=behind, behind__gt=first)
            for client, ranges in by_client(among).items()
            for first, behind in ranges.all
        ]
        if len(meant) <= FEW:
            rows = rows.annotate(behind=F("clock") + F("length")).filter(reduce(or_, meant, Q(pk=None)))
    return [Note(*row) for row in rows.values_list(*FIELDS).iterator()]


def known(beginning: str) -> set[str]:
    """Those users who are named in any note, or in any log, of whom the keys begin so. It reads both as a whole."""
    names: set[str] = set()
    for model, field in ((AuthorNote, "user"), (AuthorNote, "by"), (RoomUpdate, "user")):
        rows = model._default_manager.filter(**{f"{field}__startswith": beginning})
        names.update(rows.order_by().values_list(field, flat=True).distinct())
    return names


def written(users: Collection[str]) -> set[str]:
    """Those of these users who are named in any log, or in any note: what leaves a log meanwhile is in that."""
    names: set[str] = set()
    for model, field in ((RoomUpdate, "user"), (AuthorNote, "user"), (AuthorNote, "by")):
        rows = model._default_manager.filter(**{f"{field}__in": users})
        names.update(rows.order_by().values_list(field, flat=True).distinct())
    return names


def unconfirmed(room: str, of_log: Iterable[Note]) -> list[Note]:
    """What is noted, or told by the log, as somebody's who can still confirm it."""
    rows = AuthorNote.objects.filter(room=room, confirmed=False).order_by("client", "clock")
    notes = [*(Note(*row) for row in rows.values_list(*FIELDS)), *(note for note in of_log if not note.confirmed)]
    return [note for note in settle(notes, read(room, CONFIRMED, SHOWN)) if not note.confirmed] if notes else []


def brought(room: str, notes: Iterable[Note], copies: Iterable[Copied], user: str) -> list[Note]:
    """What is to be noted of whose words some copies are, as far as there is room."""
    senders, most = _senders(room), room_settings(room).max_author_notes
    free = min(most - sum(senders.values()), most // 2 - senders.get(user, 0))
    return brought_back(notes, copies, user, timezone.now())[: max(0, free)]


def brought_mark(room: str) -> tuple[int, int | None]:
    """By what one sees whether anybody has brought back any more."""
    found = AuthorNote.objects.filter(room=room, kind=BROUGHT).aggregate(number=Count("pk"), last=Max("pk"))
    return found["number"], found["last"]


def write(room: str, notes: Iterable[Note]) -> None:
    """Write notes, in one statement however many there are."""
    rows = [_row(room, note) for note in notes]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_insert(), rows)


def copied(state: bytes, notes: Iterable[Note]) -> list[Note]:
    """What is known of a state, for another room that begins with it; what nobody knows is not its maker's."""
    kept = list(notes)
    made, removed = (by_client(note.range for note in kept if note.kind == kind) for kind in (MADE, REMOVED))
    extent = Extent.of_encoded(state)
    for client, end in extent.ends.items():
        for first, behind in made.get(client, Ranges()).lacks(0, end):
            kept.append(Note(MADE, client, first, behind - first, ""))
        for start, stop in extent.deleted(client):
            for first, behind in removed.get(client, Ranges()).lacks(start, stop):
                kept.append(Note(REMOVED, client, first, behind - first, ""))
    return kept


def forget(room: str) -> Any:
    """Delete all notes of a room."""
    return AuthorNote.objects.filter(room=room).delete()
