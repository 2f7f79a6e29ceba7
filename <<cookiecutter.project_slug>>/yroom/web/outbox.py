"""Outboxes: the frames that wait for one browser, few and small however slow it is.

A socket that takes what it is sent has an empty outbox. What gathers for one that does not is merged; if it is too much
even so, it is thrown away, and the room is synced anew once the socket has read what is on its way. One that reads
nothing for long is closed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from sys import maxsize
from typing import Any, Protocol

from ..conf import RoomSettings
from ..crdt import causal_order, protocol
from ..crdt.awareness import merge_awareness

UPDATE = b"\x00\x02"
AWARENESS = b"\x01"
ANSWER = b"\x00\x01"
# Pieces that are written until it is seen whether the pipe takes more.
SOME = 4


class Pipe(Protocol):
    """A way to a browser: yroom.web.daphne's sockets, or `Queue`."""

    is_full: bool  # whether it takes no more now; whoever made it calls Outbox.drained when it does again
    is_gradual: bool  # whether `progress` also grows in the midst of a frame

    @property
    def progress(self) -> int:
        """Grows as it gets rid of what it took while it was full."""

    def write_frame(self, frame: bytes) -> None:
        """Send a frame."""

    def write_frames(self, frames: list[bytes]) -> None:
        """Send a few frames, which others are sent too."""


