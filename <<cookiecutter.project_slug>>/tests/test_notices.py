"""Notices: who is told of what, in the bell and by e-mail, and who is not."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pycrdt import Doc, Map, Text

from accounts.models import User
from notices.digests import send_digest, stop_token
from notices.mentions import look, look_when_quiet
from notices.models import Digest, Kind, Mention, Notice, Silence
from notices.telling import take_back, tell
from rooms.access import Role
from rooms.authors import UNKNOWN, Author, Authors, Stretch
from rooms.live import News
from rooms.models import Arrival, Audience, Link, Membership, Room
from tasks.daily import plan_daily
from tasks.models import Lease
from tasks.runner import Runner
from yroom.document import begin

from .dying import Dying, room_of_two
from .mailserver import MailServer, use_mail_server

pytestmark = pytest.mark.postgresql

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


def test_an_email_that_could_not_be_made_keeps_no_later_one_back(
    people: People, room: Room, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TASK_ATTEMPTS = 1
    with monkeypatch.context() as broken:
        broken.setattr("notices.digests.render_to_string", lambda *_: 1 / 0)
        mention(room, people["owner"], people["editor"])
        assert send() == []
    mention(room, people["owner"], people["editor"])
    assert [message.to for message in send()] == [[people["editor"].email]]


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
@pytest.mark.parametrize("tried", ["once", "again"])
def test_what_counts_is_what_is_true_as_it_is_sent(
    people: People, room: Room, client_of: Any, settings: Any, loss: str, tried: str
) -> None:
    """Also where the mail server has not taken it at first."""
    client = client_of("editor")
    mention(room, people["owner"], people["editor"], about="one")
    if tried == "again":
        before = {name: getattr(settings, name) for name in ("MAILERS", "MAIL_DELIVERY") if hasattr(settings, name)}
        with MailServer() as away:
            away.answer = "451 come back later"
            use_mail_server(away.port, settings)
            Runner().run_waiting()
            assert away.refused == 1
        for name, value in before.items():
            setattr(settings, name, value)
        assert DBTaskResult.objects.exists()
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


def test_a_link_that_is_forged_or_of_nobody_does_nothing(db: None) -> None:
    for token in ("x", "", stop_token(10**6, None)):
        assert Client().post(f"/notices/stop/{token}/").status_code == 404
    assert not Silence.objects.exists()


# In the text


class Document:
    """A document that has fallen quiet; each person writes in a copy of their own, and all come together at once."""

    def __init__(self, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = room
        self.doc: Doc[Any] = Doc()
        self.text = self.doc.get("text", type=Text)
        self.written: list[Stretch] = []
        monkeypatch.setattr("notices.mentions.authors_of", lambda *_: Authors(self.written, []))

    def write(self, by: User | None, *parts: str | dict[str, Any], confirmed: bool = True) -> None:
        """Somebody writes a line at the end."""
        doc: Doc[Any] = Doc()
        doc.apply_update(self.doc.get_update())
        text = doc.get("text", type=Text)
        for part in parts:
            if isinstance(part, str):
                text += part
            else:
                text.insert_embed(len(str(text).encode()) + self._things(text), part)
        text.insert_embed(len(str(text).encode()) + self._things(text), Map({}))
        author = UNKNOWN if by is None else Author(str(by.pk), by.name, by.color)
        self.written.append(Stretch(doc.client_id, 0, 10_000, author, None, None, confirmed))
        self.doc.apply_update(doc.get_update(self.doc.get_state()))

    def fall_quiet(self) -> None:
        look_when_quiet(self.room, cast("Any", self))

    def state(self) -> bytes:
        return self.doc.get_update()

    @staticmethod
    def _things(text: Text) -> int:
        return sum(not isinstance(part, str) for part, _ in text.diff())


@pytest.fixture
def document(room: Room, monkeypatch: pytest.MonkeyPatch) -> Document:
    return Document(room, monkeypatch)


def named(key: str, person: User, name: str = "Name") -> dict[str, Any]:
    return {"mention": key, "user": str(person.pk), "name": name}


def test_an_id_that_no_database_can_keep_is_none(people: People, document: Document) -> None:
    document.write(people["owner"], named("a\0b", people["editor"]), named("one", people["editor"]))
    document.fall_quiet()
    assert list(Mention.objects.values_list("key", flat=True)) == ["one"]


def test_who_is_named_in_the_text_is_told_once_by_whoever_wrote_it(people: People, document: Document) -> None:
    owner, editor = people["owner"], people["editor"]
    document.write(owner, "Grüße, 😀 ", named("m1", editor, "Édith"), " schau hier")
    document.write(owner, "another line")
    for _ in range(2):
        document.fall_quiet()
    notice = Notice.objects.get()
    assert (notice.receiver, notice.by, notice.kind) == (editor, owner, Kind.MENTION)
    assert notice.words == "Grüße, 😀 @Édith schau hier"
    assert notice.get_absolute_url() == f"{document.room.get_absolute_url()}#mention-m1"
    # It was read, and is pasted anew, deleted and brought back.
    Notice.objects.update(read=timezone.now())
    document.write(people["viewer"], *[named("m1", editor)] * 100)
    document.fall_quiet()
    assert Notice.objects.count() == 1


def test_a_hundred_mentions_are_one_notice(people: People, document: Document) -> None:
    for number in range(100):
        document.write(people["owner"], named(f"m{number}", people["editor"]))
    document.fall_quiet()
    assert Notice.objects.count() == 1
    (message,) = send()
    assert message.body.count("named you") == 1


def test_nobody_writes_a_mention_as_somebody_else(people: People, document: Document) -> None:
    document.write(people["owner"], named("m1", people["editor"]), confirmed=False)
    document.write(None, named("m2", people["viewer"]))
    document.fall_quiet()
    assert {(notice.receiver.name, notice.name) for notice in Notice.objects.all()} == {
        ("Editor", "Somebody"),
        ("Viewer", "Somebody"),
    }


HOSTILE: list[Any] = [
    {"mention": "m", "user": "0", "name": "x"},
    {"mention": "m", "user": "9" * 30, "name": "x"},
    {"mention": "m", "user": "²", "name": "x"},
    {"mention": "m", "user": "guest:x", "name": "x"},
    {"mention": "m", "user": 1.0, "name": "x"},
    {"mention": "m" * 41, "user": "1", "name": "x"},
    {"mention": "m/m", "user": "1", "name": "x"},
    {"mention": "m", "user": "1", "name": " \u202e"},
    {"mention": "m", "user": "1", "name": {"a": 1}},
    {"mention": ["m"], "user": None},
]


@pytest.mark.parametrize("thing", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_in_a_text_the_rest_is_told(people: People, document: Document, thing: Any) -> None:
    document.write(people["owner"], thing, named("ok", people["editor"]), "x" * 1000)
    document.write(people["owner"], named("self", people["owner"]), named("stranger", people["stranger"]))
    document.fall_quiet()
    assert [notice.about.split()[-1] for notice in Notice.objects.all()] == ["ok"]


def test_a_browser_says_that_somebody_was_named(people: People, room: Room, client_of: Any, settings: Any) -> None:
    """Who may write says so, and they are told without waiting for a quiet moment, as often as the site lets."""
    settings.TASKS = {"default": {"BACKEND": "tests.immediate.Backend"}}
    settings.ACCOUNT_RATE_LIMITS = {"named": "2/h/user"}
    url = reverse("notices_named", args=[room.pk])
    # Nothing is written there yet.
    assert client_of("editor").post(url).status_code == 200
    doc: Doc[Any] = Doc()
    text = doc.get("text", type=Text)
    text += "Look "
    text.insert_embed(5, named("m1", people["editor"], "Editor"))
    begin(room.yroom_name, doc, str(people["owner"].pk))
    assert [client_of("owner").post(url).status_code for _ in range(3)] == [200, 200, 429]
    notice = Notice.objects.get()
    assert (notice.receiver, notice.by, notice.words) == (people["editor"], people["owner"], "Look @Editor")
    room.trashed_at = timezone.now()
    room.save()
    look.enqueue(str(room.pk))
    look.enqueue(str(uuid.uuid4()))


def test_members_alone_are_offered_and_to_members_alone(people: People, room: Room, client_of: Any) -> None:
    url = reverse("notices_people", args=[room.pk])
    assert client_of("editor").get(url).json() == {
        "people": [{"id": str(people[part].pk), "name": part.capitalize()} for part in ("commenter", "owner", "viewer")]
    }
    # Whoever came by a link is no member.
    link = Link.objects.create(room=room, audience=Audience.SIGNED_IN, role=Role.EDITOR)
    Arrival.objects.create(link=link, user=people["stranger"])
    assert client_of("stranger").get(room.get_absolute_url()).status_code == 200
    assert client_of("stranger").get(url).json() == {"people": []}


def test_whoever_is_here_learns_nobodys_number(
    people: People, room: Room, client_of: Any, django_capture_on_commit_callbacks: Any
) -> None:
    """News go to all who have the document open, guests among them: each page knows its own by a mark."""
    with django_capture_on_commit_callbacks() as callbacks:
        mention(room, people["owner"], people["editor"])
    (news,) = (each for each in callbacks if isinstance(each, News))
    (told,) = (message for messages in news.told.values() for message in messages.values())

    def mark(part: str) -> str:
        page = client_of(part).get(room.get_absolute_url()).content.decode()
        config = re.search(r'<script id="editor-config" type="application/json">(.*?)</script>', page)
        assert config is not None
        return str(json.loads(config[1])["features"]["notices"]["mark"])

    assert told["for"] == [mark("editor")]
    assert mark("viewer") != mark("editor") != str(people["editor"].pk)


def test_notices_are_forgotten_some_day(people: People, room: Room, settings: Any) -> None:
    mention(room, people["owner"], people["editor"])
    Notice.objects.update(created=timezone.now() - timedelta(days=settings.NOTICE_DAYS, seconds=1))
    mention(room, people["owner"], people["editor"])
    assert Notice.objects.count() == 1


def test_an_email_with_other_news_is_another_one_to_a_mail_program(people: People, room: Room) -> None:
    """Where it was not noted that it was sent: what came meanwhile would not be shown, as the same was there before."""
    mention(room, people["owner"], people["editor"])
    digest, ids = Digest.objects.get(), []
    for news in (0, 0, 1):
        if news:
            mention(room, people["owner"], people["editor"])
        send_digest.call(digest.receiver_id, str(room.pk))
        ids.append(mail.outbox[-1].extra_headers["Message-ID"])
        digest.save()
        Notice.objects.update(mailed=None)
    assert ids[0] == ids[1] != ids[2]


# The process dies


def mentioned() -> None:
    """Ben is named in Ada's document."""
    room = room_of_two()
    for user in User.objects.all():
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    # What is done daily has been done.
    plan_daily()
    DBTaskResult.objects.all().delete()
    mention(room, room.owner, User.objects.get(name="ben"))


