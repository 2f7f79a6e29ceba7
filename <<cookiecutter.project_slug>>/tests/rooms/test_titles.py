"""Titles: what is in the document counts, and the column by which lists go follows it."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pycrdt import Doc, Text

from accounts.models import User
from rooms import actions
from rooms.changes import change
from rooms.kinds import KINDS, TITLE
from rooms.models import Room
from rooms.titles import follow
from tests.faults.stored import query
from tests.servers import START_TIMEOUT, Redis
from tests.yroom.conftest import ways
from yroom.document import YroomDocument, YroomTimeout
from yroom.store.base import get_storage

from .test_live_permissions import Site, make_site


@dataclass
class Told:
    """What a worker tells of a document."""

    room: str
    title: str | None
    is_news: bool = True
    users: frozenset[str] = frozenset()

    def text(self, root: str) -> str | None:
        assert root == TITLE
        return self.title

    def state(self) -> bytes:
        raise AssertionError("nobody needs it all")


def in_document(room: Room) -> str:
    """The title that stands in what is stored of a room's document."""
    doc: Doc[Any] = Doc()
    for update in get_storage(room.yroom_name).load(room.yroom_name).updates:
        doc.apply_update(update)
    return str(doc.get(TITLE, type=Text))


def write(room: Room, title: str) -> None:
    """Somebody writes a title into the document, which no row has followed yet."""

    async def edit() -> None:
        async with YroomDocument(room.yroom_name).edit() as doc:
            text = doc.get(TITLE, type=Text)
            change(text, str(text), title)

    asyncio.run(edit())


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("Better plans", "Better plans"),
        ("  Better \n plans\t", "Better plans"),
        ("", ""),
        ("x" * 201, "x" * 200),
        ("😀" * 201, "😀" * 200),
        ("x" * 199 + " y", "x" * 199),
        ("\u202eSpam\u0007", "Spam"),
        ("\ufffc", "\ufffc"),
        ("\u200b" * 1_000_000, ""),
        (None, "Plans"),
    ],
)
def test_the_column_follows_the_document(
    room: Room, title: str | None, column: str, django_assert_num_queries: Any
) -> None:
    """As one line that fits; but not a document in which there is no such text yet."""
    Room.objects.update(updated=timezone.now() - timedelta(hours=1))
    follow(Told(room.yroom_name, title))
    row = Room.objects.get()
    assert row.title == column
    assert list(Room.objects.titled(column)) == [row]
    assert row.updated > timezone.now() - timedelta(minutes=1)
    with django_assert_num_queries(1):
        follow(Told(room.yroom_name, title))


def test_who_opens_a_document_has_not_changed_it(room: Room) -> None:
    then = timezone.now() - timedelta(hours=1)
    Room.objects.update(updated=then, is_draft=True)
    follow(Told(room.yroom_name, "Plans", is_news=False))
    assert (Room.objects.get().updated, Room.objects.get().is_draft) == (then, True)
    follow(Told(room.yroom_name, "Plans"))
    assert (Room.objects.get().updated > then, Room.objects.get().is_draft) == (True, False)


