"""The database goes away, refuses, is full, slow or damaged: editing goes on, "saved" waits, and nothing is lost."""

import asyncio
import logging
import resource
import shutil
import signal
import sqlite3
import time
import uuid
import zlib
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from pycrdt import Doc, Text

from tests.hunts import hunt, variants
from tests.servers import Postgres
from tests.yroom.client import TIMEOUT, YClient
from tests.yroom.conftest import Project

from . import disk
from .proxy import Proxy
from .stored import query
from .typists import PATIENCE, Crowd, Typist, stored_text

Sites = Callable[..., Project]

# As the generated site has it, but less patient.
POOL = """
DATABASES["default"].setdefault("OPTIONS", {}).update(
    pool={"min_size": 1, "max_size": 10, "timeout": 10}, connect_timeout=2, keepalives_idle=30, tcp_user_timeout=10_000
)
"""


logger = logging.getLogger("faults")

# Seconds of an outage until everybody has been told.
TOLD = 5
# A storage class that ends its process at one of the steps of a compaction: before each statement, around the commit.
CRASHING = """
import os
from pathlib import Path

from crashing import crashing
from yroom.store.database import DatabaseStorage


class Storage(DatabaseStorage):
    def compact(self, room):
        with crashing(int(os.environ["CRASH_AT"])) as steps:
            size = super().compact(room)
        # One that finds nothing to do has fewer steps.
        if steps.has_committed:
            Path("steps.new").write_text(str(steps.count))
            os.replace("steps.new", "steps")
        return size
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


def is_seen(first: Typist, second: Typist, done: int = 0) -> bool:
    """Whether the second sees something that the first typed, after so many edits, and was not told to be saved."""
    edits = list(enumerate(first.done))[done:]
    return any(typed and word in str(second.text) and number not in first.confirmed for number, (word, typed) in edits)


async def outage(crowd: Crowd, extent: int, end: Callable[[], Any]) -> None:
    """Everybody sees that nothing is saved and types on; once it is over all is saved, and nobody had to leave."""
    await crowd.until(lambda typist: typist.stock or told(typist))
    confirmed = {typist: len(typist.confirmed) for typist in crowd.typists}
    for typists in crowd.by_room.values():
        first, second = typists[:2]
        await second.until(partial(is_seen, first, second, len(first.done)))
    await crowd.stays(extent - TOLD)
    assert confirmed == {typist: len(typist.confirmed) for typist in crowd.typists}
    await asyncio.to_thread(end)
    ended = time.monotonic()
    await crowd.until(lambda typist: not told(typist))
    logger.info("told that saving works again within %.2f s", time.monotonic() - ended)
    await crowd.more()
    await crowd.settle()
    assert not crowd.closes


@hunt("HUNT_OUTAGE")
async def test_postgresql_restarted(make_site: Sites, postgres_server: Postgres, extent: int) -> None:
    site = make_site(postgres=True, settings=POOL)
    site.start_web()
    site.start_worker()
    async with Crowd(site, 6, rooms=2, stock=1) as crowd:
        await asyncio.to_thread(postgres_server.kill)
        try:
            await outage(crowd, extent, postgres_server.start_again)
        finally:
            await asyncio.to_thread(postgres_server.start_again)


@hunt("HUNT_OUTAGE")
async def test_postgresql_frozen(make_site: Sites, postgres_server: Postgres, extent: int) -> None:
    """It takes what it is sent and answers nothing, until it goes on where it was."""
    site = make_site(postgres=True, settings=POOL + 'YROOM = {"DATABASE_TIMEOUT": 600.0}\n')
    site.start_web()
    site.start_worker()
    async with Crowd(site, 6, rooms=2, stock=1) as crowd:
        postgres_server.signal(signal.SIGSTOP)
        try:
            await outage(crowd, extent, lambda: postgres_server.signal(signal.SIGCONT))
        finally:
            postgres_server.signal(signal.SIGCONT)


@hunt("HUNT_OUTAGE")
async def test_postgresql_cut_off(make_site: Sites, postgres_server: Postgres, extent: int) -> None:
    """The network goes away without a word; what was connected, or began to connect, stays cut off for ever."""
    patient = 'DATABASES["default"]["OPTIONS"]["connect_timeout"] = 600\n'
    site = make_site(postgres=True, settings=POOL + patient + 'YROOM = {"DATABASE_TIMEOUT": 2.0}\n')
    async with Proxy(postgres_server.socket) as proxy:
        site.env["DATABASE_URL"] = f"postgres://postgres@127.0.0.1:{proxy.port}/{site.database.rpartition('/')[2]}"
        await asyncio.to_thread(site.start_web)
        await asyncio.to_thread(site.start_worker)
        async with Crowd(site, 6, rooms=2, stock=1) as crowd:
            proxy.cut()
            await outage(crowd, extent, proxy.mend)


@hunt("HUNT_OUTAGE")
async def test_disk_full(make_site: Sites, extent: int) -> None:
    """SQLite cannot write any more: the file system is full or, where there may be none for it alone, seems to be."""
    site = make_site(embedded=True, settings=disk.SETTINGS)
    full = disk.Disk.of(site)
    web = site.start_web()
    logger.info("the database is on %s", "a disk of its own" if full else "the disk of all others")
    async with Crowd(site, 6, rooms=2, stock=1) as crowd:
        if full:
            full.fill()
            await outage(crowd, extent, full.free)
        else:
            # No file may grow beyond what the log of SQLite takes now.
            size = (site.folder / "db.sqlite3-wal").stat().st_size
            resource.prlimit(web.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            await outage(crowd, extent, lambda: resource.prlimit(web.process.pid, resource.RLIMIT_FSIZE, unlimited))


@variants("postgres", {"sqlite": False, "postgresql": True}, short={"postgresql"})
async def test_killed_at_each_step_of_a_compaction(make_site: Sites, postgres: bool) -> None:
    """People type and type, so that something always arrives meanwhile."""
    site = make_site(embedded=True, postgres=postgres)
    shutil.copy(Path(__file__).with_name("crashing.py"), site.folder)
    store_with(site, CRASHING, 'YROOM_SETTINGS["default"]["COMPACT_UPDATES"] = 30\n')
    survived = site.folder / "steps"
    site.env["CRASH_AT"] = "0"
    web = site.start_web()
    async with Crowd(site, 6, stock=1) as crowd:
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
        # The last one had no such step. One with a longer log before it may have had more.
        assert step > int(survived.read_text()) > 6
        await crowd.settle()


async def test_one_room_refused(make_site: Sites) -> None:
    """The database takes the other rooms' updates, also those that came in the same commit."""
    site = make_site(embedded=True)
    site.start_web()
    async with Crowd(site, 6, rooms=2, stock=0) as crowd:
        refused, other = crowd.rooms
        trigger = (
            "CREATE TRIGGER refuse BEFORE INSERT ON yroom_roomupdate"
            f" WHEN NEW.room = 'textcollab.{refused}' BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
        query(site, trigger)
        await asyncio.gather(*(typist.until(lambda t=typist: told(t)) for typist in crowd.by_room[refused]))  # type: ignore[misc]
        confirmed = [len(typist.confirmed) for typist in crowd.by_room[refused]]
        for typist in crowd.by_room[other]:
            goal = len(typist.confirmed) + 5
            await typist.until(lambda t=typist, g=goal: len(t.confirmed) >= g)  # type: ignore[misc]
            assert not any(message.get("code") == "storage_failing" for message in typist.controls)
        assert confirmed == [len(typist.confirmed) for typist in crowd.by_room[refused]]
        query(site, "DROP TRIGGER refuse")
        await crowd.until(lambda typist: not told(typist))
        await crowd.settle()
        assert not crowd.closes


async def test_an_unsaved_room_is_not_unloaded(make_site: Sites) -> None:
    """Though nobody has it open any more."""
    site = make_site(embedded=True)
    site.start_web()
    name = uuid.uuid4().hex
    query(site, "CREATE TRIGGER refuse BEFORE INSERT ON yroom_roomupdate BEGIN SELECT RAISE(ABORT, 'refused'); END")
    async with YClient(site.url(name)) as client:
        await client.insert("kept")
        await client.until(lambda: any(message.get("code") == "storage_failing" for message in client.controls))
    # Longer than REMOVE_ROOM_DELAY: others come and go meanwhile.
    for _ in range(10):
        async with YClient(site.url(uuid.uuid4().hex)):
            await asyncio.sleep(0.05)
    async with YClient(site.url(name)) as client:
        assert str(client.text) == "kept"
        await client.until(lambda: any(message.get("code") == "storage_failing" for message in client.controls))
        assert client.saved == 0
        query(site, "DROP TRIGGER refuse")
        await client.until_saved()
    assert stored_text(site, name) == "kept"


SLOW = """
import time

from yroom.store.database import DatabaseStorage


class Storage(DatabaseStorage):
    def append(self, entries):
        time.sleep(0.5)
        super().append(entries)
"""


async def test_slow_commits(make_site: Sites) -> None:
    """Others see what is typed before it is saved, and one commit takes all that came meanwhile."""
    site = make_site(embedded=True)
    store_with(site, SLOW)
    site.start_web()
    async with Crowd(site, 12, rooms=4, stock=0) as crowd:
        for room in crowd.rooms:
            first, second = crowd.by_room[room][:2]
            await second.until(partial(is_seen, first, second))
        await crowd.more()
        await crowd.settle()


def store_long_log(site: Project, room: str) -> int:
    """Give a room a log of 50 MB: somebody pasted a lot and deleted it again, over and over; return its length."""
    log: list[bytes] = []
    doc: Doc[Any] = Doc()
    subscription = doc.observe(lambda event: log.append(event.update))
    text = doc.get("content", type=Text)
    for number in range(5000):
        text.insert(0, f"{number};" + "x" * 10_000)
        del text[5:]
    doc.unobserve(subscription)
    database = sqlite3.connect(site.folder / "db.sqlite3")
    with database:
        database.executemany(
            'INSERT INTO yroom_roomupdate (room, "update", checksum, user, created) VALUES (?, ?, ?, ?, ?)',
            [(f"textcollab.{room}", update, zlib.crc32(update), "", "2026-01-01") for update in log],
        )
    database.close()
    assert sum(map(len, log)) > 50_000_000
    return len(log)


async def test_a_long_log_stops_nobody(make_site: Sites) -> None:
    """While it is read, and while it is compacted, the other rooms' edits arrive and are saved."""
    site = make_site(embedded=True)
    long = uuid.uuid4().hex
    length = store_long_log(site, long)
    site.start_web()
    async with Crowd(site, 6, rooms=2, stock=0, pause=0.02) as crowd:
        client = YClient(site.url(long))
        await client.open()
        await more_confirmed(crowd)
        assert not client.synced
        await client.until(lambda: client.synced, PATIENCE)
        await client.insert("!")  # makes it long enough to be compacted
        await client.until_saved()
        await more_confirmed(crowd)
        assert log_length(site, long) > length
        async with asyncio.timeout(PATIENCE):
            while log_length(site, long) > length:
                await asyncio.sleep(0.05)
        await client.close()
        assert stored_text(site, long) == str(client.text)
        await crowd.settle()


def log_length(site: Project, room: str) -> int:
    """How many updates of a room are not in its snapshot yet."""
    count: int = query(site, "SELECT count(*) FROM yroom_roomupdate WHERE room = %s", f"textcollab.{room}")[0][0]
    return count


async def more_confirmed(crowd: Crowd) -> None:
    """Wait until everybody has had something more confirmed that they typed from now on, and others have seen it."""
    goals = {typist: len(typist.done) for typist in crowd.typists}
    await crowd.until(lambda typist: any(number >= goals[typist] for number in typist.confirmed))


async def test_a_damaged_room_is_repaired(make_site: Sites) -> None:
    """It is refused, listed and repaired with its bytes kept, opens again at once, and others go on all the while."""
    site = make_site()
    site.start_web()
    worker = site.start_worker()
    name = uuid.uuid4().hex
    room = f"textcollab.{name}"
    async with Crowd(site, 2, stock=0) as crowd:
        async with YClient(site.url(name)) as client:
            for word in ("one ", "two ", "three "):
                await client.insert(word)
                await client.until_saved()
            worker.kill()
        rows = query(site, "SELECT sequence FROM yroom_roomupdate WHERE room = %s ORDER BY sequence", room)
        query(site, 'UPDATE yroom_roomupdate SET "update" = %s WHERE sequence = %s', b"damaged", rows[1][0])
        worker = await asyncio.to_thread(site.start_worker)
        complaint = await asyncio.to_thread(site.manage, "yroom_check", check=False)
        assert "Some rooms are damaged" in complaint
        # Refused, for longer each time.
        while worker.output.count(f"could not load {room}") < 3:
            async with YClient(site.url(name)) as refused:
                assert refused.close_code == 4511
                await asyncio.sleep(0.1)
        assert query(site, "SELECT reason FROM yroom_damagedroom WHERE room = %s", room)
        report = await asyncio.to_thread(site.manage, "yroom_check", "--repair")
        assert f"{room}: 3 updates" in report
        assert "Rooms checked: 2, damaged: 1, repaired: 1" in report
        assert query(site, "SELECT data FROM yroom_damagedrow WHERE room = %s", room) == [(b"damaged",)]
        assert not query(site, "SELECT room FROM yroom_damagedroom")
        async with YClient(site.url(name)) as other:
            await other.until_text("one ")
            # Somebody still has what is missing.
            await client.open()
            await other.until_text("one two three ")
            await client.until_saved()
            await client.close()
        await crowd.settle()
        assert not crowd.closes


async def test_a_room_is_not_refused_for_what_the_database_did(make_site: Sites) -> None:
    """However often it could not be loaded: people get in soon after the database is back."""
    site = make_site(embedded=True)
    web = site.start_web()
    name = uuid.uuid4().hex
    async with Crowd(site, 2, stock=0) as crowd:
        query(site, "ALTER TABLE yroom_roomsnapshot RENAME TO away")
        while web.output.count(f"could not load textcollab.{name}") < 10:  # each is logged twice
            async with YClient(site.url(name)) as refused:
                assert refused.close_code == 4511
                await asyncio.sleep(0.1)
        query(site, "ALTER TABLE away RENAME TO yroom_roomsnapshot")
        async with asyncio.timeout(TIMEOUT):
            while True:
                async with YClient(site.url(name)) as client:
                    if client.synced:
                        break
                    await asyncio.sleep(0.1)
        await crowd.settle()
        assert not crowd.closes


@variants("embedded", {"separate": False, "embedded": True}, short={"separate", "embedded"})
async def test_an_open_room_is_repaired_without_loss(make_site: Sites, embedded: bool) -> None:
    """What its worker holds is stored anew; an embedded one cannot be told, and finds out for itself."""
    site = make_site(embedded=embedded)
    start = site.start_web if embedded else site.start_worker
    worker = start()
    if not embedded:
        site.start_web()
    name = uuid.uuid4().hex
    async with YClient(site.url(name)) as client:
        await client.insert("one ")
        await client.until_saved()
        query(site, 'UPDATE yroom_roomupdate SET "update" = %s', b"damaged")
        await client.insert("two ")
        await client.until_saved()
        told = await asyncio.to_thread(site.manage, "yroom_check", "--repair")
        assert ("leave it running" in told) == embedded
        await client.insert("three")
        await client.until_saved()
        async with asyncio.timeout(PATIENCE):
            while await asyncio.to_thread(stored_text, site, name) != "one two three":
                await asyncio.sleep(0.05)
    worker.kill()
    await asyncio.to_thread(start)
    async with YClient(site.url(name)) as client:
        await client.until_text("one two three")


async def test_data_of_an_older_schema(make_site: Sites) -> None:
    """It opens in the new editor; an old editor that comes back with edits is told so and writes nothing."""
    site = make_site(embedded=True)
    web = site.start_web()
    name = uuid.uuid4().hex
    old = YClient(site.url(name), schema=1)
    async with old:
        await old.insert("old ")
        await old.until_saved()
    await asyncio.to_thread(web.stop)
    with (site.folder / "settings.py").open("a") as settings:
        settings.write('YROOM_SETTINGS["default"]["SCHEMA"] = 2\n')
    await asyncio.to_thread(site.start_web)
    await old.insert("never")
    await old.open()
    await old.until(lambda: old.close_code is not None)
    assert old.close_code == 4426
    async with YClient(site.url(name), schema=2) as new:
        assert str(new.text) == "old "
        await new.insert("and new")
        await new.until_saved()
    assert stored_text(site, name) == "old and new"


KEPT = "kept " * 10_000


async def visit(site: Project, names: list[str]) -> None:
    """Open one room after the other, type and leave, a few people at a time."""

    async def person() -> None:
        while names:
            async with YClient(site.url(names.pop())) as client:
                await client.insert(KEPT)
                await client.until_saved()

    await asyncio.gather(*(person() for _ in range(10)))
    # Until all are unloaded.
    async with asyncio.timeout(PATIENCE):
        while await asyncio.to_thread(site.manage, "yroom_rooms"):
            await asyncio.sleep(0.2)


@hunt("HUNT_ROOMS")
async def test_memory_stays_flat(make_site: Sites, extent: int) -> None:
    """However many rooms were opened and unloaded; and each is there when somebody comes back."""
    site = make_site()
    servers = [site.start_web(), site.start_worker()]
    sizes: list[list[int]] = []
    rooms = extent // 5
    for start in range(0, 5 * rooms, rooms):
        await visit(site, [f"{number}" for number in range(start, start + rooms)])
        sizes.append([server.memory for server in servers])
    growth = [[after - before for before, after in pairwise(each)] for each in zip(*sizes, strict=True)]
    logger.info("after each %d more rooms the web process and the worker have grown by %s bytes", rooms, growth)
    # What is free again is not all given back, but is used again. The text of the rooms alone would be more every time,
    # and in documents several times as much.
    assert max(map(min, growth)) < rooms * len(KEPT), growth
    async with YClient(site.url("0")) as client:
        await client.until_text(KEPT)
