"""The hub: joins all sockets of one web process to the workers, over one link a shard.

It keeps each socket's frames until the worker has confirmed that what they brought is durable. When a worker dies,
hands a shard over or is not heard of, the hub asks the shard's channel who serves it now, and tells the answering
worker everything again: which sockets there are, who they are, and what is not confirmed.
"""

import asyncio
import itertools
import logging
import math
import secrets
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgpack

from ..conf import engine_settings, room_settings
from ..crdt import protocol
from ..exceptions import AwayError, LinkBrokenError, TooManySocketsError
from ..sharding import shard_of
from ..stopping import process
from ..wire import frames, link
from ..wire.calls import layer_and_mode
from ..wire.link import Frame, Item, Link
from ..wire.mailbox import Mailbox
from .embedded import EmbeddedWorker

logger = logging.getLogger(__name__)

# Seconds without a frame after which a socket is sent its own awareness, as a sign of life.
QUIET: Final = 10.0
# Seconds between two questions who serves a shard.
ASK: Final = 0.25
# Sockets whose permissions are looked at again with every beat when all are to be, if that is enough.
LOOKS: Final = 25
# Changes of permissions that are remembered for sockets about which somebody is still deciding.
CHANGES: Final = 1000
# Beats after which a worker hears of a web process from which there is no news: it waits longer than the other way.
QUIET_BEATS: Final = 2
# Up to how many times WORKER_TIMEOUT a worker may be silent that was given up on and answered again, and after how many
# seconds without such a thing it may not any more.
INDULGENCE: Final = 8
FORGIVEN: Final = 30.0
# A process that stops: the part of the time left that it waits for what was sent to be saved, seconds between two looks
# whether it is, and for its sockets to close.
SETTLING: Final = 0.5
LOOK: Final = 0.02
CLOSING: Final = 1.0


class Socket(Protocol):
    """What the hub needs from a WebSocket consumer."""

    def deliver(self, frame: bytes) -> None:
        """Send a frame to the browser, without waiting."""

    def end(self, code: int, reason: str) -> Awaitable[None] | None:
        """Close the socket, without waiting; return what ends once it is closed, if there is such a thing."""

    def recheck(self) -> None:
        """Look at the permissions again, without waiting."""


@dataclass(eq=False, slots=True)
class Connection:
    """A socket that joined a room."""

    id: int
    room: str
    shard: str
    socket: Socket
    info: frames.Info
    backlog_limit: int
    whole_limit: int
    joined: bool = False  # whether a worker was ever told of it
    admitted: bool = False  # whether a worker has answered: broadcasts before that are part of what it answers
    frames: int = 0  # numbered frames so far
    documents: int = 0  # document messages the worker has confirmed
    waiting: int = 0  # others that it has, and that lack something
    # Those the worker has not confirmed: number, frame, whether it came in pieces.
    kept: deque[tuple[int, bytes, bool]] = field(default_factory=deque)
    kept_size: int = 0
    kept_whole: int = 0  # bytes of those that came in pieces
    awareness: bytes | None = None  # the latest such frame of its own client
    heard: float = 0.0  # when it was last sent what all are sent
    client: int | None = None  # its Yjs client id: that of its first such frame, others are passed on from its peers


