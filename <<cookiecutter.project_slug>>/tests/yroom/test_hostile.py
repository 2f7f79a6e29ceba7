"""Hostile clients on raw sockets, while honest people type in the same room and in another."""

import asyncio
import socket
import struct
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import pytest

from tests.servers import Redis
from yroom.crdt import protocol
from yroom.crdt.protocol import sync_step1, sync_update, write_var_bytes, write_var_uint

from .client import YClient
from .conftest import Project, make_project, ways
from .test_parts import embeds
from .test_structs import HARMFUL, ROOT, A, identity, nested_types, update_of

# What a process may grow by, whatever it is sent. It is sent up to twenty times as much.
GROWTH = 150 * 1024 * 1024
PATIENCE = 60.0
CLOSE = 8
PONG = 10

SETTINGS = """
YROOM_SETTINGS["default"] |= {"MAX_FRAME_SIZE": 4 * 1024 * 1024, "SLOW_SOCKET_SECONDS": 2}
# Far less than the 4 MiB that a system may keep for a socket differ by.
YROOM_SETTINGS["impatient"] = YROOM_SETTINGS["default"] | {"SLOW_SOCKET_SECONDS": 600, "SOCKET_RESYNC_SIZE": 64 * 1024}
"""


@pytest.fixture(scope="module", params=ways("embedded", "separate", of="hostile"))
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A running project, in both ways, with the limits as they are."""
    redis: Redis | None = request.getfixturevalue("redis") if request.param == "separate" else None
    project = make_project(tmp_path_factory.mktemp("hostile"), redis, SETTINGS)
    # Twice the largest frame, so that it is the engine that says what is too large.
    limit = str(8 * 1024 * 1024)
    project.start_web("--websocket-max-message-size", limit, "--websocket-max-frame-size", limit)
    if redis is not None:
        project.start_worker()
    yield project
    project.stop()


class Raw:
    """A WebSocket without a library: it sends what it likes, and reads only when asked to."""

    opened: ClassVar[list["Raw"]] = []  # in this test

    def __init__(self, project: Project, path: str, *, limit: int | None = None) -> None:
        self.project, self.path = project, path
        self.limit = limit  # bytes that the system keeps of what is not read
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def open(self) -> "Raw":
        with socket.socket() as connection:
            if self.limit is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.limit)
            connection.connect(("127.0.0.1", self.project.port))
            self.reader, self.writer = await asyncio.open_connection(sock=connection.dup(), limit=1024)
        self.opened.append(self)
        host = f"127.0.0.1:{self.project.port}"
        self.writer.write(
            f"GET {self.path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.status = int((await self.reader.readuntil(b"\r\n\r\n")).split()[1])
        return self

    async def send(self, payload: bytes, opcode: int = 2) -> None:
        size = len(payload)
        length = bytes([128 | size]) if size < 126 else struct.pack("!BH", 254, size) if size < 65536 else b""
        # A mask of zeros: the payload stays as it is.
        self.writer.write(bytes([128 | opcode]) + (length or struct.pack("!BQ", 255, size)) + bytes(4) + payload)
        await self.writer.drain()

    async def frame(self) -> tuple[int, bytes]:
        """The next frame from the server: its opcode and payload."""
        opcode, size = await self.reader.readexactly(2)
        if size > 125:
            wide = 2 if size == 126 else 8
            size = int.from_bytes(await self.reader.readexactly(wide), "big")
        return opcode & 15, await self.reader.readexactly(size)

    async def close_code(self) -> int:
        """The code the server closes with; 0 if the connection ends without one."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    opcode, payload = await self.frame()
                    if opcode == 8:
                        return int.from_bytes(payload[:2], "big")
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0


@pytest.fixture(autouse=True)
async def no_socket_left_open() -> AsyncIterator[None]:
    """Close what a test has opened, those that it forgot too."""
    yield
    while Raw.opened:
        # asyncio cannot abort one that is gone already.
        with suppress(AttributeError):
            Raw.opened.pop().writer.transport.abort()


