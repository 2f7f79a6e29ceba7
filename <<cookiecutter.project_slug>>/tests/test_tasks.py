"""Tasks and mail: nothing is lost, whatever ends in the midst of it, and nobody waits for a mail server."""

import json
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from e2e.console import Console
from rooms.models import Invitation, Room
from tasks.daily import daily, plan_daily
from tasks.interface import TaskResultStatus, task
from tasks.mail import message_of, parts_of
from tasks.management.commands.db_worker import SIGNALS
from tasks.models import Daily, Lease
from tasks.runner import GiveUpError, Runner, pause_after, sweep

from .mailserver import MailServer, use_mail_server
from .servers import ROOT, Postgres, Redis, Server, free_port, manage, site_database

# What is said of a mail server that takes nobody: now, or ever.
LATER, NEVER = "451 come back later", "550 nobody of that name"


@pytest.fixture
def queue(settings: Any) -> None:
    """Tasks wait, as on a real site."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


# The message

line = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20)
addresses = st.lists(st.sampled_from(["a@example.com", "B <b@example.com>", "c@xn--bcher-kva.example"]), max_size=3)
attachments = st.tuples(line.map(lambda name: f"x{name}.bin"), st.binary(max_size=50), st.just("application/x-any"))


@given(
    subject=line,
    body=st.text(st.characters(exclude_categories=["C"]), max_size=200),
    to=addresses,
    cc=addresses,
    bcc=addresses,
    html=st.none() | line,
    files=st.lists(attachments, max_size=2),
    subtype=st.sampled_from(["plain", "html"]),
)
def test_a_message_that_has_waited_is_the_same(
    subject: str,
    body: str,
    to: list[str],
    cc: list[str],
    bcc: list[str],
    html: str | None,
    files: list[tuple[str, bytes, str]],
    subtype: str,
) -> None:
    headers = {"Message-ID": "<1@x>", "Date": "now", "List-Unsubscribe": "<https://example.com/>"}
    made = EmailMultiAlternatives(subject, body, "me@example.com", to, bcc=bcc, cc=cc, headers=headers)
    made.content_subtype = subtype
    for file in files:
        made.attach(*file)
    made.attach("words.txt", "häuser", "text/plain")
    if html is not None:
        made.attach_alternative(html, "text/html")
    again = message_of(json.loads(json.dumps(parts_of(made))))
    assert again.recipients() == made.recipients()
    assert shape(again) == shape(made)


def shape(message: EmailMultiAlternatives) -> list[Any]:
    """A message without what is made up anew each time it is written down."""
    parts = []
    for part in message.message().walk():
        headers = [(name, value) for name, value in part.items() if "boundary" not in str(value)]
        parts.append((headers, None if part.is_multipart() else part.get_payload(decode=True)))
    return parts


def test_a_message_gets_an_id_when_it_is_sent_first() -> None:
    """Should it be sent twice, mail programs show it once."""
    parts = parts_of(EmailMessage("Subject", "Body", None, ["a@example.com"]))
    assert message_of(parts).message()["Message-ID"] == message_of(parts).message()["Message-ID"]


def test_a_forged_header_is_refused_where_it_is_made() -> None:
    with pytest.raises(ValueError, match=r"[Hh]eader"):
        EmailMessage("Subject\nBcc: all@example.com", "Body", None, ["a@example.com"]).send()
    assert mail.outbox == []


# Attempts

done: list[str] = []
fails: list[Exception] = []


@task()
def work(name: str) -> None:
    """A task that fails as often as there are reasons to."""
    if fails:
        raise fails.pop()
    done.append(name)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    done.clear()
    fails.clear()


def hurry() -> None:
    """Have the pause of all tasks be over."""
    DBTaskResult.objects.update(run_after=timezone.now())


@pytest.mark.postgresql
def test_a_task_that_is_done_leaves_nothing(db: None, queue: None) -> None:
    work.enqueue("a")
    work.enqueue("b")
    work.using(run_after=timezone.now() + timedelta(hours=1)).enqueue("later")
    Runner().run_waiting()
    assert done == ["a", "b"]
    assert (DBTaskResult.objects.count(), Lease.objects.count()) == (1, 0)
    hurry()
    handlers = {each: signal.getsignal(each) for each in SIGNALS}
    try:
        call_command("db_worker", batch=True)
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
    assert done == ["a", "b", "later"]
    assert not DBTaskResult.objects.exists()


@pytest.mark.postgresql
def test_pauses_grow_and_have_an_end(
    db: None, queue: None, settings: Any, caplog: Any, people: Any, client_of: Any
) -> None:
    settings.TASK_ATTEMPTS = 4
    fails[:] = [ValueError("no luck")] * 9
    work.enqueue("secret")
    pauses = []
    for _ in range(3):
        before = timezone.now()
        Runner().run_waiting()
        row = DBTaskResult.objects.get()
        pauses.append(round((row.run_after - before).total_seconds()))
        assert row.status == TaskResultStatus.READY
        hurry()
    assert pauses == [10, 40, 160]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    Runner().run_waiting()
    row = DBTaskResult.objects.get()
    assert (row.status, len(row.worker_ids), len(fails)) == (TaskResultStatus.FAILED, 4, 5)
    (told,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert "has failed for good" in told.getMessage()
    # Shown to staff, but for what it was called with; and to be tried again.
    User.objects.filter(email="owner@example.com").update(is_staff=True, is_superuser=True)
    root = client_of("owner")
    listed = root.get(reverse("admin:django_tasks_database_dbtaskresult_changelist")).content.decode()
    shown = root.get(reverse("admin:django_tasks_database_dbtaskresult_change", args=[row.pk])).content.decode()
    assert "Failed" in listed
    assert "no luck" in shown
    assert "secret" not in listed + shown
    fails.clear()
    url = reverse("admin:django_tasks_database_dbtaskresult_changelist")
    root.post(url, {"action": "again", "_selected_action": [str(row.pk)]})
    Runner().run_waiting()
    assert done == ["secret"]


def test_the_longest_pause_is_six_hours(settings: Any) -> None:
    settings.TASK_PAUSE_SECONDS = 0.5
    assert [pause_after(number).total_seconds() for number in (1, 2, 30)] == [0.5, 2, 6 * 60 * 60]


def test_what_is_of_no_use_is_not_tried_again(db: None, queue: None) -> None:
    fails.append(GiveUpError("nobody there"))
    work.enqueue("a")
    Runner().run_waiting()
    assert DBTaskResult.objects.get().status == TaskResultStatus.FAILED


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_complaint_that_no_database_can_keep_keeps_no_other_task_waiting(queue: None) -> None:
    fails.append(ValueError("half an emoji \ud83d, and a NUL \0"))
    work.enqueue("a")
    work.enqueue("b")
    # What is logged goes to pytest's own process, which takes no such text.
    logging.disable()
    try:
        Runner().run_waiting()
    finally:
        logging.disable(logging.NOTSET)
    assert done == ["b"]
    left = DBTaskResult.objects.get()
    assert left.status == TaskResultStatus.READY
    assert "half an emoji \\ud83d, and a NUL \\0" in left.traceback


@pytest.mark.postgresql
def test_what_is_done_daily_is_done_once_a_day(db: None, queue: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whichever process comes first; what fails is tried again, and what is there no more is not missed."""
    monkeypatch.setattr("tasks.daily._WORK", {})

    @daily
    def forget() -> None:
        if fails:
            raise fails.pop()
        done.append("forget")

    fails.append(ValueError("no luck"))
    for _ in range(3):
        Runner().run_waiting()
    assert done == []
    hurry()
    Runner().run_waiting()
    Runner().run_waiting()
    assert done == ["forget"]
    Daily.objects.update(due=timezone.now())
    plan_daily()
    monkeypatch.setattr("tasks.daily._WORK", {})
    Runner().run_waiting()
    assert (done, DBTaskResult.objects.count()) == (["forget"], 0)


