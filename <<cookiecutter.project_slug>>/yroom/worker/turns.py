"""When rooms broadcast: as soon as all is taken that has come by now.

So a process with time to spare sends each edit at once. In one that is busy more has come by the time it gets there,
and shares a frame: nobody has to wait for that, and nothing has to be measured.
"""

import asyncio
import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Turns:
    """What is to be done at the end of this turn of the event loop. `then` is called behind it."""

    def __init__(self, then: Callable[[], None]) -> None:
        self._actions: list[Callable[[], None]] = []
        self._then = then

    def add(self, action: Callable[[], None]) -> None:
        """Do something at the end of this turn."""
        if not self._actions:
            asyncio.get_running_loop().call_soon(self._end)
        self._actions.append(action)

    def _end(self) -> None:
        actions, self._actions = self._actions, []
        for action in actions:
            try:
                action()
            except Exception:
                logger.exception("yroom failed on a broadcast")
        self._then()