@dataclass
class Honest:
    """Somebody in the room that is attacked and two people in another."""

    room: str
    here: YClient
    there: tuple[YClient, YClient]

    async def type(self, word: str) -> None:
        """All type, hear of each other, and are told that it is saved."""
        alice, bob = self.there
        await asyncio.gather(self.here.insert(word), alice.insert(word), bob.insert(word.upper(), 0))
        await asyncio.gather(self.here.until_saved(), alice.until_saved(), bob.until_saved())
        await alice.until(lambda: str(alice.text) == str(bob.text))
        assert not [client for client in (self.here, *self.there) if client.close_code]

    async def elsewhere(self, word: str) -> None:
        """In the other room one types, and the other hears of it."""
        alice, bob = self.there
        await alice.insert(word)
        await bob.until(lambda: str(alice.text) == str(bob.text))


@asynccontextmanager
async def honest(project: Project) -> AsyncIterator[Honest]:
    """Let people work; afterwards the processes live, have not grown, and everything is there for a newcomer."""
    room, other = uuid.uuid4().hex, uuid.uuid4().hex
    async with (
        YClient(project.url(room)) as here,
        YClient(project.url(other)) as alice,
        YClient(project.url(other)) as bob,
    ):
        people = Honest(room, here, (alice, bob))
        await people.type("before ")
        running = [server for server in project.running if server.process.poll() is None]
        assert running
        sizes = [server.memory for server in running]
        yield people
        await people.type("after ")
        for server, size in zip(running, sizes, strict=True):
            assert server.process.poll() is None, server.output[-3000:]
            grown = server.memory - size
            assert grown < GROWTH, f"grew by {grown} bytes"
        for name, client in ((room, here), (other, alice)):
            async with YClient(project.url(name)) as newcomer:
                assert str(newcomer.text) == str(client.text)
        assert "before " in str(here.text)
        assert "after " in str(here.text)


MALFORMED = 4400
TOO_LARGE = 4413
OVERLOAD = 4513

DEEP_BITS = [sync_update(update_of(b"\7" + ROOT + b"\0"))] + [
    b"".join(
        sync_update(update_of(b"\7\0" + identity(1, at) + b"\0", clock=at + 1)) for at in range(start, start + 100)
    )
    for start in range(0, 700, 100)
]
LACKING = [
    b"".join(sync_update(update_of(b"\x84" + identity(7, n) + b"\1a", client=start + n)) for n in range(100))
    for start in range(1000, 3000, 100)
]

