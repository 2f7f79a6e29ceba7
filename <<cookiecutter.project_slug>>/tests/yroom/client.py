"""A Yjs client for tests: a real WebSocket, a real document, and waiting for conditions instead of sleeping."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import Callable
from typing import Any, Self

from pycrdt import Doc, Text, TransactionEvent
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from yroom.crdt import protocol

# Seconds that anything may take: no measure, only so that a test ends.
TIMEOUT = 60.0


class YClient:
    """Keeps a document in step with a room, and everything it was sent.

    `async with YClient(url) as client` connects and waits until the server has answered its sync step 1.
    """

    def __init__(
        self,
        url: str,
        *,
        controls: bool = True,
        pieces: bool = False,
        schema: int = 1,
        headers: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.url = f"{url}?protocol=yroom.1&schema={schema}" if controls else url
        self.url += "&pieces=1" if pieces else ""
        self.headers = headers or {}
        self.tls = tls
        self.doc: Doc[Any] = Doc()
        self.frames: list[bytes] = []
        self.controls: list[dict[str, Any]] = []
        self.awareness: dict[int, tuple[int, Any]] = {}
        self.synced = False
        self.sent_documents = 0
        self.saved = 0
        self.size_of_piece = 0  # as the server says it; 0: all is sent whole
        self._credit = 0
        self._leaving: list[bytes] = []  # document messages of which nothing has been sent yet
        self._rest: list[bytes] = []  # pieces of the one that is under way
        self._arriving = b""
        self.close_code: int | None = None
        self.close_reason = ""
        self._changed = asyncio.Condition()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._clock = 0
        self._remote = False
        self._subscription = self.doc.observe(self._on_update)
        self._outbox: list[bytes] = []

    @property
    def text(self) -> Text:
        text: Text = self.doc.get("content", type=Text)
        return text

    async def __aenter__(self) -> Self:
        await self.open()
        await self.until(lambda: self.synced or self.close_code is not None)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect, for the first time or again, and ask for the server's state."""
        origin = self.url.replace("ws", "http", 1).split("/ws/")[0]
        self._socket = await connect(
            self.url,
            origin=Origin(origin),
            additional_headers=self.headers,
            max_size=None,
            ping_interval=None,
            proxy=None,
            ssl=self.tls,
        )
        self.synced, self.close_code, self.saved, self.sent_documents = False, None, 0, 0
        self.size_of_piece, self._credit, self._arriving = 0, 0, b""
        self._leaving, self._rest = [], []
        self._reader = asyncio.create_task(self._read(self._socket))
        await self.send(protocol.sync_step1(self.doc.get_state()))

    async def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader

    async def send(self, frame: bytes | str) -> None:
        """Send a frame as it is."""
        assert self._socket is not None
        if frame[:2] in (b"\x00\x01", b"\x00\x02"):
            self.sent_documents += 1
            if self.size_of_piece:
                self._leaving.append(bytes(frame))  # type: ignore[arg-type]
                await self._go_on()
                return
        await self._send(frame)

    async def _go_on(self) -> None:
        """Send as much as the server has given credit for."""
        while self._rest or self._leaving:
            if not self._rest:
                message = self._leaving.pop(0)
                if len(message) <= self.size_of_piece:
                    await self._send(message)
                    continue
                self._rest = list(protocol.pieces(message, self.size_of_piece))
            size = len(protocol.read_piece(self._rest[0])[1])
            if size > self._credit:
                return
            self._credit -= size
            await self._send(self._rest.pop(0))

    async def _send(self, frame: bytes | str) -> None:
        assert self._socket is not None
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(frame)

    async def insert(self, text: str, at: int | None = None) -> None:
        """Type into the shared text."""
        shared = self.text
        position = len(str(shared).encode()) if at is None else at
        shared.insert(position, text)
        await self._flush()

    async def write_into(self, root: str, text: str) -> None:
        """Type at the end of another root."""
        shared = self.doc.get(root, type=Text)
        shared.insert(len(shared), text)
        await self._flush()

    async def delete(self, start: int, end: int) -> None:
        """Delete from the shared text (positions in UTF-8 bytes)."""
        del self.text[start:end]
        await self._flush()

    async def present(self, state: Any, client_id: int | None = None) -> None:
        """Announce an awareness state."""
        self._clock += 1
        client = protocol.write_var_uint(client_id or self.doc.client_id)
        entry = client + protocol.write_var_uint(self._clock) + protocol.write_var_bytes(json.dumps(state).encode())
        await self.send(protocol.awareness(b"\x01" + entry))

    async def until(self, condition: Callable[[], bool], timeout: float = TIMEOUT) -> None:
        """Wait until a condition on this client holds."""
        async with self._changed:
            try:
                async with asyncio.timeout(timeout):
                    await self._changed.wait_for(condition)
            except TimeoutError:
                raise AssertionError(f"did not come true in {timeout} s; {self!r}") from None

    async def stays(self, seconds: float) -> None:
        """Let so much time pass, in which the socket must stay open."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self.close_code is not None)
                raise AssertionError(f"was closed; {self!r}")

    async def until_text(self, text: str) -> None:
        """Wait until the shared text is this."""
        await self.until(lambda: str(self.text) == text)

    async def until_saved(self) -> None:
        """Wait until the server has confirmed everything sent on this socket."""
        await self.until(lambda: self.synced and self.saved == self.sent_documents)

    def __repr__(self) -> str:
        return (
            f"<YClient text={str(self.text)[:80]!r} synced={self.synced} saved={self.saved}/{self.sent_documents}"
            f" closed={self.close_code} {self.close_reason}>"
        )

    def _on_update(self, event: TransactionEvent) -> None:
        if not self._remote:
            self._outbox.append(protocol.sync_update(event.update))

    async def _flush(self) -> None:
        frames, self._outbox = self._outbox, []
        for frame in frames:
            await self.send(frame)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for frame in socket:
                assert isinstance(frame, bytes)
                await self._take(frame)
                async with self._changed:
                    self._changed.notify_all()
        except ConnectionClosed:
            pass
        self.close_code = socket.close_code
        self.close_reason = socket.close_reason or ""
        async with self._changed:
            self._changed.notify_all()

    async def _take(self, frame: bytes) -> None:
        self.frames.append(frame)
        if frame[0] == protocol.PIECE:
            left, piece = protocol.read_piece(frame)
            whole = self._arriving + piece
            self._arriving = whole if left else b""
            if not left:
                await self._take(whole)
        elif frame[0] == protocol.CONTROL:
            message = json.loads(protocol.read_var_bytes(frame, 1)[0])
            self.controls.append(message)
            if message["type"] == "saved":
                self.saved = message["count"]
            elif message["type"] == "pieces":
                self.size_of_piece = message["size"]
                self._credit += message["credit"]
                await self._go_on()
            elif message["type"] == "resync":
                await self.send(protocol.sync_step1(self.doc.get_state()))
        elif frame[0] == protocol.AWARENESS:
            self._take_awareness(protocol.read_var_bytes(frame, 1)[0])
        elif frame[0] == protocol.SYNC:
            payload, _ = protocol.read_var_bytes(frame, 2)
            if frame[1] == protocol.STEP1:
                await self.send(protocol.sync_step2(self.doc.get_update(payload)))
                return
            self._remote = True
            try:
                self.doc.apply_update(payload)
            finally:
                self._remote = False
            if frame[1] == protocol.STEP2:
                self.synced = True

    def _take_awareness(self, payload: bytes) -> None:
        count, at = protocol.read_var_uint(payload, 0)
        for _ in range(count):
            client, at = protocol.read_var_uint(payload, at)
            clock, at = protocol.read_var_uint(payload, at)
            raw, at = protocol.read_var_bytes(payload, at)
            self.awareness[client] = (clock, json.loads(raw))
