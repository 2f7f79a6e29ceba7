"""An open room: the document in memory joined to its clients' web processes, the write queue and the store."""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, Final, Protocol

from ..conf import room_settings
from ..crdt import causal_index, protocol
from ..crdt.clients import Broadcast, Client, Limits
from ..crdt.confirming import Foreign
from ..crdt.room import Room
from ..exceptions import (
    ProtocolError,
    RoomClosedError,
    RoomDamagedError,
    RoomTooComplexError,
    RoomTooLargeError,
    TooMuchWaitingError,
    UnsafeDocumentError,
)
from ..store.fences import Fence
from ..wire import frames
from ..wire.frames import Cast, Close, Confirmed
from .asking import Questions
from .following import Following, is_followed
from .hubs import Hubs, WebProcess
from .inbox import Inbox
from .keeping import Keeping
from .loading import restore
from .threads import PatientThreads
from .turns import Turns
from .writer import Writer

logger = logging.getLogger(__name__)

NOT_LOADED: Final = "failure: the document could not be loaded"


class RoomHost(Protocol):
    """What an open room needs from the worker."""

    hubs: Hubs
    turns: Turns
    writer: Writer
    following: Following
    threads: Executor  # for what takes the processor long
    database: PatientThreads

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine that ends with the worker."""

    def close_room(self, opened: "OpenRoom") -> None:
        """Forget a room that is no longer needed, with everything stored."""

    def load_failed(self, opened: "OpenRoom", damaged: bool) -> None:
        """Refuse a room's clients for a while: it could not be loaded."""


