"""WebSockets under daphne whose frames come in by a function call, and go out in one system call a turn.

All that one turn of the event loop brings for a socket is written at once. What goes to many is put on the wire once
for all of them, since a server does not mask frames (https://www.rfc-editor.org/rfc/rfc6455#section-5.3). And who does
not read what is sent to them can be told from the others.

What is large, such as a document for each of many who come at once, is never copied: all sockets hold the same bytes,
and the system is given the next part of them as each socket takes it, in turns that leave time for everybody else.
"""

import asyncio
import logging
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import tcp

from ..wire import frames
from .daphne_idle import common_to, forget_handshake

logger = logging.getLogger(__name__)

# A frame that is a whole binary message; a ping without content, and how the answer to it begins, before its mask.
BINARY: Final = 0x82
PING: Final = b"\x89\x00"
PONG: Final = b"\x8a\x80"
# Bytes handed to the transport at once when the socket takes no more; what is more than that is not copied.
PIECE: Final = 64 * 1024
# Bytes that a socket may take at once or in its turn, and the seconds after which all else has its own.
TURN_SIZE: Final = 256 * 1024
TURN: Final = 0.002
# Pieces that may wait for a socket: pings and the like come unasked, from whoever floods us with them.
PIECES: Final = 1000
# Bytes that may come in before a WebSocket's handshake is answered.
EARLY_BYTES: Final = 64 * 1024


class _Framing:
    """Frames as they go over the wire; what goes to many is made once."""

    def __init__(self) -> None:
        self.frames: bytes | list[bytes] = b""
        self.bytes = b""

    def __call__(self, frames: bytes | list[bytes]) -> bytes:
        """One frame, or several, with their headers."""
        if frames is not self.frames:
            framed = _framed_one(frames) if isinstance(frames, bytes) else b"".join(map(_framed_one, frames))
            self.frames, self.bytes = frames, framed
        return self.bytes


def _framed_one(frame: bytes) -> bytes:
    length = len(frame)
    if length < 126:
        return b"%c%c%b" % (BINARY, length, frame)
    return _header(length) + frame


def _header(length: int) -> bytes:
    if length < 65536:
        return bytes((BINARY, 126)) + length.to_bytes(2, "big")
    return bytes((BINARY, 127)) + length.to_bytes(8, "big")


STATE_OPEN: Final = WebSocketProtocol.STATE_OPEN
_framed = _Framing()
_unsent: "list[SocketProtocol]" = []
# That take more now of what waits for them.
_ready: "deque[SocketProtocol]" = deque()


def _send_more() -> None:
    """Give sockets more of what waits for them, each in its turn, but only for a moment."""
    end = time.perf_counter() + TURN
    while _ready and time.perf_counter() < end:
        socket = _ready[0]  # still there meanwhile, so that nobody has these turns taken twice
        try:
            socket.send_more()
        except Exception:
            logger.exception("a socket could not be written to")
            socket.transport.abortConnection()
        _ready.popleft()
    if _ready:
        asyncio.get_running_loop().call_soon(_send_more)


def _send_all() -> None:
    sockets = _unsent.copy()
    _unsent.clear()
    for socket in sockets:
        try:
            # For each reader of each edit: as few calls as can be.
            if len(socket._batch) == 1 and socket.state == STATE_OPEN:
                socket._write(socket._batch.pop())
            else:
                socket.flush()
        except Exception:
            # The others get theirs; this one comes again and is sent all it lacks.
            logger.exception("a socket could not be written to")
            socket.transport.abortConnection()