class Queue:
    """A pipe through any ASGI server's `send`, a frame or a few at a time."""

    is_gradual = False

    def __init__(self, send: Callable[[dict[str, Any]], Awaitable[None]], drained: Callable[[], None]) -> None:
        self.is_full = False
        self.progress = 0
        self._send = send
        self._drained = drained
        self._frames: list[bytes] = []
        self._filled = asyncio.Event()

    def write_frame(self, frame: bytes) -> None:
        """Send a frame."""
        self.write_frames([frame])

    def write_frames(self, frames: list[bytes]) -> None:
        """Send a few frames."""
        self._frames = frames
        self.is_full = True
        self._filled.set()

    async def run(self) -> None:
        """Send until cancelled, or until the server says that the socket is gone."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            for frame in self._frames:
                await self._send({"type": "websocket.send", "bytes": frame})
            self.is_full = False
            self.progress += 1
            self._drained()


class Outbox:
    """What waits for one browser.

    `behind()` is called when updates were thrown away: nothing but answers is to be put in until `caught_up()` is.
    `stuck()` is called once the socket is beyond hope.
    """

    def __init__(
        self,
        pipe: Pipe,
        settings: RoomSettings,
        behind: Callable[[], None],
        caught_up: Callable[[], None],
        stuck: Callable[[], None],
        piece: int = 0,
    ) -> None:
        self._pipe = pipe
        self._settings = settings
        self._tell_behind, self._tell_caught_up, self._tell_stuck = behind, caught_up, stuck
        self._piece = piece or maxsize  # bytes of a frame beyond which it is sent in pieces
        self._large = min(self._piece, settings.socket_merge_size)
        self._pieces: Iterator[bytes] | None = None  # what is left of a message that is sent in pieces
        self._frames: list[bytes] = []
        self._size = 0
        self._thin_at = settings.socket_merge_size
        self._is_behind = False
        self._synced = float("-inf")  # when it last caught up
        self._watch: asyncio.TimerHandle | None = None

    def put(self, frame: bytes) -> None:
        """Send a frame now, or as soon as the socket takes it."""
        if not self._frames and not self._pipe.is_full and self._pieces is None:
            self._write(frame)
            return
        if frame.startswith(ANSWER):
            # It holds all that those before it do: who asked again had none of them.
            self._frames = [each for each in self._frames if not each.startswith(ANSWER)]
            self._size = sum(map(len, self._frames))
        self._frames.append(frame)
        self._size += len(frame)
        if self._size > self._thin_at:
            self._thin()

    def put_all(self, frames: list[bytes], largest: int) -> None:
        """Send frames, as many are sent: at once, if they may be. No frame has more bytes than the largest."""
        pipe = self._pipe
        if self._frames or pipe.is_full or self._pieces is not None or largest > self._large:
            for frame in frames:
                self.put(frame)
        else:
            pipe.write_frames(frames)

    def drained(self) -> None:
        """The pipe takes frames again."""
        if self._pieces is not None:
            self._write_pieces(self._pieces)
        while self._frames and not self._pipe.is_full and self._pieces is None:
            frame = self._frames.pop(0)
            self._size -= len(frame)
            self._write(frame)
        if not self._frames and self._pieces is None:
            self._thin_at = self._settings.socket_merge_size
            if self._is_behind and not self._pipe.is_full:
                self._is_behind = False
                self._synced = asyncio.get_running_loop().time()
                self._tell_caught_up()

    def close(self) -> None:
        """Throw away what waits."""
        self._frames.clear()
        self._size = 0
        self._pieces = None
        if self._watch is not None:
            self._watch.cancel()

    def _write(self, frame: bytes) -> None:
        """Send a frame. Who is sent a large one has to go on reading, also where nothing gathers behind it."""
        in_pieces = len(frame) > self._piece
        if in_pieces:
            self._write_pieces(protocol.pieces(frame, self._piece))
        else:
            self._pipe.write_frame(frame)
        large = len(frame) > self._settings.socket_merge_size
        if large and self._watch is None and (in_pieces or self._pipe.is_gradual):
            self._watch_out(self._pipe.progress)

    def _write_pieces(self, pieces: Iterator[bytes]) -> None:
        """Send some pieces. Once the pipe has shown whether it takes more, go on; what comes meanwhile waits."""
        self._pieces = pieces
        for _ in range(SOME):
            if self._pipe.is_full:
                return
            piece = next(pieces, None)
            if piece is None:
                self._pieces = None
                return
            self._pipe.write_frame(piece)
        asyncio.get_running_loop().call_soon(self._write_more, pieces)

    def _write_more(self, pieces: Iterator[bytes]) -> None:
        # Where the pipe is full, it says so when it is not.
        if self._pieces is pieces and not self._pipe.is_full:
            self.drained()

    def _thin(self) -> None:
        """Merge what waits, or throw it away if it is too much even so."""
        if self._watch is None:
            self._watch_out(self._pipe.progress)
        frames = list(self._frames)
        edits = [protocol.read_var_bytes(frame, 2)[0] for frame in frames if frame.startswith(UPDATE)]
        states = [protocol.read_var_bytes(frame, 1)[0] for frame in frames if frame.startswith(AWARENESS)]
        others = [frame for frame in frames if not frame.startswith((UPDATE, AWARENESS))]
        answers = sum(map(len, others))
        if answers > self._settings.max_socket_backlog and len(others) > 1:
            self._tell_stuck()
            return
        merged = []
        if sum(map(len, edits)) + sum(map(len, states)) <= self._settings.socket_resync_size:
            if edits:
                merged.append(protocol.sync_update(causal_order.merge(edits)))
            if states:
                merged.append(protocol.awareness(merge_awareness(states)))
        elif not self._is_behind:
            if asyncio.get_running_loop().time() < self._synced + self._settings.slow_socket_seconds:
                self._tell_stuck()
                return
            self._is_behind = True
            self._tell_behind()
        self._frames = others + merged
        self._size = sum(map(len, self._frames))
        self._thin_at = max(self._settings.socket_merge_size, 2 * self._size)

    def _watch_out(self, progress: int) -> None:
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(self._settings.slow_socket_seconds, self._look, progress)

    def _look(self, progress: int) -> None:
        self._watch = None
        if not self._frames and not self._pipe.is_full and self._pieces is None:
            return
        if self._pipe.progress == progress:
            self._tell_stuck()
        else:
            self._watch_out(self._pipe.progress)
