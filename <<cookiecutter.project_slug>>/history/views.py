"""What a document's page asks about its history, in JSON; whoever may not is told so in a sentence."""

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

import msgspec
from allauth.core import ratelimit
from django.db.models.functions import Length
from django.http import HttpResponse, JsonResponse

from accounts.audit import note
from accounts.names import one_line
from rooms.access import Ability
from rooms.authors import UNKNOWN, Author, authors_of
from rooms.bringing import same
from rooms.decorators import UserRequest, in_room
from rooms.kinds import KINDS
from rooms.live import tell_room
from rooms.models import Room
from rooms.people import key_of, shown
from rooms.scripts import as_json, refused, sent_as
from yroom.authors import Copied, bring_back
from yroom.contents import ProtocolError
from yroom.document import CallFailedError, DataUnavailable, YroomDocument, YroomTimeout
from yroom.errands import finished

from .access import for_readers, require_sight
from .conf import history_settings
from .keeping import (
    CrowdedError,
    RestoringError,
    TooManyError,
    TooOftenError,
    begin_restore,
    erase,
    held,
    held_by,
    keep,
    packed_changes,
    packed_state,
    rename,
    state_of,
)
from .models import LONGEST_NAME, Version, Whole

GONE: Final = "This version is gone. It was thinned out, or somebody has erased it."
TOO_MANY: Final = "This document has as many versions with a name as it can. Take the name of one away first."
RESTORING: Final = "Somebody else is restoring a version right now. Look at what it makes of the document first."
TOO_OFTEN: Final = "You have kept as many versions as one can in an hour. Please try again later."
BUSY: Final = "The server is busy with this document. Please try again."
EMPTY: Final = "There is nothing in this document yet."
NO_NAME: Final = "Give the version a name."
MALFORMED: Final = "This is not what the history of this site sends."
RESTORED_OFTEN: Final = "You have restored versions too often. What comes back now counts as written by you."
TOO_MUCH: Final = "These are too many changes to ask for at once."

# Digits of a number that every database takes.
LONGEST_KEY: Final = 18

Run = tuple[int, int, int]

in_json = as_json(
    {
        Version.DoesNotExist: (GONE, 404),
        TooManyError: (TOO_MANY, 409),
        TooOftenError: (TOO_OFTEN, 429),
        RestoringError: (RESTORING, 409),
        CrowdedError: (BUSY, 503),
        # It was read with the version, and another has taken its place meanwhile.
        Whole.DoesNotExist: (BUSY, 503),
        DataUnavailable: (EMPTY, 409),
        CallFailedError: (BUSY, 503),
        YroomTimeout: (BUSY, 503),
    }
)


class Keep(msgspec.Struct):
    """A version is to be kept: under a name, or before an older one is restored."""

    name: str = ""
    restores: bool = False


class Name(msgspec.Struct):
    """What a version is called from now on."""

    name: str


class Allowed(msgspec.Struct):
    """Whether readers see old versions."""

    allowed: bool


class Runs(msgspec.Struct):
    """Runs of operations: each a client, the first clock and how many there are."""

    written: list[Run]
    deleted: list[Run]


class Brought(msgspec.Struct):
    """Runs that a restore brought back: client and first clock of each in the version, those it has now, its length."""

    runs: list[tuple[int, int, int, int, int]]


def tidy(name: str) -> str:
    """A name as one line that fits."""
    return one_line(one_line(name)[:LONGEST_NAME])


@in_json
@in_room(get=Ability.READ, post=Ability.WRITE, held=False)
def versions(request: UserRequest, room: Room) -> HttpResponse:
    """All versions of a document; posting keeps what it is now, by name, or before an older one is restored."""
    if request.method == "GET":
        require_sight(room)
        return JsonResponse(listed(room))
    asked = sent_as(request, Keep, MALFORMED)
    name = "" if asked.restores else tidy(asked.name)
    if not name and not asked.restores:
        return refused(NO_NAME, 400)
    if asked.restores:
        begin_restore(room, request.user)
    cause = Version.Cause.RESTORE if asked.restores else Version.Cause.NAMED
    keep(room, finished(YroomDocument(room.yroom_name).state), cause, by=request.user, name=name)
    tell_room(room.pk, "history", {})
    return JsonResponse(listed(room))


@in_json
@in_room(get=Ability.READ, post=Ability.WRITE)
def version(request: UserRequest, room: Room, key: int) -> HttpResponse:
    """What a document was, as an update; posting names the version anew, or takes its name away.

    With `since`, another version, it is the update that makes this one of that.
    """
    if request.method == "GET":
        require_sight(room)
        since = request.GET.get("since", "")
        if not since:
            return packed(packed_state(room.versions.select_related("whole").get(pk=key)))
        if not since.isdecimal() or len(since) > LONGEST_KEY:
            return refused(MALFORMED, 400)
        if len(str(key)) > LONGEST_KEY:
            raise Version.DoesNotExist
        # The whole is read only where it is needed: mostly what is stored is the answer.
        found = room.versions.select_related("whole").defer("whole__state").in_bulk([key, int(since)])
        if len(found) < len({key, int(since)}):
            raise Version.DoesNotExist
        return packed(packed_changes(found[int(since)], found[key]))
    rename(room, key, tidy(sent_as(request, Name, MALFORMED).name), request.user)
    tell_room(room.pk, "history", {})
    return JsonResponse(listed(room))


