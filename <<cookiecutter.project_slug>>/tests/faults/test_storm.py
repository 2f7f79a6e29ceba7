"""Many who open a large document at once: it is held once for all of them, however slowly they read."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from pycrdt import Doc, Text

from tests.hunts import variants
from tests.servers import Server
from tests.yroom.client import YClient
from tests.yroom.conftest import Project
from tests.yroom.test_hostile import OVERLOAD, Raw, sockets_of
from yroom.crdt import protocol

from .test_large import store, typing
from .typists import PATIENCE

Sites = Callable[..., Project]

SIZE = 6_000_000
PEOPLE = 40
# How many times the document may be there: in the room, on its way, and for all who are sent it.
COPIES = 12
# Nobody is pinged: who does not read is found out by that alone.
SILENT = ["--ping-interval", "3600"]
SETTINGS = f"""
YROOM = {{"CALL_TIMEOUT": {PATIENCE}, "WORKER_TIMEOUT": {PATIENCE}, "WEB_TIMEOUT": {PATIENCE}}}
YROOM_SETTINGS["default"]["MAX_FRAME_RATE"] = 100_000  # they type as quickly as they hear of each other
YROOM_SETTINGS["default"]["SLOW_SOCKET_SECONDS"] = 600
YROOM_SETTINGS["impatient"] = YROOM_SETTINGS["default"] | {{"SLOW_SOCKET_SECONDS": 1}}
"""


class Slow:
    """Somebody with a slow connection, which takes no more than a system keeps before it is told to read."""

    def __init__(self, site: Project, kind: str = "open") -> None:
        self.raw = Raw(site, f"/ws/{kind}/large", limit=16 * 1024)
        self.before: list[bytes] = []  # what came before the answer

    async def ask(self) -> None:
        """Ask for the document; return once the answer begins."""
        await self.raw.open()
        await self.raw.send(protocol.sync_step1(protocol.EMPTY_STATE_VECTOR))
        while (size := (await self.raw.reader.readexactly(2))[1]) != 127:
            if size == 126:
                size = int.from_bytes(await self.raw.reader.readexactly(2), "big")
            self.before.append(await self.raw.reader.readexactly(size))
        self.raw.writer.transport.pause_reading()  # type: ignore[attr-defined]

    async def text(self) -> str:
        """Read the answer; return what it and those before it say."""
        self.raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
        size = int.from_bytes(await self.raw.reader.readexactly(8), "big")
        answer = await self.raw.reader.readexactly(size)
        doc: Doc[Text] = Doc()
        for frame in (*self.before, answer):
            if frame.startswith((b"\x00\x01", b"\x00\x02")):
                doc.apply_update(protocol.read_var_bytes(frame, 2)[0])
        return str(doc.get("content", type=Text))


@asynccontextmanager
async def slow(site: Project, number: int) -> AsyncIterator[list[Slow]]:
    """So many who ask for the document."""
    people = [Slow(site) for _ in range(number)]
    await asyncio.gather(*(person.ask() for person in people))
    try:
        yield people
    finally:
        for person in people:
            person.raw.writer.transport.abort()


@variants("embedded", {"embedded": True, "separate": False}, short={"separate"})
async def test_many_who_open_a_large_document_at_once(make_site: Sites, embedded: bool) -> None:
    """Memory is that of a few copies, others type on, and all get everything; who never reads is sent away."""
    site = make_site(embedded=embedded, settings=SETTINGS)
    whole: Doc[Text] = Doc()
    whole.get("content", type=Text).insert(0, "large ".ljust(SIZE, "."))
    for kind in ("textcollab", "impatient"):
        store(site, "large", whole.get_update(), kind)
    web = await asyncio.to_thread(site.start_web, *SILENT)
    if not embedded:
        await asyncio.to_thread(site.start_worker)
    async with YClient(site.url("large")) as writer, typing(site, 2) as pairs:
        grown = [server.memory for server in site.running]
        before, sockets = [pair.words for pair in pairs], sockets_of(web.process.pid)
        async with slow(site, PEOPLE) as people:
            await writer.insert("written meanwhile", 3)
            await writer.until_saved()
            async with slow(site, PEOPLE // 2) as late:
                for server, size in zip(site.running, grown, strict=True):
                    assert server.memory - size < COPIES * SIZE
                assert all(pair.words > words for pair, words in zip(pairs, before, strict=True))
                everything = str(writer.text)
                for person in random.sample(late, 3):
                    assert await person.text() == everything
            for person in random.sample(people, 3):
                assert len(await person.text()) >= SIZE
        await until_sockets(web, sockets)
        stuck = Slow(site, "impatient")
        await stuck.ask()
        await until_sockets(web, sockets)
        stuck.raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await stuck.text()
        assert await stuck.raw.close_code() in (OVERLOAD, 0)


async def until_sockets(web: Server, number: int) -> None:
    """Wait until a process has no more sockets open."""
    async with asyncio.timeout(PATIENCE):
        while sockets_of(web.process.pid) > number:
            await asyncio.sleep(0.05)  # another process offers no event to wait for
