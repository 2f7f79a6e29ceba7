"""Mailboxes: one channel-layer channel for a whole hub or worker, and batching of what leaves it.

Everything queued for one channel while the last send was in flight leaves in a single message. A message that cannot
be sent is dropped and logged: the links above notice and heal, see link.py.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary, WeakValueDictionary

from channels.layers import InMemoryChannelLayer

from ..conf import engine_settings
from . import frames, redis
from .frames import Echo, Frame
from .link import Link
from .redis import RedisLine

logger = logging.getLogger(__name__)

# Travels with every message. Processes of another version refuse it loudly instead of guessing.
VERSION: Final = 4
MESSAGE_TYPE: Final = "yroom.mail"
# What the names of mailboxes begin with.
PREFIX: Final = "yroom.mailbox."
# Seconds to wait after the channel layer refused, and at least between two log lines about it.
PAUSE: Final = 0.25
QUIET: Final = 10.0
# Seconds a send may take. A connection that hangs would otherwise hold up everything until TCP gives up on it.
SEND_TIMEOUT: Final = 2.0
# Beats without any message after which a mailbox writes to itself, and after which it takes itself for deaf.
ECHO_BEATS: Final = 3
DEAF_BEATS: Final = 8
# Least seconds between two messages to one channel, for each of so many busy channels: what arrives meanwhile shares
# the next message. So a process sends no more messages because there are more processes.
PACE: Final = 0.004
BUSY: Final = 4
# Channels whose pace is kept; most are mailboxes that ask once and are gone.
CHANNELS: Final = 1000
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


class Mailbox:
    """Sends and receives frames over a channel layer, with nothing but its send, receive and new_channel.

    `deliver` is called with every frame that arrives, on this mailbox's own channel or on one it listens to, and with
    the name of the mailbox that sent it. A mailbox that is going to be used for long takes a shorter way past the layer
    where there is one.
    """

    def __init__(self, layer: Any, deliver: Callable[[Frame, str], None], *, lasting: bool = False) -> None:
        self.layer = layer
        self.name = ""
        self._deliver = deliver
        self._listeners: dict[str, asyncio.Task[None]] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}
        self._outgoing: dict[str, list[Frame | Link]] = {}
        self._pumps: dict[str, asyncio.Task[None]] = {}
        self._closed = False
        self._sent: dict[str, float] = {}  # when the last message left, by channel
        self._silence = 0  # beats since the last message
        # Within one process's memory nothing gets lost and nothing needs packing: frames go straight to their mailbox.
        self._local = _local.setdefault(layer, Local()) if type(layer) is InMemoryChannelLayer else None
        self._line = RedisLine(layer, self._open, self._complain) if lasting and redis.suits(layer) else None
        self._complained = 0.0
        self._versions_refused: set[Any] = set()

    @property
    def is_local(self) -> bool:
        """Whether all it sends stays in this process's memory."""
        return self._local is not None

    def link(self, to: str, shard: str, session: int, term: int, *, to_hub: bool) -> Link:
        """A link to another mailbox.

        All links to one process together keep their messages in flight within LINK_WINDOW_SIZE, for which each shard's
        has a share: the layer keeps what a process has not yet read, and closes its connection where that is too much.
        """
        settings = engine_settings()
        wake = partial(self.post, to)
        if self.is_local:
            return Link(shard, session, term, wake, settings.link_buffer_size)
        share = settings.link_window_size // settings.shards // (1 if to_hub else MANY_HUBS)
        window = max(LEAST_WINDOW, share)
        return Link(shard, session, term, wake, settings.link_buffer_size, window, PIECE_SIZE)

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
        self._closed = True
        if self._local is not None:
            self._local.forget(self)
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
        if not self.name or self._local is not None:
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
        if self._local is not None:
            self._local.open(channel, self)
        elif self._line is not None:
            self._line.listen(channel)
        elif channel not in self._listeners:
            receiving = self._receive(channel, self._leaving.pop(channel, None))
            self._listeners[channel] = asyncio.create_task(receiving, name=f"yroom listens on {channel}")

    def ignore(self, channel: str) -> None:
        """Stop receiving what is sent to a channel."""
        if self._local is not None:
            self._local.close(channel)
        elif self._line is not None:
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
        if self._local is not None:
            asyncio.get_running_loop().call_soon(self._hand_over, channel)
        elif channel not in self._pumps:
            self._start(channel)

    def _hand_over(self, channel: str) -> None:
        for sendable in self._outgoing.pop(channel):
            for frame in sendable.take() if isinstance(sendable, Link) else [sendable]:
                if self._local is not None:
                    self._local.send(channel, frame, self.name)

    def take(self, frame: Frame, sender: str) -> None:
        """Deliver a frame; what goes wrong with it is logged, never fatal."""
        self._silence = 0
        try:
            self._deliver(frame, sender)
        except Exception:
            logger.exception("yroom failed on a frame from the channel layer")

    def _start(self, channel: str) -> None:
        self._pumps[channel] = asyncio.create_task(self._pump(channel), name=f"yroom sends to {channel}")

    async def _pump(self, channel: str) -> None:
        try:
            while channel in self._outgoing:
                pace = PACE * min(BUSY, len(self._pumps))
                pause = self._sent.get(channel, 0.0) + pace - asyncio.get_running_loop().time()
                if pause > 0:
                    await asyncio.sleep(pause)
                queue = self._outgoing.pop(channel)
                batch: list[bytes] = []
                size = 0
                for sendable in queue:
                    for frame in sendable.take() if isinstance(sendable, Link) else [sendable]:
                        try:
                            packed = frames.pack(frame)
                        except (TypeError, ValueError, OverflowError):
                            logger.exception("yroom cannot send what is not made of JSON's types and bytes")
                            continue
                        if batch and (size + len(packed) > MESSAGE_SIZE or len(batch) == MOST_FRAMES):
                            await self._send(channel, batch)
                            batch, size = [], 0
                        batch.append(packed)
                        size += len(packed)
                if batch:
                    await self._send(channel, batch)
                if len(self._sent) > CHANNELS:
                    self._sent.clear()
                self._sent[channel] = asyncio.get_running_loop().time()
        finally:
            del self._pumps[channel]
            if channel in self._outgoing and not self._closed:
                self._start(channel)

    async def _send(self, channel: str, batch: list[bytes]) -> None:
        message = {"type": MESSAGE_TYPE, "v": VERSION, "from": self.name, "data": frames.join(batch)}
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await (self._line or self.layer).send(channel, message)
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


