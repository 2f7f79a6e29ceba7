"""The worker that lives inside a web process, where there is only this one."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from ..conf import room_settings
from ..stopping import process

logger = logging.getLogger(__name__)


class EmbeddedWorker:
    """A worker inside the web process, started through the project's own "channel" route."""

    def __init__(self, application: Callable[[], Any], alone: Callable[[bool], None]) -> None:
        self._application = application
        self._tell_alone = alone
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._stopping = False
        self._task = asyncio.get_running_loop().create_task(self._run(), name="yroom embedded worker")

    async def _run(self) -> None:
        scope = {
            "type": "channel",
            "channel": room_settings("default").channel_name,
            "yroom.embedded": True,
            "yroom.alone": self._tell_alone,
        }
        while not self._stopping:
            try:
                await self._application()(scope, self.inbox.get, self._ignore)
            except Exception:
                logger.exception("the embedded yroom worker failed and is started again")
                await asyncio.sleep(1)

    async def stop(self) -> None:
        """Have it commit what it holds, and end."""
        self._stopping = True
        self.inbox.put_nowait({"type": "shutdown"})
        await asyncio.wait([self._task], timeout=process.left())

    async def _ignore(self, message: dict[str, Any]) -> None:
        """The worker has nothing to say to an embedding process."""
