"""What somebody else does between any two queries of a page makes no page fail, and changes nothing it should not."""

import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from rooms.access import Role
from rooms.models import Invitation, Membership, Room
from tests.hunts import hunt

pytestmark = pytest.mark.postgresql

# What a form or page about a room sends, by its URL's name; who sends it is the room's owner, or else its editor.
REQUESTS: dict[str, Any] = {
    "room": None,
    "room_rename": {"title": "New"},
    "room_members": {"email": "new@example.com", "role": "editor"},
    "room_member": {"role": "viewer"},
    "room_invitation": {"role": "viewer"},
    "room_leave": {},
    "room_trash": {},
    "room_restore": {},
    "room_delete": {},
    "dashboard": None,
    "trash": None,
}
OWNERS = {"room_members", "room_member", "room_invitation", "room_trash", "room_restore", "room_delete", "trash"}

# What else happens meanwhile.
EVENTS: dict[str, Callable[[Room], Any]] = {
    "deleted": lambda room: Room.objects.filter(pk=room.pk).delete(),
    "trashed": lambda room: Room.objects.filter(pk=room.pk).update(trashed_at=timezone.now()),
    "restored": lambda room: Room.objects.filter(pk=room.pk).update(trashed_at=None),
    "members removed": lambda room: (room.memberships.all().delete(), room.invitations.all().delete()),
    "roles changed": lambda room: room.memberships.update(role=Role.VIEWER),
    "renamed": lambda room: Room.objects.filter(pk=room.pk).update(title="Theirs"),
}
# Queries that know nothing of documents: what happens before one of these has as well happened before the next.
KNOWS_NOTHING = re.compile(
    r'(RELEASE )?SAVEPOINT|(?!.*"rooms_)SELECT .* FROM "(django_session|accounts_user|account_emailaddress)"', re.DOTALL
)


