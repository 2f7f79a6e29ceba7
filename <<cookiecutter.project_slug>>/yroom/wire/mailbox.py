"""Mailboxes: one channel-layer channel for a whole hub or worker, and batching of what leaves it.

Everything queued for one channel while the last send was in flight leaves in a single message. A message that cannot
be sent is dropped and logged: the links above notice and heal, see link.py.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from channels.layers import InMemoryChannelLayer

from ..conf import engine_settings
from . import frames, redis
from .frames import PREFIX, Echo, Frame, Item
from .link import Link
from .local import LocalMailbox
from .redis import RedisLine

logger = logging.getLogger(__name__)

# Travels with every message. Processes of another version refuse it loudly instead of guessing.
VERSION: Final = 4
MESSAGE_TYPE: Final = "yroom.mail"
# Seconds to wait after the channel layer refused, and at least between two log lines about it.
PAUSE: Final = 0.25
QUIET: Final = 10.0
# Seconds a send may take. A connection that hangs would otherwise hold up everything until TCP gives up on it.
SEND_TIMEOUT: Final = 2.0
# Beats without any message after which a mailbox writes to itself, and after which it takes itself for deaf.
ECHO_BEATS: Final = 3
DEAF_BEATS: Final = 8
# Bytes of frames that share a message at the most, and of a piece of what is larger; channel layers are not made for
# large messages.
MESSAGE_SIZE: Final = 1024 * 1024
PIECE_SIZE: Final = 128 * 1024
# Frames that share a message at the most.
MOST_FRAMES: Final = 65_535
# The least window of a link, however many share a process's; and how many times smaller that to a worker is: many web
# processes may send to it, when it has been away, all at once.
LEAST_WINDOW: Final = 64 * 1024
MANY_HUBS: Final = 4


def mailbox_on(layer: Any, deliver: Callable[[Frame, str], None], *, lasting: bool = False) -> "Mailbox | LocalMailbox":
    """A mailbox on a channel layer, or past one that lives in this process's memory."""
    if type(layer) is InMemoryChannelLayer:
        return LocalMailbox(layer, deliver)
    return Mailbox(layer, deliver, lasting=lasting)


