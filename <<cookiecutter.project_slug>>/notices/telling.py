"""Telling somebody: the one way to make a notice.

It counts at once in their bell, also on a page of that document that they have open, and goes out with the next e-mail.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import User
from accounts.names import one_line
from rooms.live import tell_room
from rooms.models import Room

from .digests import plan
from .models import LONGEST_WORDS, Kind, Notice


def may_know(user: User, room: Room) -> bool:
    """Whether somebody may be told of a document now."""
    return Room.objects.readable_by(user, room.pk) is not None


def mark_of(user_id: int, room: Room) -> str:
    """By which one's own page finds that news are for one: all who are here get them, and learn nobody's number."""
    return salted_hmac("notices.news", f"{room.pk} {user_id}", algorithm="sha256").hexdigest()[:16]


def tell(
    room: Room,
    people: Iterable[int],
    kind: Kind,
    about: str,
    *,
    by: User | None,
    place: str = "",
    words: str = "",
    has_mail: bool = False,
) -> None:
    """Tell people, of whom some may be nobody, of what somebody else did: those who may know, and do not yet.

    What `has_mail`, an e-mail of its own that goes out anyway, is in no other.
    """
    ids = {person for person in list(people)[: settings.PEOPLE_TOLD] if by is None or person != by.pk}
    if not ids:
        return
    with transaction.atomic():
        told = []
        for person in User.objects.filter(pk__in=ids, is_active=True).order_by("pk"):
            if not may_know(person, room):
                continue
            values = {"room": room, "kind": kind, "by": by, "place": place, "words": _shown(words)}
            values["mailed"] = timezone.now() if has_mail else None
            _, is_new = Notice.objects.get_or_create(receiver=person, about=about, defaults=values)
            if is_new:
                told.append(mark_of(person.pk, room))
                if not has_mail:
                    plan(person.pk, room)
                _forget_old(person)
        if told:
            tell_room(room.pk, "notices", {"for": told})


def reword(about: str, words: str) -> None:
    """What it was about reads otherwise now: nobody is told any more of what it said before."""
    Notice.objects.filter(about=about).update(words=_shown(words))


def take_back(about: str) -> None:
    """What it was about is not there any more."""
    Notice.objects.filter(about=about).delete()


def _shown(words: str) -> str:
    return one_line(words[: 2 * LONGEST_WORDS])[:LONGEST_WORDS]


def _forget_old(person: User) -> None:
    oldest = timezone.now() - timedelta(days=settings.NOTICE_DAYS)
    Notice.objects.filter(receiver=person, created__lt=oldest).delete()
