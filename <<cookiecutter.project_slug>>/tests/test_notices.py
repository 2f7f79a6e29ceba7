"""Notices: who is told of what, in the bell and by e-mail, and who is not."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from comments import actions
from comments.actions import Place
from notices.digests import stop_token
from notices.models import Digest, Kind, Notice, Silence
from notices.telling import take_back, tell
from rooms.access import Role
from rooms.models import Membership, Room
from tasks.runner import Runner

People = dict[str, User]


@pytest.fixture(autouse=True)
def _queue(settings: Any) -> None:
    """Tasks wait, as on a real site."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


def send(after: timedelta = timedelta()) -> list[Any]:
    """Have tasks run as they would be so much later; the e-mails that went out."""
    before = len(mail.outbox)
    for row in DBTaskResult.objects.filter(run_after__lte=timezone.now() + after):
        row.run_after = timezone.now()
        row.save()
    Runner().run_waiting()
    return mail.outbox[before:]


def bell(client: Client) -> int:
    """The number that one sees on each page."""
    page = client.get(reverse("account_profile")).content.decode()
    asked = client.get(reverse("notices_unread")).json()["unread"]
    label = re.search(r'aria-label="Notices(?:, (\d+) unread)?"', page)
    assert label is not None
    assert int(label[1] or 0) == asked
    return int(asked)


def mention(room: Room, by: User | None, *people: User, about: str = "") -> None:
    tell(room, [person.pk for person in people], Kind.MENTION, about or uuid.uuid4().hex, by=by, words="look at this")


def test_who_is_named_is_told_once_in_the_bell_and_by_email(people: People, room: Room, client_of: Any) -> None:
    owner, editor = people["owner"], people["editor"]
    for _ in range(3):
        mention(room, owner, editor, owner, about="one")
    assert [bell(client_of(part)) for part in ("owner", "editor", "viewer")] == [0, 1, 0]
    (message,) = send()
    assert message.to == [editor.email]
    assert message.subject == "New in “Plans”"
    assert "Owner named you in “Plans”" in message.body
    assert f"https://example.com{room.get_absolute_url()}" in message.body
    assert send(timedelta(days=1)) == []
    # The list leads to the place, and the number goes down.
    client = client_of("editor")
    page = client.get(reverse("notices")).content.decode()
    assert "look at this" in page
    opened = client.post(reverse("notice", args=[Notice.objects.get().pk]))
    assert opened.headers["Location"] == room.get_absolute_url()
    assert bell(client) == 0


def test_one_email_a_quarter_of_an_hour_for_each_person_and_document(people: People, room: Room, settings: Any) -> None:
    other = Room.objects.create(owner=people["owner"], title="Other")
    Membership.objects.create(room=other, user=people["editor"], role=Role.EDITOR)
    for _ in range(3):
        mention(room, people["owner"], people["editor"], people["viewer"])
        mention(other, people["owner"], people["editor"])
    sent = send()
    assert sorted((message.to[0], message.subject) for message in sent) == [
        ("editor@example.com", "New in “Other”"),
        ("editor@example.com", "New in “Plans”"),
        ("viewer@example.com", "New in “Plans”"),
    ]
    assert all(message.body.count("named you") == 3 for message in sent)
    for _ in range(30):
        mention(room, people["owner"], people["editor"])
    assert send(timedelta(minutes=settings.DIGEST_MINUTES - 1)) == []
    (message,) = send(timedelta(minutes=settings.DIGEST_MINUTES))
    assert message.body.count("named you") == 20
    assert "And 10 more: https://example.com/notices/" in message.body
    assert not DBTaskResult.objects.exists()
    assert not Digest.objects.exclude(due=None).exists()