@contextmanager
def meanwhile(number: int, event: Callable[[], Any]) -> Iterator[dict[str, bool]]:
    """Before a query of some number, of those that may know of documents, something happens on another connection.

    Unless a lock forbids it there.
    """
    state = {"reached": False, "happened": False}
    count = 0

    def elsewhere() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SET lock_timeout = '20ms'" if connection.vendor == "postgresql" else "PRAGMA busy_timeout = 20"
                )
            state["happened"] = bool(event())
        except DatabaseError:
            pass
        finally:
            connection.close()

    def before(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        if KNOWS_NOTHING.match(sql):
            return execute(sql, params, many, context)
        if count == number:
            state["reached"] = True
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
        count += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(before):
        yield state


def set_up(people: dict[str, User], trashed: bool) -> tuple[Room, dict[str, tuple[Any, ...]]]:
    Room.objects.all().delete()
    room = Room.objects.create(owner=people["owner"], title="Plans", trashed_at=timezone.now() if trashed else None)
    member = Membership.objects.create(room=room, user=people["editor"], role=Role.EDITOR)
    invitation = Invitation.objects.create(room=room, email="invited@example.com")
    arguments = {"room_member": (room.pk, member.pk), "room_invitation": (room.pk, invitation.pk)}
    return room, arguments | dict.fromkeys(("dashboard", "trash"), ())


def ask(client: Client, name: str, url: str) -> Any:
    data = REQUESTS[name]
    if data is None:
        return client.get(url)
    return client.post(url, data)


def happening(extent: int, trashed: bool) -> list[str]:
    """So many things that may happen, of those that change something; that all is gone is always among them."""
    first, *others = [what for what in EVENTS if what != ("trashed" if trashed else "restored")]
    return [first, *random.sample(others, min(extent - 1, len(others)))]


@pytest.mark.django_db(transaction=True)
@hunt("HUNT_EVENTS")
@pytest.mark.parametrize("name", REQUESTS)
def test_whatever_happens_meanwhile_the_answer_is_a_sentence(
    people: dict[str, User], client_of: Callable[[str], Client], name: str, extent: int
) -> None:
    client = client_of("owner" if name in OWNERS else "editor")
    client.raise_request_exception = False
    trashed = name in ("room_restore", "room_delete")
    number, reached = 0, True
    while reached:
        for what in happening(extent, trashed):
            room, arguments = set_up(people, trashed)
            url = reverse(name, args=arguments.get(name, (room.pk,)))
            with meanwhile(number, lambda: EVENTS[what](room)) as state:  # noqa: B023
                response = ask(client, name, url)
            reached = state["reached"]
            assert response.status_code < 500, (what, number)
            if (name, what) == ("room_delete", "restored") and state["happened"] and response.status_code == 302:
                raise AssertionError(f"deleted for good though it was restored before query {number}")
        number += 1


# What somebody does, how one sees that it was done, and what somebody else does that leaves no right or sense to it.
OVERTAKEN: dict[str, tuple[str, str, dict[str, str], Callable[[Room], bool], str, str, dict[str, str]]] = {
    "renamed by who may only read": (
        *("editor", "room_rename", {"title": "Mine"}, lambda room: room.title == "Mine"),
        *("owner", "room_member", {"role": "viewer"}),
    ),
    "renamed by who was removed": (
        *("editor", "room_rename", {"title": "Mine"}, lambda room: room.title == "Mine"),
        *("owner", "room_member", {"remove": "1"}),
    ),
    "renamed over another title": (
        *("editor", "room_rename", {"title": "Mine", "base": "Plans"}, lambda room: room.title == "Mine"),
        *("owner", "room_rename", {"title": "Theirs", "base": "Plans"}),
    ),
    "renamed in the trash": (
        *("editor", "room_rename", {"title": "Mine"}, lambda room: room.title == "Mine"),
        *("owner", "room_trash", {}),
    ),
    "invited into the trash": (
        *("owner", "room_members", {"email": "late@example.com", "role": "editor"}),
        lambda room: room.invitations.filter(email="late@example.com").exists(),
        *("owner", "room_trash", {}),
    ),
    "accepted what was taken back": (
        *("stranger", "room_invitation_answer", {"accept": "1"}),
        lambda room: room.memberships.filter(user__name="Stranger").exists(),
        *("owner", "room_invitation", {"remove": "1"}),
    ),
    "accepted in the trash": (
        *("stranger", "room_invitation_answer", {"accept": "1"}),
        lambda room: room.memberships.filter(user__name="Stranger").exists(),
        *("owner", "room_trash", {}),
    ),
    "deleted what was restored": (
        *("owner", "room_delete", {}, lambda room: not Room.objects.filter(pk=room.pk).exists()),
        *("owner", "room_restore", {}),
    ),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("case", OVERTAKEN)
def test_what_was_allowed_still_is_when_it_is_done(
    people: dict[str, User], client_of: Callable[[str], Client], case: str
) -> None:
    """Two pages at once: the one that comes first counts for the other, at whatever query of the other that is."""
    who, name, data, is_done, other, other_name, other_data = OVERTAKEN[case]
    client, others = client_of(who), client_of(other)
    client.raise_request_exception = False
    number, reached, overtaken = 0, True, 0

    def send(sender: Client, name: str, data: dict[str, str]) -> Any:
        url = reverse(name, args=arguments.get(name, (room.pk,)))
        return sender.post(url, data)

    def is_done_now() -> bool:
        return is_done(Room.objects.filter(pk=room.pk).first() or room)

    def overtake() -> bool:
        # What is done already cannot be overtaken: others are told of it after that, which takes queries too.
        return not is_done_now() and send(others, other_name, other_data).status_code in (200, 302)

    while reached:
        room, arguments = set_up(people, trashed=name == "room_delete")
        member, invitation = room.memberships.get(), room.invitations.get()
        invitation.email = people["stranger"].email
        invitation.save()
        arguments = {"room_member": (room.pk, member.pk), "room_invitation": (room.pk, invitation.pk)}
        with meanwhile(number, overtake) as state:
            response = send(client, name, data)
        reached = state["reached"]
        assert response.status_code < 500, number
        if reached:
            assert not (state["happened"] and is_done_now()), f"though that came before query {number}"
            overtaken += state["happened"]
        number += 1
    assert overtaken > 0
    assert is_done_now(), "although nobody else did anything"
