"""The web processes that a worker serves, over a link for each shard: who they are, and what they are sent."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ..crdt.clients import Client
from ..exceptions import LinkBrokenError, OverdrawnError
from ..wire import frames
from ..wire.frames import Beat, Bye, Close, Data, Item, Welcome
from ..wire.link import Link
from ..wire.local import LocalMailbox, ToHub
from ..wire.mailbox import Mailbox

if TYPE_CHECKING:
    from .open_room import OpenRoom

logger = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class WebProcess:
    """The other end: a web process, for one shard. Its link is replaced when a session ends, the hub stays."""

    mailbox: str
    shard: str
    link: Link | ToHub = field(init=False, repr=False)
    rooms: "set[OpenRoom]" = field(default_factory=set)  # in which it has clients, or some who wait to be let in


class Hubs:
    """All of them. `take` does what one asks for."""

    def __init__(self, mailbox: Mailbox | LocalMailbox, take: Callable[[WebProcess, Item], None]) -> None:
        self._mailbox = mailbox
        self._take = take
        self._sessions: dict[int, WebProcess] = {}
        self._hubs: dict[tuple[str, str], WebProcess] = {}  # by mailbox and shard

    def beat(self, now: float, timeout: float) -> None:
        """Give each a sign of life, and let go of those that gave none for so many seconds."""
        for hub in list(self._hubs.values()):
            if hub.link.silence(now) > timeout:
                logger.warning("yroom has not heard of web process %s for too long", hub.mailbox)
                self._drop(hub)
            else:
                hub.link.beat()

    def farewell(self, shards: Collection[str]) -> None:
        """These shards are served no more."""
        for hub in [hub for hub in self._hubs.values() if hub.shard in shards]:
            self._mailbox.post(hub.mailbox, Bye(hub.shard, hub.link.session, hub.link.term))
            self._forget(hub)

    def forget_room(self, opened: "OpenRoom") -> None:
        """A room is closed."""
        for hub in self._hubs.values():
            hub.rooms.discard(opened)

    def receive(self, frame: Data | Beat, sender: str) -> None:
        """Take what a web process sends over its link."""
        hub = self._sessions.get(frame.session)
        if hub is None or not isinstance(hub.link, Link):
            self._mailbox.post(sender, Bye(frame.shard, frame.session, 0))
            return
        hub.link.heard = asyncio.get_running_loop().time()
        try:
            items = hub.link.receive(frame)
        except LinkBrokenError as error:
            self._break(hub, error)
            return
        for item in items:
            self._take(hub, item)

    def welcome(self, shard: str, session: int, term: int, mailbox: str) -> None:
        """A web process looks for who serves a shard: this worker does, under that term."""
        if session not in self._sessions:
            hub = self._hubs.get((mailbox, shard))
            if hub is None:
                hub = self._hubs[mailbox, shard] = WebProcess(mailbox, shard)
            else:
                # The same process starts afresh. Its clients stay; CONNECTIONS will say which.
                del self._sessions[hub.link.session]
                hub.link.close()
            hub.link = self._mailbox.link_to_hub(mailbox, shard, session, term, partial(self._take, hub))
            self._sessions[session] = hub
        self._mailbox.post(mailbox, Welcome(shard, session, term))

    def _forget(self, hub: WebProcess) -> None:
        del self._sessions[hub.link.session], self._hubs[hub.mailbox, hub.shard]
        hub.link.close()

    def _drop(self, hub: WebProcess) -> None:
        """A web process is gone, or has not confirmed anything for too long: its clients leave."""
        if self._hubs.get((hub.mailbox, hub.shard)) is hub:
            self.leave_all(hub, set())
            self._forget(hub)

    def leave_all(self, hub: WebProcess, but: set[int]) -> None:
        """All clients of a web process are gone, but for some, from the rooms in which it has any."""
        for opened in list(hub.rooms):
            opened.inbox.when_ready(partial(opened.leave_all, hub, but))

    def send(self, hub: WebProcess, item: Item, size: int = 64, room: str = "") -> None:
        """Send an item to a web process; those of one room stay in order."""
        try:
            hub.link.send(item, size, room)
        except LinkBrokenError as error:
            self._break(hub, error)

    def tell_shard(self, shard: str, item: frames.Recheck) -> None:
        """Send an item to all web processes that a shard has."""
        for hub in self._hubs.values():
            if hub.shard == shard:
                self.send(hub, item)

    def reply(self, room: str, client: Client, frame: bytes, before: Sequence[bytes] = ()) -> None:
        """Send a frame to one of a web process's clients, and before that some others.

        What many of them are sent at once travels once. One for whose person too much waits is to come again later.
        """
        hub: WebProcess = client.hub
        try:
            hub.link.send_shared(client.id, frame, room, before, client.login)
        except OverdrawnError:
            self.send(hub, Close(client.id, frames.CLOSE_OVERLOAD, "busy: you open too much at once"))
        except LinkBrokenError as error:
            self._break(hub, error)

    def _break(self, hub: WebProcess, error: LinkBrokenError) -> None:
        logger.warning("yroom lets go of web process %s: %s", hub.mailbox, error)
        # Later, not from within whatever is being done for its clients.
        asyncio.get_running_loop().call_soon(self._drop, hub)
