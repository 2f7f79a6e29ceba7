"""What a site is told of commits: all of it, at least once, and not at every key."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from django.test import override_settings

from tests.servers import START_TIMEOUT, Redis, Server
from yroom.checks import check_settings

from .client import YClient
from .conftest import Project, make_project, ways

SETTINGS = """
YROOM_SETTINGS["default"] |= {"ON_COMMIT": "textcollab.follow.follow", "ON_COMMIT_INTERVAL": 0.4}
YROOM_SETTINGS["default"] |= {"ON_QUIET": "textcollab.follow.quiet", "QUIET_AFTER": 0.8, "QUIET_WITHIN": 30}
"""
# Says what it is told in a file, and waits, or fails, while there is another one of that name.
FOLLOW = """
import json
import time
from pathlib import Path

FOLDER = Path(__file__).parent.parent


def follow(document):
    while (FOLDER / "hangs").exists():
        time.sleep(0.01)
    told = [document.room, document.is_news, document.text("content"), document.text("other"), len(document.state())]
    if (FOLDER / "fails").exists():
        (FOLDER / "fails").unlink()
        raise RuntimeError("told in vain")
    with (FOLDER / "told").open("a") as file:
        file.write(json.dumps(told) + "\\n")


def quiet(document):
    told = [document.room, document.is_news, document.text("content"), sorted(document.users)]
    with (FOLDER / "quiet").open("a") as file:
        file.write(json.dumps(told) + "\\n")
"""


@pytest.fixture(scope="module", params=ways("embedded", "separate", of="told project"))
def followed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project that follows its documents."""
    folder = tmp_path_factory.mktemp("followed")
    with Redis(folder) if request.param == "separate" else nullcontext() as redis:
        project = make_project(folder, redis, SETTINGS)
        (folder / "textcollab" / "follow.py").write_text(FOLLOW)
        for name in ("told", "quiet"):
            (folder / name).touch()
        start(project)
        if redis:
            project.start_web()
        yield project
        project.stop()


def start(project: Project) -> Server:
    """Start what holds the documents."""
    return project.start_web() if project.embedded else project.start_worker()


def engine(project: Project) -> Server:
    """The process that holds the documents."""
    name = "web" if project.embedded else "worker"
    return next(each for each in project.running if each.log.name.startswith(name) and each.process.poll() is None)


def told(project: Project, room: str, of: str = "told") -> list[list[Any]]:
    """What was told of a room so far."""
    lines = map(json.loads, (project.folder / of).read_text().splitlines())
    return [rest for name, *rest in lines if name == f"textcollab.{room}"]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(START_TIMEOUT):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_commit_is_told_of(followed: Project) -> None:
    """With what the document holds by now; of a room that is opened too: nobody knows what was told before."""
    async with YClient(followed.url("one")) as client:
        await until(lambda: told(followed, "one"))
        assert [each[:3] for each in told(followed, "one")] == [[False, None, None]]
        await client.insert("words 😀")
        await until(lambda: told(followed, "one")[-1][:3] == [True, "words 😀", None])


async def test_a_room_in_which_much_is_written_is_told_of_from_time_to_time(followed: Project) -> None:
    async with YClient(followed.url("busy")) as client:
        for number in range(60):
            await client.insert(f"{number} ")
            await client.until_saved()
        whole = str(client.text)
        await until(lambda: told(followed, "busy")[-1][1] == whole)
        assert len(told(followed, "busy")) < 60


async def test_a_room_is_quiet_when_nobody_has_written_for_a_while(followed: Project) -> None:
    """It is told of once, for all that came; though everybody has left meanwhile."""
    async with YClient(followed.url("calm")) as client:
        for number in range(10):
            await client.insert(f"{number} ")
            await client.until_saved()
        whole = str(client.text)
    await until(lambda: (all_of := told(followed, "calm", "quiet")) and all_of[-1] == [True, whole, []])
    count = len(told(followed, "calm", "quiet"))
    # Once, on a machine that is not busy with something else.
    assert count < 10
    async with YClient(followed.url("calm")):
        await until(lambda: told(followed, "calm", "quiet")[count:])
    assert told(followed, "calm", "quiet")[count][:2] == [False, whole]


async def test_what_was_told_in_vain_is_told_again(followed: Project) -> None:
    async with YClient(followed.url("again")) as client:
        await until(lambda: told(followed, "again"))
        (followed.folder / "fails").touch()
        await client.insert("words")
        await until(lambda: told(followed, "again")[-1][:2] == [True, "words"])
        assert not (followed.folder / "fails").exists()


async def test_what_hangs_holds_up_nobody(followed: Project) -> None:
    """Neither the room's own people, nor other rooms."""
    (followed.folder / "hangs").touch()
    try:
        async with YClient(followed.url("slow")) as client, YClient(followed.url("other")) as other:
            await client.insert("a")
            await client.until_saved()
            await other.insert("b")
            await other.until_saved()
    finally:
        (followed.folder / "hangs").unlink()
    # Though its people have gone.
    await until(lambda: told(followed, "slow") and told(followed, "slow")[-1][:2] == [True, "a"])


async def test_what_a_worker_that_was_killed_did_not_tell(followed: Project) -> None:
    """It is made up for when the room is opened again."""
    hangs = followed.folder / "hangs"
    async with YClient(followed.url("killed")) as client:
        await until(lambda: told(followed, "killed"))
        hangs.touch()
        await client.insert("committed")
        await client.until_saved()
        await asyncio.to_thread(engine(followed).kill)
        hangs.unlink()
        assert [each[1] for each in told(followed, "killed")] == [None]
        await asyncio.to_thread(start, followed)
    async with YClient(followed.url("killed")):
        await until(lambda: told(followed, "killed")[-1][1] == "committed")


async def test_a_worker_that_stops_tells_it_first(followed: Project) -> None:
    async with YClient(followed.url("last")) as client:
        await until(lambda: told(followed, "last"))
        await client.insert("one ")
        await until(lambda: told(followed, "last")[-1][1] == "one ")
        # Before the room is quiet for long enough.
        await client.insert("two")
        await client.until_saved()
        await asyncio.to_thread(engine(followed).stop)
        assert told(followed, "last")[-1][:2] == [True, "one two"]
    await asyncio.to_thread(start, followed)


def test_a_function_that_is_not_there_is_found_when_the_site_is_loaded() -> None:
    for path in ("textcollab.nowhere", "yroom.conf.ROOMY"):
        for name in ("ON_COMMIT", "ON_QUIET"):
            with override_settings(YROOM_SETTINGS={"default": {name: path}}):
                assert [problem.id for problem in check_settings()] == ["yroom.E001"]
