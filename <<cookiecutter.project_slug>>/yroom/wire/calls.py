"""Calls: one question to the worker of a room, and one answer, from any process that reaches the channel layer.

A question is repeated until it is answered or its time is up; the worker answers a repeated one only once.

What is too large for a message of the channel layer, a document for instance, travels in pieces: those of arguments are
sent before the question, those of an answer are asked for one by one, a few ahead. A worker that does not have them,
as it is new, has the caller begin again.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any, Final

from channels.layers import InMemoryChannelLayer, get_channel_layer
from msgspec import msgpack

from ..conf import engine_settings
from ..exceptions import CallFailedError, YroomTimeout
from .frames import Call, Frame, Result
from .mailbox import mailbox_on

STATE: Final = "state"  # () -> the document as one update
APPLY: Final = "apply"  # (update, user) -> None, once it is committed
NOTIFY: Final = "notify"  # (message) -> None, sent to the room's clients that speak yroom.1
DELETE: Final = "delete"  # () -> None, once nothing of the room is stored any more; its sockets close with 4404
RECHECK: Final = "recheck"  # (login) -> None, the room's sockets look at their permissions ("" as room: every room)
REPAIRED: Final = "repaired"  # () -> None, the room may be opened again at once, and what an open one holds is stored
ROOMS: Final = "rooms"  # () -> {open room: its number of clients}, of the whole shard ("" as room)

# What callers say on their own account, about what travels in pieces
PUT: Final = "put"  # (token, where it begins, piece) -> None: of arguments
FETCH: Final = "fetch"  # (token, where it begins) -> a piece of an answer
FORGET: Final = "forget"  # (token) -> None: the answer is here

# How a question was answered, in a RESULT
FAILED: Final = 0  # the value says why
DONE: Final = 1
IN_PIECES: Final = 2  # the value is a token and the number of bytes: what the caller may now fetch
AGAIN: Final = 3  # what came in pieces is not here (any more)

REPEAT: Final = 0.5
# Bytes of a piece, and how many are on their way at once.
PIECE: Final = 128 * 1024
AHEAD: Final = 8
# Seconds that pieces are kept for who does not come for them, or does not send the rest.
KEPT: Final = 10.0


def layer_and_mode() -> tuple[Any, bool]:
    """The channel layer of the engine, and whether the worker lives in the web process.

    Raises RuntimeError if there is no such layer.
    """
    settings = engine_settings()
    layer = get_channel_layer(settings.channel_layer)
    if layer is None:
        raise RuntimeError(f"yroom needs CHANNEL_LAYERS[{settings.channel_layer!r}] in Django's settings.")
    in_memory = isinstance(layer, InMemoryChannelLayer)
    return layer, in_memory if settings.embedded is None else settings.embedded


async def call(shard: str, room: str, method: str, *arguments: Any, timeout: float | None = None) -> Any:
    """Ask the worker that serves a shard. Raises YroomTimeout or CallFailedError."""
    seconds = engine_settings().call_timeout if timeout is None else timeout
    layer, _ = layer_and_mode()
    packed = msgpack.encode(arguments)  # what cannot travel fails here, in its caller's face
    caller = _Caller(layer, shard, room)
    try:
        async with asyncio.timeout(seconds):
            await caller.mailbox.open()
            result = AGAIN
            while result == AGAIN:
                result, value = await caller.call(method, list(arguments), packed)
    except TimeoutError:
        raise YroomTimeout(f"no worker answered for {room or shard} within {seconds:g} s") from None
    finally:
        await caller.mailbox.close()
    if result == FAILED:
        raise CallFailedError(value)
    return value


class _Caller:
    """One who asks the worker of a shard, and fetches what it answers."""

    def __init__(self, layer: Any, shard: str, room: str) -> None:
        self.mailbox = mailbox_on(layer, self._deliver)
        self._shard = shard
        self._room = room
        self._asked: dict[str, asyncio.Future[tuple[int, Any]]] = {}

    async def call(self, method: str, arguments: list[Any], packed: bytes) -> tuple[int, Any]:
        """Ask once; return the result, which may be AGAIN, and its value."""
        if len(packed) <= PIECE or self.mailbox.is_local:
            result, value = await self._ask(method, arguments)
        else:
            token = secrets.token_hex(16)
            starts = range(0, len(packed), PIECE)
            await self._ask_all(PUT, [[token, start, packed[start : start + PIECE]] for start in starts])
            result, value = await self._ask(method, [token, len(packed)], in_pieces=True)
        return await self._fetch(*value) if result == IN_PIECES else (result, value)

    async def _fetch(self, token: str, size: int) -> tuple[int, Any]:
        answers = await self._ask_all(FETCH, [[token, start] for start in range(0, size, PIECE)])
        if any(result != DONE for result, _ in answers):
            return AGAIN, None
        self._post(secrets.token_hex(16), FORGET, [token])
        return DONE, msgpack.decode(b"".join(piece for _, piece in answers))

    async def _ask_all(self, method: str, questions: list[list[Any]]) -> list[tuple[int, Any]]:
        """Ask several questions, a few at a time."""
        turn = asyncio.Semaphore(AHEAD)

        async def ask(arguments: list[Any]) -> tuple[int, Any]:
            async with turn:
                return await self._ask(method, arguments)

        return await asyncio.gather(*map(ask, questions))

    async def _ask(self, method: str, arguments: list[Any], *, in_pieces: bool = False) -> tuple[int, Any]:
        call_id = secrets.token_hex(16)
        answered = self._asked[call_id] = asyncio.get_running_loop().create_future()
        try:
            while not answered.done():
                self._post(call_id, method, arguments, in_pieces=in_pieces)
                await asyncio.wait([answered], timeout=REPEAT)
        finally:
            del self._asked[call_id]
        result: tuple[int, Any] = answered.result()
        return result

    def _post(self, call_id: str, method: str, arguments: list[Any], *, in_pieces: bool = False) -> None:
        frame = Call(self._shard, call_id, self.mailbox.name, self._room, method, arguments, in_pieces)
        self.mailbox.post(self._shard, frame)

    def _deliver(self, frame: Frame, sender: str) -> None:
        answered = self._asked.get(frame.id) if isinstance(frame, Result) else None
        if isinstance(frame, Result) and answered is not None and not answered.done():
            answered.set_result((frame.result, frame.value))


class Parcels:
    """What travels to and from callers in pieces, as a worker keeps it meanwhile: not for long, and not too much."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        # By token: since when, and the pieces by where they begin.
        self._parcels: dict[str, tuple[float, dict[int, bytes]]] = {}
        self._size = 0

    def keep(self, packed: bytes) -> list[Any]:
        """Have an answer fetched; return what IN_PIECES says."""
        token = secrets.token_hex(16)
        for start in range(0, len(packed), PIECE):
            self.put(token, start, packed[start : start + PIECE])
        return [token, len(packed)]

    def put(self, token: str, start: int, piece: bytes) -> None:
        """Keep a piece; what is older has to go if it is too much."""
        _, pieces = self._parcels.setdefault(token, (self._clock(), {}))
        if start not in pieces:
            pieces[start] = piece
            self._size += len(piece)
        while self._size > self._limit and self._parcels:
            self.forget(next(iter(self._parcels)))

    def fetch(self, token: str, start: int) -> tuple[int, bytes]:
        """A piece, if it is here."""
        pieces = self._parcels[token][1] if token in self._parcels else {}
        return (DONE, pieces[start]) if start in pieces else (AGAIN, b"")

    def arguments(self, token: str, size: int) -> list[Any] | None:
        """The arguments that came in pieces, None if they are not all here."""
        if token not in self._parcels:
            return None
        pieces = self._parcels[token][1]
        packed = b"".join(pieces[start] for start in sorted(pieces))
        if len(packed) != size:
            return None
        self.forget(token)
        return list(msgpack.decode(packed))

    def forget(self, token: str) -> None:
        """Drop what is no longer needed."""
        _, pieces = self._parcels.pop(token, (0.0, {}))
        self._size -= sum(map(len, pieces.values()))

    def sweep(self) -> None:
        """Drop what nobody came for; to be called now and then."""
        for token, (since, _) in list(self._parcels.items()):
            if self._clock() - since > KEPT:
                self.forget(token)
