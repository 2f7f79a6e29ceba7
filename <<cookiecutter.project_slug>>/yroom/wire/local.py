"""Within one process: hubs and workers that hear each other at once, and take what they are sent by a function call.

Nothing gets lost on the way, comes twice or out of order, and nothing needs to be packed. So there is nothing to
number, to confirm or to send again, as links do it elsewhere. All of this happens on one event loop.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from math import inf
from time import monotonic
from typing import Any, Final
from weakref import WeakKeyDictionary, WeakValueDictionary

from channels.layers import InMemoryChannelLayer

from .frames import PREFIX, Frame, Item, Send

logger = logging.getLogger(__name__)

# Frames kept for a shard's channel on which nobody listens yet, and for how many seconds: a worker that is about to
# start is found at once. All is said again within that time; for one whose mailbox is closed nothing is kept.
KEPT: Final = 100
KEPT_SECONDS: Final = 1.0


class LocalLink:
    """One side of a session between a hub and a worker, as link.py has it between processes."""

    is_settled = True
    has_news = False

    def __init__(self, shard: str, session: int, term: int, take: Callable[[Item], None]) -> None:
        self.shard = shard
        self.session = session
        self.term = term
        self.is_closed = False
        self.take = take
        self.peer: LocalLink | None = None
        self._loop = asyncio.get_running_loop()
        self._made = self._loop.time()

    def silence(self, now: float) -> float:
        """Seconds since the other side was last heard of: it is, as long as it is there."""
        if self.peer is None:
            return now - self._made  # it is about to come
        return inf if self.peer.is_closed or self.peer._loop.is_closed() else 0

    def beat(self) -> None:
        """The other side knows."""

    def close(self) -> None:
        """Take nothing any more, and send nothing more."""
        self.is_closed = True


class ToWorker(LocalLink):
    """A hub's side. The worker takes an item before `send` returns."""

    def send(self, item: Item, size: int = 64, lane: Any = None, of: str = "") -> None:
        """Send an item."""
        if self.peer is not None and not self.peer.is_closed:
            self.peer.take(item)


class ToHub(LocalLink):
    """A worker's side. The hub takes an item once the worker is done with what it is at, as more may come of it."""

    def __init__(self, unsent: "Unsent", *of_session: Any) -> None:
        super().__init__(*of_session)
        self._unsent = unsent

    def send(self, item: Item, size: int = 64, lane: Any = None, of: str = "") -> None:
        """Send an item."""
        unsent = self._unsent
        if not unsent.items:
            unsent.flushing = self._loop.call_soon(unsent.flush)
        unsent.items.append((self, item))

    def send_shared(
        self, receiver: int, content: bytes, lane: Any = None, before: Sequence[bytes] = (), of: str = ""
    ) -> None:
        """Send a frame to a connection, and before that some others."""
        for each in (*before, content):
            self.send(Send([receiver], each))


class Unsent:
    """What a worker has for hubs, until they take it: at the end of a turn, or soon."""

    def __init__(self) -> None:
        self.items: list[tuple[ToHub, Item]] = []
        self.flushing: asyncio.Handle | None = None

    def flush(self) -> None:
        """Have hubs take what was sent; not from within what is done for one."""
        if self.flushing is not None:
            self.flushing.cancel()
        items, self.items = self.items, []
        for link, item in items:
            if link.peer is not None and not link.peer.is_closed:
                link.peer.take(item)


