"""What one socket does with what it is sent changes nothing for others: it fails, leaves, or takes another with it."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer
from hypothesis import given, settings
from hypothesis import strategies as st

from yroom.crdt.clients import Client
from yroom.exceptions import OverdrawnError
from yroom.sharding import shard_of
from yroom.web.connection import Connection
from yroom.web.hub import EVERYBODY, STEP, Hub
from yroom.web.shard_session import Shard
from yroom.wire import frames, local
from yroom.wire.frames import Frame
from yroom.wire.local import LocalMailbox, ToHub
from yroom.worker.hubs import Hubs, WebProcess

# Of one shard, so that what they are sent comes in one order.
ROOMS = ("room 1", "room 12")


@dataclass
class Socket:
    """One that does something of its own with the frames and wishes it is sent."""

    hub: Hub
    acts: Callable[["Socket"], None]
    frames: list[bytes] = field(default_factory=list)
    closed: int = 0
    connection: Connection = field(init=False)

    def deliver(self, frame: bytes) -> None:
        self.frames.append(frame)
        self.acts(self)

    def end(self, code: int, reason: str) -> None:
        self.closed = code
        self.hub.leave(self.connection)
        self.acts(self)

    def recheck(self) -> None:
        self.acts(self)


def well(socket: Socket) -> None:
    """It takes what it is sent."""


def fails(socket: Socket) -> None:
    raise RuntimeError("a socket that fails")


def leaves(socket: Socket) -> None:
    socket.hub.leave(socket.connection)


def closes(socket: Socket) -> None:
    if not socket.closed:
        socket.end(frames.CLOSE_OVERLOAD, "too slow")


def takes_a_neighbour(socket: Socket) -> None:
    """As the one whose backlog breaks the link: another socket is closed for it."""
    for other in list(socket.hub.connections.values()):
        if isinstance(other.socket, Socket) and other.socket.acts is closes:
            closes(other.socket)


ACTS = (fails, leaves, closes, takes_a_neighbour)

plans = st.lists(
    st.one_of(
        st.tuples(st.just(frames.Cast), st.sampled_from(ROOMS)),
        st.tuples(st.just(frames.Send), st.integers(0, 11)),
        st.tuples(st.just(frames.Saved), st.integers(0, 11)),
        st.tuples(st.just(frames.Close), st.integers(0, 11)),
        st.tuples(st.just(frames.Recheck), st.sampled_from(ROOMS)),
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None)
@given(others=st.lists(st.sampled_from(ACTS), min_size=1, max_size=12), plan=plans)
def test_who_takes_everything_gets_everything(
    others: list[Callable[[Socket], None]], plan: list[tuple[type, int | str]]
) -> None:
    asyncio.run(deliver(others, plan))


async def deliver(others: list[Callable[[Socket], None]], plan: list[tuple[type, int | str]]) -> None:
    """One batch of items over the real mailboxes, to well and other sockets in two rooms."""
    layer = InMemoryChannelLayer()
    hub = Hub(layer)
    shard = shard_of(ROOMS[0])
    assert shard == shard_of(ROOMS[1])
    found: asyncio.Future[ToHub] = asyncio.get_running_loop().create_future()

    def answer(frame: Frame, sender: str) -> None:
        """What a worker says to a hub that looks for one."""
        if isinstance(frame, frames.Hello) and not found.done():
            found.set_result(worker.link_to_hub(sender, shard, frame.session, 1, lambda item: None))
            worker.post(sender, frames.Welcome(shard, frame.session, 1))

    worker = LocalMailbox(layer, answer)
    await worker.open()
    worker.listen(shard)
    sockets: dict[int, Socket] = {}
    for acts in [well, *others, well]:
        for room in ROOMS:
            socket = Socket(hub, acts)
            info: frames.Info = {"login": "", "user": None, "role": "", "read_only": False, "controls": True}
            socket.connection = hub.join(socket, 1 + len(sockets), room, info)
            socket.connection.admitted = True
            sockets[socket.connection.id] = socket
    to_hub = await asyncio.wait_for(found, 60)

    well_ones = {identity for identity, socket in sockets.items() if socket.acts is well}
    unwell = sorted(sockets.keys() - well_ones)
    expected: dict[int, list[bytes]] = {identity: [] for identity in well_ones}

    def cast(room: str, frame: bytes) -> None:
        to_hub.send(frames.Cast(room, [frame]))
        for identity in well_ones:
            if sockets[identity].connection.room == room:
                expected[identity].append(frame)

    for at, (op, whom) in enumerate(plan):
        frame = b"frame %d" % at
        target = unwell[whom % len(unwell)] if isinstance(whom, int) else 0
        if op is frames.Cast:
            cast(str(whom), frame)
        elif op is frames.Recheck:
            to_hub.send(frames.Recheck(str(whom), ""))
        elif op is frames.Send:
            to_hub.send(frames.Send([target, *well_ones], frame))
            for received in expected.values():
                received.append(frame)
        elif op is frames.Saved:
            to_hub.send(frames.Saved([frames.Confirmed(target, 0, at + 1, 0)]))
        else:
            to_hub.send(frames.Close(target, frames.CLOSE_NO_ACCESS, "no access"))
    for room in ROOMS:
        cast(room, b"last")

    async with asyncio.timeout(60):
        while not all(sockets[identity].frames[-1:] == [b"last"] for identity in well_ones):
            await asyncio.sleep(0)
    for identity in well_ones:
        assert sockets[identity].frames == expected[identity]
        assert not sockets[identity].closed
        assert identity in hub.connections
    # One that failed would lack something: it is closed, and has everything again when it is back.
    assert not any(sockets[identity].acts is fails for identity in hub.connections if sockets[identity].frames)
    hub._task.cancel()
    await worker.close()
    await hub.mailbox.close()


async def test_what_is_kept_of_those_who_left_comes_to_an_end() -> None:
    """It is confirmed, or refused, or its client is back and sends it again, or there is too much of it."""
    hub = Hub(InMemoryChannelLayer())
    info: frames.Info = {"login": "", "user": None, "role": "", "read_only": False, "controls": True}

    def come(identity: int) -> Connection:
        return hub.join(Socket(hub, well), identity, "room", info)

    def leave(identity: int, frame: bytes = b"\x00\x02\x00") -> None:
        connection = come(identity)
        hub.receive(connection, frame)
        hub.leave(connection)

    hub.leave(come(1))
    assert not hub.left
    for identity in (1, 2, 3):
        leave(identity)
    assert list(hub.left) == [1, 2, 3]
    hub.take(frames.Saved([frames.Confirmed(1, 0, 0, 0), frames.Confirmed(2, 1, 1, 0)]))
    assert list(hub.left) == [1, 3]
    hub.take(frames.Close(3, frames.CLOSE_NO_ACCESS, "no access"))
    assert list(hub.left) == [1]
    sent_away = come(1)
    assert not hub.left
    hub.receive(sent_away, b"\x00\x02\x00")
    hub.end(sent_away, frames.CLOSE_NO_ACCESS, "no access")
    assert not hub.left
    size = 100_000
    for identity in range(1, 1 + 2 * hub.settings.link_buffer_size // size):
        leave(identity, bytes(size))
    assert 0 < sum(connection.kept_size for connection in hub.left.values()) <= hub.settings.link_buffer_size // 4
    assert list(hub.left)[-1] == identity
    hub._task.cancel()
    await hub.mailbox.close()


@pytest.mark.parametrize(("size", "sockets"), [(3 * 1024 * 1024, 20), (100_000, 100)])
async def test_what_is_kept_of_one_person_is_bounded_over_all_rooms(size: int, sockets: int) -> None:
    """Where nothing can be saved: so many sockets as one may have would fill the memory of a process."""
    hub = Hub(InMemoryChannelLayer())

    def come(identity: int, login: str) -> Connection:
        info: frames.Info = {"login": login, "user": None, "role": "", "read_only": False, "controls": True}
        socket = Socket(hub, well)
        socket.connection = hub.join(socket, identity, f"room {identity}", info)
        return socket.connection

    limit, frame = hub.settings.link_buffer_size, bytes(size)
    ada = come(1, "ada")
    hub.receive(ada, frame)
    greedy = [come(2 + number, "eve") for number in range(sockets)]
    for connection in itertools.islice(itertools.cycle(greedy), 2 * limit // size):
        if connection.id in hub.connections:
            hub.receive(connection, frame)
    kept = sum(each.kept_size for each in hub.connections.values() if each.info["login"] == "eve")
    assert limit / 2 < kept <= limit + STEP
    assert ada.kept_size == len(frame)
    # Once it is saved, they go on; what is known to be saved is kept no longer than it must be.
    left = [each for each in greedy if each.id in hub.connections]
    hub.take(frames.Saved([frames.Confirmed(each.id, each.frames, each.frames, 0) for each in left]))
    hub.receive(left[0], frame)
    assert left[0].id in hub.connections
    # Who is not logged in is nobody in particular: all together have a bound.
    nobody, frame = [come(1000 + number, "") for number in range(400)], bytes(100_000)
    for connection in nobody * 8:
        if connection.id in hub.connections:
            hub.receive(connection, frame)
    assert 2 * limit < sum(each.kept_size for each in hub.connections.values()) <= EVERYBODY * limit + STEP
    hub._task.cancel()
    await hub.mailbox.close()


async def test_of_all_who_keeps_most_is_closed_and_whatever_is_kept_is_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In however many sockets: not whoever has the largest one."""
    hub = Hub(InMemoryChannelLayer())
    passed: Counter[int] = Counter()
    monkeypatch.setattr(Shard, "pass_on", lambda _, connection, *__: passed.update([connection.id]))

    def come(identity: int, login: str) -> Connection:
        info: frames.Info = {"login": login, "user": None, "role": "", "read_only": False, "controls": True}
        socket = Socket(hub, well)
        socket.connection = hub.join(socket, identity, f"room {identity}", info)
        return socket.connection

    limit, frame = EVERYBODY * hub.settings.link_buffer_size, bytes(600_000)
    ada = come(1, "ada")
    hub.receive(ada, bytes(2_000_000))
    sockets = 100
    many = [come(2 + number, f"eve {number // sockets}") for number in range(2 * limit // len(frame))]
    for connection in many:
        hub.receive(connection, frame)
    assert ada.id in hub.connections
    assert sum(each.kept_size for each in hub.connections.values()) <= limit + STEP
    assert len(hub.connections) > len(many) / 3
    # One that is closed for the very frame that it has sent.
    greediest = next(each for each in many if each.id in hub.connections)
    while greediest.id in hub.connections:
        hub.receive(greediest, bytes(STEP))
    # Else nobody would ever confirm it.
    assert greediest.id in hub.left
    assert all(passed[each.id] == each.frames for each in hub.left.values())
    hub._task.cancel()
    await hub.mailbox.close()


async def test_who_opens_too_much_at_once_is_sent_away_alone() -> None:
    """One socket, and not the link."""
    told: list[frames.Item] = []

    class Full:
        def send_shared(self, *_: Any) -> None:
            raise OverdrawnError

        def send(self, item: frames.Item, *_: Any) -> None:
            told.append(item)

    hub: Any = WebProcess("mailbox", "yroom.0")
    hub.link = Full()
    mailbox: Any = None
    Hubs(mailbox, lambda *_: None).reply("room", Client(7, hub, login="eve"), b"frame")
    assert [(each.connection, each.code) for each in told if isinstance(each, frames.Close)] == [
        (7, frames.CLOSE_OVERLOAD)
    ]


async def test_a_beat_that_fails_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub without beats would hold its sockets open, and nothing they send would be saved."""
    hub = Hub(InMemoryChannelLayer())
    beats: asyncio.Queue[None] = asyncio.Queue()

    def failing_beat(*_: object, **__: object) -> None:
        beats.put_nowait(None)
        raise RuntimeError("a beat that fails")

    monkeypatch.setattr(hub, "settings", replace(hub.settings, heartbeat_seconds=0.01))
    monkeypatch.setattr(hub.mailbox, "beat", failing_beat)
    monkeypatch.setattr(Shard, "beat", failing_beat)
    info: frames.Info = {"login": "", "user": None, "role": "", "read_only": False, "controls": True}
    socket = Socket(hub, fails)
    socket.connection = hub.join(socket, 1, ROOMS[0], info)
    hub.looks.later([socket.connection])
    async with asyncio.timeout(60):
        for _ in range(6):
            await beats.get()
    assert not hub._task.done()
    hub._task.cancel()
    await hub.mailbox.close()


@pytest.mark.parametrize("wrong", [{"read_only": None}, {"role": 3}, {"roots": {"text": None}}, {"user": {"at": {1}}}])
async def test_what_cannot_travel_fails_where_it_comes_from(wrong: dict[str, Any]) -> None:
    """A worker that cannot read it would be sent it again and again, and nothing behind it would arrive."""
    hub = Hub(InMemoryChannelLayer())
    good: frames.Info = {"login": "", "user": None, "role": "", "read_only": False, "controls": True}
    bad: frames.Info = {**good, **wrong}  # type: ignore[typeddict-item]
    with pytest.raises(TypeError):
        hub.join(Socket(hub, well), 1, ROOMS[0], bad)
    connection = hub.join(Socket(hub, well), 2, ROOMS[0], good)
    with pytest.raises(TypeError):
        hub.change(connection, bad)
    assert connection.info == good
    hub._task.cancel()
    await hub.mailbox.close()


async def test_who_listens_now_goes_on_when_another_ceases_to() -> None:
    layer = InMemoryChannelLayer()
    heard: asyncio.Queue[Frame] = asyncio.Queue()
    first = LocalMailbox(layer, lambda frame, sender: None)
    second = LocalMailbox(layer, lambda frame, sender: heard.put_nowait(frame))
    for mailbox in (first, second):
        await mailbox.open()
        mailbox.listen("shard")
    first.ignore("shard")
    first.post("shard", frames.Echo())
    assert await asyncio.wait_for(heard.get(), 60) == frames.Echo()
    for mailbox in (first, second):
        await mailbox.close()


def test_what_was_said_to_nobody_is_not_heard_in_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = InMemoryChannelLayer()
    heard: list[Frame] = []

    async def say() -> None:
        LocalMailbox(layer, lambda frame, sender: None).post("shard", frames.Echo())
        await asyncio.sleep(0)

    async def listen() -> None:
        LocalMailbox(layer, lambda frame, sender: heard.append(frame)).listen("shard")
        for _ in range(3):
            await asyncio.sleep(0)

    asyncio.run(say())
    monkeypatch.setattr(local, "KEPT_SECONDS", 0.0)
    asyncio.run(listen())
    assert heard == []
