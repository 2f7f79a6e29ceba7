"""What the forms about rooms do; who gets which page stands in test_permissions.py."""

import time
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from rooms import extras
from rooms.access import Ability, Role
from rooms.models import Invitation, Membership, Room


def test_an_inactive_user_has_no_role(people: dict[str, User], room: Room) -> None:
    loaded = people["editor"]
    User.objects.filter(pk=loaded.pk).update(is_active=False)
    assert Room.objects.for_user(loaded, room.pk).role is None


def test_login_leads_back_to_the_room(client: Any, people: dict[str, User], room: Room) -> None:
    response = client.get(room.get_absolute_url())
    response = client.post(response.url, {"login": "editor@example.com", "password": "correct horse battery"})
    assert response.status_code == 302
    assert response.url == room.get_absolute_url()


def test_a_browser_asks_which_rooms_it_may_still_open(client_of: Any, people: dict[str, User], room: Room) -> None:
    url = f"{reverse('rooms_open')}?room={room.pk}&room={uuid.uuid4()}"
    answer = client_of("viewer").get(url).json()
    assert answer["now"] / 1000 == pytest.approx(time.time(), abs=3600)
    assert answer == {"user": str(people["viewer"].pk), "rooms": {str(room.pk): str(room)}, "now": answer["now"]}
    assert client_of("stranger").get(url).json()["rooms"] == {}
    assert client_of("viewer").get(reverse("rooms_open"), {"room": "1"}).status_code == 400


def test_the_page_for_renaming_tells_of_another_title_too(client_of: Any, room: Room) -> None:
    url = reverse("room_rename", args=[room.pk])
    client = client_of("owner")
    shown = client.get(url).context["form"]
    Room.objects.update(title="Theirs")
    sent = {"title": "Mine", "base": shown["base"].value()}
    page = client.post(url, sent)
    assert "“Theirs”" in page.content.decode()
    assert Room.objects.get().title == "Theirs"
    assert client.post(url, {**sent, "base": page.context["form"]["base"].value()}).status_code == 302
    assert Room.objects.get().title == "Mine"


def test_create_trash_restore_delete(client_of: Any, room: Room) -> None:
    client = client_of("owner")
    created = client.post(reverse("room_new"), {"title": ""})
    assert client.get(created.url).status_code == 200
    client.post(reverse("room_trash", args=[room.pk]))
    assert "Plans" not in client.get("/?q=plan").content.decode().split("<h1>")[1].split("</ul>")[-1]
    assert b"Plans" in client.get(reverse("trash")).content
    client.post(reverse("room_restore", args=[room.pk]))
    assert b"Plans" in client.get("/?q=plan").content
    client.post(reverse("room_trash", args=[room.pk]))
    client.post(reverse("room_delete", args=[room.pk]))
    assert not Room.objects.filter(pk=room.pk).exists()


def test_a_page_has_what_features_have_for_the_person(
    client_of: Any, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "_PAGE_DATA", {})

    @extras.page_data("sums")
    def _sums(_request: HttpRequest, room: Room) -> Any:
        return None if Ability.WRITE in room.abilities else {"may": sorted(room.abilities)}

    shown = {
        name: client_of(name).get(room.get_absolute_url()).context["editor_config"] for name in ("viewer", "owner")
    }
    assert shown["viewer"]["features"] == {"sums": {"may": ["read"]}}
    assert shown["owner"]["features"] == {}


def test_members(client_of: Any, people: dict[str, User], room: Room) -> None:
    client = client_of("owner")
    membership = Membership.objects.create(room=room, user=people["stranger"], role=Role.VIEWER)
    client.post(reverse("room_member", args=[room.pk, membership.pk]), {"role": "editor"})
    assert Room.objects.for_user(people["stranger"], room.pk).role == Role.EDITOR
    client.post(reverse("room_member", args=[room.pk, membership.pk]), {"role": "owner"})
    assert Room.objects.for_user(people["stranger"], room.pk).role == Role.EDITOR
    client.post(reverse("room_member", args=[room.pk, membership.pk]), {"remove": "1"})
    assert Room.objects.for_user(people["stranger"], room.pk).role is None


# What features ask besides: the number in the bell, and of a document whether it is public.
BELL = int(apps.is_installed("notices"))
PUBLIC = int(apps.is_installed("publish"))


@pytest.mark.parametrize(
    ("page", "queries"), [("dashboard", 5), ("trash", 3), ("room", 5), ("room_members", 6), ("account_email", 4)]
)
def test_pages_take_as_many_queries_for_many_rooms_and_people_as_for_few(
    client_of: Any,
    person: Any,
    people: dict[str, User],
    room: Room,
    page: str,
    queries: int,
    django_assert_num_queries: Any,
) -> None:
    client, owner = client_of("owner"), people["owner"]
    url = reverse(page, args=[room.pk] if page.startswith("room") else [])
    for more in (1, 10):
        for number in range(more):
            friend = person(f"Friend{more}and{number}")
            Membership.objects.create(room=room, user=friend, role=Role.VIEWER)
            Invitation.objects.create(room=room, email=f"{number}.{more}@example.com", role=Role.EDITOR)
            theirs = Room.objects.create(owner=friend)
            Membership.objects.create(room=theirs, user=owner, role=Role.EDITOR)
            Room.objects.create(owner=owner, trashed_at=timezone.now())
        client.get(url)  # what is remembered for good is remembered now
        with django_assert_num_queries(queries + BELL + (PUBLIC if page == "room" else 0)):
            assert client.get(url).status_code == 200