@pytest.mark.postgresql
def test_what_has_failed_is_forgotten(db: None, queue: None, settings: Any) -> None:
    fails.append(GiveUpError("nobody there"))
    work.enqueue("a")
    Runner().run_waiting()
    sweep()
    ago = timezone.now() - timedelta(days=settings.FAILED_TASK_DAYS)
    DBTaskResult.objects.update(finished_at=ago)
    sweep()
    assert not DBTaskResult.objects.exists()


def test_a_task_that_is_not_there_any_more_fails(db: None, queue: None) -> None:
    work.enqueue("a")
    work.enqueue("b")
    DBTaskResult.objects.filter(pk=DBTaskResult.objects.first().pk).update(task_path="tests.test_tasks.gone")  # type: ignore[union-attr]
    Runner().run_waiting()
    assert done == ["b"]
    assert "gone" in DBTaskResult.objects.get().traceback


@task()
def taken_over(name: str) -> None:
    """A task during which somebody else takes it over, as its process was asleep for too long."""
    DBTaskResult.objects.update(started_at=timezone.now(), worker_ids=["1", "2"])


def test_who_was_taken_for_gone_changes_nothing_any_more(db: None, queue: None) -> None:
    taken_over.enqueue("a")
    Runner().run_waiting()
    row = DBTaskResult.objects.get()
    assert (row.status, row.worker_ids) == (TaskResultStatus.RUNNING, ["1", "2"])


# What people see of it


def invite(client: Client, room: Room, email: str) -> str:
    url = reverse("room_members", args=[room.pk])
    return str(client.post(url, {"email": email, "role": "editor"}, follow=True).content.decode())


def test_an_invitation_that_cannot_be_delivered_is_told(
    queue: None, room: Room, client_of: Any, settings: Any, server: MailServer
) -> None:
    use_mail_server(server.port, settings)
    owner = client_of("owner")
    said = invite(owner, room, "late@example.com")
    assert "We are sending an e-mail" in said
    server.answer = LATER
    Runner().run_waiting()
    assert not Invitation.objects.get().is_undelivered
    hurry()
    server.answer = "250 good"
    Runner().run_waiting()
    assert [message["To"] for message in server.received] == ["late@example.com"]
    server.answer = NEVER
    invite(owner, room, "nobody@example.com")
    Runner().run_waiting()
    page = owner.get(reverse("room_members", args=[room.pk])).content.decode()
    assert page.count("could not be delivered") == 1
    # Somebody of that name has appeared.
    server.answer = "250 good"
    assert DBTaskResult.objects.get().status == TaskResultStatus.FAILED