def untaken(connection: Any) -> int:
    """Bytes that the system keeps for the other side, which has not taken them; 0 where it does not tell."""
    if sys.platform == "linux":
        import fcntl
        import termios

        with suppress(OSError):
            return int.from_bytes(fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    return 0


class SocketProtocol(WebSocketProtocol):  # type: ignore[misc]
    """A WebSocket whose consumer may read and write frames without a message for each."""

    @classmethod
    def of(cls, factory: Any) -> type["SocketProtocol"]:
        """The sockets of a factory: what it sets for all of them takes no memory for each."""
        return type(cls.__name__, (cls,), common_to(factory, cls.CONFIG_ATTRS))

    _is_plain = True  # whether what it is sent goes to the system as it is, not encrypted say
    is_gradual = True  # what is large is seen to go out part by part

    def __init__(self) -> None:
        super().__init__()
        self._given = 0  # bytes that it was given while it was full
        self._receiver: Callable[[bytes], None] | None = None
        self._drained: Callable[[], None] | None = None
        self._batch: list[bytes] = []
        self._backlog: list[memoryview] = []
        self.is_full = False  # whether something written still waits for the socket to take it
        self._asked = 0.0  # when it was pinged, if nothing has come since

    # The extension

    @property
    def progress(self) -> int:
        """Grows whenever a socket that was full has taken something, be it from the megabytes that the system keeps."""
        return self._given - (untaken(self.transport.socket) if self._is_plain else 0)

    def attach(self, receiver: Callable[[bytes], None], drained: Callable[[], None]) -> bool:
        """Call `receiver` with every binary message from now on, and `drained` when a full socket takes frames again.

        Returns False while messages wait in the queue that the receiver would overtake.
        """
        if not self.application_queue.empty():
            return False
        self._receiver, self._drained = receiver, drained
        if self.state == self.STATE_OPEN:
            forget_handshake(self)
        return True

    def write_frame(self, frame: bytes) -> None:
        """Send a frame at the end of this turn of the event loop."""
        if len(frame) <= PIECE:
            self.write_frames(frame)
        elif self.state == self.STATE_OPEN:
            self.flush()
            self._write(_header(len(frame)))
            self._write(frame)

    def write_frames(self, frames: bytes | list[bytes]) -> None:
        """Send frames at the end of this turn of the event loop."""
        if not self._batch:
            if not _unsent:
                asyncio.get_running_loop().call_soon(_send_all)
            _unsent.append(self)
        # Most often they go to many: not a call for each.
        self._batch.append(_framed.bytes if frames is _framed.frames else _framed(frames))

    # In

    def connectionMade(self) -> None:  # noqa: N802
        """The connection is handed over by HTTP, which lets go: it would also stop reading from who does not read.

        Before anything is sent: what goes out over TLS needs the place of HTTP's producer, the handshake's answer too.
        """
        if not isinstance(self.transport, tcp.Connection):
            self._is_plain = False
        self.transport.unregisterProducer()
        super().connectionMade()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Take whole binary messages the short way, and leave all else to the protocol below."""
        at, end = 0, len(data)
        self._asked = 0.0
        if self.state == self.STATE_CONNECTING and len(self.data) + end > EARLY_BYTES:
            self.transport.abortConnection()
            return
        if self._receiver is None or self.data or self.current_frame is not None or self.inside_message:
            end = 0
        elif end == 6 and data.startswith(PONG):
            return
        while end - at >= 6 and data[at] == BINARY and self.state == self.STATE_OPEN:
            length, start = data[at + 1] - 128, at + 6
            if length == 126:
                length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 8
            if length <= 0 or data[at + 1] == 255 or start + length > end:
                break
            if 0 < self.maxFramePayloadSize < length or 0 < self.maxMessagePayloadSize < length:
                break
            at = start + length
            mask = int.from_bytes((data[start - 4 : start] * (length // 4 + 1))[:length], "little")
            self._take((int.from_bytes(data[start:at], "little") ^ mask).to_bytes(length, "little"))
        if at < len(data):
            super().dataReceived(data[at:] if at else data)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        """Take a message that came the long way."""
        if isBinary and self._receiver is not None and not self.muted:
            self._take(payload)
        else:
            super().onMessage(payload, isBinary)

    def _take(self, frame: bytes) -> None:
        self.last_ping = time.time()
        try:
            if self._receiver is not None:
                self._receiver(frame)
        except Exception:
            logger.exception("a consumer failed on a frame")
            self._receiver = None
            self.sendClose(frames.CLOSE_FAILURE, "failure")

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:  # noqa: N802, N803
        """The socket is gone."""
        self._receiver = self._drained = None
        self._batch.clear()
        self._backlog.clear()
        super().onClose(wasClean, code, reason)

    def dropConnection(self, abort: bool = False) -> None:  # noqa: N802
        """End the connection, at once if it does not take what it is sent: else that may never come to an end."""
        if self._is_plain or not self._backlog:
            super().dropConnection(abort or (self.is_full and self._is_plain))
            return
        # Over TLS all that is sent waits for its turn, the last frame too; what is written after the end is dropped.
        is_slow = sum(map(len, self._backlog)) > PIECE
        if not (abort or is_slow):
            self.transport.unregisterProducer()
            self.transport.writeSequence([bytes(part) for part in self._backlog])
        self._backlog.clear()
        super().dropConnection(abort or is_slow)

    # Pings: autobahn's own take a timer, a payload and a look at each answer

    def check_timeouts(self) -> None:
        """Close what took too long or gave no sign of life since it was pinged, and ping who was silent."""
        if self._asked and 0 < self.autoPingTimeout < time.monotonic() - self._asked:
            self.onAutoPingTimeout()
            return
        # Most often nothing is due.
        now, server = time.time(), self.server
        silent, open_for = now - self.last_ping, now - self.socket_opened
        if self.state != self.STATE_OPEN or silent > server.ping_interval or open_for > server.websocket_timeout:
            super().check_timeouts()

    def _sendAutoPing(self) -> None:  # noqa: N802
        self._asked = self._asked or time.monotonic()
        self.sendData(PING)

    # Out

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Do what the application says; daphne alone would keep the reason of a close to itself."""
        if message["type"] == "websocket.close" and message.get("reason") and self.state == self.STATE_OPEN:
            self.sendClose(message.get("code") or 1000, message["reason"])
        else:
            super().handle_reply(message)

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:  # noqa: N802
        """What the protocol below wants to send goes the same way, in its turn."""
        self.flush()
        self._write(data)

    def flush(self) -> None:
        """Send the frames of this turn."""
        batch = self._batch
        if not batch or self.state != self.STATE_OPEN:
            batch.clear()
            return
        if sum(map(len, batch)) > PIECE:
            for data in batch:
                self._write(data)
        else:
            self._write(b"".join(batch))
        batch.clear()

    def _write(self, data: bytes) -> None:
        sent = 0
        if self.is_full:
            if len(self._backlog) < PIECES:
                self._backlog.append(memoryview(data))
            else:
                self.transport.abortConnection()
            return
        if self._is_plain and len(data) <= TURN_SIZE:
            try:
                sent = self.transport.socket.send(data)
            except BlockingIOError:
                pass
            except OSError:
                # The transport finds out for itself.
                return
        if sent < len(data):
            self.is_full = True
            self._backlog.append(memoryview(data)[sent:])
            self.transport.registerProducer(self, False)

    # Out, piece by piece (twisted.internet.interfaces.IPullProducer)

    def resumeProducing(self) -> None:  # noqa: N802
        """The transport has sent all it was given."""
        if self._backlog:
            if not _ready:
                asyncio.get_running_loop().call_soon(_send_more)
            _ready.append(self)
        else:
            self._emptied()

    def send_more(self) -> None:
        """Send the next part of what waits, and wait until the socket takes more, or for the next turn."""
        if not self._backlog:
            return
        part, sent = self._backlog[0][:TURN_SIZE], 0
        if self._is_plain:
            try:
                sent = self.transport.socket.send(part)
            except BlockingIOError:
                pass
            except OSError:
                return
        self._took(sent)
        if not self._backlog:
            self._emptied()
        elif sent == len(part):
            _ready.append(self)
        else:
            piece = bytes(self._backlog[0][:PIECE])
            self._took(len(piece))
            self.transport.write(piece)

    def _took(self, size: int) -> None:
        self._given += size
        rest = self._backlog[0][size:]
        if rest:
            self._backlog[0] = rest
        else:
            del self._backlog[0]

    def _emptied(self) -> None:
        self.is_full = False
        self.transport.unregisterProducer()
        if self._drained is not None:
            self._drained()

    def stopProducing(self) -> None:  # noqa: N802
        """The connection is lost."""
        self._backlog.clear()
