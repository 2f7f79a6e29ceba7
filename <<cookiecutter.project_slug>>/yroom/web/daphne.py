"""daphne with a short way for frames: `python -m yroom.web.daphne config.asgi:application`, with daphne's own options.

Any ASGI server can run a site, each frame as a message to a task. This one also offers the socket itself, as the ASGI
extension "yroom.socket": frames come in by a function call, go out in one system call for all that one turn of the
event loop brings, and are put on the wire once for all who receive them, since a server does not mask them
(https://www.rfc-editor.org/rfc/rfc6455#section-5.3). And it tells who does not read what is sent to them.
"""

import asyncio
import logging
import math
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from twisted.internet import asyncioreactor

from ..loop import new_event_loop, spare_what_is_loaded

# Before daphne is imported, which would take a loop of its own.
if "twisted.internet.reactor" not in sys.modules:
    asyncioreactor.install(new_event_loop())  # type: ignore[no-untyped-call]

from daphne.cli import CommandLineInterface
from daphne.http_protocol import WebRequest
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor, tcp
from twisted.internet.defer import Deferred

from ..conf import engine_settings, server_limit
from ..stopping import process
from ..wire import frames
from .daphne_requests import BoundedRequest

# Not __name__, which is "__main__" where this is run.
logger = logging.getLogger("yroom.web.daphne")

EXTENSION: Final = "yroom.socket"
# A frame that is a whole binary message; a ping without content, and how the answer to it begins, before its mask.
BINARY: Final = 0x82
PING: Final = b"\x89\x00"
PONG: Final = b"\x8a\x80"
# Bytes handed to the transport at once when the socket takes no more.
PIECE: Final = 64 * 1024
# Connections that may wait to be accepted: after a restart all come back at once. Twisted has 50 wait, and the kernel
# sends the others away for a second or three.
BACKLOG: Final = 1024
# Seconds in which all sockets are looked at for time-outs and pings.
CHECKS: Final = 4
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
    if length < 65536:
        return bytes((BINARY, 126)) + length.to_bytes(2, "big") + frame
    return bytes((BINARY, 127)) + length.to_bytes(8, "big") + frame


_framed = _Framing()
_unsent: "list[SocketProtocol]" = []


def _send_all() -> None:
    sockets = _unsent.copy()
    _unsent.clear()
    for socket in sockets:
        try:
            socket.flush()
        except Exception:
            # The others get theirs; this one comes again and is sent all it lacks.
            logger.exception("a socket could not be written to")
            socket.transport.abortConnection()


class SocketProtocol(WebSocketProtocol):  # type: ignore[misc]
    """A WebSocket whose consumer may read and write frames without a message for each."""

    def __init__(self) -> None:
        super().__init__()
        self.progress = 0  # grows whenever a socket that was full has taken something
        self._receiver: Callable[[bytes], None] | None = None
        self._drained: Callable[[], None] | None = None
        self._batch: list[bytes] = []
        self._backlog: list[memoryview] = []
        self.is_full = False  # whether something written still waits for the socket to take it
        self._asked = 0.0  # when it was pinged, if nothing has come since

    # The extension

    def attach(self, receiver: Callable[[bytes], None], drained: Callable[[], None]) -> bool:
        """Call `receiver` with every binary message from now on, and `drained` when a full socket takes frames again.

        Returns False while messages wait in the queue that the receiver would overtake.
        """
        if not self.application_queue.empty():
            return False
        self._receiver, self._drained = receiver, drained
        return True

    def write_frame(self, frame: bytes) -> None:
        """Send a frame at the end of this turn of the event loop."""
        self.write_frames(frame)

    def write_frames(self, frames: bytes | list[bytes]) -> None:
        """Send frames at the end of this turn of the event loop."""
        if not self._batch:
            if not _unsent:
                asyncio.get_running_loop().call_soon(_send_all)
            _unsent.append(self)
        # Most often they go to many: not a call for each.
        self._batch.append(_framed.bytes if frames is _framed.frames else _framed(frames))

    # In

    def onOpen(self) -> None:  # noqa: N802
        """The handshake is done: HTTP lets go, which would also stop reading from who does not read."""
        self.transport.unregisterProducer()
        super().onOpen()

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
        data = batch[0] if len(batch) == 1 else b"".join(batch)
        batch.clear()
        self._write(data)

    def _write(self, data: bytes) -> None:
        if self.is_full:
            if len(self._backlog) < PIECES:
                self._backlog.append(memoryview(data))
            else:
                self.transport.abortConnection()
            return
        sent = 0
        if isinstance(self.transport, tcp.Connection):
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
        self.progress += 1
        if self._backlog:
            piece = self._backlog[0]
            if len(piece) > PIECE:
                self._backlog[0] = piece[PIECE:]
            else:
                del self._backlog[0]
            self.transport.write(bytes(piece[:PIECE]))
        else:
            self.is_full = False
            self.transport.unregisterProducer()
            if self._drained is not None:
                self._drained()

    def stopProducing(self) -> None:  # noqa: N802
        """The connection is lost."""
        self._backlog.clear()


class Pages:
    """The part of a server that answers with pages."""

    def __init__(self, server: "YroomServer") -> None:
        self._server = server

    async def stop(self) -> None:
        """Take no connections any more, and let the pages end that are on their way."""
        for port in self._server.ports:
            port.stopListening()
        if pages := self._server.applications(WebRequest):
            await asyncio.wait(pages)


