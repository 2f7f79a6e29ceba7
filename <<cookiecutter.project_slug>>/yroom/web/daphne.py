"""daphne with a short way for frames: `python -m yroom.web.daphne config.asgi:application`, with daphne's own options.

Any ASGI server can run a site, each frame as a message to a task. This one also offers the socket itself, as the ASGI
extension "yroom.socket", see daphne_sockets.py.
"""

import asyncio
import logging
import math
import sys
from functools import partial
from typing import Any, Final

from twisted.internet import asyncioreactor

from ..loop import new_event_loop, spare_what_is_loaded

# Before daphne is imported, which would take a loop of its own.
if "twisted.internet.reactor" not in sys.modules:
    asyncioreactor.install(new_event_loop())  # type: ignore[no-untyped-call]

from daphne.cli import CommandLineInterface
from daphne.http_protocol import WebRequest
from daphne.server import Server
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from ..conf import engine_settings, server_limit
from ..stopping import process
from .daphne_requests import BoundedRequest, Reading
from .daphne_sockets import SocketProtocol

# Not __name__, which is "__main__" where this is run.
logger = logging.getLogger("yroom.web.daphne")

EXTENSION: Final = "yroom.socket"
# Connections that may wait to be accepted: after a restart all come back at once. Twisted has 50 wait, and the kernel
# sends the others away for a second or three.
BACKLOG: Final = 1024
# Seconds in which all sockets are looked at for time-outs and pings.
CHECKS: Final = 4


class ApplicationQueue:
    """What happened on a socket that its application has not taken yet: most often nothing, and it waits."""

    __slots__ = ("_messages", "_waiting")

    def __init__(self) -> None:
        self._messages: list[dict[str, Any]] = []
        self._waiting: list[asyncio.Future[None]] = []

    def empty(self) -> bool:
        """Whether the application has taken everything."""
        return not self._messages

    def put_nowait(self, message: dict[str, Any]) -> None:
        """Add a message."""
        self._messages.append(message)
        for each in self._waiting:
            if not each.done():
                each.set_result(None)

    async def get(self) -> dict[str, Any]:
        """The next message, once there is one."""
        while not self._messages:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            try:
                await waiting
            finally:
                self._waiting.remove(waiting)
        return self._messages.pop(0)


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
        self.ws_factory.protocol = SocketProtocol.of(self.ws_factory)
        build = self.http_factory.buildProtocol

        def build_bounded(address: Any) -> Any:
            protocol = build(address)
            self._expect_request(protocol)
            return protocol

        self.http_factory.buildProtocol = build_bounded
        # Bounds are kept by connection, of which HTTP/2 has one for many requests at once; nor has it WebSockets here.
        self.http_factory.acceptableProtocols = lambda: [b"http/1.1"]
        # Once the event loop runs, and the reactor has made its signal handlers.
        reactor.callLater(0, lambda: process.watch(self._pages, first=True))  # type: ignore[arg-type]

    def _expect_request(self, protocol: Any) -> None:
        """Close a connection on which no request has begun in time, however often another byte of it comes.

        The next one has as long again once the answer to the one before it is read.
        """
        channel = protocol._channel  # twisted's wrapper shows only what it needs itself
        loop, timeout = asyncio.get_running_loop(), engine_settings().request_timeout
        begun = 0
        reading: Reading | None = None
        deadline: asyncio.TimerHandle

        def close() -> None:
            nonlocal deadline
            if channel.transport is None:
                return
            if reading is not None and reading.goes_on():
                deadline = loop.call_later(timeout, close)
            else:
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
            nonlocal deadline, reading
            # It may have been sent right behind, and be on its way by now.
            if number == begun and channel.transport is not None:
                reading = Reading(channel.transport)
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
        inbox: Any
        if isinstance(protocol, SocketProtocol):
            inbox = self._create_socket_application(protocol, scope)
        else:
            inbox = super().create_application(protocol, scope)
        application = self.connections.get(protocol, {}).get("application_instance")
        if application is not None:
            application.add_done_callback(partial(self._note_end, protocol))
        return inbox

    def _create_socket_application(self, protocol: Any, scope: dict[str, Any]) -> ApplicationQueue | None:
        """As daphne does it, but for what waits for the application: its queue takes more memory than all else here."""
        inbox = ApplicationQueue()
        scope |= {"asgi": {"version": "3.0"}, "extensions": {EXTENSION: protocol}}
        application = self.application(scope=scope, receive=inbox.get, send=partial(self.handle_reply, protocol))
        if protocol not in self.connections:
            return None
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(application)
        return inbox

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Do what an application says; the next part of an answer once the ones before it were taken."""
        if message["type"] == "http.response.body" and isinstance(protocol, BoundedRequest):
            await protocol.make_room()
        await super().handle_reply(protocol, message)

    def _note_end(self, protocol: Any, _: Any) -> None:
        self._ending.add(protocol)

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
