"""Who is named in the text of a document: found as a browser says so, or once it has fallen quiet, and told once.

A mention has an id that it keeps wherever it is pasted, so the same is found once, also if it was deleted and brought
back. Who wrote it is whom the server knows as the author of its letter, whatever it says itself.
"""

import logging
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple

from asgiref.sync import async_to_sync
from django.conf import settings
from django.dispatch import receiver
from pycrdt import Doc, Text

from accounts.models import User
from rooms.authors import authors_of
from rooms.kinds import KINDS
from rooms.models import Room
from rooms.quiet import fell_quiet
from rooms.text.pieces import is_marker
from rooms.text.text import TEXT
from rooms.text.things import Named, named_by
from tasks.interface import task
from yroom.commits import Committed
from yroom.contents import EMBED, STRING, Items, ProtocolError
from yroom.document import DataUnavailable, YroomDocument, YroomTimeout

from .models import Kind, Mention, Notice
from .telling import tell

logger = logging.getLogger(__name__)

# What a state that holds a mention holds, and hardly another.
SIGN: Final = b"mention"
# Characters before and behind a name that are shown with it.
AROUND: Final = 80


class Found(NamedTuple):
    """A mention in a text."""

    named: Named
    client: int  # who wrote it, by the ids of Yjs
    clock: int
    words: str


@receiver(fell_quiet, sender=Room)
def look_when_quiet(room: Room, document: Committed, **_: Any) -> None:
    """Nobody writes any more: also those are told of whom no browser has said so."""
    tell_named(room, document.state())


@task()
def look(room_id: str) -> None:
    """Somebody was named just now, says a browser."""
    room = Room.objects.filter(pk=uuid.UUID(room_id), kind__in=KINDS, trashed_at=None).first()
    if room is None:
        return
    # Where it cannot be read now, that is made up for as it falls quiet.
    with suppress(DataUnavailable, YroomTimeout):
        tell_named(room, async_to_sync(YroomDocument(room.yroom_name).state)())


def tell_named(room: Room, state: bytes) -> None:
    """Tell those who are named now, and were not before."""
    # It is read in two ways: fast, and, where there is something new, exactly.
    if SIGN not in state or not (fresh := _unknown(room, ids_in(state))):
        return
    try:
        mentions = [found for found in mentions_in(state) if found.named.id in fresh]
    except ProtocolError as error:
        # Nor could it be read the next time.
        logger.warning("who is named in %s cannot be told: %s", room.pk, error)
        return
    named = _each_once(mentions)
    authors = authors_of(room, [(found.client, found.clock, 1) for found in named])
    for found in named:
        stretch = next(authors.who_wrote(found.client, found.clock, 1))
        author = User.objects.filter(pk=_key(stretch.doer.id)).first() if stretch.confirmed else None
        _tell(room, found, author)
    Mention.objects.bulk_create([Mention(room=room, key=key) for key in fresh], ignore_conflicts=True)


def ids_in(state: bytes) -> set[str]:
    """The ids of all mentions in a document's text."""
    doc: Doc[Any] = Doc()
    doc.apply_update(state)
    named = (named_by(thing) for thing, _ in doc.get(TEXT, type=Text).diff())
    # PostgreSQL cannot keep every id that somebody may have made up.
    ids = sorted({each.id for each in named if each is not None and "\0" not in each.id})
    if len(ids) > settings.MENTIONS_PER_DOCUMENT:
        logger.warning("a document names people %s times: not all of them are told", len(ids))
    return set(ids[: settings.MENTIONS_PER_DOCUMENT])


def mentions_in(state: bytes) -> Iterator[Found]:
    """All mentions in a document's text, with the words of their line."""
    words, waiting = "", list[tuple[Named, Any, int]]()

    def line() -> Iterator[Found]:
        for named, item, at in waiting:
            end = at + len(named.name) + 1
            yield Found(named, item.client, item.clock, words[max(0, at - AROUND) : end + AROUND])

    for item in Items(state).root(TEXT).items():
        if is_marker(item):
            yield from line()
            words, waiting = "", []
        elif not item.deleted and item.kind == STRING:
            words += item.content
        elif not item.deleted and item.kind == EMBED and (named := named_by(item.content)) is not None:
            waiting.append((named, item, len(words)))
            words += f"@{named.name}"
    yield from line()


def _unknown(room: Room, ids: set[str]) -> set[str]:
    return ids - set(Mention.objects.filter(room=room, key__in=ids).values_list("key", flat=True))


def _each_once(mentions: list[Found]) -> list[Found]:
    return list({found.named.id: found for found in reversed(mentions)}.values())


def _tell(room: Room, found: Found, by: User | None) -> None:
    person = _key(found.named.user)
    # However often they are named by somebody until they look: it is the same document that they are to look at.
    waiting = Notice.objects.unread().filter(receiver=person, room=room, kind=Kind.MENTION, by=by)
    if person and not waiting.exists():
        place = f"mention-{found.named.id}"
        about = f"mention {room.pk} {found.named.id}"
        tell(room, [person], Kind.MENTION, about, by=by, place=place, words=found.words)


def _key(text: str) -> int:
    """The number of an account; 0, which none has, where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(2**31)) else 0
