"""E-mails: what happens while none gets out, where their links lead, and what can be told from an answer."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from rooms.models import Invitation, Room
from tasks.runner import Runner
from tests.mailserver import MailServer, use_mail_server
from tests.servers import free_port

PASSWORD = "correct horse battery"


@pytest.fixture(params=["nobody listens", "refuses"])
def broken_mail(request: pytest.FixtureRequest, db: None, settings: Any) -> Iterator[MailServer]:
    """A mail server that takes nothing, until it is `answer`ing otherwise; tasks wait, as on a real site."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    with MailServer() as server:
        server.answer = "451 come back later"
        use_mail_server(server.port if request.param == "refuses" else free_port(), settings)
        yield server


def post(client: Client, page: str, **form: str) -> Any:
    return client.post(reverse(page), form)


def sign_up(client: Client, email: str) -> Any:
    return post(client, "account_signup", name="New", email=email, password1=PASSWORD)


WAYS: dict[str, Callable[[Client, Client], Any]] = {
    "sign up": lambda anybody, _: sign_up(anybody, "new@example.com"),
    "sign up again": lambda anybody, _: sign_up(anybody, "owner@example.com"),
    "reset": lambda anybody, _: post(anybody, "account_reset_password", email="owner@example.com"),
    "reset unknown": lambda anybody, _: post(anybody, "account_reset_password", email="new@example.com"),
    "log in unconfirmed": lambda anybody, _: post(
        anybody, "account_login", login="late@example.com", password=PASSWORD
    ),
    "add": lambda _, owner: post(owner, "account_email", email="new@example.com", action_add=""),
}


@pytest.mark.parametrize("way", WAYS)
def test_nobody_waits_for_a_mail_server_and_what_it_does_not_take_is_sent_later(
    broken_mail: MailServer, people: dict[str, User], client_of: Any, settings: Any, way: str
) -> None:
    User.objects.create_user("late@example.com", PASSWORD)
    owner = client_of("owner")
    post(owner, "account_login", login="owner@example.com", password=PASSWORD)
    post(owner, "account_reauthenticate", password=PASSWORD)
    Runner().run_waiting()
    DBTaskResult.objects.all().delete()
    response = WAYS[way](Client(), owner)
    assert response.status_code == 302
    (waiting,) = DBTaskResult.objects.all()
    for _ in range(2):
        Runner().run_waiting()
        DBTaskResult.objects.update(run_after=timezone.now())
    assert (broken_mail.received, len(DBTaskResult.objects.get().worker_ids)) == ([], 2)
    broken_mail.answer = "250 good"
    use_mail_server(broken_mail.port, settings)
    Runner().run_waiting()
    (message,) = broken_mail.received
    assert [message["To"]] == waiting.args_kwargs["args"][0]["to"]
    # What it held is nowhere any more.
    assert not DBTaskResult.objects.exists()


PLEASE_LOOK = ["We are sending a code to", "We are sending you a link"]


def test_what_people_are_told_is_true_before_anything_is_sent(broken_mail: MailServer) -> None:
    for way, said in zip(("sign up", "reset"), PLEASE_LOOK, strict=True):
        anybody = Client()
        page = anybody.get(WAYS[way](anybody, anybody).headers["Location"]).content.decode()
        assert said in page
        assert "have sent" not in page


def test_an_address_gets_a_bounded_number_of_emails(people: dict[str, User], settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"mail": "3/h/key", "confirm_email": None}
    for number in range(6):
        page = sign_up(Client(), "owner@example.com")
        post(Client(), "account_reset_password", email="Owner@example.com")
        assert page.status_code == (302 if number < 2 else 200)
    assert len(mail.outbox) == 3
    assert "many e-mails to this address" in page.content.decode()
    sign_up(Client(), "other@example.com")
    assert len(mail.outbox) == 4


HOSTS = ["example.com:8443", "docs.example.com", "example.com:80"]


@pytest.mark.parametrize("host", HOSTS)
def test_links_lead_to_the_site_whatever_a_request_says(
    people: dict[str, User],
    room: Room,
    client_of: Any,
    settings: Any,
    host: str,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.ALLOWED_HOSTS = [".example.com"]
    for way, act in WAYS.items():
        if way in ("log in unconfirmed", "add"):
            continue
        anybody = Client(headers={"Host": host})
        act(anybody, anybody)
    with django_capture_on_commit_callbacks(execute=True):
        members = reverse("room_members", args=[room.pk])
        client_of("owner").post(members, {"email": "new@example.com", "role": "editor"}, headers={"Host": host})
    assert Invitation.objects.exists()
    assert len(mail.outbox) == 5
    for message in mail.outbox:
        text = f"{message.subject}\n{message.body}"
        assert host not in text
        assert not re.search(r"example\.com:|docs\.", text)
        assert all(link.startswith("https://example.com/") for link in re.findall(r"https?://\S+", text))


def test_in_debug_links_lead_to_where_the_browser_is(people: dict[str, User], settings: Any) -> None:
    settings.SITE_URL = ""
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    client = Client(headers={"Host": "127.0.0.1:8000"})
    post(client, "account_reset_password", email="owner@example.com")
    assert "http://127.0.0.1:8000/" in str(mail.outbox[0].body)


class Counting(hashers.MD5PasswordHasher):
    """Counts how often it is asked for what takes all the time."""

    made = 0

    def encode(self, password: str, salt: str) -> str:
        Counting.made += 1
        return super().encode(password, salt)


@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        (lambda: sign_up(Client(), "owner@example.com"), lambda: sign_up(Client(), "new@example.com")),
        (
            lambda: post(Client(), "account_login", login="owner@example.com", password="wrong"),
            lambda: post(Client(), "account_login", login="nobody@example.com", password="wrong"),
        ),
        (
            lambda: post(Client(), "account_reset_password", email="owner@example.com"),
            lambda: post(Client(), "account_reset_password", email="nobody@example.com"),
        ),
    ],
    ids=["sign up", "log in", "reset"],
)
def test_a_known_address_takes_as_much_work_as_an_unknown_one(
    people: dict[str, User], settings: Any, known: Callable[[], Any], unknown: Callable[[], Any]
) -> None:
    """Hashes of passwords and e-mails: all else takes a hundredth of their time."""
    settings.PASSWORD_HASHERS = ["tests.accounts.test_mail.Counting"]
    owner = User.objects.get(email="owner@example.com")
    owner.set_password(PASSWORD)
    owner.save()
    seen = []
    for act in (known, unknown):
        hashes, mails = Counting.made, len(mail.outbox)
        response = act()
        seen.append(
            (response.status_code, response.headers.get("Location"), Counting.made - hashes, len(mail.outbox) - mails)
        )
    assert seen[0] == seen[1]


LOOKALIKES = ["\u017fam@example.com", "\u212aate@example.com", "kate@ex\u0430mple.com", "KATE@EXAMPLE.COM"]


@pytest.mark.parametrize("typed", LOOKALIKES)
def test_a_new_password_is_sent_to_no_address_that_looks_alike(person: Any, typed: str) -> None:
    """Letters that lower() and mail servers read differently must not send Kate's link to somebody else."""
    person("Kate")
    post(Client(), "account_reset_password", email=typed)
    for message in mail.outbox:
        assert message.to[0].isascii()
        assert ("reset/key" in str(message.body)) == (message.to == ["kate@example.com"])
