"""What rooms of one worker have to do with each other, and with the next worker."""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer

from yroom.crdt.causal_order import merge
from yroom.crdt.clients import Client
from yroom.crdt.document import LARGE
from yroom.crdt.protocol import sync_update
from yroom.exceptions import FencedError, RoomClosedError
from yroom.store.base import Entry
from yroom.store.fences import Fence
from yroom.wire import frames
from yroom.worker import asking, writer
from yroom.worker.desk import edit
from yroom.worker.following import Following
from yroom.worker.hubs import WebProcess
from yroom.worker.open_room import OpenRoom
from yroom.worker.threads import PatientThreads
from yroom.worker.turns import Turns
from yroom.worker.worker import Worker as RealWorker
from yroom.worker.writer import Writer

from .test_room import typed


class Worker:
    """What an open room needs of the worker; the document is never loaded."""

    turns: Turns
    writer: Writer
    following: Following
    database: PatientThreads

    def __init__(self) -> None:
        self.hubs: Any = self
        self.threads: Executor = ThreadPoolExecutor(1)
        self.sent: list[Any] = []

    def send(self, hub: Any, item: Any, size: int = 64, room: str = "") -> None:
        self.sent.append(item)

    def reply(self, room: str, client: Client, frame: bytes, before: Sequence[bytes] = ()) -> None:
        self.sent += [*before, frame]

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        coroutine.close()

    def close_room(self, opened: OpenRoom) -> None:
        opened.close()

    def load_failed(self, opened: OpenRoom, damaged: bool) -> None:
        opened.close()


@pytest.mark.parametrize("lost", [True, False])
async def test_only_a_room_that_cannot_be_loaded_turns_away_who_waits(lost: bool) -> None:
    worker = Worker()
    opened = OpenRoom("text.1", "yroom.0", worker)
    client = Client(1, None)
    opened.inbox.when_ready(partial(opened.admit, client, False, None), partial(opened.refuse, client))
    opened.lost = lost
    opened.close()
    assert len(worker.sent) == (0 if lost else 1)


@pytest.mark.parametrize("moment", ["loading", "surveying", "in a step"])
@pytest.mark.parametrize("lost", [True, False])
async def test_an_edit_ends_with_its_room(moment: str, lost: bool) -> None:
    """Whatever it waits for just then: who asked for it is told, and may ask the room's next worker."""
    worker = Worker()
    spawned: list[Coroutine[Any, Any, None]] = []
    worker.spawn = spawned.append  # type: ignore[method-assign,assignment]
    opened = OpenRoom("text.1", "yroom.0", worker)
    spawned.pop().close()  # the document is never loaded
    if moment != "loading":
        opened.room.document.restored([])
        opened.inbox.ready = True
    if moment == "surveying":
        opened.room.document.size = LARGE
    update = merge(typed(*"many people type at once and none of them sees the others " * 20))
    durable = edit(opened, Writer(0, lambda marks: None, lambda room, failing: None), update, "")
    assert not durable.done()
    opened.lost = lost
    opened.close()
    for coroutine in spawned:
        await coroutine
    with pytest.raises(RoomClosedError if lost or moment != "loading" else LookupError):
        await asyncio.wait_for(durable, 60)


async def test_who_never_answers_is_asked_and_given_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ASK_SECONDS", 0.0)
    monkeypatch.setattr(asking, "ANSWER_SECONDS", 0.01)
    worker = Worker()
    worker.writer = Writer(0, lambda marks: None, lambda room, failing: None)
    opened = OpenRoom("text.1", "yroom.0", worker)
    opened.room.document.restored([])
    opened.room.document.survey()
    opened.inbox.ready = True
    client = Client(1, WebProcess("", ""), controls=True)
    opened.admit(client, False, None)
    for number, update in enumerate(typed("a", "b", "c")[1:], 1):
        opened.receive(client.id, 0, sync_update(update))
        async with asyncio.timeout(60):
            while len(worker.writer.pending("text.1")) < number:
                await asyncio.sleep(0)
    worker.writer.close()


async def test_one_room_that_fails_to_broadcast_leaves_the_others_their_turn() -> None:
    done, sent = asyncio.Event(), asyncio.Event()
    turns = Turns(sent.set)

    def fail() -> None:
        raise ValueError

    turns.add(fail)
    turns.add(done.set)
    async with asyncio.timeout(60):
        await sent.wait()
    assert done.is_set()


