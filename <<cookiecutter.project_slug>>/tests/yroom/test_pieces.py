"""Messages larger than a frame: our client's come and go in pieces, and what is wrong with them harms nobody."""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers import Redis
from yroom.conf import RoomSettings
from yroom.consumer import PIECE_SIZE
from yroom.crdt import protocol
from yroom.exceptions import ProtocolError, RefusedError
from yroom.web.gathering import PIECE, Gathering
from yroom.web.outbox import Outbox

from .client import YClient
from .conftest import Project, make_project, ways

FRAME = 50_000
LARGEST = 3_000_000
SETTINGS = f"""
YROOM_SETTINGS["default"] |= {{
    "MAX_FRAME_SIZE": {FRAME}, "MAX_MESSAGE_SIZE": {LARGEST}, "MAX_SOCKET_BACKLOG": 200_000, "MAX_BYTE_RATE": 400_000,
}}
"""


@pytest.fixture(scope="module", params=ways("embedded", "separate", "plain", of="pieces"))
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, redis: Redis) -> Iterator[Project]:
    """The engine in one process, over Redis, and in one process of daphne's own server."""
    separate = request.param == "separate"
    site = make_project(tmp_path_factory.mktemp("pieces"), redis if separate else None, SETTINGS)
    if request.param == "plain":
        site.server = "daphne"
    site.start_web()
    if separate:
        site.start_worker()
    yield site
    site.stop()


async def test_what_was_written_offline_comes_in_pieces(site: Project) -> None:
    """More than a frame, a backlog and ten seconds' bytes may have; what is typed meanwhile comes after it."""
    url = site.url(uuid4().hex)
    async with YClient(url, pieces=True) as reader, YClient(url, pieces=True) as writer:
        await writer.close()
        writer.text.insert(0, "offline " * 200_000)
        writer._outbox.clear()
        await writer.open()
        await writer.until(lambda: writer.sent_documents > 0)
        await writer.insert("typed meanwhile")
        await writer.until_saved()
        assert writer.sent_documents == 2
        text = "offline " * 200_000 + "typed meanwhile"
        await reader.until_text(text)
        # And back: who speaks of pieces gets them, who does not gets one frame.
        async with YClient(url, pieces=True) as ours:
            await ours.until_text(text)
            pieces = [frame for frame in ours.frames if frame[0] == protocol.PIECE]
            assert len(pieces) > 10
            assert max(map(len, pieces)) <= PIECE_SIZE + 10
        # Daphne itself sends no message that is larger than what it takes.
        if site.server != "daphne":
            async with YClient(url, controls=False) as stock:
                await stock.until_text(text)
                assert not any(frame[0] == protocol.PIECE for frame in stock.frames)


@pytest.mark.parametrize(
    ("frames", "code", "reason"),
    [
        ([protocol.sync_update(b"x" * (FRAME + 1))], 4413, "frame_too_large"),
        (
            [b"\x65" + protocol.write_var_uint(LARGEST) + protocol.write_var_bytes(b"\0" * (FRAME - 16))],
            4413,
            "frame_to",
        ),
        ([b"\x65\x0a\x03abc"], 4400, "a piece is not as large as agreed"),
        ([b"\x65\x00\x03\x01bc"], 4400, "only what a document is made of"),
        ([b"\x65\x00\x00"], 4400, "only what a document is made of"),
        ([b"\x65\x00\x03\0bc\x00"], 4400, "more than a piece"),
        ([b"\x65\x00\x03\0\x09c"], 4400, ""),
        ([b"\x65"], 4400, ""),
        (list(protocol.pieces(b"\0" * LARGEST, FRAME - 16)), 4400, "more was sent in pieces than was agreed"),
        (list(protocol.pieces(b"\0" * LARGEST, FRAME - 16))[::2][:2], 4400, "a piece belongs to another message"),
    ],
    ids=["frame", "message", "small", "awareness", "empty", "longer", "unknown", "short", "credit", "mixed"],
)
async def test_who_sends_pieces_wrongly_is_closed_alone(
    site: Project, frames: list[bytes], code: int, reason: str
) -> None:
    url = site.url(uuid4().hex)
    async with YClient(url) as peer, YClient(url, pieces=True) as client:
        for frame in frames:
            await client._send(frame)
        await client.until(lambda: client.close_code is not None)
        assert client.close_code == code
        # Daphne itself keeps reasons to itself.
        assert reason in client.close_reason or site.server == "daphne"
        await peer.insert("on")
        await peer.until_saved()


