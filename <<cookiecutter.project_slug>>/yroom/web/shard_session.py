"""The hub's side of one shard: its session with the worker that serves it, or the search for that."""

import asyncio
import logging
import secrets
from collections.abc import Iterable
from typing import Final, Protocol

from ..conf import EngineSettings
from ..exceptions import LinkBrokenError, OverdrawnError
from ..wire import frames
from ..wire.frames import Beat, Bye, Data, Frame, Hello, Item, Welcome
from ..wire.link import Link
from ..wire.local import LocalMailbox, ToWorker
from ..wire.mailbox import Mailbox
from .connection import Connection
from .looks import Looks

logger = logging.getLogger(__name__)


# Seconds between two questions who serves a shard.
ASK: Final = 0.25
# Up to how many times WORKER_TIMEOUT a worker may be silent that was given up on and answered again, and after how many
# seconds without such a thing it may not any more.
INDULGENCE: Final = 8
FORGIVEN: Final = 30.0
# Why a socket is closed of which, or of whose person, so much is not saved yet.
TOO_MUCH: Final = "unsaved_backlog: too much waits to be saved"


class ShardHost(Protocol):
    """What a shard needs from the hub."""

    settings: EngineSettings
    loop: asyncio.AbstractEventLoop
    mailbox: Mailbox | LocalMailbox
    left: dict[int, Connection]
    looks: Looks

    def take(self, item: Item) -> None:
        """Do what a worker asks."""

    def end(self, connection: Connection, code: int, reason: str) -> None:
        """Close a socket."""


class Shard:
    """The hub's side of a shard: its link, or the search for who serves it."""

    def __init__(self, name: str, hub: ShardHost) -> None:
        self.name = name
        self.connections: set[Connection] = set()
        self.link: Link | ToWorker | None = None
        self._hub = hub
        self._term = 0
        self._session = 0
        self.since = 0.0  # when the search began, or its session
        self._worker = ""  # the mailbox of the worker
        self._indulgence = 1
        self._asking: asyncio.Handle | None = None

    def search(self) -> None:
        """Start a new session with whoever serves the shard."""
        if self.link is not None:
            self.link.close()
            self.link = None
        self._session = secrets.randbits(63)
        self.since = self._hub.loop.time()
        if self._asking is not None:
            self._asking.cancel()
        self._ask()

    def _say_hello(self) -> None:
        self._hub.mailbox.post(self.name, Hello(self.name, self._session, self._term))

    def _ask(self) -> None:
        self._say_hello()
        self._asking = self._hub.loop.call_later(ASK, self._ask)

    def receive(self, frame: Frame, sender: str) -> None:
        """Take a frame from a worker."""
        if not isinstance(frame, Data | Beat | Welcome | Bye) or frame.session != self._session:
            return
        if isinstance(frame, Welcome):
            self._welcome(frame.term, sender)
        elif self.link is None:
            return
        elif isinstance(frame, Bye):
            # Only who serves the session can end it, or one that does not know it (term 0).
            if frame.term in (0, self.link.term):
                self.search()
        elif isinstance(self.link, Link) and frame.term == self.link.term:
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
            if connection.uncounted and connection.info["controls"]:
                self._hub.end(connection, frames.CLOSE_RESTART, frames.UNCOUNTED)
            connection.said = frames.Confirmed(connection.id, 0, connection.counted, 0)
        self.link = self._hub.mailbox.link_to_worker(worker, self.name, self._session, term, self._hub.take)
        self.since = self._hub.loop.time()
        if worker != self._worker:
            self._worker, self._indulgence = worker, 1
        ids = [connection.id for connection in self.connections]
        self.send(frames.Connections(ids), 64 + 9 * len(ids))
        # Everybody first: the worker then sends the document, before it changes, to all who need it at once.
        connections = list(self.connections)
        # What changed while nobody served the shard was told to nobody. Those who came meanwhile are looked at before
        # the others: they have no document yet.
        self._hub.looks.later([connection for connection in connections if connection.joined])
        for connection in connections:
            if not connection.joined:
                self._hub.looks.now(connection)
            self.join(connection)
        left = [each for each in self._hub.left.values() if each.shard == self.name]
        for connection in left:
            self.join(connection)
        self._say_again([*connections, *left])
        for connection in left:
            self.leave(connection)

    def _say_again(self, connections: Iterable[Connection]) -> None:
        """Tell the worker what is kept of some sockets, in the order in which it came.

        So what one wrote comes after what he had read. One socket after the other, most would lack something at first.
        """
        kept = [(each, connection) for connection in connections for each in connection.kept]
        kept.sort(key=lambda pair: pair[0].arrival)
        for each, connection in kept:
            self.pass_on(connection, each.number, each.frame)

    def pass_on(self, connection: Connection, number: int, frame: bytes) -> None:
        """Send the worker a frame that a connection brought."""
        item = frames.FromBrowser(connection.room, connection.id, number, frame)
        # What those who have left still wait for is bounded by itself, and nobody else has it any more.
        of = "" if connection.id in self._hub.left else connection.info["login"]
        try:
            self.send(item, len(frame), connection.id, of)
        except OverdrawnError:
            self._hub.end(connection, frames.CLOSE_OVERLOAD, TOO_MUCH)
            # The worker never gets this frame, and so confirms neither it nor those behind it.
            self._hub.left.pop(connection.id, None)

    def leave(self, connection: Connection) -> None:
        """Tell the worker that a connection is gone."""
        self.send(frames.Leave(connection.room, connection.id), lane=connection.id)

    def join(self, connection: Connection) -> None:
        """Tell the worker of a connection."""
        if self.link is None:
            return
        item = frames.Join(
            connection.room,
            connection.id,
            connection.info,
            connection.counted,
            connection.joined,
            connection.awareness,
        )
        connection.joined = True
        self.send(item, 256 + len(connection.awareness or b""), connection.id)

    def send(self, item: Item, size: int = 64, lane: int = 0, of: str = "") -> None:
        """Send an item to the worker, if there is one now; those of one connection, its lane, stay in order.

        Raises OverdrawnError if too much of one person waits already.
        """
        if self.link is None:
            return
        try:
            self.link.send(item, size, lane, of)
        except LinkBrokenError as error:
            # First, so that the socket that is closed next has no broken link to say good-bye over.
            self._look_for_another(error)
            # If what is kept is too much for a link: those who left have it on their devices, most often.
            self._hub.left = {key: each for key, each in self._hub.left.items() if each.shard != self.name}
            # If it is what the sockets wait to have saved that is too much, the one with the most has to go.
            if sum(connection.kept_size for connection in self.connections) > self._hub.settings.link_buffer_size:
                largest = max(self.connections, key=lambda connection: connection.kept_size)
                self._hub.end(largest, frames.CLOSE_OVERLOAD, TOO_MUCH)

    def _look_for_another(self, error: LinkBrokenError) -> None:
        logger.warning("yroom looks for another worker: %s", error)
        self.search()

    def beat(self, now: float, *, always: bool) -> None:
        """Give a sign of life, if there is news or `always`; look for another worker if this one gave none for long."""
        if self.link is None:
            return
        silence = self.link.silence(now)
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