ATTACKS: dict[str, tuple[list[bytes | str], int]] = {
    "an unknown message": ([b"\7"], MALFORMED),
    "one byte": ([b"\0"], MALFORMED),
    "text": (["hello"], MALFORMED),
    "a truncated length": ([b"\0\2\x85"], MALFORMED),
    "a length beyond the end": ([b"\0\2\5ab"], MALFORMED),
    "a length of 2**40": ([b"\0\2" + write_var_uint(2**40)], MALFORMED),
    "a number without end": ([b"\xff" * 1000], MALFORMED),
    "a state vector of 2**40": ([sync_step1(write_var_uint(2**40))], MALFORMED),
    "a presence of 2**40": ([protocol.awareness(write_var_uint(2**40))], MALFORMED),
    "types nested 60000 deep": ([sync_update(nested_types(60_000))], MALFORMED),
    "values nested 60000 deep": (
        [sync_update(update_of(b"\x08" + ROOT + b"\1" + b"\x75\1" * 60_000 + b"\x7e"))],
        MALFORMED,
    ),
    "types nested bit by bit": ([*DEEP_BITS], MALFORMED),
    "what lacks something, by the thousand": ([*LACKING], OVERLOAD),
    "a frame that is too large": ([sync_update(bytes(4 * 1024 * 1024))], TOO_LARGE),
    "a flood of frames": ([b"\3"] * 3000, OVERLOAD),
    "a flood of bytes": ([protocol.awareness(b"\0" * 1_000_000)] * 40, OVERLOAD),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_attack_ends_with_its_socket(site: Project, attack: str) -> None:
    messages, code = ATTACKS[attack]
    async with honest(site) as people:
        raw = await Raw(site, f"/ws/open/{people.room}").open()
        closing = asyncio.create_task(raw.close_code())
        try:
            for message in messages:
                if isinstance(message, str):
                    await raw.send(message.encode(), opcode=1)
                else:
                    await raw.send(message)
        except ConnectionError:
            pass  # it was ended before all was sent
        ended = await closing
        raw.writer.close()
        # A connection that is reset under what it is still sending may not get to read why.
        assert ended in ((code, 0) if len(messages) > 1 else (code,))


async def test_harmful_updates_end_their_sockets(site: Project) -> None:
    async with honest(site) as people:
        for name, update in HARMFUL.items():
            raw = await Raw(site, f"/ws/open/{people.room}").open()
            await raw.send(sync_update(update))
            assert await raw.close_code() == MALFORMED, name


async def test_intricate_updates_leave_others_their_turn(site: Project) -> None:
    """Thousands of things at one place, each to be compared with all others: others type on before it is given up."""
    async with honest(site) as people:
        raw = await Raw(site, f"/ws/open/{people.room}").open()
        await raw.send(sync_update(embeds(1, 20_000, after_each_other=True)))
        await raw.send(sync_update(embeds(2, 20_000, after_each_other=False)))
        closing = asyncio.create_task(raw.close_code())
        turns = 0
        while not closing.done():
            await people.elsewhere("meanwhile ")
            turns += 1
        assert await closing == TOO_LARGE
        assert turns > 3
        raw.writer.close()


async def test_presence_cannot_crowd_a_room(site: Project) -> None:
    """10,000 ids, the ids of others, cursors that are none, and names of a megabyte: left out in silence."""

    def entry(client: int, state: bytes) -> bytes:
        return identity(client, 1) + write_var_bytes(state)

    async with honest(site) as people:
        await people.here.present({"user": {"name": "Honest"}})
        raw = await Raw(site, f"/ws/open/{people.room}").open()
        many = b"".join(entry(client, b'{"user":{"name":"x"}}') for client in range(1, 10_001))
        await raw.send(protocol.awareness(write_var_uint(10_000) + many))
        mine = people.here.doc.client_id
        stolen = write_var_uint(mine) + write_var_uint(99) + write_var_bytes(b"null")
        await raw.send(protocol.awareness(b"\1" + stolen))
        await raw.send(protocol.awareness(b"\1" + entry(1, b'{"cursor":{"anchor":"bogus","head":"bogus"}}')))
        await raw.send(protocol.awareness(b"\1" + entry(2, b'{"user":{"name":"' + b"x" * 1_000_000 + b'"}}')))
        last = identity(1, 3) + write_var_bytes(b'{"user":{"name":"last"},"cursor":{"anchor":1,"head":2}}')
        await raw.send(protocol.awareness(b"\1" + last))
        heard = people.here.awareness
        await people.here.until(lambda: heard.get(1, (0, None))[0] == 3)
        assert heard[1][1] == {"user": {"name": "last"}, "cursor": None}
        assert set(heard) == {1, 2, 3, 4, mine}
        assert heard[mine][1] is not None
        raw.writer.close()
        await people.here.until(lambda: all(heard[client][1] is None for client in (1, 2, 3, 4)))


async def test_a_socket_that_never_reads_is_closed(site: Project) -> None:
    """It asks for a document over and over, and takes nothing."""
    async with honest(site) as people:
        await people.here.insert("x" * 400_000)
        await people.here.until_saved()
        raw = await Raw(site, f"/ws/open/{people.room}").open()
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(500):
            if raw.writer.is_closing():
                break
            try:
                async with asyncio.timeout(1):
                    await raw.send(sync_step1(b"\0"))
            except (ConnectionError, TimeoutError):
                break
        await people.type("meanwhile ")
        raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert await raw.close_code() in (OVERLOAD, 0)


async def test_who_says_good_bye_and_never_reads_is_gone(site: Project) -> None:
    """In the midst of a document that it asked for: there is nobody who would wait for the rest."""
    async with honest(site) as people:
        for _ in range(3):
            await people.here.insert("x" * 2_000_000)
        await people.here.until_saved()
        raw = await Raw(site, f"/ws/open/{people.room}", limit=64 * 1024).open()
        await raw.send(sync_step1(b"\0"))
        while (size := (await raw.reader.readexactly(2))[1]) != 127:
            if size == 126:
                size = int.from_bytes(await raw.reader.readexactly(2), "big")
            await raw.reader.readexactly(size)
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await raw.send((1000).to_bytes(2, "big"), opcode=CLOSE)
        async with asyncio.timeout(PATIENCE):
            while not raw.writer.is_closing():
                with suppress(ConnectionError):
                    await raw.send(b"", opcode=PONG)
                await asyncio.sleep(0.05)


async def test_a_socket_that_reads_by_fits_and_starts(site: Project) -> None:
    """It reads nothing, then everything, then nothing again, while two write megabytes: those who read lack nothing.

    The second time it is closed for it, in the middle of a broadcast that the others of the room are to get too.
    """

    async def write(writer: YClient) -> None:
        """More than the system keeps for a socket that does not read."""
        for _ in range(6):
            for _ in range(10):
                await writer.insert("x" * 100_000, 0)
                # It is not to be closed for being dead.
                with suppress(OSError):
                    await raw.send(b"", opcode=PONG)
            await writer.until_saved()

    async with honest(site) as people, AsyncExitStack() as stack:
        url = site.url(people.room, "impatient")
        alice, bob, *readers = [await stack.enter_async_context(YClient(url)) for _ in range(4)]
        raw = await Raw(site, f"/ws/impatient/{people.room}", limit=64 * 1024).open()
        transport = raw.writer.transport
        transport.pause_reading()  # type: ignore[attr-defined]
        await write(alice)
        # Those who read have it all: nothing comes any more that it could fall behind with at once again.
        for reader in (bob, *readers):
            await reader.until_text(str(alice.text))
        transport.resume_reading()  # type: ignore[attr-defined]
        # It has fallen so far behind that it is sent the whole document anew.
        async with asyncio.timeout(PATIENCE):
            while len((await raw.frame())[1]) < len(str(alice.text)):
                pass
        transport.pause_reading()  # type: ignore[attr-defined]
        await write(bob)
        transport.resume_reading()  # type: ignore[attr-defined]
        # The connection of who does not read why is cut after a while.
        assert await raw.close_code() in (OVERLOAD, 0)
        everything = str(bob.text)
        for reader in (alice, *readers):
            await reader.until_text(everything)


NAMES = {
    "unicode": quote("日本語👩"),
    "a nul": "a%00b",
    "not UTF-8": "%ff%fe",
    "10 kB": "x" * 10_000,
    "a path": "..%2f..%2f..%2fetc%2fpasswd",
    "dots": "%2e%2e",
    "quotes": quote("'; DROP TABLE yroom_roomupdate; --"),
    "a prefix": "limited.x",
}


@pytest.mark.parametrize("name", NAMES)
async def test_odd_names_of_rooms(site: Project, name: str) -> None:
    """A room of that name, or none: nothing else, and nobody's commits wait for it."""
    async with honest(site) as people:
        raw = await Raw(site, f"/ws/open/{NAMES[name]}").open()
        if raw.status != 101:
            return
        if name in ("10 kB", "a nul"):
            assert await raw.close_code() == 4404
        else:
            await raw.send(sync_update(update_of(A)))
        await people.type("meanwhile ")
        raw.writer.close()


async def test_who_does_not_log_in_gets_nothing(site: Project) -> None:
    """Two hundred handshakes without a cookie; each is told to log in, and what it sends is not looked at."""
    async with honest(site) as people:
        raws = await asyncio.gather(*(Raw(site, f"/ws/staff/{people.room}").open() for _ in range(200)))
        await asyncio.gather(*(raw.send(sync_update(update_of(A))) for raw in raws), return_exceptions=True)
        assert set(await asyncio.gather(*(raw.close_code() for raw in raws))) <= {4401, 0}
        assert not any(str(client.doc.get("r", type=type(client.text))) for client in (people.here, *people.there))


def sockets_of(pid: int) -> int:
    """How many sockets a process has open."""
    count = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            count += str(entry.readlink()).startswith("socket:")
        except FileNotFoundError:
            continue
    return count


async def test_half_open_connections_leave_nothing_behind(site: Project) -> None:
    """Half a handshake, no handshake, a WebSocket whose client went without a word."""
    web = next(server for server in site.running if "web" in server.log.name and server.process.poll() is None)
    async with honest(site) as people:
        before = sockets_of(web.process.pid)
        silent = [await asyncio.open_connection("127.0.0.1", site.port) for _ in range(50)]
        for _, writer in silent[:25]:
            writer.write(b"GET /ws/open/x HTTP/1.1\r\nHost: ")
        raws = [await Raw(site, f"/ws/open/{people.room}").open() for _ in range(25)]
        await people.type("meanwhile ")
        for raw in raws:
            raw.writer.write(b"\x82")  # half a frame
            raw.writer.write_eof()
        for _, writer in silent:
            writer.write_eof()
        async with asyncio.timeout(PATIENCE):
            while sockets_of(web.process.pid) > before:
                await asyncio.sleep(0.05)  # another process offers no event to wait for
        for _, writer in silent:
            writer.close()
