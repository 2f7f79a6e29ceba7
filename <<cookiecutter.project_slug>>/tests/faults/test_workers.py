"""Workers killed, frozen, stopped, joined: nobody is disconnected, nothing is lost, all see the same."""

import asyncio
import math
import re
import signal
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import unquote

import pytest
from pycrdt import Text

from tests.hunts import hunt
from tests.servers import Server
from tests.yroom.client import YClient
from tests.yroom.conftest import Project
from yroom.crdt import causal_order as updates

from .proxy import Proxy
from .stored import query, stored_updates
from .typists import PATIENCE, Crowd

Sites = Callable[..., Project]


async def start_worker(site: Project) -> Server:
    """Start a worker while people type."""
    return await asyncio.to_thread(site.start_worker)


def text_of(site: Project, room: str) -> str:
    """What is stored of a room."""
    doc, _ = updates.join(stored_updates(site, f"textcollab.{room}"))
    return str(doc.get("content", type=Text))


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what only the database can tell."""
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.05)


# Beside the shards' leases there is one of each worker for itself.
LEASES = "yroom_shardlease WHERE shard NOT LIKE '% %'"


def spread(site: Project) -> list[int]:
    """How many shards each worker holds that holds any, and how many are free."""
    return sorted(Counter(worker for (worker,) in query(site, f"SELECT worker FROM {LEASES}")).values())


def workers(site: Project) -> set[str]:
    """The names of those who hold shards."""
    return {worker for (worker,) in query(site, f"SELECT worker FROM {LEASES}")}


@asynccontextmanager
async def undisturbed(crowd: Crowd) -> AsyncIterator[Crowd]:
    """A crowd that in the end has not lost a single socket."""
    async with crowd:
        yield crowd
        assert not crowd.closes


@pytest.mark.parametrize("moment", ["while there is no worker", "before the commit"])
async def test_who_types_and_leaves_at_once(make_site: Sites, moment: str) -> None:
    """Nobody is there to send it again to the next worker."""
    site = make_site(settings='YROOM = {"COMMIT_INTERVAL": float(os.environ.get("COMMIT_INTERVAL", "0.04"))}\n')
    site.start_web()
    site.env["COMMIT_INTERVAL"] = "600"
    worker = await start_worker(site)
    room = uuid.uuid4().hex
    async with YClient(site.url(room)) as alice:
        await alice.insert("first ")
        await alice.until_saved()
        if moment == "before the commit":
            async with YClient(site.url(room)) as bob:
                await alice.insert("words")
                await bob.until(lambda: "words" in str(bob.text))
        else:
            worker.kill()
            await alice.insert("words")
    worker.kill()
    del site.env["COMMIT_INTERVAL"]
    await start_worker(site)
    await until(lambda: "words" in text_of(site, room))


@hunt("HUNT_OUTAGE")
@pytest.mark.parametrize(("postgres", "at_once"), [(False, True), (True, False)], ids=["at-once", "after-a-while"])
async def test_killed(make_site: Sites, postgres: bool, at_once: bool, extent: int) -> None:
    """Twenty people type, and go on while there is no worker."""
    site = make_site(postgres=postgres)
    site.start_web()
    worker = site.start_worker()
    async with undisturbed(Crowd(site, 20)) as crowd:
        worker.kill()
        crowd.check_stored(crowd.rooms[0])
        await crowd.stays(0 if at_once else extent)
        await start_worker(site)
        await crowd.settle()
        await crowd.more()


async def test_one_of_two_killed_and_one_frozen(make_site: Sites) -> None:
    """The other takes over, and who comes back from the frost steps back."""
    site = make_site(postgres=True)
    site.start_web()
    first, second = site.start_worker(), site.start_worker()
    await until(lambda: spread(site) == [4, 4])
    async with undisturbed(Crowd(site, 24, rooms=8)) as crowd:
        first.kill()
        await crowd.more()
        await crowd.settle()
        third = await start_worker(site)
        await until(lambda: spread(site) == [4, 4])
        second.process.send_signal(signal.SIGSTOP)
        await until(lambda: spread(site) == [8])
        await crowd.more()  # nobody waits for the frozen one
        second.process.send_signal(signal.SIGCONT)
        await until(lambda: spread(site) == [4, 4])
        assert "to another worker" in second.output
        await crowd.more()
        await crowd.settle()
        assert third.stop() == second.stop() == 0


async def test_one_of_two_cut_off_from_the_database(make_site: Sites) -> None:
    """It still talks to the web processes, and must leave them to the one that has its shards now."""
    site = make_site(postgres=True)
    site.start_web()
    folder, _, name = site.database.removeprefix("postgres://postgres@").rpartition("/")
    async with Proxy(unquote(folder) + "/.s.PGSQL.5432") as proxy:
        direct = site.env["DATABASE_URL"]
        site.env["DATABASE_URL"] = f"postgres://postgres@127.0.0.1:{proxy.port}/{name}"
        await start_worker(site)
        site.env["DATABASE_URL"] = direct
        await start_worker(site)
        await until(lambda: spread(site) == [4, 4])
        async with undisturbed(Crowd(site, 16, rooms=8)) as crowd:
            proxy.cut()
            await until(lambda: spread(site) == [8])
            await crowd.more()
            await crowd.settle()
        for server in site.running:
            server.kill()


async def test_stopped_and_replaced_in_turn(make_site: Sites) -> None:
    """A restart one by one, as a deployment does it."""
    site = make_site(postgres=True)
    site.start_web()
    running = [site.start_worker()]
    async with undisturbed(Crowd(site, 24, rooms=8)) as crowd:
        # Alone: everybody waits until the next has started.
        assert await asyncio.to_thread(running.pop().stop) == 0
        running += [await start_worker(site), await start_worker(site)]
        await crowd.more()
        await crowd.settle()
        for _ in range(2):
            assert await asyncio.to_thread(running.pop(0).stop) == 0
            running.append(await start_worker(site))
            await crowd.more(1)
        await crowd.settle()


async def test_shards_are_spread_evenly(make_site: Sites) -> None:
    """Workers join under load, until there are more than shards, and leave again."""
    site = make_site(settings='YROOM = {"SHARDS": 3}\n')
    site.start_web()
    running = [site.start_worker()]
    async with undisturbed(Crowd(site, 12, rooms=6)) as crowd:
        for expected in ([1, 2], [1, 1, 1], [1, 1, 1]):
            running.append(await start_worker(site))
            await until(lambda e=expected: spread(site) == e)  # type: ignore[misc]
            await crowd.more(2)
        for expected in ([1, 1, 1], [1, 2], [3]):
            assert await asyncio.to_thread(running.pop(0).stop) == 0
            await until(lambda e=expected: spread(site) == e and "" not in workers(site))  # type: ignore[misc]
            await crowd.more(2)
        await crowd.settle()


def given_up(web: Server) -> int:
    """How often a web process has looked for another worker because it heard nothing of the one it had."""
    # A line of its own: with the time before it, it is said once more.
    return len(re.findall("^yroom has not heard of the worker", web.output, re.MULTILINE))


async def test_slow(make_site: Sites) -> None:
    """A worker that is silent for seconds, but alive, is not made to start afresh with everybody each time."""
    site = make_site(settings='YROOM = {"LEASE_SECONDS": 20.0, "WORKER_TIMEOUT": 1.0}\n')
    web, worker = site.start_web(), site.start_worker()
    async with undisturbed(Crowd(site, 8)) as crowd:
        for silence in range(6):
            worker.process.send_signal(signal.SIGSTOP)
            await crowd.stays(1.5)
            if silence == 0:
                await until(lambda: given_up(web) > 0)
            worker.process.send_signal(signal.SIGCONT)
            await crowd.more()
        await crowd.settle()
    # Once, or a few times where a busy machine makes silences longer: it is waited for twice as long after each.
    assert given_up(web) < 6


async def test_slow_and_then_killed(make_site: Sites) -> None:
    """Nobody waits as long for one that is dead and replaced as they have learnt to wait for it."""
    site = make_site(settings='YROOM = {"SHARDS": 1, "LEASE_SECONDS": 12.0, "WORKER_TIMEOUT": 2.0}\n')
    web, worker = site.start_web(), site.start_worker()
    # It has nothing to do yet. One that had to start first would take so long that the dead one is given up, too.
    site.start_worker()
    async with undisturbed(Crowd(site, 8)) as crowd:
        for times in (1, 2):
            worker.process.send_signal(signal.SIGSTOP)
            await until(lambda times=times: given_up(web) >= times)  # type: ignore[misc]
            worker.process.send_signal(signal.SIGCONT)
            await crowd.more()
        before = given_up(web)
        worker.kill()
        query(site, "UPDATE yroom_shardlease SET worker = '' WHERE shard NOT LIKE '% %'")
        # Looked at here: a machine that is busy may keep the other one silent later, as it may any.
        await crowd.more(1)
        assert given_up(web) == before
        await crowd.settle()


async def test_the_leases_are_lost(make_site: Sites) -> None:
    """As if the database had been restored from a backup: what was claimed a hundred times is new again."""
    site = make_site()
    site.start_web()
    site.start_worker()
    async with undisturbed(Crowd(site, 8, rooms=4)) as crowd:
        query(site, "UPDATE yroom_shardlease SET term = term + 100")
        await until(lambda: "to another worker" in site.running[1].output)
        await crowd.more()
        query(site, "DELETE FROM yroom_shardlease")
        await until(lambda: spread(site) == [8])
        await crowd.more()
        await crowd.settle()


# PostgreSQL's clock as the engine reads it, with an offset that a test can change.
CLOCK = """
CREATE SCHEMA clock;
CREATE TABLE clock.offsets (hours int);
INSERT INTO clock.offsets VALUES (0);
CREATE FUNCTION clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
    'SELECT pg_catalog.statement_timestamp() + hours * interval ''1 hour'' FROM clock.offsets';
