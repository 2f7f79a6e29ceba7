"""What an HTTP request may bring before anybody knows who sends it: so many bytes, within so much time.

Servers and Django read a body to its end, and put it on the disk, before a page learns that it is not welcome. Here it
is refused by what its head says, or as soon as it has grown too large: by `bounded()` around an application, and inside
daphne, which reads a body before it starts the application, by server.BoundedRequest.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from ..conf import engine_settings

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

TOO_LARGE: Final = (413, "What was sent is too large.\n")
MALFORMED: Final = (400, "Only ASCII is understood here.\n")
TOO_SLOW: Final = (408, "What was sent took too long to arrive.\n")


def bounded(application: Application) -> Application:
    """An ASGI application whose HTTP requests keep to MAX_BODY_SIZE and REQUEST_TIMEOUT."""

    async def bound(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        body = _Body(scope, receive, send)
        if body.is_too_large:
            await body.refuse(TOO_LARGE)
        else:
            await application(scope, body.receive, body.send)

    return bound


class _Body:
    """The body of one request, counted while it comes in."""

    def __init__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._limit = engine_settings().max_body_size
        self._deadline = time.monotonic() + engine_settings().request_timeout
        self._size = _declared(scope["headers"])
        self._received = 0
        self._is_complete = self._is_answered = self._is_refused = False

    @property
    def is_too_large(self) -> bool:
        return max(self._size, self._received) > self._limit

    async def receive(self) -> Message:
        """The next part; what comes too late or is too much ends the request."""
        if self._is_complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + self._deadline - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            return await self._end(TOO_SLOW)
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            self._is_complete = not message.get("more_body", False)
            if self.is_too_large:
                return await self._end(TOO_LARGE)
        return message

    async def send(self, message: Message) -> None:
        """Pass an answer on, but for that to a request which has been refused."""
        self._is_answered = True
        if not self._is_refused:
            await self._send(message)

    async def refuse(self, why: tuple[int, str]) -> None:
        """Answer, and read no further."""
        status, text = why
        headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
        self._is_refused = True
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": text.encode()})

    async def _end(self, why: tuple[int, str]) -> Message:
        self._is_complete = True
        if not self._is_answered:
            await self.refuse(why)
        return {"type": "http.disconnect"}


def _declared(headers: list[tuple[bytes, bytes]]) -> int:
    """Bytes that a request says it brings."""
    for name, value in headers:
        if name.lower() == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return 0