class OpenRoom:
    """A room and all that the worker does for it. It is the room's `Outlet`."""

    def __init__(self, name: str, shard: str, server: RoomHost, fence: Fence | None = None) -> None:
        self.name = name
        self.shard = shard
        self.fence = fence  # the claim under which it was opened
        self.settings = room_settings(name)
        self.room = Room(
            name,
            Limits(
                self.settings.max_room_size,
                self.settings.max_room_effort,
                self.settings.max_waiting_updates,
                self.settings.awareness_fields,
                self.settings.max_awareness_ids,
                self.settings.max_awareness_size,
            ),
            self,
            causal_index.roots(self.settings.roots),
        )
        self.inbox = Inbox(name, server.threads, server.spawn, self._unload_later)
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._hubs: Counter[WebProcess] = Counter()
        self._has_changed = False  # since it broadcast
        self._unload_handle: asyncio.Handle | None = None
        self._store = Keeping(name, self.settings, server, fence)
        self._failing = False
        self._is_followed = is_followed(self.settings)
        self._has_news = False  # that the site is told of once it is committed
        self._writers: set[str] = set()  # whose it is
        self._questions = Questions(self.room, self.inbox.when_ready)
        self._taking: Client | None = None  # whose frame is being taken
        self._asks_whose = False
        self.lost = False  # to another worker, which lets in who waits here
        server.spawn(self._load())

    # Loading and unloading

    async def _load(self) -> None:
        # What waits in the queue was applied to the document that is being replaced. Taken before the store is read,
        # so that an update on its way from one to the other is seen twice rather than never.
        queued = self._store.queued()
        try:
            stored, unconfirmed = await self._store.read()
            snapshot = stored.updates[0] if len(stored.updates) > stored.log_updates else None
            await restore(self.room, [*stored.updates, *queued], snapshot, self._server.threads)
        except Exception as error:
            if self.inbox.closed:
                return
            logger.error("yroom could not load %s: %s: %s", self.name, type(error).__name__, error)
            self._not_to_be_had(error)
            return
        if self.inbox.closed:
            return
        self.room.expect(unconfirmed)
        self._server.following.tell(self, is_news=False)
        self.inbox.go_on()

    def unsafe(self, error: UnsafeDocumentError) -> None:
        """Serve the room no more."""
        logger.error("yroom does not serve %s, whose document it would not have taken: %s", self.name, error)
        self._not_to_be_had(error)

    def _not_to_be_had(self, error: Exception) -> None:
        self._server.load_failed(self, self._store.note_damage(error))
        self.refuse_all(frames.CLOSE_FAILURE, NOT_LOADED)

    def store_all(self) -> None:
        """Store the whole document, and what lacks something: of what is stored, something is damaged."""
        self.inbox.when_ready(self._store_all)

    def _store_all(self) -> None:
        for update in (self.room.document.encode(), *self.room.document.lacking()):
            self.store(update, Client(0, None))

    def reload(self) -> None:
        """Load the document anew from the store: the one in memory is damaged."""
        if self.inbox.ready:
            self.inbox.ready = False
            # Nobody is asked again for what it held but in memory.
            self.room.document.set_aside()
            for client in list(self.room.clients.values()):
                if client.controls and client.waiting:
                    self.kick(client, frames.CLOSE_RESTART, frames.UNCOUNTED)
            self._server.spawn(self._load())

    def _unload_later(self) -> None:
        if not self.room.clients and self._unload_handle is None and not self.inbox.closed:
            self._unload_handle = self._loop.call_later(self.settings.remove_room_delay, self._unload)

    def _unload(self) -> None:
        self._unload_handle = None
        if not self.room.clients and not self.inbox.closed:
            self._server.spawn(self._compact_and_close())

    async def _compact_and_close(self) -> None:
        if self._store.log.updates and not self._store.log.is_compacting:
            await self._store.compact()
        if self.room.clients or not self.inbox.ready or self.inbox.closed:
            return
        if self._store.log.is_compacting or self._server.writer.is_pending(self.name):
            self._unload_later()
        else:
            self._server.close_room(self)

    def close(self) -> None:
        """Stop all that is under way; what is queued for the store stays queued."""
        self.inbox.close()
        if self._unload_handle is not None:
            self._unload_handle.cancel()
        self._questions.close()

    # What web processes ask for

    def admit(self, client: Client, again: bool, awareness: bytes | None) -> None:
        """Let a client in; `again` if it was here before its web process had to look for a worker."""
        if self._unload_handle is not None:
            self._unload_handle.cancel()
            self._unload_handle = None
        if client.id not in self.room.clients:
            if len(self.room.clients) >= self.settings.max_room_sockets and not again:
                close = Close(client.id, frames.CLOSE_OVERLOAD, "room_full: too many people have it open")
                self._server.hubs.send(client.hub, close, room=self.name)
                return
            self._hubs[client.hub] += 1
            client.hub.rooms.add(self)
        self.room.join(client, again=again)
        if awareness:
            self.receive(client.id, 0, awareness)
        if self._failing and client.controls:
            self.reply(client, protocol.control(_FAILING))

    def receive(self, connection: int, number: int, frame: bytes) -> None:
        """Take a frame from a client and confirm it, if it is numbered, once all it brought is durable."""
        client = self.room.clients.get(connection)
        if client is not None:
            self._taking = client
            self.inbox.step(self.room.receiving(client, frame), partial(self._taken, client, number))

    def _taken(self, client: Client, number: int, error: Exception | None) -> None:
        """A frame has been taken, or refused."""
        self._taking = None
        match error:
            case None:
                if number:
                    client.number = number
                    confirmed = Confirmed(client.id, number, client.documents, client.waiting)
                    self._server.writer.mark(self.name, (client.hub, confirmed), self.fence)
            case RoomClosedError():
                pass  # the web process sends it again
            case RoomTooLargeError():
                self.kick(client, frames.CLOSE_TOO_LARGE, f"room_too_large: {error}")
            case RoomTooComplexError():
                self.kick(client, frames.CLOSE_TOO_LARGE, f"room_too_complex: {error}")
                self.reload()
            case TooMuchWaitingError():
                self.kick(client, frames.CLOSE_OVERLOAD, f"too_much_waiting: {error}")
            case UnsafeDocumentError():
                self.unsafe(error)
            case ProtocolError():
                self.kick(client, frames.CLOSE_MALFORMED, str(error))
            case RoomDamagedError():
                logger.error("yroom loads %s again: %s", self.name, error)
                self.kick(client, frames.CLOSE_MALFORMED, str(error))
                self.reload()
            case _:
                logger.error("yroom failed on a frame in %s", self.name, exc_info=error)
                self.kick(client, frames.CLOSE_FAILURE, "failure: the server failed on a message")

    @property
    def unavailable(self) -> Exception:
        """Why the room could not be had: it went to another worker, or could not be loaded."""
        closed = RoomClosedError(f"{self.name} was closed meanwhile")
        return closed if self.lost else LookupError("the document could not be loaded")

    def change(self, connection: int, info: frames.Info) -> None:
        """A client's role, or what it is called, has changed."""
        client = self.room.clients.get(connection)
        if client is None:
            return
        if client.refused and not info["read_only"]:
            # It holds edits that were dropped; when it connects again it is asked for them.
            self.kick(client, frames.CLOSE_RESTART, "restart: your role has changed")
        else:
            client.roots = causal_index.roots(info.get("roots"))
            self.room.update_client(client, read_only=info["read_only"], role=info["role"], user=info["user"])

    def resync(self, connection: int) -> None:
        """A client has missed an unknown part."""
        client = self.room.clients.get(connection)
        if client is not None:
            self.room.join(client, again=True)

    def leave(self, connection: int) -> None:
        """A client is gone."""
        client = self.room.clients.get(connection)
        if client is None:
            return
        gone = self.room.leave(client)
        self._questions.forget(connection)
        self._hubs[client.hub] -= 1
        if not self._hubs[client.hub]:
            del self._hubs[client.hub]
            client.hub.rooms.discard(self)
        if gone is not None:
            self._cast(gone)
        self._unload_later()

    def leave_all(self, hub: WebProcess, but: set[int]) -> None:
        """All clients of a web process are gone, but for some."""
        if hub in self._hubs:
            for client in list(self.room.clients.values()):
                if client.hub is hub and client.id not in but:
                    self.leave(client.id)

    def kick(self, client: Client, code: int, reason: str) -> None:
        """Close a client's socket."""
        self._server.hubs.send(client.hub, Close(client.id, code, reason), 64 + len(reason), self.name)
        self.leave(client.id)

    def refuse_all(self, code: int, reason: str) -> None:
        """Close the sockets of all clients that were let in."""
        for client in list(self.room.clients.values()):
            self.kick(client, code, reason)

    def refuse(self, client: Client) -> None:
        """Close the socket of a client that was never let in."""
        if self.lost:
            return
        self._server.hubs.send(client.hub, Close(client.id, frames.CLOSE_FAILURE, NOT_LOADED))

    # What the room asks for (crdt/outlet.py)

    def reply(self, client: Client, frame: bytes, before: Sequence[bytes] = ()) -> None:
        """Send a frame to one client, and before that some others."""
        self._server.hubs.reply(self.name, client, frame, before)

    def store(self, update: bytes, client: Client) -> None:
        """Queue an update for the log, and have that folded when it has grown long."""
        self._server.writer.store(self.name, update, client.login, self.fence, client.live)
        if self._store.log.add(update):
            self._store.compact_soon()
        if self._is_followed:
            if client.login:
                self._writers.add(client.login)
            if not self._has_news:
                self._has_news = True
                self._server.writer.mark(self.name, self._committed, self.fence)

    def _committed(self) -> None:
        # What was stored meanwhile is in the document already that the site will be shown.
        self._has_news = False
        users, self._writers = frozenset(self._writers), set()
        self._server.following.tell(self, is_news=True, users=users)

    def whose(self) -> None:
        """Find out whose client ids are of which the room is unsure."""
        if not self._asks_whose:
            self._asks_whose = True
            self._server.spawn(self._find_out())

    async def _find_out(self) -> None:
        claims = await self._store.claims(self.room.authorship.unsure)
        self._asks_whose = False
        if not self.inbox.closed:
            self.inbox.when_ready(partial(self.room.found, claims))

    def settled(self, foreign: Sequence[Foreign], kind: int) -> None:
        """Note of operations that their owners have confirmed them, or can do so no more."""
        self._store.settled(foreign, kind)

    def lacks(self, client: Client) -> None:
        """Ask a client for what its updates lack."""
        self._questions.ask(client)

    def completed(self, client: Client) -> None:
        """Something is in the document at last that a client sent: tell it so once that is durable."""
        # Not in the midst of one of its frames, whose messages are counted one by one: in the end it is told anyway.
        # Nor if it has joined again since: then it is counted anew.
        if client is not self._taking and self.room.clients.get(client.id) is client:
            confirmed = Confirmed(client.id, client.number, client.documents, client.waiting)
            self._server.writer.mark(self.name, (client.hub, confirmed), self.fence)

    def wrong(self, client: Client, error: ProtocolError) -> None:
        """Close the socket of a client, but not from within what is being done for another."""
        self._loop.call_soon(self.inbox.when_ready, partial(self._refuse, client, str(error)))

    def _refuse(self, client: Client, reason: str) -> None:
        if self.room.clients.get(client.id) is client:
            self.kick(client, frames.CLOSE_MALFORMED, reason)

    def changed(self) -> None:
        """Broadcast at the end of this turn of the event loop."""
        if not self._has_changed:
            self._has_changed = True
            self._server.turns.add(self.flush)

    def flush(self) -> None:
        """Broadcast what has gathered."""
        self._has_changed = False
        broadcasts = self.room.flush()
        if len(broadcasts) == 2 and broadcasts[0].skip == broadcasts[1].skip:
            self._cast(*broadcasts)  # an edit and where its author's cursor is now, most often
        else:
            for broadcast in broadcasts:
                self._cast(broadcast)

    def notify(self, message: dict[str, Any]) -> None:
        """Send a control message to all clients that speak yroom.1."""
        frame = protocol.control(message)
        for hub in self._hubs:
            self._server.hubs.send(hub, Cast(self.name, [frame], to=frames.TO_CONTROLS), len(frame), self.name)

    def storage_failing(self, failing: bool) -> None:
        """Commits have begun, or ceased, to fail."""
        self._failing = failing
        self.notify(_FAILING if failing else _RECOVERED)

    def _cast(self, *broadcasts: Broadcast) -> None:
        """Send what is for the same sockets to all web processes."""
        together, size = [], 0
        for each in broadcasts:
            together.append(each.frame)
            size += len(each.frame)
        last = broadcasts[-1]
        item = Cast(self.name, together, last.skip, frames.TO_QUIET if last.unless_quiet else frames.TO_ALL)
        for hub in self._hubs:
            self._server.hubs.send(hub, item, size, self.name)


_FAILING: Final = {
    "type": "notice",
    "code": "storage_failing",
    "text": "The server cannot save at the moment. Your changes are kept and will be saved as soon as it can.",
}
_RECOVERED: Final = {"type": "notice", "code": "storage_ok", "text": "Saving works again."}
