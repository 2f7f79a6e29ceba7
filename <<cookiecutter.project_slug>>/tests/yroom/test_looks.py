"""When sockets' permissions are looked at: once at the door, again when something changed, some at a time."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Redis

from .client import YClient
from .conftest import Project, make_project

# They share a server.
pytestmark = pytest.mark.xdist_group("looks")

# Says what it does to its client, waits where the test wants it to, and notes what it left behind.
CONSUMER = """

import asyncio
from pathlib import Path

from yroom.crdt import protocol


class Open(Open):
    async def connect(self) -> None:
        if self.get_room_group_name().startswith("textcollab.decides"):
            await self.accept()
            Path("deciding").touch()
            while not Path("decided").exists():
                await asyncio.sleep(0.01)
        await super().connect()

    async def check_access(self) -> None:
        self.deliver(protocol.control({"type": "look"}))
        while "hangs" in self.room_name and not Path("released").exists():
            await asyncio.sleep(0.01)
        self.deliver(protocol.control({"type": "looked"}))

    async def leave_room(self) -> None:
        connection = self.connection
        await super().leave_room()
        if connection is not None:
            Path("left." + self.room_name).write_text(str(connection.documents))
"""
RECHECK = """
import asyncio
from yroom.document import YroomDocument
asyncio.run(YroomDocument("textcollab.{}").recheck())
"""
# Who finds another worker, or the same one again after a silence, is looked at too, and so is everybody now and then.
SETTINGS = """
YROOM = {"SHARDS": 1, "MAX_LOOKS": 2, "LEASE_SECONDS": 60.0, "WORKER_TIMEOUT": 60.0, "RECHECK_SECONDS": 3600.0}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, redis: Redis) -> Iterator[Project]:
    site = make_project(tmp_path_factory.mktemp("looks"), redis, SETTINGS)
    with (site.folder / "textcollab" / "consumers.py").open("a") as consumers:
        consumers.write(CONSUMER)
    site.start_web()
    site.start_worker()
    yield site
    site.stop()


def said(client: YClient, what: str) -> int:
    return [control["type"] for control in client.controls].count(what)


async def recheck(site: Project, room: str) -> None:
    """Have the permissions in a room looked at, as another process of the site would."""
    await asyncio.to_thread(site.manage, "shell", "--no-imports", "-c", RECHECK.format(room))


async def until_there(path: Path) -> None:
    async with asyncio.timeout(60):
        while not path.exists():
            await asyncio.sleep(0.01)


async def test_once_at_the_door_and_again_when_something_changed(site: Project) -> None:
    async with YClient(site.url("first")), YClient(site.url("others")) as other:
        async with YClient(site.url("room")) as client:
            await client.insert("x")
            await client.until_saved()
            assert said(client, "look") == 0
            await recheck(site, "room")
            await client.until(lambda: said(client, "looked") == 1)
            # Somebody new has been looked at with this change behind them.
            async with YClient(site.url("room")) as later:
                await later.until_saved()
                assert said(later, "look") == 0
        assert said(other, "look") == 0


async def test_what_changes_while_somebody_decides_is_looked_at(site: Project) -> None:
    """Only if it may concern them."""
    async with YClient(site.url("before")) as before:
        await before.until_saved()
        concerned, other = YClient(site.url("decides")), YClient(site.url("decides-other"))
        for client in (concerned, other):
            (site.folder / "deciding").unlink(missing_ok=True)
            await client.open()
            await until_there(site.folder / "deciding")
        await recheck(site, "decides")
        (site.folder / "decided").touch()
        await concerned.until(lambda: said(concerned, "looked") == 1)
        await other.until(lambda: other.synced)
        await other.until_saved()
        assert said(other, "look") == 0
        await concerned.close()
        await other.close()


async def test_some_at_a_time_and_one_at_a_time_for_each(site: Project) -> None:
    """Those that hang hold up nobody but those who wait for a turn, and the last change is looked at."""
    async with YClient(site.url("hangs")) as hanging, YClient(site.url("beside")) as beside:
        await recheck(site, "hangs")
        await hanging.until(lambda: said(hanging, "look") == 1)
        for _ in range(2):
            await recheck(site, "hangs")
        await recheck(site, "beside")
        await beside.until(lambda: said(beside, "looked") == 1)
        assert said(hanging, "look") == 1
        (site.folder / "released").touch()
        await hanging.until(lambda: said(hanging, "looked") == 2)
        await hanging.insert("x")
        await hanging.until_saved()
        assert said(hanging, "look") == 2


async def test_who_is_closed_by_the_server_leaves_as_others_do(site: Project) -> None:
    """leave_room() still sees the connection, and what was saved on it."""
    async with YClient(site.url("closed")) as client:
        await client.insert("x")
        await client.until_saved()
        assert client.saved == 2
        await client.send(b"\x00\x02" + bytes(200_000))
        await client.until(lambda: client.close_code == 4413)
        left = site.folder / "left.textcollab.closed"
        await until_there(left)
        assert left.read_text() == "2"