def write_to_him() -> None:
    """As the runner does."""
    Runner().run_waiting()


def begin_anew() -> None:
    """A runner finds that the one before is gone."""
    for _ in range(2):
        Lease.objects.update(renewed=timezone.now() - timedelta(days=1))
        DBTaskResult.objects.update(run_after=timezone.now())
        Runner().run_waiting()


def what_is_left() -> Any:
    """Whether it is known to be on its way, how often it was tried, and whether it is known to be sent."""
    tried = [len(row.worker_ids) for row in DBTaskResult.objects.filter(task_path=send_digest.module_path)]
    return [Digest.objects.exclude(due=None).count(), tried, Notice.objects.exclude(mailed=None).count()]


def test_an_email_is_never_lost_and_hardly_ever_sent_twice(tmp_path: Path) -> None:
    """Only where the process ends after the mail server has it; then both are one to a mail program."""
    with MailServer() as server:
        dying = Dying(tmp_path, **server.env)
        try:
            found = dying.at_each_commit(mentioned, write_to_him, what_is_left, begin_anew)
        finally:
            dying.stop()
    assert [left for left, _ in found] == [[1, [0], 0], [1, [1], 0], [0, [1], 1], [0, [], 1]]
    assert all(again == [0, [], 1] for _, again in found)
    assert len({message["Message-ID"] for message in server.received}) == 1
