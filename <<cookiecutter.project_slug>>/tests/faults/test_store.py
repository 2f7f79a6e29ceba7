"""The database goes away, refuses, fills up, is slow or damaged: editing goes on, "saved" waits, and nothing is lost."""

import asyncio
import resource
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.servers import Postgres
from tests.yroom.conftest import Project

from .conftest import OUTAGE
from .proxy import Proxy
from .typists import PATIENCE, Crowd, Typist

Sites = Callable[..., Project]

# As the generated site has it.
POOL = """
DATABASES["default"].setdefault("OPTIONS", {}).update(
    connect_timeout=2, pool={"min_size": 1, "max_size": 10, "timeout": 10}
)
YROOM = {"DATABASE_TIMEOUT": 2.0}
"""


# Seconds that a database is away after everybody has been told, which takes a few.
AWAY = OUTAGE - 5
# A storage class that ends its process at one of the steps of a compaction: before each statement, around the commit.
CRASHING = """
import os
import signal
from pathlib import Path

from django.db import connections

from yroom.storage import DatabaseStorage


class Storage(DatabaseStorage):
    def compact(self, room):
        connection, steps, committed = connections["default"], 0, []

        def step():
            nonlocal steps
            steps += 1
            if steps == int(os.environ["CRASH_AT"]):
                os.kill(os.getpid(), signal.SIGKILL)

        def execute(execute, *arguments):
            step()
            return execute(*arguments)

        def commit():
            step()
            type(connection)._commit(connection)
            step()
            committed.append(True)

        connection.ensure_connection()
        connection._commit = commit
        with connection.execute_wrapper(execute):
            super().compact(room)
        # One that finds nothing to do has fewer steps.
        if committed:
            Path("steps.new").write_text(str(steps))
            os.replace("steps.new", "steps")
"""


def store_with(site: Project, code: str, settings: str = "") -> None:
    """Have a site use the storage class of this module."""
    (site.folder / "store.py").write_text(code)
    with (site.folder / "settings.py").open("a") as file:
        file.write('YROOM_SETTINGS["default"]["STORAGE_BACKEND"] = "store.Storage"\n' + settings)


def told(typist: Typist) -> bool:
    """Whether somebody was told that saving does not work, and not yet that it does again."""
    codes = [message["code"] for message in typist.controls if message.get("code", "").startswith("storage_")]
    return bool(codes) and codes[-1] == "storage_failing"


async def outage(crowd: Crowd, end: Callable[[], Any]) -> None:
    """Everybody sees that nothing is saved and goes on typing; once it is over all is saved, and nobody had to leave."""
    await crowd.until(lambda typist: typist.stock or told(typist))
    confirmed = {typist: len(typist.confirmed) for typist in crowd.typists}
    for typists in crowd.by_room.values():
        first, second = typists[:2]
        word = f"{first.name}.{len(first.done)};"
        await second.until(lambda t=second, w=word: w in str(t.text) or (w, False) in first.done)  # type: ignore[misc]
    await asyncio.sleep(AWAY)
    assert confirmed == {typist: len(typist.confirmed) for typist in crowd.typists}
    await asyncio.to_thread(end)
    await crowd.until(lambda typist: not told(typist))
    await crowd.more()
    await crowd.settle()
    assert not any(typist.closes for typist in crowd.typists)


async def test_postgresql_restarted(make_site: Sites, postgres_server: Postgres) -> None:
    site = make_site(postgres=True, settings=POOL)
    site.start_web()
    site.start_worker()
    async with Crowd(site, 6, rooms=2, stock=1) as crowd:
        await asyncio.to_thread(postgres_server.kill)
        try:
            await outage(crowd, postgres_server.start_again)
        finally:
            await asyncio.to_thread(postgres_server.start_again)


async def test_postgresql_frozen(make_site: Sites, postgres_server: Postgres) -> None:
    """It takes what it is sent and answers nothing."""
    site = make_site(postgres=True, settings=POOL)
    site.start_web()
    site.start_worker()
    async with Crowd(site, 6, rooms=2, stock=1) as crowd:
        postgres_server.signal(signal.SIGSTOP)
        try:
            await outage(crowd, lambda: postgres_server.signal(signal.SIGCONT))
        finally:
            postgres_server.signal(signal.SIGCONT)


async def test_postgresql_cut_off(make_site: Sites, postgres_server: Postgres) -> None:
    """The network goes away without a word; what was connected stays cut off for ever."""
    site = make_site(postgres=True, settings=POOL)
    async with Proxy(postgres_server.socket) as proxy:
        site.env["DATABASE_URL"] = f"postgres://postgres@127.0.0.1:{proxy.port}/{site.database.rpartition('/')[2]}"
        await asyncio.to_thread(site.start_web)
        await asyncio.to_thread(site.start_worker)
        async with Crowd(site, 6, rooms=2, stock=1) as crowd:
            proxy.cut()
            await outage(crowd, proxy.mend)


async def test_disk_full(make_site: Sites) -> None:
    """SQLite cannot write any more."""
    site = make_site(embedded=True)
    web = site.start_web()
    async with Crowd(site, 6, rooms=2, stock=1) as crowd:
        # No file may grow beyond what the log of SQLite takes now.
        size = (site.folder / "db.sqlite3-wal").stat().st_size
        resource.prlimit(web.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        await outage(crowd, lambda: resource.prlimit(web.process.pid, resource.RLIMIT_FSIZE, unlimited))


@pytest.mark.parametrize("postgres", [False, True], ids=["sqlite", "postgresql"])
async def test_killed_at_each_step_of_a_compaction(make_site: Sites, postgres: bool) -> None:
    """People type and type, so that something always arrives meanwhile."""
    site = make_site(embedded=True, postgres=postgres)
    store_with(site, CRASHING, 'YROOM_SETTINGS["default"]["COMPACT_UPDATES"] = 30\n')
    survived = site.folder / "steps"
    site.env["CRASH_AT"] = "0"
    web = site.start_web()
    async with Crowd(site, 6, stock=1, pause=0.02) as crowd:
        step = 0
        while step == 0 or not survived.exists():
            web.kill()
            survived.unlink(missing_ok=True)
            step += 1
            site.env["CRASH_AT"] = str(step)
            web = await asyncio.to_thread(site.start_web)
            async with asyncio.timeout(PATIENCE):
                while web.process.poll() is None and not survived.exists():
                    await asyncio.sleep(0.02)
            crowd.check_stored(crowd.rooms[0])
        # The last one had no such step.
        assert step == int(survived.read_text()) + 1 > 6
        await crowd.settle()
