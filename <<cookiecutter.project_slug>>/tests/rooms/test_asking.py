"""Asking the owner of a document for access."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from rooms.access import Role
from rooms.models import AccessRequest, Invitation, Membership, Room

ClientOf = Callable[[str], Client]


def ask(client: Client, room: Room, message: str = "May I?") -> Any:
    return client.post(reverse("room_ask", args=[room.pk]), {"message": message}, follow=True)


@pytest.fixture(autouse=True)
def at_once(django_capture_on_commit_callbacks: Any) -> Any:
    """E-mails go out as if each request were committed."""
    with django_capture_on_commit_callbacks(execute=True):
        yield


def test_the_owner_answers_from_the_e_mail(
    client_of: ClientOf, people: dict[str, User], room: Room, django_capture_on_commit_callbacks: Any
) -> None:
    stranger, owner = client_of("stranger"), client_of("owner")
    with django_capture_on_commit_callbacks(execute=True):
        page = ask(stranger, room, "I am on the team. See https://spam.example")
    assert "its owner has been asked" in page.content.decode()
    [message] = mail.outbox
    assert message.to == [people["owner"].email]
    # Nothing that could be an advertisement goes out by the site's mail.
    assert "spam" not in message.body
    asked = AccessRequest.objects.get()
    [url] = re.findall(r"can comment: \S+?(/rooms/\S+)", str(message.body))
    # Only who may share sees the page, and looking at it changes nothing.
    assert client_of("editor").get(url).status_code == 403
    assert Client().get(url).status_code == 302
    shown = owner.get(url).content.decode()
    assert "Stranger" in shown
    assert "See https://spam.example" in shown
    assert AccessRequest.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        owner.post(url, {"role": "commenter"})
    assert Room.objects.for_user(people["stranger"], room.pk).role == Role.COMMENTER
    assert mail.outbox[-1].to == [people["stranger"].email]
    assert "You can comment on it now" in str(mail.outbox[-1].body)
    assert not AccessRequest.objects.exists()
    # A second answer finds nothing to answer.
    assert owner.get(url).status_code == 302
    assert owner.post(reverse("room_request", args=[room.pk, asked.pk]), {"decline": "1"}).status_code == 302
    assert stranger.get(room.get_absolute_url()).status_code == 200


def test_a_request_can_be_declined(client_of: ClientOf, people: dict[str, User], room: Room) -> None:
    ask(client_of("stranger"), room)
    url = reverse("room_request", args=[room.pk, AccessRequest.objects.get().pk])
    requests = client_of("owner").get(reverse("room_sharing", args=[room.pk])).json()["requests"]
    assert [(each["name"], each["message"]) for each in requests] == [("Stranger", "May I?")]
    client_of("owner").post(url, {"decline": "1"})
    assert not AccessRequest.objects.exists()
    assert not Membership.objects.filter(user=people["stranger"]).exists()


@pytest.mark.parametrize("where", ["theirs", "nowhere", "in the trash"])
def test_nobody_finds_out_by_asking_whether_there_is_a_room(
    client_of: ClientOf, people: dict[str, User], room: Room, where: str, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"ask_document": "2/d/key"}
    client = client_of("stranger")
    asked = Room(owner=people["owner"]) if where == "nowhere" else room
    if where == "in the trash":
        Room.objects.update(trashed_at=timezone.now())
    pages = [client.get(asked.get_absolute_url()), *(ask(client, asked) for _ in range(3))]
    texts = [
        re.sub(r'value="\w{64}"|nonce="[^"]*"', "", page.content.decode()).replace(str(asked.pk), "") for page in pages
    ]
    assert [page.status_code for page in pages] == [403] * 4
    assert texts[1] == texts[2]
    assert "its owner has been asked" in texts[1]
    assert "as often as one can" in texts[3]
    assert "Plans" not in "".join(texts)
    # The same for all three: compared with a room that is nobody's.
    other = Client()
    other.force_login(people["stranger"], "allauth.account.auth_backends.AuthenticationBackend")
    nowhere = Room(owner=people["owner"])
    assert (
        re.sub(r'value="\w{64}"|nonce="[^"]*"', "", ask(other, nowhere).content.decode()).replace(str(nowhere.pk), "")
        == texts[1]
    )
    assert AccessRequest.objects.count() == (where == "theirs")


def test_who_is_let_in_otherwise_asks_no_more(client_of: ClientOf, people: dict[str, User], room: Room) -> None:
    ask(client_of("stranger"), room)
    Membership.objects.create(room=room, user=people["stranger"], role=Role.VIEWER)
    assert not AccessRequest.objects.exists()
    # Nor does who can open it already.
    ask(client_of("viewer"), room)
    assert not AccessRequest.objects.exists()


def test_who_is_invited_need_not_ask(client_of: ClientOf, people: dict[str, User], room: Room) -> None:
    Invitation.objects.create(room=room, email=people["stranger"].email)
    response: Any = client_of("stranger").get(room.get_absolute_url())
    assert response.url == reverse("room_invitation_answer", args=[room.pk])
