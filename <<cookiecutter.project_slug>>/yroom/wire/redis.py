"""A short way to Redis for the mailboxes of hubs and workers.

It publishes and receives what `channels_redis.pubsub.RedisPubSubChannelLayer` would, in the same form, over two
connections of its own: who uses the layer understands it and is understood. The layer takes a lock, a task, a queue and
a timer for every message, which is most of what a message costs.

Nobody else looks into channels_redis and redis. What is used here that they promise to nobody is listed, with the
versions that have it, in tests/yroom/test_private_names.py.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

logger = logging.getLogger(__name__)

# Seconds between two tries to reach Redis.
PAUSE: Final = 0.25
# Seconds until a connection is made or given up.
CONNECT_TIMEOUT: Final = 1.0
# Where a site gave its connections a time-out: how long nothing may come. Mailboxes write to themselves before that.
SILENCE: Final = 3600.0
# Bytes that wait for Redis to take them, beyond which the next ones wait elsewhere.
FULL: Final = 256 * 1024


def suits(layer: Any) -> bool:
    """Whether a channel layer is one on Redis's pub/sub, on a single server, and exactly that class."""
    kind = type(layer)
    return (kind.__module__, kind.__name__) == ("channels_redis.pubsub", "RedisPubSubChannelLayer") and (
        len(layer._shards) == 1
    )


