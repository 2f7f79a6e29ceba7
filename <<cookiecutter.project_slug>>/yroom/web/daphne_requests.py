"""Requests for pages under daphne, which reads them before the application starts: so much, for so long, not more.

Nor is more of an answer taken from the application than its reader takes: daphne would keep all of it in memory, and
the answers to all requests that were sent behind it in one go.
"""

import asyncio
from io import BytesIO
from typing import Any, Final

from daphne.http_protocol import WebRequest

from ..conf import engine_settings
from .daphne_sockets import untaken
from .requests import MALFORMED, TOO_LARGE, TOO_SLOW

# Bytes, and seconds, that are still taken from who sends too much, and thrown away, so that the answer is read first.
REFUSED_BYTES: Final = 1024 * 1024
REFUSED_SECONDS: Final = 1


class Reading:
    """Whether the other side still reads what it was sent: something of it within each REQUEST_TIMEOUT, or all."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._left = _left(transport)

    def goes_on(self) -> bool:
        """Whether some has been read since this was asked last."""
        before, self._left = self._left, _left(self._transport)
        return self._left < before


def _left(transport: Any) -> int:
    """Bytes of an answer that wait here or in the system for the other side; over TLS there is one more transport."""
    while (below := getattr(transport, "transport", None)) is not None:
        transport = below
    if not transport.connected:
        return 0
    waiting: int = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
    return waiting + untaken(transport.socket)


class _Waiter:
    """What twisted tells whether a reader takes more (twisted.internet.interfaces.IPushProducer)."""

    def __init__(self) -> None:
        self.taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def resumeProducing(self) -> None:  # noqa: N802
        """All is on its way that was written."""
        if not self.taken.done():
            self.taken.set_result(None)

    stopProducing = resumeProducing  # noqa: N815

    def pauseProducing(self) -> None:  # noqa: N802
        """It waits already."""


class BoundedRequest(WebRequest):  # type: ignore[misc]
    """A request that brings no more than MAX_BODY_SIZE, within REQUEST_TIMEOUT."""

    content: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._received = self._thrown_away = 0
        self._is_refused = False
        self._waiter: _Waiter | None = None
        timeout = engine_settings().request_timeout
        self._deadline = asyncio.get_running_loop().call_later(timeout, self._refuse, *TOO_SLOW)

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        """The head is there, and says how long the body is unless that comes in pieces."""
        too_large = length is not None and length > engine_settings().max_body_size
        super().gotLength(0 if too_large else length)
        if too_large:
            self._refuse(*TOO_LARGE)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """A part of the body."""
        self._received += len(data)
        if self._is_refused:
            self._thrown_away += len(data)
            if self._thrown_away > REFUSED_BYTES:
                self.channel.transport.abortConnection()
        elif self._received > engine_settings().max_body_size:
            self._refuse(*TOO_LARGE)
        else:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        """All of it is there.

        twisted would read forms here: without limits, while all else waits, and closing the connection on what it does
        not understand. The application reads them.
        """
        self._deadline.cancel()
        if self._is_refused:
            return
        # daphne takes it from whoever sends it; the addresses in pages and e-mails would begin with it.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        protocols = self.requestHeaders.getRawHeaders(b"sec-websocket-protocol", [])
        if not all(each.isascii() for each in protocols):
            self._refuse(*MALFORMED)
            return
        self.content.seek(0)
        self.args: dict[bytes, list[bytes]] = {}
        self.method, self.uri, self.clientproto = command, path, version
        self.path = path.split(b"?", 1)[0]
        self.process()

    async def make_room(self) -> None:
        """Wait until more may be written: until what was is on its way, or its reader takes nothing of it any more."""
        if self.finished or self.channel is None or not self.channel._waitingForTransport:
            return
        transport, timeout = self.channel.transport, engine_settings().request_timeout
        reading = Reading(transport)
        self._waiter = _Waiter()
        self.registerProducer(self._waiter, True)
        try:
            while not (await asyncio.wait([self._waiter.taken], timeout=timeout))[0]:
                if not reading.goes_on():
                    transport.abortConnection()
                    return
        finally:
            self._waiter = None
            if self.channel is not None and self.producer is not None:
                self.unregisterProducer()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Nothing more will come."""
        self._deadline.cancel()
        if self._waiter is not None:
            self._waiter.resumeProducing()
        super().connectionLost(reason)

    def _refuse(self, status: int, text: str) -> None:
        """Answer before the request is complete, which twisted leaves to its own bad requests."""
        self._is_refused = True
        self._deadline.cancel()
        if self.content is not None:
            self.content.close()
            self.content = BytesIO()
        # Nobody shall ask for the rest.
        self.requestHeaders.removeHeader(b"expect")
        head = (
            f"HTTP/1.1 {status} Refused\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}"
        )
        transport = self.channel.transport
        transport.write(f"{head}\r\n\r\n{text}".encode())
        asyncio.get_running_loop().call_later(REFUSED_SECONDS, transport.abortConnection)
