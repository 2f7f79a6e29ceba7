"""Letting people in by a link: who may come by it, as what, and when it ends."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from rooms import actions
from rooms.access import Ability, Role
from rooms.models import Arrival, Audience, Guest, Link, Membership, Room
from rooms.people import key_of, shown

ClientOf = Callable[[str], Client]
JSON = {"accept": "application/json"}


@pytest.fixture
def anyone(settings: Any) -> None:
    """The site lets documents be shared with whoever has a link."""
    settings.LINKS_FOR_ANYONE = True


def opened(room: Room, audience: str = Audience.SIGNED_IN, role: str = Role.VIEWER, **days: float) -> Link:
    expires = timezone.now() + timedelta(**days) if days else None
    return actions.open_link(room.owner, room.pk, audience, role, expires)


def come(client: Client, room: Room, token: str, **data: str) -> Any:
    return client.post(reverse("room_link", args=[room.pk]), {"token": token, **data})


def status(client: Client, room: Room) -> int:
    code: int = client.get(room.get_absolute_url()).status_code
    return code


def test_who_has_it_comes_in(client_of: ClientOf, people: dict[str, User], room: Room) -> None:
    link = opened(room, role=Role.EDITOR)
    client = client_of("stranger")
    assert status(client, room) == 403
    response = come(client, room, link.token)
    assert (response.status_code, response.url) == (302, room.get_absolute_url())
    assert status(client, room) == 200
    # Writing, and nothing beyond.
    may = Room.objects.for_user(people["stranger"], room.pk).abilities
    assert may == {Ability.READ, Ability.COMMENT, Ability.SUGGEST, Ability.WRITE}
    assert "Plans" in client.get("/?show=shared").content.decode()
    assert "Plans" not in client.get("/?show=own").content.decode()
    client.post(reverse("room_leave", args=[room.pk]))
    assert status(client, room) == 403


def test_a_link_says_nothing_until_its_secret_is_posted(client: Client, room: Room) -> None:
    link = opened(room)
    here = client.get(reverse("room_link", args=[room.pk]))
    nowhere = client.get(reverse("room_link", args=["00000000-0000-0000-0000-000000000000"]))
    pages = [re.sub(r'value="\w{64}"', "", page.content.decode()) for page in (here, nowhere)]
    assert pages[0].replace(str(room.pk), "") == pages[1].replace("00000000-0000-0000-0000-000000000000", "")
    assert link.token not in pages[0]
    assert len(link.token) >= 32  # of 64 characters: 192 bits


@pytest.mark.parametrize("how", ["wrong", "empty", "other room", "no room", "expired", "closed", "renewed", "trashed"])
def test_what_lets_nobody_in_is_answered_alike(
    client_of: ClientOf, people: dict[str, User], room: Room, how: str
) -> None:
    link = opened(room)
    client = client_of("stranger")
    seen, token = room, link.token
    match how:
        case "wrong":
            token = "x" * 32
        case "empty":
            token = ""
        case "other room":
            seen = Room.objects.create(owner=people["owner"])
        case "no room":
            seen = Room(owner=people["owner"])
        case "expired":
            actions.open_link(room.owner, room.pk, link.audience, link.role, timezone.now())
        case "closed":
            actions.close_link(room.owner, room.pk)
        case "renewed":
            actions.renew_link(room.owner, room.pk)
        case "trashed":
            actions.trash(room.owner, room.pk)
    response = come(client, seen, token)
    assert response.status_code == 403
    assert "This link opens nothing" in response.content.decode()
    assert "Plans" not in response.content.decode()
    assert not Arrival.objects.exists()


def test_who_tries_too_often_is_refused(client: Client, room: Room, settings: Any, people: dict[str, User]) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"link": "3/h/ip"}
    link = opened(room)
    assert [come(client, room, "x").status_code for _ in range(4)] == [403, 403, 403, 429]
    # The right one would not be told apart by then.
    assert come(client, room, link.token).status_code == 429


def test_what_a_link_gives_ends_with_it(client_of: ClientOf, room: Room) -> None:
    client = client_of("stranger")
    first = opened(room)
    come(client, room, first.token)
    assert status(client, room) == 200
    second = actions.renew_link(room.owner, room.pk)
    assert (status(client, room), second.token == first.token) == (403, False)
    come(client, room, second.token)
    assert status(client, room) == 200
    opened(room, days=-1)
    assert status(client, room) == 403
    opened(room, days=1)
    assert status(client, room) == 200
    actions.close_link(room.owner, room.pk)
    assert status(client, room) == 403


def test_of_a_link_and_a_place_on_the_list_the_wider_counts(
    client_of: ClientOf, people: dict[str, User], room: Room
) -> None:
    link = opened(room, role=Role.COMMENTER)
    for part, expected in (("viewer", Role.COMMENTER), ("commenter", Role.COMMENTER), ("editor", Role.EDITOR)):
        come(client_of(part), room, link.token)
        assert Room.objects.for_user(people[part], room.pk).role == expected
    come(client_of("owner"), room, link.token)
    assert Room.objects.for_user(people["owner"], room.pk).role == Role.OWNER
    # Nothing is noted of those to whom it gives nothing.
    assert [arrival.user for arrival in Arrival.objects.all()] == [people["viewer"]]


def test_who_is_taken_off_the_list_does_not_stay_by_a_link(
    client_of: ClientOf, people: dict[str, User], room: Room
) -> None:
    client = client_of("viewer")
    come(client, room, opened(room, role=Role.EDITOR).token)
    member = Membership.objects.get(user=people["viewer"])
    actions.remove(people["owner"], room.pk, Membership, member.pk)
    assert status(client, room) == 403


@pytest.mark.usefixtures("anyone")
def test_who_is_put_out_does_not_come_back_by_the_same_link(
    client_of: ClientOf, client: Client, people: dict[str, User], room: Room
) -> None:
    """Neither as themselves nor as another guest in the same browser; who is on the list stays there."""
    link = opened(room, Audience.ANYONE, Role.EDITOR)
    come(client, room, link.token, name="Ada")
    for part in ("stranger", "viewer"):
        come(client_of(part), room, link.token)
    owner = client_of("owner")
    came = owner.get(reverse("room_sharing", args=[room.pk])).json()["link"]["arrivals"]
    assert [(each["name"], each["detail"]) for each in came] == [("Viewer", ""), ("Stranger", ""), ("Ada (guest)", "")]
    for each in came:
        answer = owner.post(each["url"], headers=JSON).json()
        assert each["name"] in answer["said"]
        assert owner.post(each["url"], headers=JSON).status_code == 404
    assert (answer["link"]["came"], answer["link"]["arrivals"]) == (0, [])
    assert [status(each, room) for each in (client_of("stranger"), client_of("viewer"), client)] == [403, 200, 403]
    assert come(client_of("stranger"), room, link.token).status_code == 403
    assert come(client, room, link.token, name="Eve").status_code == 403
    assert come(client_of("viewer"), room, link.token).url == room.get_absolute_url()
    assert Room.objects.for_user(people["viewer"], room.pk).role == Role.VIEWER
    client.post(reverse("account_login"), {"login": "stranger@example.com", "password": "correct horse battery"})
    assert status(client, room) == 403
    # Nor does it help to be let in otherwise meanwhile, and to leave, or to be taken off the list.
    for is_leaving in (True, False):
        member = Membership.objects.create(room=room, user=people["stranger"], role=Role.VIEWER)
        assert status(client_of("stranger"), room) == 200
        if is_leaving:
            client_of("stranger").post(reverse("room_leave", args=[room.pk]))
        else:
            actions.remove(people["owner"], room.pk, Membership, member.pk)
        assert come(client_of("stranger"), room, link.token).status_code == 403
    # A new link is for everybody.
    assert come(client_of("stranger"), room, actions.renew_link(room.owner, room.pk).token).status_code == 302


def test_who_is_not_signed_in_signs_in_first(client: Client, people: dict[str, User], room: Room) -> None:
    link = opened(room)
    response = come(client, room, link.token)
    assert response.url == f"{reverse('account_login')}?next={room.get_absolute_url()}"
    assert link.token not in response.url
    login = {"login": people["stranger"].email, "password": "correct horse battery"}
    entered: Any = client.post(response.url, login)
    assert entered.url == room.get_absolute_url()
    assert status(client, room) == 200


@pytest.mark.usefixtures("anyone")
def test_guests_choose_a_name(client: Client, room: Room) -> None:
    link = opened(room, Audience.ANYONE, Role.EDITOR)
    page = come(client, room, link.token)
    assert (page.status_code, "Come in as a guest" in page.content.decode()) == (200, True)
    assert "Plans" not in page.content.decode()
    # Not even a name that nobody can see.
    assert come(client, room, link.token, name="\u2800").status_code == 200
    assert not Guest.objects.exists()
    assert come(client, room, link.token, name="  Ada ").url == room.get_absolute_url()
    guest = Guest.objects.get()
    page = client.get(room.get_absolute_url())
    found = re.search(r'id="editor-config" type="application/json">(.*?)</script>', page.content.decode())
    assert found is not None
    config = json.loads(found[1])
    assert config["user"] == {"id": f"guest:{guest.pk}", "name": "Ada (guest)", "color": guest.color}
    assert (config["role"], shown([key_of(guest)])[key_of(guest)].name) == ("editor", "Ada (guest)")
    asked = client.get(reverse("rooms_open"), {"room": str(room.pk)}).json()
    assert (asked["user"], asked["rooms"]) == (f"guest:{guest.pk}", {str(room.pk): "Plans"})
    # The same guest comes to another document without being asked again.
    other = Room.objects.create(owner=room.owner)
    assert come(client, other, opened(other, Audience.ANYONE).token).url == other.get_absolute_url()
    assert Guest.objects.count() == 1


@pytest.mark.usefixtures("anyone")
def test_a_guest_has_what_the_link_gives_and_nothing_else(client: Client, room: Room, settings: Any) -> None:
    link = opened(room, Audience.ANYONE, Role.EDITOR)
    come(client, room, link.token, name="Ada")
    guest = Guest.objects.get()
    for audience, role, expected in [
        (Audience.ANYONE, Role.COMMENTER, Role.COMMENTER),
        (Audience.ANYONE, Role.VIEWER, Role.VIEWER),
        (Audience.SIGNED_IN, Role.EDITOR, None),
    ]:
        opened(room, audience, role)
        assert Room.objects.for_user(guest, room.pk).role == expected
    # The page says so, and offers what is left on the device; nobody finds out whether there is such a room.
    nowhere = Room(owner=room.owner)
    pages = [client.get(each.get_absolute_url()) for each in (room, nowhere)]
    assert [page.status_code for page in pages] == [403, 403]
    assert all(f'data-user="guest:{guest.pk}"' in page.content.decode() for page in pages)
    opened(room, Audience.ANYONE, Role.EDITOR)
    assert status(client, room) == 200
    # The site's owner does not want that any longer.
    settings.LINKS_FOR_ANYONE = False
    assert status(client, room) == 403


def test_no_site_lets_guests_in_unasked(client: Client, room: Room) -> None:
    """A link for anybody asks to sign in where the site's setting is off; the dialog does not offer it there."""
    assert django_settings.LINKS_FOR_ANYONE is False
    link = opened(room, Audience.ANYONE)
    assert come(client, room, link.token, name="Ada").url.startswith(reverse("account_login"))
    assert not Guest.objects.exists()