class RedisLine:
    """The channels one mailbox listens to, and its way to those of others.

    `take` is called with every message that arrives, and `complain` with what goes wrong; everything is tried again.
    """

    def __init__(
        self, layer: Any, take: Callable[[dict[str, Any]], None], complain: Callable[[str, Exception], None]
    ) -> None:
        from channels_redis.utils import create_pool

        self._layer = layer
        self._take = take
        self._complain = complain
        self._wanted: set[str] = set()
        self._subscribed: set[str] = set()
        self._confirmed = asyncio.Event()
        pool = create_pool(layer._shards[0].host)
        pool.connection_kwargs["protocol"] = 2  # the other one brings messages where nobody would look for them
        self._publisher = _Connection(pool, lambda reply: None, self._renounce_replies, complain)
        self._subscriber = _Connection(pool, self._hear, self._subscribe_anew, complain)
        self._changing: set[asyncio.Task[None]] = set()

    async def open(self, prefix: str) -> str:
        """Connect, for as long as that takes; return the name of a channel of one's own, which is listened to."""
        name = f"{self._layer.prefix}{prefix}{uuid.uuid4().hex}"
        self._wanted.add(name)
        self._publisher.start()
        self._subscriber.start()
        await self._publisher.connected.wait()
        await self._confirmed.wait()
        return name

    async def close(self) -> None:
        """Hang up for good."""
        await self._publisher.stop()
        await self._subscriber.stop()

    def hang_up(self) -> None:
        """Make new connections: these are silent."""
        self._publisher.start()
        self._subscriber.start()

    def listen(self, channel: str) -> None:
        """Receive what is sent to a channel."""
        self._wanted.add(channel)
        self._change()

    def ignore(self, channel: str) -> None:
        """Stop receiving what is sent to a channel."""
        self._wanted.discard(channel)
        self._change()

    def write(self, channel: str, message: dict[str, Any]) -> bool:
        """Publish a message at once, unless it would have to wait; return whether it is on its way."""
        return self._publisher.write("PUBLISH", channel, self._layer.serialize(message))

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Publish a message. Raises an error of redis or OSError while there is no connection."""
        await self._publisher.send("PUBLISH", channel, self._layer.serialize(message))

    def _change(self) -> None:
        if not self._subscriber.connected.is_set():
            return  # all are subscribed to as soon as it is
        task = asyncio.ensure_future(self._subscribe())
        self._changing.add(task)
        task.add_done_callback(self._changing.discard)

    async def _renounce_replies(self) -> None:
        # How many heard a message is no news, and each reply costs as much as a message. A mailbox that hears nothing,
        # not even what it writes to itself, makes new connections.
        await self._publisher.send("CLIENT", "REPLY", "OFF")

    async def _subscribe_anew(self) -> None:
        self._subscribed = set()
        await self._subscribe()

    async def _subscribe(self) -> None:
        new, gone = self._wanted - self._subscribed, self._subscribed - self._wanted
        self._subscribed = set(self._wanted)
        try:
            if new:
                await self._subscriber.send("SUBSCRIBE", *new)
            if gone:
                await self._subscriber.send("UNSUBSCRIBE", *gone)
        except Exception as error:
            self._complain("the channel layer is out of reach", error)

    def _hear(self, reply: Any) -> None:
        kind, channel, data = reply
        if kind == b"message":
            if channel.decode() in self._wanted:
                self._take(self._layer.deserialize(data))
        else:
            self._confirmed.set()


class _Connection:
    """A connection to Redis that is made again whenever it breaks."""

    def __init__(
        self,
        pool: Any,
        hear: Callable[[Any], None],
        begin: Callable[[], Awaitable[None]],
        complain: Callable[[str, Exception], None],
    ) -> None:
        self.connected = asyncio.Event()
        self._pool = pool
        self._hear = hear
        self._begin = begin
        self._complain = partial(complain, "the channel layer is out of reach")
        self._connection: Any = None
        self._sending = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Connect, or do so anew."""
        if self._reading is not None:
            self._reading.cancel()
        self._reading = asyncio.create_task(self._run(), name="yroom reads from Redis")

    async def stop(self) -> None:
        """Close the connection for good."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    def write(self, *command: Any) -> bool:
        """Send a command at once, without waiting for its reply; return False where it cannot be."""
        connection = self._connection
        writer = None if connection is None or self._sending.locked() else connection._writer
        if writer is None or writer.is_closing() or writer.transport.get_write_buffer_size() > FULL:
            return False
        writer.writelines(connection.pack_command(*command))
        return True

    async def send(self, *command: Any) -> None:
        """Send a command, without waiting for its reply."""
        connection = self._connection
        if connection is None:
            raise ConnectionError("there is no connection to Redis")
        async with self._sending:
            await connection.send_command(*command, check_health=False)

    async def _run(self) -> None:
        while True:
            # Whatever goes wrong, with the old connection too: without this loop the mailbox would be deaf for good.
            try:
                await self._serve(self._pool.make_connection())
            except Exception as error:
                self._complain(error)
            await asyncio.sleep(PAUSE)

    async def _serve(self, connection: Any) -> None:
        """Connect and read until the connection breaks."""
        timeout = SILENCE if connection.socket_timeout else None
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await connection.connect()
            ended = _Replies.take_over(connection, self._take)
            self._connection = connection
            await self._begin()
            self.connected.set()
            if ended is not None:
                raise await ended
            while connection is self._connection:
                await self._read(connection, timeout)
        finally:
            if connection is self._connection:
                self._connection = None
                self.connected.clear()
            await connection.disconnect(nowait=True)

    async def _read(self, connection: Any, timeout: float | None) -> None:
        from redis.exceptions import ResponseError

        try:
            reply = await connection.read_response(disable_decoding=True, timeout=timeout)
        except ResponseError as error:
            reply = error
        if reply is not None:
            self._take(reply)

    def _take(self, reply: Any) -> None:
        if isinstance(reply, Exception):
            # Redis refuses this command, and may take the next.
            self._complain(reply)
        else:
            self._hear(reply)


class _Replies(asyncio.Protocol):
    """Takes what Redis says as it comes, where otherwise a task would be woken for it.

    All else that happens to a connection, its streams are told as before: they know when it takes no more.
    """

    def __init__(self, streams: Any, reader: Any, take: Callable[[Any], None]) -> None:
        self.ended: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        self._streams = streams
        self._reader = reader
        self._take = take

    @classmethod
    def take_over(cls, connection: Any, take: Callable[[Any], None]) -> asyncio.Future[Exception] | None:
        """Hear what a connection brings from now on, if there is hiredis; the future will say why it has ended."""
        try:
            from hiredis import Reader
        except ImportError:
            return None
        transport = connection._writer.transport
        replies = cls(transport.get_protocol(), Reader(), take)
        transport.set_protocol(replies)
        return replies.ended

    def data_received(self, data: bytes) -> None:
        """Some of what Redis says has come."""
        reader = self._reader
        reader.feed(data)
        try:
            while (reply := reader.gets()) is not False:
                self._take(reply)
        except Exception as error:
            self._end(error)

    def pause_writing(self) -> None:
        """It takes no more now."""
        self._streams.pause_writing()

    def resume_writing(self) -> None:
        """It takes more again."""
        self._streams.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        """Nothing more will come."""
        self._streams.connection_lost(error)
        self._end(error or ConnectionError("Redis has closed the connection"))

    def _end(self, error: Exception) -> None:
        if not self.ended.done():
            self.ended.set_result(error)


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
