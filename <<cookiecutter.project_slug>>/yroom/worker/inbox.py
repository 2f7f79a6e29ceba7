"""What a room is asked for: some of it waits until the document is loaded, or has taken its next step."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from functools import partial
from typing import Any

from ..crdt.steps import Steps
from ..exceptions import RoomClosedError
from .loading import TURN

logger = logging.getLogger(__name__)


class Inbox:
    """What waits for one room, with what to do instead should it never be ready. `rest` is called when nothing does."""

    def __init__(
        self,
        name: str,
        threads: Executor,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        rest: Callable[[], None],
    ) -> None:
        self.ready = False
        self.closed = False
        self._name = name
        self._threads = threads  # for steps that take the processor long
        self._spawn = spawn
        self._rest = rest
        self._waiting: list[tuple[Callable[[], None], Callable[[], None] | None]] = []

    def when_ready(self, action: Callable[[], None], otherwise: Callable[[], None] | None = None) -> None:
        """Do something now, or once the document is loaded, or something else if it cannot be."""
        if self.ready:
            action()
        else:
            self._waiting.append((action, otherwise))

    def go_on(self) -> None:
        """The document is there: take what waited."""
        self.ready = True
        # A frame among what waited may damage the document again; the rest then waits for the next load.
        while self.ready and self._waiting:
            action, _ = self._waiting.pop(0)
            try:
                action()
            except Exception:
                logger.exception("yroom failed on what waited for %s", self._name)
        if self.ready:
            self._rest()

    def step(self, steps: Steps, then: Callable[[Exception | None], None], result: Any = None) -> None:
        """Take steps, and in the end say so or what went wrong; if they take long, others have a turn in between."""
        started = time.monotonic()
        try:
            while (work := steps.send(result)) is None and time.monotonic() - started < TURN:
                result = None
        except StopIteration:
            then(None)
        except Exception as error:
            then(error)
        else:
            self.ready = False
            self._spawn(self._step_on(steps, then, work))

    async def _step_on(
        self, steps: Steps, then: Callable[[Exception | None], None], work: Callable[[], Any] | None
    ) -> None:
        action = partial(self.step, steps, then)
        if work is None:
            await asyncio.sleep(0)
        else:
            try:
                action = partial(action, await asyncio.get_running_loop().run_in_executor(self._threads, work))
            except Exception as error:
                action = partial(then, error)
        if self.closed:
            steps.close()
            then(RoomClosedError(f"{self._name} was closed meanwhile"))
        else:
            self._waiting.insert(0, (action, None))
            self.go_on()

    def close(self) -> None:
        """Take nothing any more."""
        self.closed = True
        waiting, self._waiting = self._waiting, []
        for _, otherwise in waiting:
            if otherwise is not None:
                otherwise()
