"""What a change has to tell: once, for all of it, after it is committed, and to nobody's delay."""

import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from rooms.access import Role
from rooms.live import News, tell_room
from rooms.models import Membership, Room
from tests.faults.stored import query
from tests.servers import Redis

from .test_live_permissions import Site, delete_room, make_site

MANY = 12


def told(callbacks: list[Callable[[], None]]) -> list[tuple[str, ...]]:
    """What is done after the commits, in all."""
    return sorted(
        tuple(str(part) for part in key)  # type: ignore[attr-defined]
        for news in callbacks
        if isinstance(news, News)
        for key in news.errands()
    )


# Somebody else is on a room's list, or may do something else.
LIST = '{"of": "sharing", "type": "news"}'


@pytest.fixture
def full(room: Room, person: Callable[..., User]) -> Room:
    """A room with many members."""
    for number in range(MANY):
        Membership.objects.create(room=room, user=person(f"member{number}"), role=Role.EDITOR)
    return room


def test_a_deleted_room_is_told_of_once(
    full: Room, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    name = full.yroom_name
    with django_capture_on_commit_callbacks() as callbacks:
        full.delete()
    assert told(callbacks) == [("delete", name)]


def test_news_of_a_feature_is_told_once_and_not_of_a_room_that_is_deleted(
    room: Room, people: dict[str, User], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    gone = Room.objects.create(owner=people["owner"])
    name, gone_name = room.yroom_name, gone.yroom_name
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        for _ in range(2):
            tell_room(room.pk, "comments", {"thread": 1})
        tell_room(room.pk, "comments", {"thread": 2})
        tell_room(room.pk, "history")
        tell_room(gone.pk, "comments")
        gone.delete()
    assert told(callbacks) == [
        ("delete", gone_name),
        ("news", name, '{"of": "comments", "thread": 1, "type": "news"}'),
        ("news", name, '{"of": "comments", "thread": 2, "type": "news"}'),
        ("news", name, '{"of": "history", "type": "news"}'),
    ]


def test_a_deleted_owner_is_told_of_once_a_room(
    full: Room, people: dict[str, User], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    other = Room.objects.create(owner=people["editor"], title="Elsewhere")
    Membership.objects.create(room=other, user=people["owner"], role=Role.VIEWER)
    name, user = full.yroom_name, str(people["owner"].pk)
    with django_capture_on_commit_callbacks() as callbacks:
        people["owner"].delete()
    heir = str(people["editor"].pk)
    rechecked = [("recheck", user), ("recheck", name, heir), ("recheck", other.yroom_name, user)]
    assert told(callbacks) == sorted([*rechecked, ("news", name, LIST), ("news", other.yroom_name, LIST)])


def test_many_changes_to_one_room_are_one(
    full: Room, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        for membership in full.memberships.all():
            membership.role = Role.VIEWER
            membership.save()
    assert told(callbacks) == [("news", full.yroom_name, LIST), ("recheck", full.yroom_name, "")]


def test_what_is_rolled_back_is_not_told(
    people: dict[str, User], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """Whatever is kept and given up, in savepoints within savepoints: exactly what was kept is told."""
    rooms = [Room.objects.create(owner=people["owner"], title=str(number)) for number in range(4)]

    class GivenUpError(Exception):
        pass

    def some(depth: int) -> set[tuple[str, ...]]:
        kept: set[tuple[str, ...]] = set()
        for _ in range(random.randrange(1, 4)):
            if depth < 3 and random.random() < 0.6:
                give_up = random.random() < 0.4
                try:
                    with transaction.atomic():
                        inner = some(depth + 1)
                        if give_up:
                            raise GivenUpError
                    kept |= inner
                except GivenUpError:
                    pass
            else:
                room = random.choice(rooms)
                room.save(update_fields=["trashed_at"])
                kept.add(("recheck", room.yroom_name, ""))
        return kept

    for _ in range(50):
        with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
            kept = some(0)
        assert set(told(callbacks)) == kept


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The site over Redis, where no worker runs."""
    with Redis(tmp_path) as redis:
        site = make_site(tmp_path, redis)
        site.start(1)
        yield site
        site.stop()


async def test_nobody_waits_for_a_worker_that_is_not_there(site: Site) -> None:
    """A room is deleted at once for who deletes it, its text as soon as it is clear that no worker has it."""
    crew = site.crews[0]
    async with crew.socket("owner") as client:
        await client.insert("words")
        await client.until_saved()
    site.running[1].kill()
    count = "SELECT count(*) FROM yroom_roomupdate"
    await asyncio.to_thread(delete_room, crew)
    assert query(site, "SELECT count(*) FROM rooms_room") == [(0,)]
    assert query(site, count) != [(0,)]
    while query(site, count) != [(0,)]:
        await asyncio.sleep(0.05)