@pytest.mark.usefixtures("anyone")
def test_a_guest_who_signs_in_takes_along_what_the_guest_could_open(
    client: Client, people: dict[str, User], room: Room
) -> None:
    come(client, room, opened(room, Audience.ANYONE).token, name="Ada")
    client.force_login(people["stranger"], "allauth.account.auth_backends.AuthenticationBackend")
    assert status(client, room) == 200
    assert Room.objects.for_user(people["stranger"], room.pk).role == Role.VIEWER


@pytest.mark.usefixtures("anyone")
def test_nobody_gives_a_guest_their_own_session(client: Client, room: Room) -> None:
    """The session is another one once somebody goes by a name in it."""
    link = opened(room, Audience.ANYONE)
    come(client, room, link.token)
    before = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    come(client, room, link.token, name="Ada")
    assert client.cookies[django_settings.SESSION_COOKIE_NAME].value != before
    assert not Session.objects.filter(session_key=before).exists()


def test_only_the_owner_shares(people: dict[str, User], room: Room) -> None:
    opened(room)
    for part in ("editor", "commenter", "viewer", "stranger"):
        for action in (
            lambda by: actions.open_link(by, room.pk, Audience.ANYONE, Role.EDITOR, None),
            lambda by: actions.renew_link(by, room.pk),
            lambda by: actions.close_link(by, room.pk),
        ):
            with pytest.raises(PermissionDenied):
                action(people[part])


