"""Documents as large as a room may be: everybody gets them, over every layer, and whoever is beside them types on."""

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
from pycrdt import Doc, Text, get_state
from redis.asyncio import Redis as RedisClient

from tests.hunts import variants
from tests.yroom.client import YClient
from tests.yroom.conftest import Project
from yroom.crdt.causal_order import read_state_vector, write_state_vector
from yroom.crdt.protocol import sync_step1

from .stored import query
from .test_web import CORE
from .typists import PATIENCE

Sites = Callable[..., Project]

# Bytes of the document: near MAX_ROOM_SIZE, and as much as Redis keeps for a connection that does not read.
SIZE = 31_500_000
PART = 500_000
# What Redis is told to keep at the most: much less, so that it is not by luck that nothing is closed.
KEPT = "pubsub 4194304 0 0"
# A busy machine may take its time.
PATIENT = f"""
YROOM = {{"CALL_TIMEOUT": {PATIENCE}, "WORKER_TIMEOUT": {PATIENCE}, "WEB_TIMEOUT": {PATIENCE}}}
YROOM_SETTINGS["default"]["MAX_FRAME_RATE"] = 100_000  # they type as quickly as they hear of each other
"""
READ = """
import asyncio
from pycrdt import Text
from yroom.document import YroomDocument

async def main():
    document = YroomDocument("textcollab.large")
    print("length", len(await document.export_text("content")))
    async with document.edit() as doc:
        doc.get("content", type=Text).insert(0, "from the server " + "x" * 700_000)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def document() -> bytes:
    """A document of so many bytes, as several people wrote it."""
    whole: Doc[Text] = Doc()
    whole.get("content", type=Text)
    for start in range(0, SIZE, PART):
        author: Doc[Text] = Doc()
        author.apply_update(whole.get_update())
        author.get("content", type=Text).insert(start // 2, "large ".ljust(PART, "."))
        whole.apply_update(author.get_update(whole.get_state()))
    return whole.get_update()


def store(site: Project, room: str, state: bytes, kind: str = "textcollab") -> None:
    """Keep a document in the site's store, as if it had been written and compacted."""
    query(
        site,
        "INSERT INTO yroom_roomsnapshot (room, state, checksum, updated) VALUES (%s, %s, %s, '2026-01-01')",
        f"{kind}.{room}",
        state,
        zlib.crc32(state),
    )


class Pair:
    """Two people in a small room, one of whom types a word as soon as the other has read the last one."""

    def __init__(self, site: Project, room: str) -> None:
        self.writer, self.reader = YClient(site.url(room)), YClient(site.url(room))
        self.words = 0
        self._typing = True

    async def type(self) -> None:
        """Type until told to stop."""
        while self._typing:
            await self.writer.insert(f"{self.words + 1};")
            await self.reader.until(lambda: str(self.reader.text).endswith(f"{self.words + 1};"))
            self.words += 1

    def has_typed(self, words: int) -> bool:
        """Whether more than so many words were typed and read."""
        return self.words > words

    def stop(self) -> None:
        self._typing = False


@asynccontextmanager
async def typing(site: Project, rooms: int) -> AsyncIterator[list[Pair]]:
    """People in small rooms, of several shards, who type all the while; none of their sockets may close."""
    pairs = [Pair(site, f"small{number}") for number in range(rooms)]
    people = [person for pair in pairs for person in (pair.writer, pair.reader)]
    await asyncio.gather(*(person.__aenter__() for person in people))
    tasks = [asyncio.create_task(pair.type()) for pair in pairs]
    try:
        yield pairs
        assert not [person for person in people if person.close_code]
    finally:
        for pair in pairs:
            pair.stop()
        await asyncio.gather(*tasks)
        await asyncio.gather(*(person.close() for person in people))


async def join(site: Project, pairs: list[Pair], *, controls: bool = True) -> None:
    """Open the large document; those in the small rooms must have got on meanwhile."""
    before = [pair.words for pair in pairs]
    async with YClient(site.url("large"), controls=controls) as client:
        assert client.synced
        assert len(str(client.text)) >= SIZE
        assert all(pair.words > words for pair, words in zip(pairs, before, strict=True))


async def ask_again_and_again(site: Project, pairs: list[Pair], document: bytes) -> None:
    """As somebody who may only read, for what is lacking to a state, each time another one: a few bytes each."""
    before = [pair.words for pair in pairs]
    authors = read_state_vector(get_state(document))
    async with YClient(site.url("large", "read")) as client:
        for author in list(authors)[:30]:
            await client.send(sync_step1(write_state_vector({author: 1})))
        for pair, words in zip(pairs, before, strict=True):
            await pair.reader.until(partial(pair.has_typed, words + 20))
        assert client.close_code is None


@pytest.mark.xdist_group("large")
@variants("layer", {each: each for each in ("pubsub", "core", "memory")}, short={"pubsub", "memory"})
async def test_everybody_gets_it_and_small_rooms_type_on(make_site: Sites, document: bytes, layer: str) -> None:
    """The first, who has it loaded; several at once, a stock client among them; and the server reads and edits it."""
    site = make_site(embedded=layer == "memory", settings=PATIENT + (CORE if layer == "core" else ""))
    store(site, "large", document)
    if site.redis is not None:
        async with RedisClient.from_url(site.redis.url) as redis:
            await redis.config_set("client-output-buffer-limit", KEPT)
    await asyncio.to_thread(site.start_web)
    if site.redis is not None:
        await asyncio.to_thread(site.start_worker)
    async with typing(site, 3) as pairs:
        await join(site, pairs)
        if layer == "pubsub":
            await asyncio.gather(join(site, pairs), join(site, pairs, controls=False))
            await ask_again_and_again(site, pairs, document)
        async with YClient(site.url("large"), controls=False) as client:
            printed = await asyncio.to_thread(site.manage, "shell", "--no-imports", "-c", READ)
            assert re.search(rf"^length {SIZE}$", printed, re.MULTILINE), printed
            if site.redis is not None:
                await client.until(lambda: str(client.text).startswith("from the server "))
    for server in site.running:
        assert "out of reach" not in server.output
        # On a busy machine one may wait too long, and is sent again; what is too much for the layer would be in vain.
        assert not re.search(r"could not be sent(?!.*: TimeoutError)", server.output), server.output
        assert "for too long" not in server.output
        assert "lets go of web process" not in server.output
    if site.redis is not None:
        assert "output buffer limits" not in site.redis.output