class YroomServer(Server):  # type: ignore[misc]
    """daphne's server, with the sockets of this module.

    Every second it looks after those of its sockets that have gone, and at a part of the others: daphne looks at all of
    them, which takes more time than anything else that idle ones need.
    """

    connections: dict[Any, dict[str, Any]]
    websocket_max_message_size: int
    websocket_max_frame_size: int
    websocket_connect_timeout: int
    websocket_handshake_timeout: int

    def run(self) -> None:
        """Serve until told to stop."""
        # Nobody shall have to know the engine's limits to start it.
        self.websocket_max_message_size = _roomy(self.websocket_max_message_size)
        self.websocket_max_frame_size = _roomy(self.websocket_max_frame_size)
        # A busy process lets in who waits, as it answers pages: daphne would end the connection after five seconds.
        self.websocket_connect_timeout = _patient(self.websocket_connect_timeout)
        self.websocket_handshake_timeout = _patient(self.websocket_handshake_timeout)
        self._ending: set[Any] = set()  # sockets that have gone, or whose consumer has
        self._unchecked: list[Any] = []  # for time-outs and pings
        kinds = ("tcp:", "unix:", "ssl:")
        self.endpoints: list[str] = [
            f"{each}:backlog={BACKLOG}" if each.startswith(kinds) and "backlog=" not in each else each
            for each in self.endpoints
        ]
        self.ports: list[Any] = []
        self._pages = Pages(self)
        reactor.callWhenRunning(self._prepare)
        super().run()

    def listen_success(self, port: Any) -> None:
        """Say where, in the site's log: daphne's own lines are silent there."""
        super().listen_success(port)
        self.ports.append(port)
        spare_what_is_loaded()
        host = port.getHost()
        logger.info("listens on %s", f"{host.host}:{host.port}" if hasattr(host, "port") else host)

    def _prepare(self) -> None:
        self.ws_factory.protocol = SocketProtocol
        build = self.http_factory.buildProtocol

        def build_bounded(address: Any) -> Any:
            protocol = build(address)
            self._expect_request(protocol)
            return protocol

        self.http_factory.buildProtocol = build_bounded
        # Once the event loop runs, and the reactor has made its signal handlers.
        reactor.callLater(0, lambda: process.watch(self._pages, first=True))  # type: ignore[arg-type]

    def _expect_request(self, protocol: Any) -> None:
        """Close a connection on which no request has begun in time, however often another byte of it comes.

        The next one has as long again once the one before it is answered.
        """
        channel = protocol._channel  # twisted's wrapper shows only what it needs itself
        loop, timeout = asyncio.get_running_loop(), engine_settings().request_timeout
        begun = 0

        def close() -> None:
            if channel.transport is not None:
                channel.transport.abortConnection()

        deadline = loop.call_later(timeout, close)

        def begin(*args: Any, **kwargs: Any) -> BoundedRequest:
            nonlocal begun
            begun += 1
            deadline.cancel()
            request = BoundedRequest(*args, **kwargs)
            request.notifyFinish().addBoth(wait, begun)
            return request

        def wait(_: Any, number: int) -> None:
            nonlocal deadline
            # It may have been sent right behind, and be on its way by now.
            if number == begun and channel.transport is not None:
                deadline = loop.call_later(timeout, close)

        protocol.requestFactory = begin

    def kill_all_applications(self) -> Any:
        """What the reactor waits for before it stops: the engine first, then what still goes on is ended."""
        return Deferred.fromFuture(asyncio.ensure_future(self._end_all()))

    async def _end_all(self) -> None:
        await process.stop()
        left = self.applications(object)
        for application in left:
            application.cancel()
        if left:
            await asyncio.wait(left, timeout=process.left())

    def applications(self, kind: type) -> list[Any]:
        """What runs for connections of a kind."""
        running = (
            details.get("application_instance") for each, details in self.connections.items() if isinstance(each, kind)
        )
        return [application for application in running if application is not None and not application.done()]

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Start the application, and tell it of the extension."""
        if isinstance(protocol, SocketProtocol):
            scope["extensions"] = {EXTENSION: protocol}
        queue = super().create_application(protocol, scope)
        application = self.connections.get(protocol, {}).get("application_instance")
        if application is not None:
            application.add_done_callback(lambda _: self._ending.add(protocol))
        return queue

    def protocol_disconnected(self, protocol: Any) -> None:
        """Note that a socket has gone."""
        super().protocol_disconnected(protocol)
        self._ending.add(protocol)

    def application_checker(self) -> None:
        """Forget sockets that have gone; say what went wrong with their consumers."""
        everything = self.connections
        self.connections = ending = {each: everything[each] for each in self._ending if each in everything}
        try:
            super().application_checker()
        finally:
            self.connections = everything
            for each in self._ending - ending.keys():
                everything.pop(each, None)
            # A socket that is still open is looked at again when it has gone.
            self._ending = {each for each, details in ending.items() if details.get("application_instance")}

    def timeout_checker(self) -> None:
        """Close what took too long, and ping who was silent."""
        asyncio.get_running_loop().call_later(1, self.timeout_checker)
        if not self._unchecked:
            self._unchecked = list(self.connections)
        for _ in range(min(len(self._unchecked), math.ceil(len(self.connections) / CHECKS))):
            protocol = self._unchecked.pop()
            if protocol in self.connections:
                try:
                    protocol.check_timeouts()
                except Exception:
                    logger.exception("a socket's time-outs could not be checked")


def _roomy(limit: int) -> int:
    """A limit that is not below what the engine takes; 0 is none."""
    return limit and max(limit, server_limit())


def _patient(seconds: int) -> int:
    """A time for a handshake that is not below what any request has; less than 1 is without end."""
    return max(seconds, math.ceil(engine_settings().request_timeout)) if seconds > 0 else seconds


class Command(CommandLineInterface):  # type: ignore[misc]
    """daphne's command line."""

    server_class = YroomServer


if __name__ == "__main__":
    Command.entrypoint()
