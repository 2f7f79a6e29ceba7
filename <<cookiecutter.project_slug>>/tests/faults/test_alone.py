"""Processes that must not both have a document: embedded workers, and workers that have lost a shard unawares."""

import asyncio
import signal
import uuid
from collections.abc import Callable

import pytest
from pycrdt import Text

from tests.hunts import variants
from tests.servers import free_port
from tests.yroom.client import YClient
from tests.yroom.conftest import Project
from yroom.crdt import causal_order

from .stored import stored_updates

Sites = Callable[..., Project]

LEVELS = """
LOGGING["formatters"] = {"level": {"format": "%(levelname)s %(message)s"}}
LOGGING["handlers"]["console"]["formatter"] = "level"
"""
REFUSES = "ERROR.*refuses all sockets.*REDIS_URL"


def text_of(site: Project, room: str) -> str:
    """What is stored of a room."""
    doc, late = causal_order.join(stored_updates(site, f"textcollab.{room}"))
    assert not late
    return str(doc.get("content", type=Text))


@pytest.fixture(params=["sqlite", "postgres", "redis"])
def embedded(make_site: Sites, request: pytest.FixtureRequest) -> Project:
    """A site with its worker in the web process, whatever else it has."""
    redis = request.param == "redis"
    mode = '"EMBEDDED": True, ' if redis else ""
    settings = f'YROOM = {{{mode}"EMBEDDED_WAIT": 1.0}}\n{LEVELS}'
    return make_site(embedded=not redis, postgres=request.param == "postgres", settings=settings)


async def test_a_second_embedded_process_refuses(embedded: Project) -> None:
    """It says why, takes over when the first is gone, and that keeps away when it comes back from the frost."""
    site, room = embedded, uuid.uuid4().hex
    ports = site.port, free_port()
    first = site.start_web()
    async with YClient(site.url(room)) as alice:
        await alice.insert("one ")
        await alice.until_saved()
        second = site.start_web(port=ports[1])
        async with YClient(site.url(room, port=ports[1])) as bob:
            await bob.until(lambda: bob.close_code is not None)
            assert bob.close_code == 4512
        await asyncio.to_thread(second.wait_for_line, REFUSES)
        # Later ones are told at once, and whoever is at the first notices nothing.
        async with YClient(site.url(room, port=ports[1])) as bob:
            await bob.until(lambda: bob.close_code is not None)
            assert bob.close_code == 4512
        await alice.insert("two ")
        await alice.until_saved()
        first.process.send_signal(signal.SIGSTOP)
        await asyncio.to_thread(second.wait_for_line, "takes sockets")
        async with YClient(site.url(room, port=ports[1])) as bob:
            await bob.until_text("one two ")
            await bob.insert("three ")
            await bob.until_saved()
            # Sent to the first while it knows nothing yet, and never said to be saved.
            await alice.insert("lost? ")
            first.process.send_signal(signal.SIGCONT)
            await alice.until(lambda: alice.close_code is not None)
            assert alice.close_code == 4512
            await asyncio.to_thread(first.wait_for_line, REFUSES)
            # The browser comes back, to whoever serves the site now, with what was not saved.
            alice.url = site.url(room, port=ports[1]) + "?protocol=yroom.1&schema=1"
            await alice.open()
            await alice.until_saved()
            await bob.until_text(str(alice.text))
            assert sorted(str(bob.text).split()) == ["lost?", "one", "three", "two"]
            assert text_of(site, room) == str(bob.text)


async def test_a_deployment_overlaps(make_site: Sites) -> None:
    """Sockets that come to the new process wait for the old one to end, and are not sent away."""
    site, room = make_site(embedded=True), uuid.uuid4().hex
    first, port = site.start_web(), free_port()
    async with YClient(site.url(room)) as alice:
        await alice.insert("before ")
        await alice.until_saved()
        site.start_web(port=port)
        bob = YClient(site.url(room, port=port))
        await bob.open()
        await alice.insert("meanwhile ")
        await alice.until_saved()
        assert await asyncio.to_thread(first.stop) == 0
        await bob.until_text("before meanwhile ")
        assert bob.close_code is None
        await bob.close()


# Stores nothing while there is a file of that name.
STORAGE = """
import time
from pathlib import Path

from yroom.store.database import DatabaseStorage


class Storage(DatabaseStorage):
    def append(self, entries):
        while Path("hold").exists():
            time.sleep(0.02)
        super().append(entries)
"""


@variants("postgres", {"sqlite": False, "postgres": True}, short={"sqlite", "postgres"})
async def test_what_a_worker_kept_too_long_is_not_stored(make_site: Sites, postgres: bool) -> None:
    """Frozen with an update that nobody else has any more, it finds another in its place: all see what is stored."""
    settings = 'YROOM_SETTINGS["default"]["STORAGE_BACKEND"] = "holding.Storage"\n'
    site, room = make_site(postgres=postgres, settings=settings), uuid.uuid4().hex
    (site.folder / "holding.py").write_text(STORAGE)
    web, stale = site.start_web(), site.start_worker()
    url, hold = site.url(room), site.folder / "hold"
    async with YClient(url) as carol, YClient(url) as dan:
        await carol.insert("first ")
        await carol.until_saved()
        hold.touch()
        await carol.insert("kept too long ")
        await dan.until_text("first kept too long ")
        stale.process.send_signal(signal.SIGSTOP)
        # It would tell the next worker what was not saved.
        web.kill()
    # Who typed it has it, and everybody else has left.
    hold.unlink()
    await asyncio.gather(asyncio.to_thread(site.start_web), asyncio.to_thread(site.start_worker))
    async with YClient(url) as erin:
        await erin.until_text("first ")
        await erin.insert("since ")
        await erin.until_saved()
        stale.process.send_signal(signal.SIGCONT)
        await asyncio.to_thread(stale.wait_for_line, "to another worker|has claimed")
        assert await asyncio.to_thread(stale.stop) == 0
        assert text_of(site, room) == str(erin.text)
        # It comes back with its writer.
        await carol.open()
        await carol.until_saved()
        await erin.until(lambda: "kept too long " in str(erin.text))
        assert text_of(site, room) == str(erin.text) == str(carol.text)
        await carol.close()