@pytest.mark.usefixtures("anyone")
def test_the_dialog_is_told_who_can_see_it(client_of: ClientOf, people: dict[str, User], room: Room) -> None:
    owner, url = client_of("owner"), reverse("room_sharing", args=[room.pk])

    def words(part: str = "owner") -> str:
        text: str = client_of(part).get(url).json()["words"]
        return text

    assert words() == "You and 3 people can open this document."
    assert words("viewer") == "Its owner, you and 2 other people can open this document."
    settings_url = reverse("room_link_settings", args=[room.pk])
    answer = owner.post(settings_url, {"audience": "anyone", "role": "commenter"}, headers=JSON).json()
    assert answer["words"] == "Anyone with the link can comment. You and 3 people are on the list."
    assert answer["link"]["url"].endswith(f"/rooms/{room.pk}/link/#{Link.objects.get().token}")
    assert [each["name"] for each in answer["people"]] == ["Commenter", "Editor", "Viewer"]
    # What only who shares may know.
    seen = client_of("editor").get(url)
    assert Link.objects.get().token not in seen.content.decode()
    assert people["viewer"].email not in seen.content.decode()
    assert seen.json()["ownedBy"]["name"] == "Owner"
    assert people["owner"].email not in seen.content.decode()
    before = Link.objects.get().token
    renewed = owner.post(settings_url, json.dumps({"renew": 1}), content_type="application/json", headers=JSON).json()
    assert before not in renewed["link"]["url"]
    assert owner.post(settings_url, {"audience": ""}, headers=JSON).json()["link"] is None
    Membership.objects.all().delete()
    assert words() == "Only you can open this document."


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"audience": "everybody", "role": "viewer"}, "Select a valid choice"),
        ({"audience": "signed_in", "role": "owner"}, "Select a valid choice"),
        ({"audience": "signed_in", "role": "viewer", "expires": "soon"}, "Choose when"),
        ({"audience": "signed_in", "role": "viewer", "expires": "2026-01-01T00:00:00"}, "Choose when"),
        ({"audience": "signed_in", "role": "viewer", "expires": "9999-12-31T23:59:59-23:00"}, "Choose when"),
        ({"audience": "signed_in", "role": "viewer", "expires": "9999-12-31T23:59:59+00:00"}, "Choose when"),
        ({"audience": "signed_in", "role": "viewer", "expires": "0001-01-01T00:00:00+23:00"}, "Choose when"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    client_of: ClientOf, room: Room, data: dict[str, str], problem: str
) -> None:
    response = client_of("owner").post(reverse("room_link_settings", args=[room.pk]), data, headers=JSON)
    assert response.status_code == 400
    assert problem in response.json()["error"]
    assert not Link.objects.exists()


