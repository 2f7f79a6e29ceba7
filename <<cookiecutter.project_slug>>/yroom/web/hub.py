"""The hub: joins all sockets of one web process to the workers, over one link a shard.

It keeps each socket's frames until the worker has confirmed that what they brought is durable. When a worker dies,
hands a shard over or is not heard of, the hub asks the shard's channel who serves it now, and tells the answering
worker everything again: which sockets there are, who they are, and what is not confirmed.
"""

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from ..conf import engine_settings, room_settings
from ..crdt import protocol
from ..exceptions import AwayError, TooManySocketsError
from ..sharding import shard_of
from ..stopping import process
from ..wire import frames
from ..wire.calls import layer_and_mode
from ..wire.frames import Cast, Close, Confirmed, Frame, Item, Recheck, Saved, Send
from ..wire.mailbox import mailbox_on
from .connection import Connection, Kept, Socket
from .embedded import EmbeddedWorker
from .looks import Looks
from .shard_session import TOO_MUCH, Shard

logger = logging.getLogger(__name__)

# Seconds without a frame after which a socket is sent its own awareness, as a sign of life.
QUIET: Final = 10.0
# Bytes of a socket's frames that are kept although the worker has them, as long as one of them lacks something.
HELD: Final = 64 * 1024
# Bytes of frames, of all sockets, after which it is looked how much is kept of each person.
STEP: Final = 1024 * 1024
# How many times as much as of one person may be kept of all.
EVERYBODY: Final = 4
# What a socket that left with something unsaved counts for, beside its frames, in what is kept of such ones.
LEFT: Final = 16 * 1024
# Beats after which a worker hears of a web process from which there is no news: it waits longer than the other way.
QUIET_BEATS: Final = 2
# A process that stops: the part of the time left that it waits for what was sent to be saved, seconds between two looks
# whether it is, and for its sockets to close.
SETTLING: Final = 0.5
LOOK: Final = 0.02
CLOSING: Final = 1.0


