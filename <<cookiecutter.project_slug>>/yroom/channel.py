"""The worker as a Channels application, routed under the "channel" protocol in asgi.py."""

import asyncio
import atexit
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import AsyncConsumer
from channels.routing import get_default_application
from django.core.checks import ERROR
from django.core.exceptions import ImproperlyConfigured

from .checks import check_settings, server_warnings
from .hooks import check_hooks
from .wire.calls import layer_and_mode
from .worker.worker import Worker

logger = logging.getLogger(__name__)

_STORAGE = "a class named by STORAGE_BACKEND in YROOM_SETTINGS decides how rooms are kept"
_WORKER = "the worker does that itself; YroomDocument reads, edits and deletes documents from anywhere"
# What the consumer of channels-yroom has, and what is used here instead.
GONE = {
    **dict.fromkeys(("get_storage", "create_room_from_snapshot", "snapshot_room"), _STORAGE),
    **dict.fromkeys(("connect", "message", "try_room", "rpc", "respond", "disconnect", "disconnect_client"), _WORKER),
    **dict.fromkeys(("schedule_room_removal", "remove_room_soon", "remove_room", "force_remove_room"), _WORKER),
    "shutdown": "the worker has stored everything when it answers shutdown.complete",
}


class YRoomChannelConsumer(AsyncConsumer):  # type: ignore[misc]
    """Runs the worker for the channel it is routed under.

    `manage.py yroom` (or, embedded, the web process) calls it once with a scope of type "channel", and sends it a
    message of type "shutdown"; it answers "shutdown.complete" once everything is committed.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse what would silently do nothing."""
        super().__init_subclass__(**kwargs)
        check_hooks(cls, YRoomChannelConsumer, GONE)

    @classmethod
    def as_asgi(cls, **initkwargs: Any) -> Any:
        """The application. Settings that cannot be fail here, where the site starts."""
        for problem in check_settings():
            if problem.level >= ERROR:
                raise ImproperlyConfigured(problem.msg)
            logger.warning("yroom: %s", problem.msg)
        for warning in server_warnings(sys.argv):
            logger.warning("yroom: %s", warning)
        return super().as_asgi(**initkwargs)

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Serve until the shutdown message; raise if the worker fails."""
        layer, _ = layer_and_mode()
        embedded = scope.get("yroom.embedded", False)
        worker = Worker(
            scope.get("yroom.layer", layer),
            scope["channel"],
            scope.get("yroom.shards"),
            embedded=embedded,
            alone=scope.get("yroom.alone", lambda alone: None),
        )
        if embedded:
            # An event loop may end without a word to anybody; what is queued then is committed on the way out.
            atexit.register(worker.flush)
        serving = asyncio.create_task(worker.run())
        listening = asyncio.create_task(self._wait_for_shutdown(receive, worker))
        try:
            await serving
        finally:
            listening.cancel()
            if embedded:
                atexit.unregister(worker.flush)
        await send({"type": "shutdown.complete"})

    async def _wait_for_shutdown(self, receive: Callable[[], Awaitable[dict[str, Any]]], worker: Worker) -> None:
        while (await receive())["type"] != "shutdown":
            pass
        worker.stop()


def channel_application() -> Any:
    """The site's "channel" route, or a worker as it is where the site has none."""
    try:
        return get_default_application()
    except ImproperlyConfigured:
        return YRoomChannelConsumer.as_asgi()