def test_a_refused_change_is_a_sentence(client_of: ClientOf, people: dict[str, User], room: Room) -> None:
    member = Membership.objects.get(user=people["viewer"])
    url = reverse("room_member", args=[room.pk, member.pk])
    assert client_of("editor").post(url, {"role": "editor"}, headers=JSON).json() == {
        "error": "Only the owner of this document may do that."
    }
    gone = reverse("room_member", args=[room.pk, 0])
    assert client_of("owner").post(gone, {"role": "editor"}, headers=JSON).status_code == 404
    assert client_of("owner").post(url, {"role": "king"}, headers=JSON).json() == {"error": "Choose one of the roles."}
    opened(room)
    for name, key in (("room_members", ()), ("room_member", (member.pk,)), ("room_link_settings", ())):
        # Also what no text can hold, be it where an address or a role is expected.
        unfit = [
            json.dumps({"email": "a@b.example", "role": "viewer", "audience": "anyone", field: f"a@{half}b.example"})
            for field in ("email", "role", "audience", "expires")
            for half in ("\ud800", "\0")
        ]
        for body in ("{", "[]", b"\xff", '{"a":' * 100_000, *(unfit if "link" in name else unfit[:4])):
            sent = reverse(name, args=[room.pk, *key])
            owner = client_of("owner")
            assert owner.post(sent, body, content_type="application/json", headers=JSON).status_code == 400, body[:90]
            page = owner.post(sent, body, content_type="application/json", follow=True)
            assert page.status_code in (200, 400), body[:90]
    assert Link.objects.exists()
    address = {"email": people["owner"].email, "role": "editor"}
    refused = client_of("owner").post(reverse("room_members", args=[room.pk]), address, headers=JSON)
    assert (refused.status_code, refused.json()["error"][:24]) == (400, "This is your own address")