async def test_who_does_not_speak_of_pieces_has_none(site: Project) -> None:
    async with YClient(site.url(uuid4().hex)) as client:
        await client.send(b"\x65\x00\x03\x00\x00\x00")
        await client.until(lambda: client.close_code is not None)
        assert client.close_code == 4400


async def test_half_a_message_is_dropped_with_its_socket_and_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    refused: asyncio.Queue[int] = asyncio.Queue()
    limits = RoomSettings(slow_socket_seconds=0.01)
    some = Gathering(limits, lambda _: None, lambda: 1e9, lambda code, reason: refused.put_nowait(code))
    some.begin()
    (first, *_) = protocol.pieces(bytes(5 * PIECE), PIECE)
    before = Gathering.total
    assert some.take(first) is None
    assert await asyncio.wait_for(refused.get(), 5) == 4513
    assert Gathering.total == before + PIECE
    some.close()
    assert Gathering.total == before


async def test_all_sockets_together_have_a_limit(settings: Any) -> None:
    settings.YROOM = {**getattr(settings, "YROOM", {}), "MAX_GATHERED_SIZE": 3 * PIECE}
    before = Gathering.total
    some = [Gathering(RoomSettings(), lambda _: None, lambda: 1e9, lambda code, reason: None) for _ in range(4)]
    (first, *_) = protocol.pieces(bytes(5 * PIECE), PIECE)
    for each in some:
        each.begin()
    for each in some[:3]:
        each.take(first)
    with pytest.raises(RefusedError) as refusal:
        some[3].take(first)
    assert refusal.value.code == 4513
    some[0].close()
    some[3].take(first)
    for each in some:
        each.close()
    assert Gathering.total == before


async def test_nobody_takes_all_that_there_is_for_pieces(settings: Any) -> None:
    """However many sockets one has open, others can send what they wrote without a network."""
    settings.YROOM = {**getattr(settings, "YROOM", {}), "MAX_GATHERED_SIZE": 8 * PIECE}
    before = Gathering.total

    def come(login: str) -> Gathering:
        gathering = Gathering(RoomSettings(), lambda _: None, lambda: 1e9, lambda code, reason: None, login)
        gathering.begin()
        return gathering

    (first, *_) = protocol.pieces(bytes(5 * PIECE), PIECE)
    greedy = [come("eve") for _ in range(5)]
    for each in greedy[:4]:
        each.take(first)
    with pytest.raises(RefusedError):
        greedy[4].take(first)
    ada = come("ada")
    ada.take(first)
    for each in [*greedy, ada]:
        each.close()
    assert Gathering.total == before
    assert not Gathering.of_person


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_whatever_is_sent_in_pieces_is_whole_or_refused(seed: int) -> None:
    """Honest messages of any size and, at times, a frame that is not: never more is kept than was agreed."""
    asyncio.run(_send_anything(random.Random(seed)))