class LocalMailbox:
    """A mailbox, see mailbox.py, whose frames go straight to those they are for."""

    is_local = True

    def __init__(self, layer: InMemoryChannelLayer, deliver: Callable[[Frame, str], None]) -> None:
        self.name = ""
        self._layer = layer
        self._deliver = deliver
        self._post_office = _post_offices.setdefault(layer, PostOffice())
        self._links: list[LocalLink] = []
        self._unsent = Unsent()
        self.flush = self._unsent.flush
        self._loop: asyncio.AbstractEventLoop | None = None

    def link_to_hub(self, to: str, shard: str, session: int, term: int, take: Callable[[Item], None]) -> ToHub:
        """The worker's side of a session, which is made first."""
        link = ToHub(self._unsent, shard, session, term, take)
        self._keep(link)
        self._post_office.add(link)
        return link

    def link_to_worker(self, to: str, shard: str, session: int, term: int, take: Callable[[Item], None]) -> ToWorker:
        """The hub's side of a session."""
        link = ToWorker(shard, session, term, take)
        self._keep(link)
        self._post_office.join(link)
        return link

    def _keep(self, link: LocalLink) -> None:
        self._links = [each for each in self._links if not each.is_closed]
        self._links.append(link)

    async def open(self) -> None:
        """Get a channel of one's own."""
        self._loop = asyncio.get_running_loop()
        self.name = await self._layer.new_channel(PREFIX)
        self.listen(self.name)

    async def close(self) -> None:
        """Send what is queued, and listen to nothing any more."""
        self.flush()
        self._post_office.forget(self)
        for link in self._links:
            link.close()

    def beat(self) -> None:
        """Nothing can make it deaf."""

    def listen(self, channel: str) -> None:
        """Receive what is sent to a channel."""
        self._post_office.open(channel, self)

    def ignore(self, channel: str) -> None:
        """Stop receiving what is sent to a channel."""
        self._post_office.close(channel, self)

    def post(self, channel: str, frame: Frame) -> None:
        """Send a frame, behind all that links were given."""
        asyncio.get_running_loop().call_soon(self._post_office.deliver, channel, frame, self.name)

    def take(self, frame: Frame, sender: str) -> None:
        """Deliver a frame; what goes wrong with it is logged, never fatal."""
        try:
            self._deliver(frame, sender)
        except Exception:
            logger.exception("yroom failed on a frame")

    @property
    def is_over(self) -> bool:
        """Whether its event loop has ended without a word."""
        return self._loop is not None and self._loop.is_closed()


class PostOffice:
    """The mailboxes of one process, and the links between them."""

    def __init__(self) -> None:
        # Weakly, as nobody closes the mailboxes of an event loop that has ended.
        self._open: WeakValueDictionary[str, LocalMailbox] = WeakValueDictionary()
        self._links: WeakValueDictionary[int, ToHub] = WeakValueDictionary()  # by session
        self._kept: dict[str, list[tuple[float, Frame, str]]] = {}  # since when, what, and who sent it

    def add(self, link: ToHub) -> None:
        """A worker has begun a session."""
        self._links[link.session] = link

    def join(self, link: ToWorker) -> None:
        """Join a hub's side of a session with the worker's, unless that has gone."""
        if (peer := self._links.get(link.session)) is not None:
            link.peer, peer.peer = peer, link

    def open(self, channel: str, mailbox: LocalMailbox) -> None:
        """Have what is sent to a channel delivered to a mailbox, with what was sent before."""
        self._open[channel] = mailbox
        self._sweep()
        loop = asyncio.get_running_loop()
        since = monotonic() - KEPT_SECONDS
        for at, frame, sender in self._kept.pop(channel, ()):
            if at >= since:
                loop.call_soon(mailbox.take, frame, sender)

    def close(self, channel: str, mailbox: LocalMailbox) -> None:
        """Keep what is sent to a channel from now on, if it was this mailbox that listened."""
        if self._open.get(channel) is mailbox:
            del self._open[channel]

    def forget(self, mailbox: LocalMailbox) -> None:
        """A mailbox listens to nothing any more."""
        for channel in [channel for channel, opened in self._open.items() if opened is mailbox]:
            self._open.pop(channel, None)

    def deliver(self, channel: str, frame: Frame, sender: str) -> None:
        """Deliver a frame."""
        mailbox = self._open.get(channel)
        if mailbox is not None and not mailbox.is_over:
            mailbox.take(frame, sender)
        elif not channel.startswith(PREFIX):
            self._sweep()
            if channel in self._kept or len(self._kept) < KEPT:
                kept = self._kept.setdefault(channel, [])
                if len(kept) < KEPT:
                    kept.append((monotonic(), frame, sender))

    def _sweep(self) -> None:
        """Forget what was kept long enough."""
        since = monotonic() - KEPT_SECONDS
        for channel, kept in list(self._kept.items()):
            if kept[-1][0] < since:
                del self._kept[channel]


_post_offices: "WeakKeyDictionary[InMemoryChannelLayer, PostOffice]" = WeakKeyDictionary()
