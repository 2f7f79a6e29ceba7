"""The worker as a Channels application, routed under the "channel" protocol in asgi.py."""

import asyncio
import atexit
from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import AsyncConsumer

from .calls import layer_and_mode
from .worker import Worker


class YRoomChannelConsumer(AsyncConsumer):  # type: ignore[misc]
    """Runs the worker for the channel it is routed under.

    `manage.py yroom` (or, embedded, the web process) calls it once with a scope of type "channel", and sends it a
    message of type "shutdown"; it answers "shutdown.complete" once everything is committed.
    """

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Serve until the shutdown message; raise if the worker fails."""
        layer, _ = layer_and_mode()
        embedded = scope.get("yroom.embedded", False)
        worker = Worker(scope.get("yroom.layer", layer), scope["channel"], scope.get("yroom.shards"), embedded=embedded)
        if embedded:
            # A web server ends its event loop without a word; what is queued then is committed on the way out.
            atexit.register(worker.writer.flush)
        serving = asyncio.create_task(worker.run())
        listening = asyncio.create_task(self._wait_for_shutdown(receive, worker))
        try:
            await serving
        finally:
            listening.cancel()
            if embedded:
                atexit.unregister(worker.writer.flush)
        await send({"type": "shutdown.complete"})

    async def _wait_for_shutdown(self, receive: Callable[[], Awaitable[dict[str, Any]]], worker: Worker) -> None:
        while (await receive())["type"] != "shutdown":
            pass
        worker.stop()
