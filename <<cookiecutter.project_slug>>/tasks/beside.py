"""Runs tasks beside documents: in the worker process, or in the one web process where that is all there is."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings
from django_tasks_db import DatabaseBackend

from yroom.conf import engine_settings
from yroom.stopping import process

from .interface import task_backends
from .runner import Runner

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Thread:
    """A runner in a thread, which slows the event loop no more than a page does."""

    def __init__(self) -> None:
        self._runner = Runner()
        self._thread = threading.Thread(target=self._runner.run, name="tasks", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Let the task under way end, while there is time: one that takes longer is run again, elsewhere."""
        self._runner.stop()
        deadline = asyncio.get_running_loop().time() + process.left()
        while self._thread.is_alive() and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)


class Beside:
    """The ASGI application around another, which runs tasks while that serves what shall run them.

    A worker process is called for its "channel". In a web process without one, the first call of any kind begins it.
    """

    def __init__(self, application: Any) -> None:
        self._application = application
        self._thread: Thread | None = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Run tasks, and call the application."""
        if self._thread is None and runs_here(scope):
            self._thread = thread = Thread()
            if scope["type"] == "channel" and not scope.get("yroom.embedded"):
                try:
                    await self._application(scope, receive, send)
                finally:
                    await thread.stop()
                    self._thread = None
                return
            process.watch(thread)
        await self._application(scope, receive, send)


def runs_here(scope: dict[str, Any]) -> bool:
    """Whether tasks are to be run in a process that serves this."""
    if settings.TASKS_ALONE or not isinstance(task_backends["default"], DatabaseBackend):
        return False
    if scope["type"] == "channel":
        return True
    embedded = engine_settings().embedded
    layer = get_channel_layer(engine_settings().channel_layer)
    return isinstance(layer, InMemoryChannelLayer) if embedded is None else embedded