class Shard:
    """The hub's side of a shard: its link, or the search for who serves it."""

    def __init__(self, name: str, hub: "Hub") -> None:
        self.name = name
        self.connections: set[Connection] = set()
        self.link: Link | None = None
        self._hub = hub
        self._term = 0
        self._session = 0
        self.since = 0.0  # when the search began, or its session
        self._worker = ""  # the mailbox of the worker
        self._indulgence = 1
        self._asking: asyncio.Handle | None = None

    def search(self) -> None:
        """Start a new session with whoever serves the shard."""
        self.link = None
        self._session = secrets.randbits(63)
        self.since = self._hub.loop.time()
        if self._asking is not None:
            self._asking.cancel()
        self._ask()

    def _say_hello(self) -> None:
        self._hub.mailbox.post(self.name, [link.HELLO, self.name, self._session, self._term, 0, 0, None])

    def _ask(self) -> None:
        self._say_hello()
        self._asking = self._hub.loop.call_later(ASK, self._ask)

    def receive(self, frame: Frame, sender: str) -> None:
        """Take a frame from a worker."""
        kind, _, session, term = frame[:4]
        if session != self._session:
            return
        if kind == link.WELCOME:
            self._welcome(term, sender)
        elif self.link is None:
            return
        elif kind == link.BYE:
            # Only who serves the session can end it, or one that does not know it (term 0).
            if term in (0, self.link.term):
                self.search()
        elif term == self.link.term:
            self.link.heard = self._hub.loop.time()
            try:
                items = self.link.receive(frame)
            except LinkBrokenError as error:
                self._look_for_another(error)
                return
            for item in items:
                self._hub.take(item)

    def _welcome(self, term: int, worker: str) -> None:
        # A lower number is one who does not know yet that the shard went to another. If that other is not heard of for
        # long, the numbers have begun anew: the database was restored from a backup, say.
        if term < self._term and self._hub.loop.time() < self.since + 2 * self._hub.settings.lease_seconds:
            return
        if self.link is not None:
            if term > self.link.term:
                # Two workers think the shard theirs: the one with the newer lease is right.
                self._term = term
                self.search()
            return
        self._term = term
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        for connection in list(self.connections):
            if connection.waiting and connection.info["controls"]:
                self._hub.end(connection, frames.CLOSE_RESTART, frames.UNCOUNTED)
        self.link = self._hub.mailbox.link(worker, self.name, self._session, term, to_hub=False)
        self.link.heard = self.since = self._hub.loop.time()
        if worker != self._worker:
            self._worker, self._indulgence = worker, 1
        ids = [connection.id for connection in self.connections]
        self.send([frames.CONNECTIONS, ids], 64 + 9 * len(ids))
        # Everybody first: the worker then sends the document, before it changes, to all who need it at once.
        connections = list(self.connections)
        # What changed while nobody served the shard was told to nobody. Those who came meanwhile are looked at before
        # the others: they have no document yet.
        self._hub.look_again([connection for connection in connections if connection.joined])
        for connection in connections:
            if not connection.joined:
                self._hub.look(connection)
            self.join(connection)
        for connection in connections:
            for number, frame, _ in connection.kept:
                self.send([frames.FRAME, connection.room, connection.id, number, frame], len(frame), connection.id)

    def join(self, connection: Connection) -> None:
        """Tell the worker of a connection."""
        if self.link is None:
            return
        item = [
            frames.JOIN,
            connection.room,
            connection.id,
            connection.info,
            connection.documents,
            connection.joined,
            connection.awareness,
        ]
        connection.joined = True
        self.send(item, 256 + len(connection.awareness or b""), connection.id)

    def send(self, item: Item, size: int = 64, lane: int = 0) -> None:
        """Send an item to the worker, if there is one now; those of one connection, its lane, stay in order."""
        if self.link is None:
            return
        try:
            self.link.send(item, size, lane)
        except LinkBrokenError as error:
            # First, so that the socket that is closed next has no broken link to say good-bye over.
            self._look_for_another(error)
            # If it is what the sockets wait to have saved that is too much, the one with the most has to go.
            if sum(connection.kept_size for connection in self.connections) > self._hub.settings.link_buffer_size:
                largest = max(self.connections, key=lambda connection: connection.kept_size)
                self._hub.end(largest, frames.CLOSE_OVERLOAD, "unsaved_backlog: too much waits to be saved")

    def _look_for_another(self, error: LinkBrokenError) -> None:
        logger.warning("yroom looks for another worker: %s", error)
        self.search()

    def beat(self, now: float, *, always: bool) -> None:
        """Give a sign of life, if there is news or `always`; look for another worker if this one gave none for long."""
        if self.link is None:
            return
        silence = now - self.link.heard
        if silence > self._hub.settings.worker_timeout * self._indulgence:
            logger.warning("yroom has not heard of the worker of %s for too long", self.name)
            # If it answers after all it is slow, not dead. To start afresh, again and again, would make it slower.
            slow = now - self.since < FORGIVEN
            self._indulgence = min(2 * self._indulgence, INDULGENCE) if slow else 2
            self.search()
        else:
            if silence > self._hub.settings.worker_timeout:
                # It is slow as before, or dead and replaced: then the new one answers.
                self._say_hello()
            if always or self.link.has_news:
                self.link.beat()


