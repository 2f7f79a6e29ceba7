"""Who somebody is: with an account, or a guest whom a link has let in, whom this browser's session remembers.

The engine, and what it keeps of who wrote what, knows people by keys: the number of an account, or "guest:" and an id.
"""

import uuid
from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from accounts.models import User

from .access import Ability
from .models import GUEST, Guest, Room, Visitor, ids_of

# Where the session holds who the guest is.
SESSION_KEY: Final = "guest"


class Shown(NamedTuple):
    """How somebody is shown to others."""

    name: str
    color: str
    initials: str


def visitor_of(request: HttpRequest) -> Visitor:
    """Who asks for a page."""
    user: User | AnonymousUser = request.user
    return user if isinstance(user, User) else guest_of(request.session) or AnonymousUser()


def guest_of(session: SessionBase) -> Guest | None:
    """The guest in this browser."""
    key = session.get(SESSION_KEY)
    return Guest.objects.filter(pk=key).first() if key else None


def remember(session: SessionBase, guest: Guest) -> None:
    """Let this browser be the guest's from now on."""
    # Whoever has given somebody else a session does not become the guest with them.
    session.cycle_key()
    session[SESSION_KEY] = str(guest.pk)


def key_of(visitor: Visitor) -> str:
    """Who somebody is to the engine; empty for nobody."""
    if isinstance(visitor, Guest):
        return visitor.key
    return "" if visitor.pk is None else str(visitor.pk)


def could_open(visitor: Visitor, pk: uuid.UUID) -> bool:
    """Whether somebody could open a room if it were not in the trash, and the site still knew its kind."""
    room = Room.objects.with_role(*ids_of(visitor)).filter(pk=pk).first()
    return room is not None and Ability.READ in room.abilities


def shown(keys: Iterable[str]) -> dict[str, Shown]:
    """How people are shown, by their keys, in two queries; who has no account any more is missing."""
    wanted = set(keys)
    users = User.objects.filter(pk__in=[int(key) for key in wanted if key.isdecimal() and len(key) < 19])
    guests = Guest.objects.filter(pk__in=_ids(wanted))
    found: dict[str, Shown] = {}
    people: Collection[Any] = [*users, *guests]
    for person in people:
        found[key_of(person)] = Shown(person.display_name, person.color, person.initials)
    return found


def _ids(keys: Iterable[str]) -> list[uuid.UUID]:
    found = []
    for key in keys:
        if key.startswith(GUEST):
            try:
                found.append(uuid.UUID(key.removeprefix(GUEST)))
            except ValueError:
                continue
    return found
