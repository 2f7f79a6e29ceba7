"""What a worker does when it is called: read, edit, delete a document, tell its clients something.

What is asked and how the answer travels is in wire/calls.py and answers.py.
"""

import asyncio
import logging
from functools import partial
from typing import Any, Final, Protocol

from ..crdt.clients import Client
from ..exceptions import ProtocolError, RoomDamagedError, UnsafeDocumentError
from ..store import repair
from ..store.base import get_storage
from ..wire import calls, frames
from ..wire.frames import Call, Recheck
from .hubs import Hubs
from .open_room import OpenRoom
from .threads import PatientThreads, end
from .writer import Writer

logger = logging.getLogger(__name__)

# Seconds between two looks of an embedded worker for rooms that were repaired from outside.
REPAIR_SECONDS: Final = 2.0


class DeskHost(Protocol):
    """What calls need from the worker."""

    rooms: dict[str, OpenRoom]
    hubs: Hubs
    writer: Writer
    database: PatientThreads

    def open_room(self, name: str) -> OpenRoom | None:
        """The room of that name, opened if it is not yet; None while it is quarantined."""

    def close_room(self, opened: OpenRoom) -> None:
        """Forget a room."""

    def release(self, room: str) -> None:
        """Keep nobody out of a room any more."""


class Desk:
    """Does what calls ask for."""

    def __init__(self, host: DeskHost) -> None:
        self._host = host

    async def do(self, call: Call) -> Any:
        """Do what a call asks for. Raises what is to be told, or RoomClosedError if somebody else is to be asked."""
        rooms = self._host.rooms
        match call.method:
            case calls.NOTIFY:
                if call.room in rooms:
                    rooms[call.room].notify(*call.arguments)
            case calls.RECHECK:
                self._host.hubs.tell_shard(call.shard, Recheck(call.room, *call.arguments))
            case calls.ROOMS:
                return {each.name: len(each.room.clients) for each in rooms.values() if each.shard == call.shard}
            case calls.DELETE:
                await self._delete(call.room)
            case calls.REPAIRED:
                self._repaired(call.room)
            case calls.STATE:
                return (await self._opened(call.room)).room.document.encode()
            case calls.APPLY:
                await edit(await self._opened(call.room), self._host.writer, *call.arguments)
            case _:
                raise ValueError(f"unknown method {call.method}")
        return None

    async def _opened(self, name: str) -> OpenRoom:
        """A room whose document is loaded. Raises LookupError, or RoomClosedError if somebody else is to be asked."""
        opened = self._host.open_room(name)
        if opened is None:
            raise LookupError("the document could not be loaded")
        ready: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        opened.inbox.when_ready(partial(ready.set_result, True), partial(ready.set_result, False))
        if not await ready:
            raise opened.unavailable
        return opened

    async def _delete(self, room: str) -> None:
        """Delete what is stored of a room, with nothing of it on its way that would come after."""
        opened = self._host.rooms.get(room)
        if opened is not None:
            opened.refuse_all(frames.CLOSE_NO_ROOM, "this document has been deleted")
            self._host.close_room(opened)
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._host.writer.mark(room, partial(end, stored))
        await stored
        await self._host.database.run(partial(get_storage(room).delete, room))

    def _repaired(self, room: str) -> None:
        """Let people in again at once; where they are in already, store what the damaged rows had brought."""
        self._host.release(room)
        if room in self._host.rooms:
            self._host.rooms[room].store_all()

    async def watch_repairs(self) -> None:
        """Find out what `manage.py yroom_check --repair` did, which cannot call a worker in a web process."""
        last: int | None = None
        while True:
            try:
                last, rooms = await self._host.database.run(partial(repair.set_aside_since, last))
            except Exception as error:
                logger.warning("yroom could not find out what was repaired: %s", error)
            else:
                for room in rooms:
                    self._repaired(room)
            await asyncio.sleep(REPAIR_SECONDS)


def edit(opened: OpenRoom, writer: Writer, update: bytes, user: str) -> asyncio.Future[None]:
    """Take an update from the server itself; the future is done once it is durable, or says why it was refused."""
    durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    client = Client(0, None, login=user, roots=opened.room.document.roots)

    def take() -> None:
        opened.inbox.step(opened.room.document.applying(update, client), taken)

    def not_loaded() -> None:
        end(durable, opened.unavailable)

    def taken(error: Exception | None) -> None:
        if error is None and client.lacking:
            error = ProtocolError("the update builds on something that is not there; it is set aside until that comes")
        if error is None:
            writer.mark(opened.name, partial(end, durable), opened.fence)
        elif isinstance(error, UnsafeDocumentError):
            opened.unsafe(error)
            not_loaded()
        else:
            end(durable, error)
            if isinstance(error, RoomDamagedError):
                opened.reload()

    opened.inbox.when_ready(take, not_loaded)
    return durable