LOSSES: dict[str, Callable[[People, Room], Any]] = {
    "removed": lambda people, room: room.memberships.filter(user=people["editor"]).delete(),
    "trashed": lambda people, room: Room.objects.filter(pk=room.pk).update(trashed_at=timezone.now()),
    "deactivated": lambda people, room: User.objects.filter(pk=people["editor"].pk).update(is_active=False),
    "deleted": lambda people, room: room.delete(),
    "no account": lambda people, room: people["editor"].delete(),
    "address not confirmed": lambda people, room: EmailAddress.objects.filter(user=people["editor"]).update(
        verified=False
    ),
    "silent": lambda people, room: Silence.objects.create(user=people["editor"], room=room),
    "silent about all": lambda people, room: Silence.objects.create(user=people["editor"], room=None),
    "read": lambda people, room: Notice.objects.update(read=timezone.now()),
    "taken back": lambda people, room: take_back("one"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_what_counts_is_what_is_true_as_it_is_sent(people: People, room: Room, client_of: Any, loss: str) -> None:
    client = client_of("editor")
    mention(room, people["owner"], people["editor"], about="one")
    LOSSES[loss](people, room)
    assert send(timedelta(days=1)) == []
    assert not DBTaskResult.objects.exists()
    if loss in ("removed", "trashed", "deleted", "read", "taken back"):
        assert bell(client) == 0
        assert "look at this" not in client.get(reverse("notices")).content.decode() or loss == "read"


def test_nobody_is_told_of_what_they_may_not_read(people: People, room: Room) -> None:
    mention(room, people["owner"], people["stranger"])
    Room.objects.filter(pk=room.pk).update(trashed_at=timezone.now())
    mention(room, people["owner"], people["editor"])
    assert not Notice.objects.exists()


def test_a_notice_is_opened_by_its_receiver_alone(people: People, room: Room, client_of: Any) -> None:
    mention(room, people["owner"], people["editor"])
    notice = Notice.objects.get()
    for part, status in (("anonymous", 302), ("owner", 404), ("editor", 302)):
        assert client_of(part).post(reverse("notice", args=[notice.pk])).status_code == status
        notice.refresh_from_db()
        assert (notice.read is not None) == (part == "editor")


def test_one_click_stops_emails_about_a_document_or_about_all(people: People, room: Room, client_of: Any) -> None:
    mention(room, people["owner"], people["editor"])
    (message,) = send()
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = message.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("https://example.com")
    anybody = Client(enforce_csrf_checks=True)
    # A mail program that looks at links in advance changes nothing.
    assert "Stop them" in anybody.get(link).content.decode()
    assert not Silence.objects.exists()
    for _ in range(2):
        assert anybody.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Silence.objects.get().room == room
    mention(room, people["owner"], people["editor"])
    assert send(timedelta(days=1)) == []
    # The bell has it all the same, and there is a way back.
    client = client_of("editor")
    assert bell(client) == 2
    client.post(reverse("notices_mail"), {"silence": str(Silence.objects.get().pk)})
    assert not Silence.objects.exists()
    assert anybody.post(reverse("notices_stop", args=[stop_token(people["editor"].pk, None)])).status_code == 200
    assert "You get no e-mails" in client.get(reverse("notices")).content.decode()
    client.post(reverse("notices_mail"), {"on": "1"})
    assert not Silence.objects.exists()


@pytest.mark.parametrize("token", ["x", "", stop_token(10**6, None)])
def test_a_link_that_is_forged_or_of_nobody_does_nothing(db: None, token: str) -> None:
    assert Client().post(f"/notices/stop/{token}/").status_code == 404
    assert not Silence.objects.exists()


def test_each_is_told_of_a_comment_by_what_concerns_them_most(people: People, room: Room, person: Any) -> None:
    owner, editor, viewer = people["owner"], people["editor"], people["viewer"]
    other = person("Other")
    Membership.objects.create(room=room, user=other, role=Role.EDITOR)
    key = uuid.uuid4()
    actions.begin(editor, room.pk, key, Place("", "", "words"), "First", [viewer.pk, people["stranger"].pk])
    assert told() == {("viewer", Kind.COMMENT_MENTION), ("owner", Kind.COMMENT)}
    Notice.objects.all().delete()
    reply = uuid.uuid4()
    actions.reply(other, room.pk, key, reply, "Second", None)
    assert told() == {("editor", Kind.REPLY), ("owner", Kind.COMMENT)}
    place = f"{room.get_absolute_url()}#comment-{reply}"
    assert {notice.get_absolute_url() for notice in Notice.objects.all()} == {place}
    actions.edit(other, room.pk, reply, "Second, better", [viewer.pk, owner.pk])
    assert told() == {("editor", Kind.REPLY), ("owner", Kind.COMMENT), ("viewer", Kind.COMMENT_MENTION)}
    actions.delete(other, room.pk, reply)
    assert told() == set()


def told() -> set[tuple[str, Kind]]:
    """Who is told of what."""
    return {(notice.receiver.name.lower(), Kind(notice.kind)) for notice in Notice.objects.all()}


def test_notices_are_forgotten_some_day(people: People, room: Room, settings: Any) -> None:
    mention(room, people["owner"], people["editor"])
    Notice.objects.update(created=timezone.now() - timedelta(days=settings.NOTICE_DAYS, seconds=1))
    mention(room, people["owner"], people["editor"])
    assert Notice.objects.count() == 1
