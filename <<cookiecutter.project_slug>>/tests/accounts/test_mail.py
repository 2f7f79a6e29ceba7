"""E-mails: what happens when none gets out, where their links lead, and what can be told from an answer."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import hashers
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from rooms.models import Invitation, Room

PASSWORD = "correct horse battery"


def refuse(listener: socket.socket) -> None:
    """Be a mail server that takes no recipient, until the listener is closed."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rwb") as lines:
            answer = b"220 here"
            while True:
                lines.write(answer + b"\r\n")
                lines.flush()
                line = lines.readline()
                if not line or line.upper().startswith(b"QUIT"):
                    break
                answer = b"550 nobody of that name" if line.upper().startswith(b"RCPT") else b"250 good"


@pytest.fixture(params=["nobody listens", "refuses"])
def broken_mail(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    """A mail server that takes nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()
    backend = "django.core.mail.backends.smtp.EmailBackend"
    if getattr(settings, "MAILERS", None):
        options = {"host": host, "port": port, "use_tls": False}
        settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": options}}
    else:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = backend, host, port
        settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS = "", False
    if request.param == "nobody listens":
        listener.close()
        yield
        return
    thread = threading.Thread(target=refuse, args=[listener], daemon=True)
    thread.start()
    yield
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


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
def test_an_email_that_does_not_get_out_is_told_and_leaves_nothing(
    broken_mail: None, people: dict[str, User], client_of: Any, way: str
) -> None:
    User.objects.create_user("late@example.com", PASSWORD)
    owner = client_of("owner")
    post(owner, "account_login", login="owner@example.com", password=PASSWORD)
    post(owner, "account_reauthenticate", password=PASSWORD)
    users, addresses = User.objects.count(), EmailAddress.objects.count()
    anybody = Client()
    response = WAYS[way](anybody, owner)
    assert response.status_code in (200, 503)
    assert "We could not send an e-mail just now" in response.content.decode()
    assert User.objects.count() == users
    assert EmailAddress.objects.filter(verified=True).count() == len(people)
    assert EmailAddress.objects.count() <= addresses + (way == "log in unconfirmed")
    # One can go on from here.
    assert anybody.get(reverse("account_signup")).status_code == 200
    assert anybody.get(reverse("account_login")).status_code == 200
    assert owner.get(reverse("account_email")).status_code == 200


def test_what_is_changed_stays_changed_though_no_email_tells_of_it(broken_mail: None, client_of: Any) -> None:
    owner = client_of("owner")
    new = "another horse battery"
    changed = post(owner, "account_change_password", oldpassword=PASSWORD, password1=new, password2=new)
    assert changed.status_code == 302
    assert User.objects.get(email="owner@example.com").check_password(new)


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