class Hub:
    """All sockets of one web process."""

    def __init__(self, layer: Any) -> None:
        self.settings = engine_settings()
        self.loop = asyncio.get_running_loop()
        self.mailbox = Mailbox(layer, self._deliver, lasting=True)
        self.connections: dict[int, Connection] = {}
        self.rooms: dict[str, set[Connection]] = {}
        self.away = ""  # why no socket is let in (any more)
        self._turning: asyncio.Task[None] | None = None
        self._due: deque[Connection] = deque()  # whose permissions are to be looked at again, some with every beat
        self._logins: Counter[str] = Counter()
        self.worker: EmbeddedWorker | None = None
        self._shards: dict[str, Shard] = {}
        self._recheck_due = self.loop.time() + self.settings.recheck_seconds
        self._looks = LOOKS
        self.looks = asyncio.Semaphore(self.settings.max_looks)
        self._changes: deque[tuple[float, str, str]] = deque(maxlen=CHANGES)  # of permissions: when, room, login
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
            self._look_at_some(now)

    def _look_at_some(self, now: float) -> None:
        """Have the permissions of those whose turn it is looked at; all are in turn every RECHECK_SECONDS."""
        if now >= self._recheck_due and not self._due:
            self._recheck_due = now + self.settings.recheck_seconds
            self.look_again(self.connections.values())
        for _ in range(min(len(self._due), self._looks)):
            connection = self._due.popleft()
            if connection.id in self.connections:
                self.look(connection)

    def look_again(self, connections: Iterable[Connection]) -> None:
        """Have the permissions of some sockets looked at with the next beats, all of them within RECHECK_SECONDS."""
        pace = self._looks if self._due else LOOKS
        self._due.extend(connections)
        share = math.ceil(len(self._due) * self.settings.heartbeat_seconds / self.settings.recheck_seconds)
        self._looks = max(share, pace)

    def look(self, connection: Connection) -> None:
        """Have a socket's permissions looked at now."""
        with self._going_on("a look at permissions"):
            connection.socket.recheck()

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
        return any(connection.kept for connection in self.connections.values()) or any(
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
        msgpack.packb(info)  # what cannot travel fails here, in its consumer's face
        name = shard_of(room)
        limits = room_settings(room)
        if info["login"]:
            if self._logins[info["login"]] >= self.settings.max_user_sockets:
                raise TooManySocketsError
            self._logins[info["login"]] += 1
        backlogs = limits.max_socket_backlog, limits.max_message_size
        connection = Connection(connection_id, room, name, socket, info, *backlogs)
        self.connections[connection.id] = connection
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
        if protocol.is_awareness_only(frame):
            client = protocol.first_awareness_client(frame)
            if connection.client is None:
                connection.client = client
            if connection.client == client:
                connection.awareness = frame
        else:
            # What came in pieces is as large as it may be, and leaves what is written meanwhile its room.
            limit = connection.whole_limit if whole else connection.backlog_limit
            kept = connection.kept_whole if whole else connection.kept_size - connection.kept_whole
            if kept + len(frame) > limit:
                self.end(connection, frames.CLOSE_OVERLOAD, "unsaved_backlog: too much waits to be saved")
                return
            number = connection.frames = connection.frames + 1
            connection.kept.append((number, frame, whole))
            connection.kept_size += len(frame)
            connection.kept_whole += len(frame) if whole else 0
        item = [frames.FRAME, connection.room, connection.id, number, frame]
        self._shards[connection.shard].send(item, len(frame), connection.id)

    def change(self, connection: Connection, info: frames.Info) -> None:
        """Tell the worker of a new role or name."""
        if info != connection.info:
            connection.info = info
            item = [frames.CHANGE, connection.room, connection.id, info]
            self._shards[connection.shard].send(item, 256, connection.id)

    def resync(self, connection: Connection) -> None:
        """Have a socket synced anew that has missed something."""
        item = [frames.RESYNC, connection.room, connection.id]
        self._shards[connection.shard].send(item, lane=connection.id)

    def leave(self, connection: Connection) -> None:
        """Forget a socket."""
        if self.connections.pop(connection.id, None) is None:
            return
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
        shard.send([frames.LEAVE, connection.room, connection.id], lane=connection.id)

    # What workers say

    def _deliver(self, frame: Frame, sender: str) -> None:
        shard = self._shards.get(frame[1])
        if shard is not None:
            shard.receive(frame, sender)

    def take(self, item: Item) -> None:
        """Do what a worker asks.

        The link has counted the item as received and will not bring it again, and others follow it. So what one socket
        does with it, even fail or close and leave its room, changes nothing for other sockets and for other items.
        """
        # Not _going_on(): this runs for every keystroke, where a context manager made anew is not free.
        try:
            self._take(item)
        except Exception:
            logger.exception("yroom failed on an item from a worker")

    def _take(self, item: Item) -> None:
        op = item[0]
        if op == frames.CAST:
            self._cast(*item[1:])
        elif op == frames.SEND:
            for connection_id in item[1]:
                receiver = self.connections.get(connection_id)
                if receiver is not None:
                    receiver.admitted = True
                    self._deliver_to(receiver, item[2])
        elif op == frames.SAVED:
            for saved in item[1]:
                self._saved(*saved)
        elif op == frames.CLOSE:
            closing = self.connections.get(item[1])
            if closing is not None:
                self.end(closing, item[2], item[3])
        elif op == frames.RECHECK:
            self._recheck(item[1], item[2])

    def _cast(self, room: str, frame: bytes, skip: int, to: int) -> None:
        now = self.loop.time()
        # A copy: a socket that is too slow for the frame leaves the room while it is delivered.
        for connection in tuple(self.rooms.get(room, ())):
            if (
                not connection.admitted
                or (connection.id == skip and (to != frames.TO_QUIET or now - connection.heard < QUIET))
                or (to == frames.TO_CONTROLS and not connection.info["controls"])
            ):
                continue
            connection.heard = now
            self._deliver_to(connection, frame)

    def _deliver_to(self, connection: Connection, frame: bytes) -> None:
        """Send a frame to a socket. One that fails on it is closed, and has everything again when it is back."""
        try:
            connection.socket.deliver(frame)
        except Exception:
            logger.exception("yroom failed to deliver to a socket of %s", connection.room)
            self.end(connection, frames.CLOSE_FAILURE, "failure: the server failed on a message")

    def end(self, connection: Connection, code: int, reason: str) -> None:
        """Close a socket; whatever comes of that, nothing is delivered to it or kept for it any more."""
        with self._going_on("closing a socket"):
            connection.socket.end(code, reason)
        self.leave(connection)

    def _saved(self, connection_id: int, number: int, documents: int, waiting: int) -> None:
        connection = self.connections.get(connection_id)
        if connection is None:
            return
        connection.waiting = waiting
        while connection.kept and connection.kept[0][0] <= number:
            _, frame, whole = connection.kept.popleft()
            connection.kept_size -= len(frame)
            connection.kept_whole -= len(frame) if whole else 0
        if documents > connection.documents:
            connection.documents = documents
            if connection.info["controls"]:
                self._deliver_to(connection, protocol.control({"type": "saved", "count": documents}))

    def may_have_changed(self, connection: Connection, since: float) -> bool:
        """Whether a new connection's permissions may have changed since: all that was told since is remembered.

        Nothing is told to a hub that has no link to the room's shard, and of too many changes the first are forgotten.
        Where there is no link now, all who are not looked at yet are as soon as there is one.
        """
        shard = self._shards[connection.shard]
        if shard.link is None:
            return False
        if shard.since >= since:
            return True
        if len(self._changes) == CHANGES and self._changes[0][0] >= since:
            return True
        names, logins = ("", connection.room), ("", connection.info["login"])
        return any(at >= since and room in names and login in logins for at, room, login in self._changes)

    def _recheck(self, room: str, login: str) -> None:
        self._changes.append((self.loop.time(), room, login))
        candidates = self.rooms.get(room, ()) if room else self.connections.values()
        for connection in list(candidates):
            if not login or connection.info["login"] == login:
                self.look(connection)


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
