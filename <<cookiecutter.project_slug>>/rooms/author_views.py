"""Who wrote what in a document, for its page.

Whoever may read a document with an account may see who wrote what stands in it, and when: they see who is there, too.
Guests, whom nobody knows, may do so where they may write: names are no business of everybody who has a link. Who
deleted what is about words that are gone, so it is for those who may write. They also say whose the words are that they
bring back by an undo.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import msgspec
from allauth.core import ratelimit
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone

from yroom.authors import Copied, are_own, bring_back, state_before
from yroom.document import CallFailedError, DataUnavailable, YroomDocument, YroomTimeout
from yroom.errands import finished
from yroom.exceptions import StoredRoomDamagedError

from .access import Ability
from .actions import hold
from .authors import UNKNOWN, Author, Stretch, authors_of
from .bringing import same
from .decorators import VisitorRequest, in_room
from .extras import page_data
from .kinds import KINDS
from .live import tell_room
from .models import Guest, Room, Visitor
from .people import key_of, visitor_of
from .scripts import as_json, refused, sent_as

# The last day that Python and every browser agree on.
LATEST: Final = 253_402_300_799_000

MALFORMED: Final = "This is not what the editor of this site sends."
BUSY: Final = "The server is busy with this document. Please try again."
TOO_MUCH: Final = "This undo brings back too much at once. It counts as written by you."
TOO_OFTEN: Final = "You have undone too often. What comes back now counts as written by you."

in_json = as_json(
    {
        DataUnavailable: (BUSY, 503),
        CallFailedError: (BUSY, 503),
        YroomTimeout: (BUSY, 503),
        StoredRoomDamagedError: (BUSY, 503),
    }
)


class Undone(msgspec.Struct):
    """Runs that an undo brought back: client and first clock of each as it was, those it has now, its length."""

    runs: list[tuple[int, int, int, int, int]]


@page_data("authors", guests=True)
def page(request: HttpRequest, room: Room) -> dict[str, object] | None:
    """Where the page of a document asks, and how many stretches it tells at once: see frontend/features.ts."""
    if not _may_see(visitor_of(request), room):
        return None
    return {"url": reverse("room_authors", args=[room.pk]), "most": settings.UNDO_STRETCHES}


def _may_see(visitor: Visitor, room: Room) -> bool:
    return (Ability.WRITE if isinstance(visitor, Guest) else Ability.READ) in room.abilities


@in_room(get=Ability.READ, guests=True)
def authors(request: VisitorRequest, room: Room) -> HttpResponse:
    """All that is known; with `since`, in milliseconds, what is newer, and all that nobody has confirmed yet."""
    if not _may_see(request.visitor, room):
        raise PermissionDenied("Who wrote what is shown to guests only where they may write.")
    try:
        since = int(request.GET.get("since", "0"))
    except ValueError:
        since = -1
    if not 0 <= since <= LATEST:
        return JsonResponse({"error": "“since” is a number of milliseconds."}, status=400)
    now = _milliseconds(timezone.now())
    known = authors_of(room)
    parts = [("written", known.written)]
    if Ability.WRITE in room.abilities:
        parts.append(("deleted", known.deleted))
    people: dict[Author, int] = {}
    answer: dict[str, Any] = {"now": now}
    answer |= {
        name: [_row(stretch, people) for stretch in stretches if _is_news(stretch, since)] for name, stretches in parts
    }
    answer["people"] = [{"id": each.id, "name": each.name, "color": each.color} for each in people]
    return JsonResponse(answer)


@in_json
@in_room(post=Ability.WRITE, guests=True, held=False)
def undone(request: VisitorRequest, room: Room) -> HttpResponse:
    """Who has undone a deletion says of which words his new ones are copies: they stay their author's.

    That can be seen as long as the deletion is in the log: what was there before it is known so long. What is undone
    after that counts as written by whoever undoes it.
    """
    copies = [Copied(*run) for run in sent_as(request, Undone, MALFORMED).runs]
    if len(copies) > settings.UNDO_STRETCHES:
        return refused(TOO_MUCH, 413)
    person = key_of(request.visitor)
    if not ratelimit.consume(request, action="undone", key=person):
        return refused(TOO_OFTEN, 429)
    try:
        found = _seen(room, copies, person)
    except (ValueError, RuntimeError):
        # It takes too long to read, or cannot be read: what comes back counts as theirs who undo.
        found = []
    noted = 0
    if found:
        noted = bring_back(room.yroom_name, found, person, partial(hold, request.visitor, room.pk, Ability.WRITE))
    if noted:
        tell_room(room.pk, "authors", {})
    return JsonResponse({"noted": noted})


def _seen(room: Room, copies: list[Copied], person: str) -> list[Copied]:
    """Those of them that say, where it was, what a deletion took away. Raises ValueError or RuntimeError."""
    originals = [(each.of_client, each.of_clock, each.length) for each in copies]
    # As most are. For them the whole document, as it was and as it is, need not be read.
    if are_own(room.yroom_name, originals, person):
        return []
    past = state_before(room.yroom_name, originals)
    if past is None:
        return []
    now = finished(YroomDocument(room.yroom_name).state)
    texts = [name for name, kind in KINDS[room.kind].roots.items() if kind == "text"]
    return list(same(past, now, texts, copies))


def _is_news(stretch: Stretch, since: int) -> bool:
    if stretch.author is UNKNOWN and stretch.by is None:
        return False  # nor is anything told of what nobody knows
    return not since or not stretch.confirmed or (stretch.last is not None and _milliseconds(stretch.last) >= since)


def _row(stretch: Stretch, people: dict[Author, int]) -> list[int | None]:
    """Which operations, whose by their place among the people, from when to when, and who sent them if not they.

    With a 1 behind that, it is who has brought them back.
    """
    person, first = people.setdefault(stretch.author, len(people)), stretch.first
    row = [stretch.client, stretch.clock, stretch.length, person]
    times = [None if each is None else _milliseconds(each) for each in (first, stretch.last)]
    if stretch.by is None:
        return [*row, *times]
    by = people.setdefault(stretch.by, len(people))
    return [*row, *times, by, 1] if stretch.brought else [*row, *times, by]


def _milliseconds(time: datetime) -> int:
    return int(time.astimezone(UTC).timestamp() * 1000)
