"""Invitations: who can be invited, who can accept, and what neither side learns of the other."""

import re
import unicodedata
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.templatetags.addresses import wrappable
from rooms import actions
from rooms.access import Role
from rooms.actions import answer as answer_as
from rooms.invitations import waiting_for
from rooms.models import Invitation, Membership, Room

pytestmark = pytest.mark.postgresql

PASSWORD = "correct horse battery"


@pytest.fixture
def owner(client_of: Any) -> Client:
    client: Client = client_of("owner")
    return client


def invite(client: Client, room: Room, email: str, role: str = "editor") -> Any:
    return client.post(reverse("room_members", args=[room.pk]), {"email": email, "role": role}, follow=True)


def answer(client: Client, room: Room, word: str = "accept") -> Any:
    return client.post(reverse("room_invitation_answer", args=[room.pk]), {word: "1"}, follow=True)


@pytest.fixture
def sent(django_capture_on_commit_callbacks: Any) -> Any:
    """Sends what waits for the end of a transaction."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_nobody_is_let_in_before_accepting(owner: Client, client_of: Any, people: dict[str, User], room: Room) -> None:
    invite(owner, room, "Stranger@example.com", "commenter")
    stranger = client_of("stranger")
    assert Room.objects.for_user(people["stranger"], room.pk).role is None
    assert b"Plans" in stranger.get(reverse("dashboard")).content
    page = stranger.get(room.get_absolute_url(), follow=True)
    assert page.request["PATH_INFO"] == reverse("room_invitation_answer", args=[room.pk])
    assert wrappable("owner@example.com") in page.content.decode()
    assert "You can comment on it once you have accepted" in page.content.decode()
    assert answer(stranger, room).request["PATH_INFO"] == room.get_absolute_url()
    assert Room.objects.for_user(people["stranger"], room.pk).role == Role.COMMENTER
    assert not Invitation.objects.exists()
    # The link in the e-mail leads to the document from now on.
    again = stranger.get(reverse("room_invitation_answer", args=[room.pk]), follow=True)
    assert again.request["PATH_INFO"] == room.get_absolute_url()
    assert answer(stranger, room).request["PATH_INFO"] == room.get_absolute_url()


def test_declining_and_taking_back(owner: Client, client_of: Any, people: dict[str, User], room: Room) -> None:
    stranger = client_of("stranger")
    invite(owner, room, "stranger@example.com")
    answer(stranger, room, "decline")
    assert not Invitation.objects.exists()
    invite(owner, room, "stranger@example.com")
    Invitation.objects.all().delete()
    assert b"taken back" in answer(stranger, room).content
    invite(owner, room, "stranger@example.com")
    actions.trash(None, room.pk)
    assert b"taken back" in answer(stranger, room).content
    assert b"Plans" not in stranger.get(reverse("dashboard")).content
    assert not Membership.objects.filter(user=people["stranger"]).exists()


def test_the_inviter_learns_nothing_about_accounts(owner: Client, person: Any, room: Room, sent: Any) -> None:
    other = person("Other")
    EmailAddress.objects.create(user=other, email="second@example.com", verified=True)
    answers = set()
    for email in ("stranger@example.com", "second@example.com", "nobody@example.com"):
        with sent():
            page = invite(owner, room, email)
        answers.add(
            re.sub(r"\d+|csrf\S+ \S+ \S+", "", page.content.decode().replace(email, "X").split("messages")[1][:200])
        )
        listed = owner.get(reverse("room_members", args=[room.pk])).content.decode()
        assert listed.count("Invited, has not accepted yet") == len(mail.outbox)
        assert "Other" not in listed
        assert "Stranger" not in listed
    assert len(answers) == 1
    bodies = {message.body.replace(message.to[0], "X") for message in mail.outbox}
    assert len(bodies) == 1


def test_an_address_is_invited_whoever_of_its_forms_is_typed(owner: Client, room: Room) -> None:
    for email in ("Anna@B\u00fccher.example", "ANNA@xn--bcher-kva.EXAMPLE", "anna@b\u00fccher\u3002example"):
        invite(owner, room, email)
    assert Invitation.objects.get().email == "anna@xn--bcher-kva.example"


@pytest.mark.parametrize("email", ["v\u0131ctim@fizz.example", "vi\u212aing@fizz.example", "\u017fam@fizz.example"])
def test_letters_that_look_alike_are_no_address(owner: Client, room: Room, email: str) -> None:
    assert b"from a to z" in invite(owner, room, email).content
    assert not Invitation.objects.exists()


# Addresses of one look, or that a database, Python or a browser takes for one another; none may accept another's.
ALIKE = [
    "victim@fizz.example",
    "victim@f\u0131zz.example",
    "victim@f\u0456zz.example",
    "victim@fi\u017fz.example",
    "victim@fizz.example.com",
    "vict1m@fizz.example",
    "victim@fi\u007a\u0323z.example",
]


@pytest.mark.parametrize("invited", ALIKE)
def test_only_the_address_itself_accepts(people: dict[str, User], room: Room, invited: str) -> None:
    """What is alike differs from one database to another: this runs on both."""
    Invitation.objects.create(room=room, email=invited, role=Role.EDITOR)
    for tried in ALIKE:
        user = User.objects.create_user(tried, None)
        EmailAddress.objects.create(user=user, email=tried, verified=True, primary=True)
        assert waiting_for(user).exists() == (tried == invited)
        assert (answer_as(user, room.pk, accepted=False) is not None) == (tried == invited)
        assert User.objects.get(email=tried) == user
        assert not User.objects.filter(email__iexact=tried).exclude(pk=user.pk).exists()
        Invitation.objects.get_or_create(room=room, email=invited, defaults={"role": Role.EDITOR})
        user.delete()


def test_an_unconfirmed_address_accepts_nothing(owner: Client, client_of: Any, people: Any, room: Room) -> None:
    EmailAddress.objects.create(user=people["stranger"], email="new@example.com", verified=False)
    invite(owner, room, "new@example.com")
    answer(client_of("stranger"), room)
    assert Room.objects.for_user(people["stranger"], room.pk).role is None
    page = client_of("stranger").get(room.get_absolute_url())
    assert page.status_code == 403
    assert wrappable("stranger@example.com") in page.content.decode()
    assert b"another account" in page.content
    (target,) = re.findall(r'name="next" value="([^"]+)"', page.content.decode())
    left = client_of("stranger").post(reverse("account_logout"), {"next": target}, follow=True)
    assert left.redirect_chain == [(target, 302)]
    assert f'value="{room.get_absolute_url()}"' in left.content.decode()


def sign_up(client: Client, room: Room) -> str:
    form = {"name": "New", "email": "New@example.com", "password1": PASSWORD, "next": room.get_absolute_url()}
    client.post(reverse("account_signup"), form)
    code = re.search(r"^\s*([A-Z0-9-]{6,9})\s*$", str(mail.outbox[-1].body), re.MULTILINE)
    assert code is not None
    return code[1]


@pytest.mark.parametrize("when", ["before", "while confirming", "after"])
def test_whenever_one_is_invited_one_is_let_in(owner: Client, client: Client, room: Room, when: str) -> None:
    if when == "before":
        invite(owner, room, "new@example.com", "viewer")
    code = sign_up(client, room)
    if when == "while confirming":
        invite(owner, room, "new@example.com", "viewer")
    client.post(reverse("account_email_verification_sent"), {"code": code})
    if when == "after":
        invite(owner, room, "new@example.com", "viewer")
    page = client.get(room.get_absolute_url(), follow=True)
    assert page.request["PATH_INFO"] == reverse("room_invitation_answer", args=[room.pk])
    answer(client, room)
    assert Room.objects.for_user(User.objects.get(email="new@example.com"), room.pk).role == Role.VIEWER


def test_invitations_have_limits(owner: Client, person: Any, room: Room, settings: Any, sent: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"invite": "9/d/user", "invite_address": "3/d/key", "invited": "4/d/key"}
    with sent():
        for _ in range(6):
            page = invite(owner, room, "victim@example.com")
            Invitation.objects.all().delete()
    assert len(mail.outbox) == 3
    assert b"This address has got" in page.content
    another = Client()
    another.force_login(person("Another"), "allauth.account.auth_backends.AuthenticationBackend")
    theirs = Room.objects.create(owner=User.objects.get(name="Another"))
    with sent():
        for _ in range(3):
            invite(another, theirs, "victim@example.com")
            Invitation.objects.all().delete()
    assert len(mail.outbox) == 4
    with sent():
        for number in range(20):
            page = invite(owner, room, f"person{number}@example.com")
    assert len(mail.outbox) == 4 + 9 - 6
    assert b"in a day" in page.content


SPAM = [
    "Win at https://spam.example",
    "Win at spam\uff0eexample",
    "Win at \uff57\uff57\uff57\u3002spam\uff61example",
    "www.spam.example now",
    "spam.example",
    "Call\nSubject: x",
    "\u202eSpam",
    "x" * 200,
]


@pytest.mark.parametrize("words", SPAM)
def test_an_invitation_is_no_place_for_advertisements(owner: Client, room: Room, sent: Any, words: str) -> None:
    owner.post(reverse("room_rename", args=[room.pk]), {"title": words})
    owner.post(reverse("account_profile"), {"name": words[:100]})
    with sent():
        invite(owner, room, "victim@example.com")
    (message,) = mail.outbox
    body = str(message.body)
    assert "\n" not in message.subject
    for place in (message.subject, body.splitlines()[0]):
        assert "spam" not in place.lower()
        assert "Subject" not in place
    assert not re.search(r"spam[.\u3002]example|\u202e", unicodedata.normalize("NFKC", body))
    assert re.findall(r"https?://\S+", body) == [f"https://example.com{room.get_absolute_url()}"]
    assert max(map(len, body.splitlines())) < 250


def test_two_addresses_of_one_account_give_the_better_role(
    owner: Client, client_of: Any, people: Any, room: Room
) -> None:
    EmailAddress.objects.create(user=people["stranger"], email="second@example.com", verified=True)
    invite(owner, room, "second@example.com", "editor")
    invite(owner, room, "stranger@example.com", "viewer")
    answer(client_of("stranger"), room)
    assert Room.objects.for_user(people["stranger"], room.pk).role == Role.EDITOR
    assert not Invitation.objects.exists()


def test_what_one_owns_or_has_is_not_invited(owner: Client, people: Any, room: Room) -> None:
    EmailAddress.objects.create(user=people["owner"], email="mine@example.com", verified=True)
    for email, said in (
        ("Owner@example.com", b"your own address"),
        ("mine@example.com", b"your own address"),
        ("editor@example.com", b"on the list"),
    ):
        assert said in invite(owner, room, email).content
    assert not Invitation.objects.exists()


def test_an_invitation_does_not_wait_for_ever(client_of: Any, people: dict[str, User], room: Room) -> None:
    """Once it is over it opens nothing, until its owner renews it by giving it a role anew."""
    old = timezone.now() - settings.INVITATION_AGE - timedelta(minutes=1)
    invitation = Invitation.objects.create(room=room, email=people["stranger"].email, role=Role.EDITOR)
    Invitation.objects.filter(pk=invitation.pk).update(created=old)
    stranger, owner = client_of("stranger"), client_of("owner")
    answer = reverse("room_invitation_answer", args=[room.pk])
    assert "Plans" not in stranger.get(reverse("dashboard")).content.decode()
    stranger.post(answer, {"accept": "1"})
    assert not room.memberships.filter(user=people["stranger"]).exists()
    assert "Invited long ago" in owner.get(reverse("room_members", args=[room.pk])).content.decode()
    owner.post(reverse("room_invitation", args=[room.pk, invitation.pk]), {"role": "viewer"})
    stranger.post(answer, {"accept": "1"})
    assert room.memberships.get(user=people["stranger"]).role == Role.VIEWER