class Mailbox:
    """Sends and receives frames over a channel layer, with nothing but its send, receive and new_channel.

    `deliver` is called with every frame that arrives, on this mailbox's own channel or on one it listens to, and with
    the name of the mailbox that sent it. A mailbox that is going to be used for long takes a shorter way past the layer
    where there is one.
    """

    is_local = False

    def __init__(self, layer: Any, deliver: Callable[[Frame, str], None], *, lasting: bool = False) -> None:
        self.layer = layer
        self.name = ""
        self._deliver = deliver
        self._listeners: dict[str, asyncio.Task[None]] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}
        self._outgoing: dict[str, list[Frame | Link]] = {}
        self._pumps: dict[str, asyncio.Task[None]] = {}
        self._will_flush = False
        self._silence = 0  # beats since the last message
        self._line = RedisLine(layer, self._open, self._complain) if lasting and redis.suits(layer) else None
        self._complained = 0.0
        self._versions_refused: set[Any] = set()

    def link_to_hub(self, to: str, shard: str, session: int, term: int, _: Callable[[Item], None]) -> Link:
        """The worker's side of a session, whose frames are delivered here."""
        return self._link(to, shard, session, term, 1)

    def link_to_worker(self, to: str, shard: str, session: int, term: int, _: Callable[[Item], None]) -> Link:
        """The hub's side of a session, whose frames are delivered here."""
        return self._link(to, shard, session, term, MANY_HUBS)

    def _link(self, to: str, shard: str, session: int, term: int, others: int) -> Link:
        """A link to another mailbox, which so many others send to as well.

        All links to one process together keep their messages in flight within LINK_WINDOW_SIZE, for which each shard's
        has a share: the layer keeps what a process has not yet read, and closes its connection where that is too much.
        """
        settings = engine_settings()
        wake = partial(self.post, to)
        share = settings.link_window_size // settings.shards // others
        window = max(LEAST_WINDOW, share)
        link = Link(shard, session, term, wake, settings.link_buffer_size, window, PIECE_SIZE)
        link.heard = asyncio.get_running_loop().time()
        return link

    async def open(self) -> None:
        """Get a channel of one's own and start to listen on it. Waits for as long as the layer is out of reach."""
        if self._line is not None:
            self.name = await self._line.open(PREFIX)
            return
        while not self.name:
            try:
                self.name = await self.layer.new_channel(PREFIX)
            except Exception as error:
                self._complain("the channel layer is out of reach", error)
                await asyncio.sleep(PAUSE)
        self.listen(self.name)

    async def close(self) -> None:
        """Send what is queued and stop listening."""
        self.flush()
        pumps = list(self._pumps.values())
        if pumps:
            await asyncio.wait(pumps, timeout=2)
        for task in [*self._listeners.values(), *pumps]:
            task.cancel()
        await asyncio.gather(*self._listeners.values(), *pumps, return_exceptions=True)
        if self._line is not None:
            await self._line.close()

    def beat(self) -> None:
        """Make sure to hear what is sent here; to be called twice a second.

        A subscription on a connection that hangs is silent for ever, without an error. Counted in beats, so that a
        process that was frozen does not take itself for deaf.
        """
        if not self.name:
            return
        self._silence += 1
        if self._silence >= DEAF_BEATS:
            self._silence = 0
            self._complain("nothing arrives, not even from here; a new connection is made", TimeoutError(self.name))
            if self._line is not None:
                self._line.hang_up()
            else:
                redis.hang_up(self.layer)
        elif self._silence >= ECHO_BEATS:
            self.post(self.name, Echo())

    def listen(self, channel: str) -> None:
        """Receive what is sent to a channel."""
        if self._line is not None:
            self._line.listen(channel)
        elif channel not in self._listeners:
            receiving = self._receive(channel, self._leaving.pop(channel, None))
            self._listeners[channel] = asyncio.create_task(receiving, name=f"yroom listens on {channel}")

    def ignore(self, channel: str) -> None:
        """Stop receiving what is sent to a channel."""
        if self._line is not None:
            self._line.ignore(channel)
        listener = self._listeners.pop(channel, None)
        if listener is not None:
            listener.cancel()
            self._leaving[channel] = listener

    def post(self, channel: str, sendable: Frame | Link) -> None:
        """Queue a frame, or a link that will be asked for its frames when its turn comes."""
        queue = self._outgoing.get(channel)
        if queue is not None:
            if not isinstance(sendable, Link) or sendable not in queue:
                queue.append(sendable)
            return
        self._outgoing[channel] = [sendable]
        if not self._will_flush:
            self._will_flush = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Send all that is queued, but to channels to which something is being sent: there it follows."""
        self._will_flush = False
        for channel in [each for each in self._outgoing if each not in self._pumps]:
            batches = self._batches(channel)
            try:
                while batches and self._line is not None and self._line.write(channel, self._message(batches[0])):
                    del batches[0]
            except Exception as error:
                # It is tried again below; the other channels get theirs.
                self._complain("a message could not be sent; it will be sent again", error)
            if batches:
                self._start(channel, batches)

    def _batches(self, channel: str) -> list[list[bytes]]:
        """What is queued for a channel, packed, in as many batches as it takes messages."""
        batches: list[list[bytes]] = []
        size = 0
        for sendable in self._outgoing.pop(channel):
            for frame in sendable.take() if isinstance(sendable, Link) else [sendable]:
                try:
                    packed = frames.pack(frame)
                except (TypeError, ValueError, OverflowError):
                    logger.exception("yroom cannot send what is not made of JSON's types and bytes")
                    continue
                if not batches or size + len(packed) > MESSAGE_SIZE or len(batches[-1]) == MOST_FRAMES:
                    batches.append([])
                    size = 0
                batches[-1].append(packed)
                size += len(packed)
        return batches

    def take(self, frame: Frame, sender: str) -> None:
        """Deliver a frame; what goes wrong with it is logged, never fatal."""
        self._silence = 0
        try:
            self._deliver(frame, sender)
        except Exception:
            logger.exception("yroom failed on a frame from the channel layer")

    def _start(self, channel: str, batches: list[list[bytes]]) -> None:
        self._pumps[channel] = asyncio.create_task(self._pump(channel, batches), name=f"yroom sends to {channel}")

    async def _pump(self, channel: str, batches: list[list[bytes]]) -> None:
        """Send batches, and what is queued meanwhile."""
        try:
            while batches:
                for batch in batches:
                    await self._send(channel, batch)
                batches = self._batches(channel) if channel in self._outgoing else []
        finally:
            del self._pumps[channel]

    async def _send(self, channel: str, batch: list[bytes]) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await (self._line or self.layer).send(channel, self._message(batch))
        except Exception as error:
            self._complain("a message could not be sent; it will be sent again", error)
            await asyncio.sleep(PAUSE)

    def _message(self, batch: list[bytes]) -> dict[str, Any]:
        return {"type": MESSAGE_TYPE, "v": VERSION, "from": self.name, "data": frames.join(batch)}

    async def _receive(self, channel: str, former: asyncio.Task[None] | None) -> None:
        if former is not None:
            # Its last act is to unsubscribe, which must not undo what follows.
            await asyncio.wait([former])
        while True:
            try:
                message = await self.layer.receive(channel)
            except Exception as error:
                self._complain("the channel layer is out of reach", error)
                await asyncio.sleep(PAUSE)
                continue
            self._open(message)

    def _open(self, message: dict[str, Any]) -> None:
        """Take a message apart; what is not ours or of another version is refused, never fatal."""
        self._silence = 0
        if message.get("v") != VERSION:
            version = message.get("v")
            if len(self._versions_refused) < 100 and version not in self._versions_refused:
                self._versions_refused.add(version)
                logger.error("yroom refuses messages of version %r; this process speaks %r", version, VERSION)
            return
        try:
            arrived, sender = frames.unpack(message["data"]), str(message["from"])
        except Exception:
            logger.exception("yroom received a message that it cannot read")
            return
        for frame in arrived:
            self.take(frame, sender)

    def _complain(self, what: str, error: Exception) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._complained >= QUIET or not self._complained:
            self._complained = now
            logger.warning("yroom: %s: %s: %s", what, type(error).__name__, error)