@in_json
@in_room(post=Ability.MANAGE, held=False)
def erase_version(request: UserRequest, room: Room, key: int) -> HttpResponse:
    """Delete a version for good."""
    erase(room, key, request.user)
    note("version erased", room=room.pk, version=key, user=request.user.pk)
    tell_room(room.pk, "history", {})
    return JsonResponse(listed(room))


@in_json
@in_room(post=Ability.SHARE)
def readers(request: UserRequest, room: Room) -> HttpResponse:
    """Say whether those see old versions who may only read."""
    allowed = sent_as(request, Allowed, MALFORMED).allowed
    with held(room) as rules:
        rules.readers = allowed
        rules.save(update_fields=["readers"])
    note("history opened to readers" if allowed else "history closed to readers", room=room.pk, user=request.user.pk)
    tell_room(room.pk, "history", {"readers": allowed})
    return JsonResponse(listed(room))


@in_json
@in_room(post=Ability.READ, held=False)
def authors(request: UserRequest, room: Room) -> HttpResponse:
    """Who wrote and who deleted some stretches: `[client, clock, length]` each, in lists `written` and `deleted`."""
    require_sight(room)
    asked = sent_as(request, Runs, MALFORMED)
    if len(asked.written) + len(asked.deleted) > history_settings().most_asked:
        return refused(TOO_MUCH, 413)
    written, deleted = apart(asked.written), apart(asked.deleted)
    known = authors_of(room, [*written, *deleted])
    people: dict[Author, int] = {}

    def told(stretches: Iterable[Any]) -> list[list[int]]:
        return [
            [each.client, each.clock, each.length, people.setdefault(each.doer, len(people))]
            for each in stretches
            if each.doer is not UNKNOWN
        ]

    rows = {
        "written": told(each for run in written for each in known.who_wrote(*run)),
        "deleted": told(each for run in deleted for each in known.who_deleted(*run)),
    }
    return JsonResponse(
        {**rows, "people": [{"id": each.id, "name": each.name, "color": each.color} for each in people]}
    )


def apart(runs: Iterable[Run]) -> list[Run]:
    """The same operations, each in one run: an answer is as long as what is known, however often that is asked for."""
    found: list[Run] = []
    for client, clock, length in sorted(runs):
        last = found[-1] if found else None
        if last is not None and last[0] == client and clock <= last[1] + last[2]:
            found[-1] = (client, last[1], max(last[2], clock + length - last[1]))
        else:
            found.append((client, clock, length))
    return found


@in_json
@in_room(post=Ability.WRITE, held=False)
def brought(request: UserRequest, room: Room, key: int) -> HttpResponse:
    """Who has restored a version says of which of its words his new ones are copies: they stay their author's."""
    asked = sent_as(request, Brought, MALFORMED).runs
    if len(asked) > history_settings().most_brought:
        return refused(TOO_MUCH, 413)
    person = key_of(request.visitor)
    if not ratelimit.consume(request, action="brought", key=person):
        return refused(RESTORED_OFTEN, 429)
    past = state_of(room.versions.select_related("whole").get(pk=key))
    now = finished(YroomDocument(room.yroom_name).state)
    texts = [name for name, kind in KINDS[room.kind].roots.items() if kind == "text"]
    try:
        copies = list(same(past, now, texts, (Copied(*run) for run in asked)))
    except ProtocolError:
        # It takes too long to read: all that has come back counts as theirs who restored it.
        copies = []
    noted = bring_back(room.yroom_name, copies, person, partial(held_by, request.visitor, room, Ability.WRITE))
    if noted:
        tell_room(room.pk, "authors", {})
    return JsonResponse({"noted": noted})


def packed(compressed: bytes) -> HttpResponse:
    """Bytes as zlib has them: browsers unpack that by themselves, and beside what they do for the page."""
    headers = {"Content-Encoding": "deflate"}
    return HttpResponse(compressed, content_type="application/octet-stream", headers=headers)


def listed(room: Room) -> dict[str, Any]:
    """All versions of a document, the latest first, and what one may do with them."""
    rows = list(room.versions.defer("changes").select_related("by").annotate(beyond=Length("changes")))
    # Those of which others are made: see keeping.py.
    bases = {row.whole_id: row.pk for row in rows if not row.beyond}
    known = shown(person for row in rows for person in row.people)
    names = {key: {"id": key, "name": each.name, "color": each.color} for key, each in known.items()}
    return {
        "versions": [
            {
                "id": row.pk,
                "at": row.at.isoformat(),
                "name": row.name,
                "cause": row.cause,
                "by": row.by.display_name if row.by is not None else "",
                "people": row.people,
                "size": row.size,
                "base": bases.get(row.whole_id, row.pk),
            }
            for row in rows
        ],
        "people": names,
        "readers": for_readers(room),
    }
