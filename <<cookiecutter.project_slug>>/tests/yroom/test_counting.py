"""Whoever is told that all is saved has all of it in the store, whichever workers served the room meanwhile.

A hub and open rooms as they are, over links that are function calls and a store that is a list. People type, hear of
each other before the server does, and so send what lacks something; commits happen late, workers die between any two
things.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from channels.layers import InMemoryChannelLayer
from django.test import override_settings
from hypothesis import example, given
from hypothesis import strategies as st
from pycrdt import Doc, Text

from yroom.crdt import causal_order, protocol, update_reader
from yroom.crdt.clients import Client
from yroom.store.base import Stored
from yroom.web.connection import Connection
from yroom.web.hub import Hub
from yroom.wire import frames
from yroom.wire.frames import Item
from yroom.worker.following import Following
from yroom.worker.hubs import WebProcess
from yroom.worker.open_room import OpenRoom
from yroom.worker.turns import Turns

ROOM = "counted"
SAVED = b'"type":"saved"'
PEOPLE = 3


def text_of(doc: Doc[Any]) -> str:
    return str(doc.get("content", type=Text))


actions = st.lists(
    st.one_of(
        st.tuples(st.just("type"), st.integers(0, PEOPLE - 1), st.integers(1, 2)),
        st.tuples(st.just("delete"), st.integers(0, PEOPLE - 1), st.just(0)),
        st.tuples(st.just("answer"), st.integers(0, PEOPLE - 1), st.just(0)),
        st.tuples(st.just("hear"), st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1)),
        st.tuples(st.just("send"), st.integers(0, PEOPLE - 1), st.just(0)),
        st.tuples(st.just("commit"), st.integers(1, 4), st.just(0)),
        st.tuples(st.just("kill"), st.just(0), st.just(0)),
        st.tuples(st.just("break"), st.just(0), st.just(0)),
    ),
    min_size=4,
    max_size=40,
)


@dataclass
class Person:
    """A browser tab, and its socket in the hub."""

    number: int
    doc: Doc[Any] = field(default_factory=Doc)
    outbox: list[bytes] = field(default_factory=list)  # frames that are still on their way to the hub
    sent: list[bytes] = field(default_factory=list)  # updates that have reached it
    saved: int = 0
    closed: int = 0
    connection: Connection = field(init=False)
    check: Callable[["Person"], None] = field(init=False)

    def type(self, messages_in_frame: int) -> None:
        frame = b""
        for _ in range(messages_in_frame):
            before = self.doc.get_state()
            text = self.doc.get("content", type=Text)
            text.insert(len(str(text)), f"{self.number};")
            frame += protocol.sync_update(self.doc.get_update(before))
        self.outbox.append(frame)

    def answer(self) -> None:
        """Delete something, and in the same frame send all there is."""
        before = len(self.outbox)
        self.delete()
        deletion = self.outbox.pop() if len(self.outbox) > before else b""
        self.outbox.append(deletion + protocol.sync_step2(self.doc.get_update()))

    def delete(self) -> None:
        """Delete what is first, whoever wrote it: that builds on nothing that this person has typed."""
        before = self.doc.get_state()
        text = self.doc.get("content", type=Text)
        if str(text):
            del text[0:1]
            self.outbox.append(protocol.sync_update(self.doc.get_update(before)))

    def deliver(self, frame: bytes) -> None:
        if SAVED in frame:
            self.saved = json.loads(frame[frame.index(b"{") :])["count"]
            self.check(self)

    def end(self, code: int, reason: str) -> None:
        self.closed = code

    def recheck(self) -> None:
        """Nothing changes here."""


@dataclass
class Line:
    """The link to a worker, as the hub sees it: what is sent has arrived."""

    room: OpenRoom
    peer: WebProcess
    is_settled: bool = True
    has_news: bool = False

    def close(self) -> None:
        """The session is over."""

    def send(self, item: Item, size: int = 64, lane: int = 0, of: str = "") -> None:
        match item:
            case frames.Join(_, identity, info, documents, again, awareness):
                known: dict[str, Any] = {**info, "roots": None}
                client = Client(identity, self.peer, **known, documents=documents)
                self.room.inbox.when_ready(partial(self.room.admit, client, again, awareness))
            case frames.FromBrowser(_, identity, number, frame):
                self.room.inbox.when_ready(partial(self.room.receive, identity, number, frame))


class World:
    """A web process, whichever worker there is as its rooms see it, and the store."""

    def __init__(self) -> None:
        self.log: list[bytes] = []
        self.queue: list[tuple[bytes | None, Any]] = []  # of the writer: an update or a mark
        self.hub = Hub(InMemoryChannelLayer())
        self.hub._task.cancel()  # it would look for a worker elsewhere
        self.hub.mailbox.link_to_worker = self._link  # type: ignore[method-assign, assignment]
        self.people = [Person(number) for number in range(PEOPLE)]
        for person in self.people:
            person.check = self.check
            info: frames.Info = {"login": "", "user": None, "role": "", "read_only": False, "controls": True}
            person.connection = self.hub.join(person, 1 + person.number, ROOM, info)
        self.shard = next(iter(self.hub._shards.values()))
        self.term = 0
        self.turns = Turns(lambda: None)
        self.following = Following(self.spawn)
        self.session()

    def session(self, *, dies: bool = True) -> None:
        """A worker serves the shard: another one, or the same one with a new link."""
        self.term += dies
        if dies:
            self.queue.clear()
            self.room = OpenRoom(ROOM, "", self)  # type: ignore[arg-type]
            self.line = Line(self.room, WebProcess("", ""))
        self.shard.search()
        if self.shard._asking is not None:
            self.shard._asking.cancel()
        self.shard._welcome(self.term, "worker")

    def _link(self, *_: Any) -> Line:
        return self.line

    @property
    def writer(self) -> "World":
        return self

    database = hubs = writer
    threads = ThreadPoolExecutor(1)

    async def run(self, _: Callable[[], Any]) -> tuple[Stored, list[Any]]:
        return Stored(list(self.log), len(self.log), 0), []

    def spawn(self, coroutine: Any) -> None:
        self.task = asyncio.get_running_loop().create_task(coroutine)

    def pending(self, *_: Any) -> list[bytes]:
        return []

    def reply(self, *_: Any) -> None:
        """What people see of each other is for other tests."""

    def send(self, _: WebProcess, item: Item, *__: Any) -> None:
        if isinstance(item, frames.Close):
            self.hub.take(item)

    def store(self, _: str, update: bytes, *__: Any) -> None:
        self.queue.append((update, None))

    def mark(self, _: str, mark: Any, *__: Any) -> None:
        self.queue.append((None, mark))

    def commit(self, most: int) -> None:
        """Store some of what is queued, and say so as the worker does: once for each socket."""
        some, self.queue = self.queue[:most], self.queue[most:]
        saved = {}
        for update, mark in some:
            if update is not None:
                self.log.append(update)
            else:
                saved[mark[1].connection] = mark[1]
        self.hub.take(frames.Saved(list(saved.values())))

    # What must hold

    def check(self, person: Person) -> None:
        """Told that all is saved, a person has all of it in the store."""
        if person.saved >= len(person.sent):
            assert person.saved == len(person.sent)
            state = causal_order.Extent.of(self.stored())
            assert all(state.covers_all(update_reader.read(update)) for update in person.sent)

    def stored(self) -> Doc[Any]:
        return causal_order.join(self.log)[0]


def _raise(_: Connection) -> None:
    raise  # noqa: PLE0704 - within a handler of the hub


async def live(plan: list[tuple[str, int, int]]) -> None:
    world = World()
    people = world.people
    # What a socket raises closes it: here it is to fail.
    world.hub._failed = _raise  # type: ignore[method-assign, assignment]

    async def settle() -> None:
        while not (world.room.inbox.ready and world.task.done()):
            await asyncio.sleep(0)
            if world.task.done():
                world.task.result()

    def send(person: Person) -> None:
        if person.outbox:
            frame = person.outbox.pop(0)
            person.sent += [payload for _, _, payload in protocol.read_messages(frame)]
            world.hub.receive(person.connection, frame)

    await settle()
    for action, which, other in plan:
        match action:
            case "type":
                people[which].type(other)
            case "answer":
                people[which].answer()
            case "delete":
                people[which].delete()
            case "hear":
                people[which].doc.apply_update(people[other].doc.get_update(people[which].doc.get_state()))
            case "send":
                send(people[which])
            case "commit":
                world.commit(which)
            case "kill" | "break":
                world.session(dies=action == "kill")
        # What is taken in the midst of loading waits for it, or the worker dies before.
        if other != 1:
            await settle()
    await settle()
    for person in people:
        while person.outbox:
            send(person)
    await settle()
    world.commit(len(world.queue))
    for person in people:
        assert not person.closed
        assert person.saved == len(person.sent)
        assert not person.connection.kept
    everything = Doc[Any]()
    for person in people:
        everything.apply_update(person.doc.get_update())
    assert text_of(world.stored()) == text_of(everything)


# What one builds on comes after the worker has changed: from the same socket, and from another.
LATE = [
    ("type", 0, 2),
    ("hear", 1, 0),
    ("type", 1, 1),
    ("send", 1, 0),
    ("commit", 2, 0),
    ("kill", 0, 0),
    ("send", 0, 0),
]
AGAIN = [
    *(("type", 0, 1), ("hear", 1, 0), ("type", 1, 2), ("type", 1, 1), ("send", 1, 0), ("send", 1, 0), ("commit", 4, 0)),
    *(("break", 0, 0), ("send", 0, 0), ("kill", 0, 1), ("commit", 2, 0)),
]


# A deletion counts before what its sender typed earlier, and is told twice.
BESIDE = [
    *(("type", 0, 1), ("send", 0, 0), ("commit", 4, 0), ("hear", 1, 0), ("type", 2, 1), ("hear", 1, 2), ("type", 1, 1)),
    *(("delete", 1, 0), ("send", 1, 0), ("send", 1, 0), ("commit", 4, 0), ("kill", 0, 0), ("commit", 4, 0)),
]


# An answer completes in its midst what its sender sent before, and dies with the worker when that is stored.
AMID = [
    *(("type", 0, 1), ("send", 0, 0), ("commit", 4, 0), ("hear", 1, 0), ("type", 2, 1), ("hear", 1, 2), ("type", 1, 1)),
    *(("send", 1, 0), ("commit", 4, 0), ("answer", 1, 0), ("send", 1, 0), ("commit", 2, 0), ("kill", 0, 0)),
]


@given(actions)
@example(AMID)
@example(BESIDE)
@example(LATE)
@example(AGAIN)
def test_who_is_told_that_all_is_saved_has_it_in_the_store(plan: list[tuple[str, int, int]]) -> None:
    logging.getLogger("yroom").setLevel(logging.ERROR)
    with nothing_failed():
        asyncio.run(live(plan))


@contextmanager
def nothing_failed() -> Iterator[None]:
    """Nothing is logged as an error: the hub logs what fails, and goes on."""
    logger, failed = logging.getLogger("yroom"), list[logging.LogRecord]()
    handler = logging.Handler()
    handler.emit = failed.append  # type: ignore[method-assign, assignment]
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
    assert not failed, [record.getMessage() for record in failed]


@override_settings(YROOM_SETTINGS={"default": {"MAX_WAITING_UPDATES": 20}})
def test_what_many_wrote_in_turn_is_told_in_turn_to_the_next_worker() -> None:
    """Else most of it would lack something for a moment: more than may wait, and sockets would be closed for it."""
    plan = [step for turn in range(40) for step in in_turn(turn % PEOPLE, (turn + 1) % PEOPLE)]
    with nothing_failed():
        asyncio.run(live([*plan, ("kill", 0, 0)]))


def in_turn(who: int, following: int) -> list[tuple[str, int, int]]:
    """Somebody types, and the next one reads it before he types himself."""
    return [("type", who, 1), ("send", who, 1), ("hear", following, who)]