def test_a_commit_more_costs_no_update(room: Room, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        follow(Told(room.yroom_name, "Plans"))


def test_a_deleted_room_is_followed_no_more(room: Room) -> None:
    name = room.yroom_name
    room.delete()
    follow(Told(name, "Words on their way"))
    assert not Room.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_document_holds_its_title(client_of: Callable[[str], Client], people: dict[str, User], kind: str) -> None:
    """However it is made; and both are made, or neither."""
    client_of("owner").post(reverse("room_new"), {"title": " My\u2028plans 😀", "kind": kind})
    room = Room.objects.get()
    assert (room.title, in_document(room)) == ("My plans 😀", "My plans 😀")
    with transaction.atomic():
        undone = actions.create(people["owner"], "Undone", kind)
        transaction.set_rollback(True)
    assert get_storage(undone.yroom_name).load(undone.yroom_name).updates == []
    made = Room.objects.create(owner=people["owner"], title="By a script", kind=kind)
    assert in_document(made) == "By a script"
    empty = actions.create(people["owner"], "", kind)
    assert get_storage(empty.yroom_name).load(empty.yroom_name).updates == []


@pytest.mark.django_db(transaction=True)
def test_a_title_made_in_the_admin_site_is_in_the_document(people: dict[str, User]) -> None:
    User.objects.filter(pk=people["owner"].pk).update(is_staff=True, is_superuser=True)
    staff = Client()
    staff.force_login(User.objects.get(pk=people["owner"].pk), "allauth.account.auth_backends.AuthenticationBackend")
    lists = {f"{name}-{field}_FORMS": 0 for name in ("memberships", "invitations") for field in ("TOTAL", "INITIAL")}
    form = {"owner": people["editor"].pk, "updated_0": "2026-01-01", "updated_1": "00:00:00", **lists}
    staff.post(reverse("admin:rooms_room_add"), {**form, "title": "Made"})
    room = Room.objects.get()
    assert (room.title, in_document(room)) == ("Made", "Made")
    staff.post(reverse("admin:rooms_room_change", args=[room.pk]), {**form, "title": "Renamed"})
    room.refresh_from_db()
    assert (room.title, in_document(room)) == ("Renamed", "Renamed")


@pytest.mark.django_db(transaction=True)
def test_who_renames_a_document_writes_into_it(client_of: Callable[[str], Client], room: Room) -> None:
    """What others have written in it that lists do not show yet, or never will, stays."""
    client = client_of("editor")
    url = reverse("room_rename", args=[room.pk])
    for written, before, name, after in (
        ("Plans", "Plans", "Our  plans", "Our plans"),
        ("Our plans for May", "Our plans", "All plans", "All plans for May"),
        ("x" * 300, "x" * 200, "Many", "Many" + "x" * 100),
        ("Somebody else", "Many", "Mine", "Mine"),
    ):
        write(room, written)
        Room.objects.update(title=before)
        page = client.post(url, {"title": name})
        assert in_document(room) == after
        *_, message = get_messages(page.wsgi_request)
        assert str(message) == f"The document is now called “{Room.objects.get().title}”."


@pytest.mark.django_db(transaction=True)
def test_a_document_that_cannot_be_reached_keeps_its_name(
    client_of: Callable[[str], Client], room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def state(self: YroomDocument) -> bytes:
        raise YroomTimeout("no worker")

    monkeypatch.setattr(YroomDocument, "state", state)
    page = client_of("editor").post(reverse("room_rename", args=[room.pk]), {"title": "Mine"})
    assert [str(message) for message in get_messages(page.wsgi_request)] == [actions.NOT_RENAMED]
    assert Room.objects.get().title == "Plans"


def test_of_a_text_that_is_changed_only_what_differs_is_written() -> None:
    """So whatever others write at its beginning or its end meanwhile stays."""
    for _ in range(300):
        before, after = ("".join(random.choices("ab 😀é二", k=random.randrange(6))) for _ in range(2))
        ours, theirs = Doc[Any](), Doc[Any]()
        text = ours.get(TITLE, type=Text)
        text.insert(0, before)
        theirs.apply_update(ours.get_update())
        other = theirs.get(TITLE, type=Text)
        other.insert(0, "<")
        other.insert(len(other), ">")
        change(text, before, after)
        assert str(text) == after
        ours.apply_update(theirs.get_update())
        assert sorted(str(text)) == sorted(f"<{after}>")


@pytest.fixture(params=ways("embedded", "separate", of="titled site"))
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """The generated site."""
    if request.param == "embedded":
        site = make_site(tmp_path)
        site.start(1)
        yield site
        site.stop()
        return
    with Redis(tmp_path) as redis:
        site = make_site(tmp_path, redis)
        site.start(1)
        yield site
        site.stop()


async def test_lists_show_what_was_committed(site: Site) -> None:
    """Also of a worker that was killed behind the commit, once somebody opens the document again."""
    crew = site.crews[0]

    async def shown(title: str) -> None:
        async with asyncio.timeout(START_TIMEOUT):
            while query(site, "SELECT title, folded_title FROM rooms_room") != [(title, title.lower())]:
                await asyncio.sleep(0.02)

    async with crew.socket("editor") as client:
        assert str(client.doc.get(TITLE, type=Text)) == "Plans"
        await client.write_into(TITLE, " for May")
        await shown("Plans for May")
        await asyncio.to_thread(crew.post, "owner", f"/rooms/{crew.room}/rename/", title="Our plans")
        await client.until(lambda: str(client.doc.get(TITLE, type=Text)) == "Our plans")
        await shown("Our plans")
        (engine,) = (each for each in site.running if each.log.name.startswith("web" if site.embedded else "worker"))
        await client.write_into(TITLE, ", and more")
        await client.until_saved()
        await asyncio.to_thread(engine.kill)
    await asyncio.to_thread(site.start_web if site.embedded else site.start_worker)
    async with crew.socket("viewer"):
        await shown("Our plans, and more")