class Hub:
    """All sockets of one web process."""

    def __init__(self, layer: Any) -> None:
        self.settings = engine_settings()
        self.loop = asyncio.get_running_loop()
        self.mailbox = mailbox_on(layer, self._deliver, lasting=True)
        self.connections: dict[int, Connection] = {}
        self.rooms: dict[str, set[Connection]] = {}
        # Gone before a worker has confirmed all that they sent: should it die, the next one is told. The first
        # to go are forgotten first where that is too much.
        self.left: dict[int, Connection] = {}
        self._arrivals = itertools.count()  # numbers for the frames of all sockets, in the order in which they come
        self.away = ""  # why no socket is let in (any more)
        self._turning: asyncio.Task[None] | None = None
        self._logins: Counter[str] = Counter()
        self._unlooked = 0  # bytes of frames that are kept since it was looked how many are of whom
        self.worker: EmbeddedWorker | None = None
        self._shards: dict[str, Shard] = {}
        self.looks = Looks(self.settings, self.connections)
        self._task = self.loop.create_task(self._run(), name="yroom hub")
        process.watch(self)

    async def _run(self) -> None:
        await self.mailbox.open()
        for shard in self._shards.values():
            shard.search()
        for beat in itertools.count():
            await asyncio.sleep(self.settings.heartbeat_seconds)
            now = self.loop.time()
            # Whatever fails here is tried again with the next beat. A hub without beats would leave its sockets open
            # and find no other worker for them.
            with self._going_on("a sign of life to itself"):
                self.mailbox.beat()
            for shard in list(self._shards.values()):
                with self._going_on(f"a sign of life to {shard.name}"):
                    shard.beat(now, always=beat % QUIET_BEATS == 0)
            self.looks.beat(now)

    @contextmanager
    def _going_on(self, what: str) -> Iterator[None]:
        """Log what fails instead of letting it reach what comes after it."""
        try:
            yield
        except Exception:
            logger.exception("yroom failed on %s", what)

    async def stop(self) -> None:
        """Have all stored and told that was taken in, then close the sockets and go.

        What is sent meanwhile is not taken: who sent it is not told that it is saved, and sends it again elsewhere.
        """
        self.away = "restart: the server restarts"
        given_up = self.loop.time() + SETTLING * process.left()
        while self._is_owed() and self.loop.time() < given_up:
            await asyncio.sleep(LOOK)
        await self.turn_away(self.away)
        if self.worker is not None:
            await self.worker.stop()
        self._task.cancel()
        await self.mailbox.close()

    def _is_owed(self) -> bool:
        return any(each.is_owed for each in [*self.connections.values(), *self.left.values()]) or any(
            shard.link is not None and not shard.link.is_settled for shard in self._shards.values()
        )

    def be_alone(self, alone: bool) -> None:
        """Take sockets, or none while another process has the documents."""
        if self._turning is not None:
            self._turning.cancel()
            self._turning = None
        if alone:
            self.away = ""
        else:
            self._turning = self.loop.create_task(self.turn_away("elsewhere: another process has the documents"))

    async def turn_away(self, reason: str) -> None:
        """Let no socket in from now on, and send all elsewhere."""
        self.away = reason
        closing = [each.socket.end(frames.CLOSE_RESTART, reason) for each in list(self.connections.values())]
        if waiting := [asyncio.ensure_future(each) for each in closing if each is not None]:
            await asyncio.wait(waiting, timeout=CLOSING)

    # What sockets do

    def join(self, socket: Socket, connection_id: int, room: str, info: frames.Info) -> Connection:
        """Let a socket take part in a room. Raises TooManySocketsError or AwayError."""
        if self.away:
            raise AwayError(self.away)
        frames.check(info)  # in its consumer's face
        name = shard_of(room)
        limits = room_settings(room)
        if info["login"]:
            if self._logins[info["login"]] >= self.settings.max_user_sockets:
                raise TooManySocketsError
            self._logins[info["login"]] += 1
        backlogs = limits.max_socket_backlog, limits.max_message_size
        connection = Connection(connection_id, room, name, socket, info, *backlogs)
        self.connections[connection.id] = connection
        self.left.pop(connection.id, None)
        self.rooms.setdefault(room, set()).add(connection)
        shard = self._shards.get(name)
        if shard is None:
            shard = self._shards[name] = Shard(name, self)
            if self.mailbox.name:
                shard.search()
        shard.connections.add(connection)
        shard.join(connection)
        return connection

    def receive(self, connection: Connection, frame: bytes, *, whole: bool = False) -> None:
        """Pass a frame on to the worker, and keep it until that has confirmed it; `whole` if it came in pieces."""
        if self.away:
            return
        number = 0
        if frame[0] == protocol.AWARENESS and (at := protocol.sole_awareness(frame)):
            client = connection.client
            if client is None:
                client = connection.client = protocol.first_awareness_client(frame, at)
            if client is not None and frame.startswith(client, at + 1):
                connection.awareness = frame
        else:
            # What came in pieces is as large as it may be, and leaves what is written meanwhile its room.
            limit = connection.whole_limit if whole else connection.backlog_limit
            kept = connection.kept_whole if whole else connection.kept_size - connection.kept_whole
            if kept + len(frame) > limit and not connection.make_room(whole, limit - len(frame)):
                self.end(connection, frames.CLOSE_OVERLOAD, TOO_MUCH)
                return
            number = connection.frames = connection.frames + 1
            connection.kept.append(Kept(next(self._arrivals), number, frame, whole))
            connection.kept_size += len(frame)
            connection.kept_whole += len(frame) if whole else 0
            self._unlooked += len(frame)
        self._shards[connection.shard].pass_on(connection, number, frame)
        # Behind it: of a socket that is closed now a worker is to know all that is kept, or nobody would confirm it.
        if self._unlooked >= STEP:
            self._look_what_is_kept()

    def _look_what_is_kept(self) -> None:
        """Close sockets of which much is kept, where it is too much of one person, in however many rooms, or of all."""
        self._unlooked = 0
        limit = self.settings.link_buffer_size
        by_login: dict[str, list[Connection]] = {}
        for connection in self.connections.values():
            if connection.kept:
                by_login.setdefault(connection.info["login"], []).append(connection)
        for login, theirs in by_login.items():
            # Who is not logged in is nobody in particular.
            self._keep_within(limit if login else EVERYBODY * limit, theirs)
        self._keep_within(EVERYBODY * limit, list(self.connections.values()))

    def _keep_within(self, limit: int, connections: list[Connection]) -> None:
        """Close the largest of whoever has most, until what is kept of all is within the limit."""
        if sum(each.kept_size for each in connections) <= limit:
            return
        by_person: Counter[str | int] = Counter()
        for each in connections:
            each.let_go()
            by_person[each.info["login"] or each.id] += each.kept_size
        kept = by_person.total()

        def share(each: Connection) -> tuple[int, int]:
            return by_person[each.info["login"] or each.id], each.kept_size

        for each in sorted(connections, key=share, reverse=True):
            if kept <= limit:
                break
            kept -= each.kept_size
            self.end(each, frames.CLOSE_OVERLOAD, TOO_MUCH)

    def change(self, connection: Connection, info: frames.Info) -> None:
        """Tell the worker of a new role or name."""
        if info != connection.info:
            frames.check(info)
            connection.info = info
            item = frames.Change(connection.room, connection.id, info)
            self._shards[connection.shard].send(item, 256, connection.id)

    def resync(self, connection: Connection) -> None:
        """Have a socket synced anew that has missed something."""
        item = frames.Resync(connection.room, connection.id)
        self._shards[connection.shard].send(item, lane=connection.id)

    def leave(self, connection: Connection) -> None:
        """Forget a socket that was closed by its client, once all is stored that it sent."""
        if self._forget(connection) and connection.is_owed:
            connection.awareness = None
            self.left[connection.id] = connection
            size = sum(LEFT + each.kept_size for each in self.left.values())
            while size > self.settings.link_buffer_size // 4:
                first = self.left.pop(next(iter(self.left)))
                size -= LEFT + first.kept_size

    def _forget(self, connection: Connection) -> bool:
        """Forget a socket and what it sent; return whether it was known."""
        if self.connections.pop(connection.id, None) is None:
            return False
        login = connection.info["login"]
        self._logins[login] -= 1
        if self._logins[login] <= 0:
            del self._logins[login]
        peers = self.rooms[connection.room]
        peers.discard(connection)
        if not peers:
            del self.rooms[connection.room]
        shard = self._shards[connection.shard]
        shard.connections.discard(connection)
        shard.leave(connection)
        return True

    # What workers say

    def _deliver(self, frame: Frame, sender: str) -> None:
        shard = self._shards.get(frame.shard)
        if shard is not None:
            shard.receive(frame, sender)

    def take(self, item: Item) -> None:
        """Do what a worker asks.

        The link has counted the item as received and will not bring it again, and others follow it. So what one socket
        does with it, even fail or close and leave its room, changes nothing for other sockets and for other items.
        """
        # Not _going_on(): this runs for every keystroke, where a context manager made anew is not free.
        try:
            match item:
                case Cast(room, frames_, skip, to):
                    self._cast(room, frames_, skip, to)
                case Send(connections, frame):
                    self._send(connections, frame)
                case Saved(confirmed):
                    for each in confirmed:
                        self._saved(each)
                case Close(connection_id, code, reason):
                    if (closing := self.connections.get(connection_id)) is not None:
                        self.end(closing, code, reason)
                    self.left.pop(connection_id, None)
                case Recheck(room, login):
                    self.looks.changed(room, login, self.rooms.get(room, ()) if room else self.connections.values())
        except Exception:
            logger.exception("yroom failed on an item from a worker")

    def _send(self, connections: list[int], frame: bytes) -> None:
        for connection_id in connections:
            if (receiver := self.connections.get(connection_id)) is not None:
                receiver.admitted = True
                self._deliver_to(receiver, frame)

    def _cast(self, room: str, frames_: list[bytes], skip: int, to: int) -> None:
        now, largest = self.loop.time(), max(map(len, frames_))
        # A copy: a socket that is too slow for the frames leaves the room while they are delivered.
        for connection in tuple(self.rooms.get(room, ())):
            if not connection.admitted or (to == frames.TO_CONTROLS and not connection.info["controls"]):
                continue
            if connection.id == skip:
                if to == frames.TO_QUIET and now - connection.heard >= QUIET:
                    connection.heard = now
                    self._deliver_to(connection, frames_[-1])
                continue
            connection.heard = now
            # Not _deliver_to(): this runs for each reader of each edit.
            try:
                connection.deliver_all(frames_, largest)
            except Exception:
                self._failed(connection)

    def _deliver_to(self, connection: Connection, frame: bytes) -> None:
        """Send a frame to a socket. One that fails on it is closed, and has everything again when it is back."""
        try:
            connection.deliver_all([frame], len(frame))
        except Exception:
            self._failed(connection)

    def _failed(self, connection: Connection) -> None:
        logger.exception("yroom failed to deliver to a socket of %s", connection.room)
        self.end(connection, frames.CLOSE_FAILURE, "failure: the server failed on a message")

    def end(self, connection: Connection, code: int, reason: str) -> None:
        """Close a socket; whatever comes of that, nothing is delivered to it or kept for it any more."""
        with self._going_on("closing a socket"):
            connection.socket.end(code, reason)
        # Its client knows that it is not saved, and may not be allowed to send it any more.
        self._forget(connection)

    def _saved(self, confirmed: Confirmed) -> None:
        connection = self.connections.get(confirmed.connection)
        if connection is None:
            left = self.left.get(confirmed.connection)
            if left is not None and confirmed.number >= left.kept[-1].number:
                del self.left[confirmed.connection]
            return
        connection.said = confirmed
        # What lacks something is counted once that has come. Another worker that serves the shard by then has to be
        # told of it anew, so all since then is kept, within limits.
        if not confirmed.waiting or connection.uncounted or connection.kept_size > HELD:
            connection.let_go()
        if confirmed.documents > connection.documents:
            connection.documents = confirmed.documents
            if connection.info["controls"]:
                self._deliver_to(connection, protocol.control({"type": "saved", "count": confirmed.documents}))

    def may_have_changed(self, connection: Connection, since: float) -> bool:
        """Whether a new connection's permissions may have changed since: all that was told since is remembered.

        Nothing is told to a hub that has no link to the room's shard. Where there is none now, all who have not been
        looked at yet are as soon as there is one.
        """
        shard = self._shards[connection.shard]
        if shard.link is None:
            return False
        return shard.since >= since or self.looks.may_have_changed(connection, since)


# Each event loop keeps its hub. A dictionary would keep loops that have ended, however weak, as a hub knows its loop.
HUB: Final = "_yroom_hub"


def get_hub(channel_application: Callable[[], Any]) -> Hub:
    """The hub of the running event loop; the first call starts it.

    Where the worker is to be embedded, it runs as the application that `channel_application` returns.
    """
    loop = asyncio.get_running_loop()
    hub: Hub | None = getattr(loop, HUB, None)
    if hub is None:
        layer, embedded = layer_and_mode()
        hub = Hub(layer)
        if embedded:
            hub.worker = EmbeddedWorker(channel_application, hub.be_alone)
        setattr(loop, HUB, hub)
    return hub


def embedded_worker() -> EmbeddedWorker | None:
    """The worker embedded in the running event loop, if there is one."""
    hub: Hub | None = getattr(asyncio.get_running_loop(), HUB, None)
    return hub.worker if hub is not None else None
