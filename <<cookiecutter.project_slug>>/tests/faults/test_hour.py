"""An hour of typing in a few seconds: what is kept in memory, and in the store, does not grow with what happened."""

import asyncio
import logging
import random
from collections.abc import Callable

from pycrdt import Assoc, Doc

from tests.hunts import hunt
from tests.yroom.client import YClient
from tests.yroom.conftest import Project

from .stored import query
from .typists import PATIENCE

Sites = Callable[..., Project]

logger = logging.getLogger("faults")

# What a few people do in an hour of writing: each changes something in every second or so.
PEOPLE = 5
# After so many somebody reloads the page, which makes them a new Yjs client.
SESSION = 150
# How many a person is ahead of what is saved: all as fast as the server takes it.
AHEAD = 40
# Characters that somebody pastes, and takes back at once, every so many keystrokes.
PASTE = 20_000
PASTES = 1000
# As in yroom.conf.
FLOOR = 64 * 1024
SETTINGS = """
YROOM_SETTINGS["default"] |= {"MAX_FRAME_RATE": 100_000, "MAX_BYTE_RATE": 100_000_000}
"""


class Writer(YClient):
    """Somebody who types where they are, corrects, pastes something large and takes it back, and reloads the page."""

    async def reload(self) -> None:
        """Leave, and come back with nothing."""
        if self._socket is not None:
            await self.until_saved()
            await self.close()
        self.frames.clear()
        self.controls.clear()
        self.awareness.clear()
        self.doc.unobserve(self._subscription)
        self.doc = Doc()
        self._subscription = self.doc.observe(self._on_update)
        await self.open()
        await self.until(lambda: self.synced)

    async def write(self, keystrokes: int) -> None:
        """So many keystrokes, each with a cursor that moves."""
        for number in range(keystrokes):
            if number % SESSION == 0:
                await self.reload()
                cursor = self.text.sticky_index(random.randrange(len(self.text) + 1), Assoc.BEFORE)
            at = cursor.get_index()
            if random.randrange(PASTES) == 0:
                self.text.insert(at, "x" * PASTE)
                await self.delete(at, at + PASTE)
            elif at and random.random() < 0.1:
                await self.delete(at - 1, at)
            else:
                self.text.insert(at, "e")
                cursor = self.text.sticky_index(at + 1, Assoc.BEFORE)
                await self._flush()
            await self.present({"cursor": {"anchor": cursor.to_json(), "head": cursor.to_json()}})
            if number % 10 == 0:
                await self.until(lambda: self.saved > self.sent_documents - AHEAD)


class Log:
    """Watches a room's log and snapshot."""

    def __init__(self, site: Project, room: str) -> None:
        self._site = site
        self._room = f"textcollab.{room}"
        self.looks = self.updates = 0
        self.ratio = 0.0

    async def watch(self) -> None:
        """Look as often as one can, for ever."""
        while True:
            self.ratio = max(self.ratio, await self.look())
            await asyncio.sleep(0.05)

    async def look(self) -> float:
        """How many times the snapshot's bytes the log has."""
        (updates, size), snapshot = await asyncio.to_thread(self.sizes)
        self.looks += 1
        self.updates = max(self.updates, updates)
        return size / max(snapshot, FLOOR)

    def sizes(self) -> tuple[tuple[int, int], int]:
        """Updates and bytes of the log, and bytes of the snapshot, at one moment."""
        sql = (
            'SELECT count(*), coalesce(sum(length("update")), 0),'
            " (SELECT max(length(state)) FROM yroom_roomsnapshot WHERE room = %s) FROM yroom_roomupdate WHERE room = %s"
        )
        count, size, snapshot = query(self._site, sql, self._room, self._room)[0]
        return (count, size), snapshot or 0


@hunt("HUNT_KEYSTROKES")
async def test_an_hour_of_editing(make_site: Sites, extent: int) -> None:
    """Memory grows with the document alone, and the log never has more than twice what the snapshot has."""
    site = make_site(settings=SETTINGS)
    servers = [site.start_web(), site.start_worker()]
    room = "hour"
    log = Log(site, room)
    watching = asyncio.create_task(log.watch())
    async with YClient(site.url(room)) as reader:

        async def write(keystrokes: int) -> int:
            """Everybody writes; return how large the document is then."""
            writers = [Writer(site.url(room)) for _ in range(PEOPLE)]
            await asyncio.gather(*(writer.write(keystrokes // PEOPLE) for writer in writers))
            for writer in writers:
                await writer.until_saved()
                await writer.close()
            await reader.until(lambda: not any(state for _, state in reader.awareness.values()))
            async with YClient(site.url(room)) as fresh:
                await reader.until_text(str(fresh.text))
            reader.frames.clear()
            return len(reader.doc.get_update())

        started = asyncio.get_running_loop().time()
        size = await write(extent // 3)
        before = [server.memory for server in servers]
        grown = await write(extent - extent // 3) - size
        growth = [server.memory - size for server, size in zip(servers, before, strict=True)]
        assert not watching.done() or watching.exception() is None
        watching.cancel()
        # A few large changes that leave nothing behind.
        for _ in range(20):
            reader.text.insert(0, "x" * PASTE)
            await reader.delete(0, PASTE)
            await reader.until_saved()
            async with asyncio.timeout(PATIENCE):
                while await log.look() > 1.9:
                    await asyncio.sleep(0.05)
    took = asyncio.get_running_loop().time() - started
    logger.info(
        "%d keystrokes in %.1f s; the document has grown by %d bytes, web process and worker by %s; at the most %d"
        " updates in the log, %.2f times the snapshot's bytes (%d looks)",
        extent, took, grown, growth, log.updates, log.ratio, log.looks,
    )  # fmt: skip
    assert max(growth) < 6_000_000 + 20 * grown
    assert log.ratio < 2
    # Once all have left, nothing is in the log.
    async with asyncio.timeout(PATIENCE):
        while await asyncio.to_thread(site.manage, "yroom_rooms"):
            await asyncio.sleep(0.1)
    (updates, _), snapshot = log.sizes()
    assert updates == 0
    assert snapshot < 1.1 * len(reader.doc.get_update())