ALTER ROLE postgres IN DATABASE {database} SET search_path = clock, pg_catalog, public;
"""


async def test_the_clock_is_moved(make_site: Sites) -> None:
    """An hour on, and two back: the database's clock is the only one that counts, and it need not be right."""
    site = make_site(postgres=True)
    query(site, CLOCK.format(database=site.database.rpartition("/")[2]))
    site.start_web()
    first, _ = site.start_worker(), site.start_worker()
    await until(lambda: spread(site) == [4, 4])
    async with undisturbed(Crowd(site, 16, rooms=8)) as crowd:
        query(site, "UPDATE clock.offsets SET hours = 1")
        await crowd.more()
        await until(lambda: renewed(site) == 1 and spread(site) == [4, 4])
        await crowd.settle()
        # Who dies now has signed for a time that is yet to come.
        first.kill()
        query(site, "UPDATE clock.offsets SET hours = -1")
        await crowd.more()
        await until(lambda: renewed(site) == -1 and spread(site) == [8])
        await crowd.settle()


def renewed(site: Project) -> float:
    """How many hours the leases are ahead of the time, if they agree; else NaN."""
    ahead = "SELECT DISTINCT round(extract(epoch FROM renewed - pg_catalog.statement_timestamp()) / 3600)"
    hours = query(site, f"{ahead} FROM {LEASES}")
    return float(hours[0][0]) if len(hours) == 1 else math.nan