# Processes

WAYS = ["alone", "embedded", "worker"]


class Site:
    """A site's processes, one of which runs tasks, and a console that begins them."""

    def __init__(self, way: str, folder: Path, mail: MailServer, stack: ExitStack) -> None:
        self.way, self.folder, self.port = way, folder, free_port()
        self.env = {"DEBUG": "1", "SECRET_KEY": "only for tests", "DATA_DIR": str(folder), "DATABASE_URL": ""}
        self.env |= {"REDIS_URL": "", "TASK_LEASE_SECONDS": "1", "TASK_PAUSE_SECONDS": "0.2", **mail.env}
        self.env["DEFAULT_FROM_EMAIL"] = "admin@example.com"
        self.postgres: Postgres | None = None
        if way == "PostgreSQL":
            self.postgres = Postgres()
            stack.callback(self.postgres.stop)
            self.env["DATABASE_URL"] = self.postgres.database("tasks")
            manage("migrate", "--verbosity=0", cwd=ROOT, env=self.env)
        else:
            site_database(folder)
        if way == "worker":
            self.env["REDIS_URL"] = stack.enter_context(Redis(folder)).url
        self.console = Console(ROOT, self.env, folder / "console.log")
        stack.callback(self.console.stop)
        self.runner = self.start()
        stack.callback(lambda: self.runner.kill())

    def start(self) -> Server:
        """Start the process that runs tasks."""
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        command = {
            "embedded": ["-m", "yroom.web.daphne", "-b", "127.0.0.1", "-p", str(self.port), "config.asgi:application"],
            "worker": ["manage.py", "yroom"],
        }.get(self.way, ["manage.py", "db_worker"])
        self.runner = Server(sys.executable, *command, cwd=ROOT, log=log, env=self.env)
        if self.way == "embedded":
            self.runner.wait_for_port(self.port)
            urlopen(f"http://127.0.0.1:{self.port}/healthz").close()
        return self.runner

    def send(self, to: str) -> None:
        """Send an e-mail, as a page would."""
        self.console.run(f"from tasks.mail import send; send('Subject', 'Body', {to!r})")

    def left(self) -> list[list[Any]]:
        """What tasks there are, with their attempts."""
        code = "from django_tasks_db.models import *; import json; "
        code += "print(json.dumps([[t.status, len(t.worker_ids)] for t in DBTaskResult.objects.all()]))"
        rows: list[list[Any]] = json.loads(self.console.run(code))
        return rows


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


@pytest.mark.parametrize("way", WAYS)
def test_no_mail_is_lost(way: str, tmp_path: Path, stack: ExitStack, server: MailServer) -> None:
    """Refused at first, killed in the midst, and told to stop in the midst."""
    site = Site(way, tmp_path, server, stack)
    server.answer = LATER
    site.send("refused@example.com")
    server.wait_for(refused=2)
    server.answer = "250 good"
    server.wait_for(received=1)
    # Killed while the server thinks about it.
    server.hold()
    site.send("killed@example.com")
    server.wait_for(waiting=1)
    site.runner.kill()
    server.let_in()
    server.wait_for(received=2)
    site.start()
    server.wait_for(received=3)
    # Told to stop meanwhile, it ends what it is at.
    server.hold()
    site.send("stopped@example.com")
    server.wait_for(waiting=1)
    site.runner.process.send_signal(signal.SIGTERM)
    site.runner.wait_for_line("is the last" if way == "alone" else "yroom received SIGTERM")
    server.let_in()
    status = site.runner.process.wait(60)
    assert status in (0, -signal.SIGTERM), site.runner.output
    assert site.left() == []
    addresses = [str(message["To"]).partition("@")[0] for message in server.received]
    assert addresses == ["refused", "killed", "killed", "stopped"]
    ids = [message["Message-ID"] for message in server.received]
    assert ids[1] == ids[2] != ids[3]


def test_a_database_that_goes_away_is_waited_for(tmp_path: Path, stack: ExitStack, server: MailServer) -> None:
    """What was done meanwhile is not done again."""
    site = Site("PostgreSQL", tmp_path, server, stack)
    assert site.postgres is not None
    server.hold()
    site.send("database@example.com")
    server.wait_for(waiting=1)
    site.postgres.kill()
    server.let_in()
    server.wait_for(received=1)
    site.runner.wait_for_line("cannot be told how a task has ended")
    site.postgres.start_again()
    site.console.run("from django.db import connection; connection.close(); connection.close_pool()")
    site.send("after@example.com")
    server.wait_for(received=2)
    assert [str(message["To"]) for message in server.received] == ["database@example.com", "after@example.com"]
    assert site.runner.stop() == 0
    assert site.left() == []
