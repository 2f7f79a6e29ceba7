"""A TCP proxy that can be cut like a cable: what was connected hangs for ever, and nobody is told."""

import asyncio
from typing import Self


class Proxy:
    """Passes connections on to a port, or a Unix socket, of this machine."""

    def __init__(self, target: int | str) -> None:
        self.port = 0
        self._target = target
        self._cut = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        for writer in self._writers:
            writer.close()

    def cut(self) -> None:
        """From now on nothing passes: not through new connections before `mend()`, and never again through old ones."""
        self._cut.set()
        for task in self._tasks:
            task.cancel()

    def mend(self) -> None:
        """Let new connections pass."""
        self._cut = asyncio.Event()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        if self._cut.is_set():
            return
        if isinstance(self._target, int):
            onward, back = await asyncio.open_connection("127.0.0.1", self._target)
        else:
            onward, back = await asyncio.open_unix_connection(self._target)
        self._writers.append(back)
        for source, sink in ((reader, back), (onward, writer)):
            task = asyncio.create_task(self._pass(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        sink.close()
