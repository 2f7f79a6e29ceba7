"""Mailboxes: one channel-layer channel for a whole hub or worker, and batching of what leaves it.

Everything queued for one channel while the last send was in flight leaves in a single message. A message that cannot
be sent is dropped and logged: the links above notice and heal, see link.py.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

import msgpack

from .link import ECHO, Frame, Link

logger = logging.getLogger(__name__)

# Travels with every message. Processes of another version refuse it loudly instead of guessing.
VERSION: Final = 1
MESSAGE_TYPE: Final = "yroom.mail"
# Seconds to wait after the channel layer refused, and at least between two log lines about it.
PAUSE: Final = 0.25
QUIET: Final = 10.0
# Seconds a send may take. A connection that hangs would otherwise hold up everything until TCP gives up on it.
SEND_TIMEOUT: Final = 2.0
# Beats without any message after which a mailbox writes to itself, and after which it takes itself for deaf.
ECHO_BEATS: Final = 2
DEAF_BEATS: Final = 8
# Bytes of frames that share a message at the most; channel layers are not made for large ones.
MESSAGE_SIZE: Final = 1024 * 1024


class Mailbox:
    """Sends and receives frames over a channel layer, with nothing but its send, receive and new_channel.

    `deliver` is called with every frame that arrives, on this mailbox's own channel or on one it listens to, and with
    the name of the mailbox that sent it.
    """

    def __init__(self, layer: Any, deliver: Callable[[Frame, str], None]) -> None:
        self.layer = layer
        self.name = ""
        self._deliver = deliver
        self._listeners: dict[str, asyncio.Task[None]] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}
        self._outgoing: dict[str, list[Frame | Link]] = {}
        self._pumps: dict[str, asyncio.Task[None]] = {}
        self._closed = False
        self._silence = 0  # beats since the last message
        self._complained = 0.0
        self._versions_refused: set[Any] = set()

    async def open(self) -> None:
        """Get a channel of one's own and start to listen on it. Waits for as long as the layer is out of reach."""
        while not self.name:
            try:
                self.name = await self.layer.new_channel("yroom.mailbox.")
            except Exception as error:
                self._complain("the channel layer is out of reach", error)
                await asyncio.sleep(PAUSE)
        self.listen(self.name)

    async def close(self) -> None:
        """Send what is queued and stop listening."""
        self._closed = True
        pumps = list(self._pumps.values())
        if pumps:
            await asyncio.wait(pumps, timeout=2)
        for task in [*self._listeners.values(), *pumps]:
            task.cancel()
        await asyncio.gather(*self._listeners.values(), *pumps, return_exceptions=True)

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
            hang_up(self.layer)
        elif self._silence >= ECHO_BEATS:
            self.post(self.name, [ECHO, "", 0])

    def listen(self, channel: str) -> None:
        """Receive what is sent to a channel."""
        if channel not in self._listeners:
            receiving = self._receive(channel, self._leaving.pop(channel, None))
            self._listeners[channel] = asyncio.create_task(receiving, name=f"yroom listens on {channel}")

    def ignore(self, channel: str) -> None:
        """Stop receiving what is sent to a channel."""
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
        if channel not in self._pumps:
            self._start(channel)

    def _start(self, channel: str) -> None:
        self._pumps[channel] = asyncio.create_task(self._pump(channel), name=f"yroom sends to {channel}")

    async def _pump(self, channel: str) -> None:
        try:
            while (queue := self._outgoing.pop(channel, None)) is not None:
                frames: list[bytes] = []
                size = 0
                for sendable in queue:
                    for frame in sendable.take() if isinstance(sendable, Link) else [sendable]:
                        try:
                            packed: bytes = msgpack.packb(frame)
                        except (TypeError, ValueError, OverflowError):
                            logger.exception("yroom cannot send what is not made of JSON's types and bytes")
                            continue
                        if frames and size + len(packed) > MESSAGE_SIZE:
                            await self._send(channel, frames)
                            frames, size = [], 0
                        frames.append(packed)
                        size += len(packed)
                if frames:
                    await self._send(channel, frames)
        finally:
            del self._pumps[channel]
            if channel in self._outgoing and not self._closed:
                self._start(channel)

    async def _send(self, channel: str, frames: list[bytes]) -> None:
        message = {"type": MESSAGE_TYPE, "v": VERSION, "from": self.name, "data": b"".join(frames)}
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await self.layer.send(channel, message)
        except Exception as error:
            self._complain("a message could not be sent; it will be sent again", error)
            await asyncio.sleep(PAUSE)

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
            unpacker = msgpack.Unpacker(max_buffer_size=0)
            unpacker.feed(message["data"])
            frames, sender = list(unpacker), str(message["from"])
        except Exception:
            logger.exception("yroom received a message that it cannot read")
            return
        for frame in frames:
            try:
                self._deliver(frame, sender)
            except Exception:
                logger.exception("yroom failed on a frame from the channel layer")

    def _complain(self, what: str, error: Exception) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._complained >= QUIET or not self._complained:
            self._complained = now
            logger.warning("yroom: %s: %s: %s", what, type(error).__name__, error)


def hang_up(layer: Any) -> None:
    """Have a layer drop its Redis subscriptions' connections: it makes new ones, and subscribes anew, by itself.

    Channels has no name for that, so this looks into channels_redis.pubsub; of other layers it asks nothing.
    """
    try:
        for shard in layer._shards:
            connection = shard._pubsub.connection if shard._pubsub is not None else None
            if connection is not None:
                task = asyncio.ensure_future(connection.disconnect(nowait=True))
                _hanging_up.add(task)
                task.add_done_callback(_hanging_up.discard)
    except AttributeError:
        logger.debug("%s has no connections that could be dropped", type(layer).__name__)


_hanging_up: set[asyncio.Future[None]] = set()