class Local:
    """The mailboxes of one channel layer in this process's memory."""

    # Frames kept for a shard's channel on which nobody listens yet, and for how many seconds: a worker that is about to
    # start is found at once. All is said again within that time; for one whose mailbox is closed nothing is kept.
    KEPT: Final = 100
    KEPT_SECONDS: Final = 1.0

    def __init__(self) -> None:
        # Weakly, as nobody closes the mailboxes of an event loop that has ended.
        self._open: WeakValueDictionary[str, Mailbox] = WeakValueDictionary()
        self._kept: dict[str, list[tuple[Frame, str]]] = {}

    def open(self, channel: str, mailbox: Mailbox) -> None:
        """Have what is sent to a channel delivered to a mailbox, with what was sent before."""
        self._open[channel] = mailbox
        loop = asyncio.get_running_loop()
        for frame, sender in self._kept.pop(channel, ()):
            loop.call_soon(mailbox.take, frame, sender)

    def close(self, channel: str) -> None:
        """Keep what is sent to a channel from now on."""
        self._open.pop(channel, None)

    def forget(self, mailbox: Mailbox) -> None:
        """A mailbox listens to nothing any more."""
        for channel in [channel for channel, opened in self._open.items() if opened is mailbox]:
            self._open.pop(channel, None)

    def send(self, channel: str, frame: Frame, sender: str) -> None:
        """Deliver a frame."""
        mailbox = self._open.get(channel)
        if mailbox is not None:
            mailbox.take(frame, sender)
        elif channel.startswith(PREFIX) or len(self._kept) >= self.KEPT:
            return
        elif (kept := self._kept.get(channel)) is None:
            self._kept[channel] = [(frame, sender)]
            asyncio.get_running_loop().call_later(self.KEPT_SECONDS, self._kept.pop, channel, None)
        elif len(kept) < self.KEPT:
            kept.append((frame, sender))


_local: "WeakKeyDictionary[InMemoryChannelLayer, Local]" = WeakKeyDictionary()