async def _send_anything(chance: random.Random) -> None:
    limits = RoomSettings(max_frame_size=chance.choice([20, 100, 4000]), max_message_size=10_000, max_byte_rate=1000)
    given: list[int] = []
    sizes: list[int] = []

    def tell(message: dict[str, Any]) -> None:
        given.append(message["credit"])
        sizes.append(message["size"])

    some = Gathering(limits, tell, lambda: 1e9, lambda code, reason: None)
    before = Gathering.total
    some.begin()
    used = 0
    try:
        for _ in range(10):
            message = b"\0" + chance.randbytes(chance.choice([0, 10, 1000, 9000]))
            for frame in protocol.pieces(message, sizes[0]):
                used += len(protocol.read_piece(frame)[1])
                # Credit comes back as the pieces arrive, so that a client that keeps to it is never stuck.
                assert used <= sum(given)
                whole = some.take(frame)
            assert whole == message
            assert Gathering.total == before
        for _ in range(100):
            with contextlib.suppress(ProtocolError, RefusedError):
                some.take(b"\x65" + chance.randbytes(chance.randrange(12)))
            assert Gathering.total - before <= 10_000
    finally:
        some.close()
    assert Gathering.total == before


class Pipe:
    """A browser's connection that takes some frames and is then full until told otherwise."""

    def __init__(self) -> None:
        self.is_full = False
        self.progress = 0
        self.is_gradual = True
        self.frames: list[bytes] = []
        self.takes = 3

    def write_frame(self, frame: bytes) -> None:
        assert not self.is_full
        self.frames.append(frame)
        self.takes -= 1
        self.is_full = self.takes <= 0

    def write_frames(self, frames: list[bytes]) -> None:
        for frame in frames:
            self.write_frame(frame)

    def drain(self, takes: int) -> None:
        self.is_full, self.takes = False, takes
        self.progress += 1


@pytest.mark.parametrize("is_gradual", [True, False], ids=["told of each part", "told of the whole"])
async def test_who_reads_a_large_answer_slowly_is_closed_only_if_it_is_seen_not_to_read(is_gradual: bool) -> None:
    """Another server than our own says nothing before the last byte has gone."""
    pipe, told, stuck = Pipe(), [], asyncio.Event()
    pipe.is_gradual, pipe.takes = is_gradual, 1
    settings = RoomSettings(slow_socket_seconds=0.01)
    outbox = Outbox(pipe, settings, lambda: told.append("behind"), lambda: told.append("caught up"), stuck.set)
    outbox.put(protocol.sync_step2(bytes(1_000_000)))
    if is_gradual:
        async with asyncio.timeout(60):
            await stuck.wait()
    else:
        assert outbox._watch is None
    assert told == []
    outbox.close()


async def test_a_large_answer_waits_outside_of_the_pipe_and_what_comes_after_it_behind_it() -> None:
    pipe, told = Pipe(), []
    outbox = Outbox(
        pipe,
        RoomSettings(max_socket_backlog=30_000),
        lambda: told.append("behind"),
        lambda: told.append("caught up"),
        lambda: told.append("stuck"),
        1000,
    )
    answer = protocol.sync_step2(random.Random(1).randbytes(30_000))
    outbox.put(b"\x64\x00")
    outbox.put(answer)
    assert len(pipe.frames) == 3
    # Who asks again meanwhile needs the last answer only.
    later = protocol.sync_step2(b"1" * 20_000)
    last = protocol.sync_step2(b"2" * 20_000)
    for frame in (later, b"\x64\x01x", last, b"\x64\x02xx"):
        outbox.put(frame)
    received: list[bytes] = []
    arriving = b""
    while b"\x64\x02xx" not in received:
        await asyncio.sleep(0)
        if pipe.is_full:
            pipe.drain(random.Random(2).randrange(1, 9))
            outbox.drained()
        frames, pipe.frames = pipe.frames, []
        for frame in frames:
            if frame[0] != protocol.PIECE:
                received.append(frame)
                continue
            left, piece = protocol.read_piece(frame)
            arriving += piece
            if not left:
                received.append(arriving)
                arriving = b""
    assert received == [b"\x64\x00", answer, b"\x64\x01x", last, b"\x64\x02xx"]
    assert told == []
    outbox.close()