class Serving(RealWorker):
    """A worker that has the lease of one shard, and whose rooms are open as soon as somebody joins."""

    def __init__(self) -> None:
        super().__init__(InMemoryChannelLayer(), "yroom")
        self._loop = asyncio.get_running_loop()
        self.held = {"yroom.0": 1}

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        coroutine.close()

    def open_room(self, name: str) -> OpenRoom:
        opened = self.rooms.get(name)
        if opened is None:
            opened = self.rooms[name] = OpenRoom(name, "yroom.0", self)
            opened.room.document.restored([])
            opened.inbox.ready = True
        return opened

    def welcome(self, mailbox: str, session: int) -> WebProcess:
        """Begin a session with a web process."""
        self.hubs.welcome("yroom.0", session, 1, mailbox)
        return self.hubs._hubs[mailbox, "yroom.0"]

    def take(self, hub: WebProcess, item: frames.Item) -> None:
        self._take(hub, item)


async def test_a_web_process_is_looked_for_in_its_own_rooms_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rooms others have open: when it starts afresh, and when it is gone."""
    worker = Serving()
    visited: list[str] = []
    visit = OpenRoom.leave_all

    def leave_all(opened: OpenRoom, hub: WebProcess, but: set[int]) -> None:
        visited.append(opened.name)
        visit(opened, hub, but)

    monkeypatch.setattr(OpenRoom, "leave_all", leave_all)
    info: frames.Info = {"login": "", "user": None, "role": "", "read_only": False, "controls": True}
    large, small = worker.welcome("large", 1), worker.welcome("small", 2)
    for number in range(50):
        worker.take(large, frames.Join(f"large.{number}", number, info, 0, False, None))
    for number in range(3):
        worker.take(small, frames.Join(f"small.{number}", number, info, 0, False, None))
    worker.take(small, frames.Join("large.7", 3, info, 0, False, None))

    assert worker.welcome("small", 3) is small
    worker.take(small, frames.Connections([0, 1, 3]))
    assert sorted(visited) == ["large.7", "small.0", "small.1", "small.2"]
    # Who has left a room is not looked for in it any more.
    visited.clear()
    worker.take(small, frames.Connections([]))
    assert sorted(visited) == ["large.7", "small.0", "small.1"]
    visited.clear()
    worker.hubs._drop(small)
    assert visited == []
    assert len(worker.rooms["large.7"].room.clients) == 1


async def test_a_writer_is_done_only_when_all_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when something comes while but a mark waits: a frame without news that came during a commit."""
    stored: list[bytes] = []
    committing, go_on = threading.Event(), threading.Event()

    def append(entries: list[Entry]) -> None:
        committing.set()
        go_on.wait(60)
        stored.extend(entry.update for entry in entries)

    monkeypatch.setattr(writer, "_append", append)
    saved: asyncio.Queue[list[str]] = asyncio.Queue()
    queue = Writer(0.2, saved.put_nowait, lambda room, failing: None)
    running = asyncio.create_task(queue.run())
    queue.store("room", b"one", "")
    queue.mark("room", "first")
    await asyncio.to_thread(committing.wait, 60)
    queue.mark("room", "no news")
    go_on.set()
    assert await asyncio.wait_for(saved.get(), 60) == ["first"]
    queue.store("room", b"two", "")
    queue.mark("room", "second")
    assert await queue.drain(60)
    assert stored == [b"one", b"two"]
    running.cancel()
    queue.close()


async def test_a_room_that_has_just_failed_is_dropped_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted twice, what it was sent under a newer claim would be confirmed before it is stored."""
    old, new = Fence("yroom.0", "one", 1), Fence("yroom.0", "other", 2)
    stored: list[bytes] = []

    def append(entries: list[Entry]) -> None:
        if {old, new} <= {entry.fence for entry in entries}:
            raise OSError("the database is away")
        if old in {entry.fence for entry in entries}:
            raise FencedError({old})
        stored.extend(entry.update for entry in entries)

    monkeypatch.setattr(writer, "_append", append)
    saved: asyncio.Queue[list[str]] = asyncio.Queue()
    fenced = asyncio.Event()
    queue = Writer(0.01, saved.put_nowait, lambda room, failing: None, lambda void: fenced.set())
    queue.store("failing", b"one", "", old)
    queue.store("failing", b"two", "", new)
    queue.store("other", b"three", "", old)
    running = asyncio.create_task(queue.run())
    await asyncio.wait_for(fenced.wait(), 60)
    queue.mark("failing", "both", new)
    assert saved.empty()
    assert await asyncio.wait_for(saved.get(), 60) == ["both"]
    assert stored == [b"two"]
    running.cancel()
    queue.close()
