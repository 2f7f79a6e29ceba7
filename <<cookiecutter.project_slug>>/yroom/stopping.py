"""The end of a web process: what was taken in is stored and told, and everybody is sent elsewhere, within STOP_SECONDS.

The signals to stop are heard before the server sees them, and passed on to it once all is done: so the sockets are
still open meanwhile, under any server. hypercorn's processes get no signal: they are looked after below. A server that
stops for other reasons says so if it speaks ASGI's lifespan protocol and the site's application listens (`Lifespan`).
Whatever else may hang in the process, a page that waits for a lock or a thread that waits for the database: a second
later it is over.
"""

import asyncio
import faulthandler
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any, Final, Protocol
from weakref import WeakSet, ref

from .conf import engine_settings

logger = logging.getLogger(__name__)

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
# Seconds after STOP_SECONDS in which the process is ended, whatever it is at.
GRACE: Final = 1.0
# The part of STOP_SECONDS that pages on their way, and what is to be told because of them, may take.
FIRST: Final = 0.3
# Seconds between two looks whether the parent process has said that this one is to stop.
LOOK: Final = 0.1


class Part(Protocol):
    """Something that is to end in order."""

    async def stop(self) -> None:
        """End; `process.left()` says how long that may take."""


class Process:
    """What is to be stopped in this process, and how far that has come."""

    def __init__(self) -> None:
        self._first: WeakSet[Part] = WeakSet()
        self._then: WeakSet[Part] = WeakSet()
        self._loop: ref[asyncio.AbstractEventLoop] | None = None
        self._id = 0  # of the process that runs it: one that is forked from it has a copy, which nobody runs
        self._previous: dict[int, Any] = {}  # what the server, or Python, does on a signal
        self._signalled: set[int] = set()
        self._deadline: float | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None  # to the parent process
        self._ending: threading.Thread | None = None

    def watch(self, part: Part | None = None, *, first: bool = False) -> None:
        """Hear of the end of the running event loop, and stop a part of it then; `first` those that need the others."""
        loop = asyncio.get_running_loop()
        if self._loop is None or self._loop() is not loop:
            self._loop, self._deadline, self._stopping, self._listening = ref(loop), None, None, None
            self._id = os.getpid()
        if part is not None:
            (self._first if first else self._then).add(part)
        if threading.current_thread() is threading.main_thread():
            self._hear()
        told = _told_by_parent()
        if told is not None and self._listening is None:
            self._listening = loop.create_task(self._listen(told), name="yroom listens to the parent process")

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The event loop that is watched, if it runs."""
        loop = self._loop() if self._loop is not None else None
        return loop if loop is not None and loop.is_running() and self._id == os.getpid() else None

    def left(self) -> float:
        """Seconds until all should have been stored and told."""
        if self._deadline is None:
            return engine_settings().stop_seconds
        return max(0.0, self._deadline - time.monotonic())

    def begin(self) -> None:
        """From now on time runs out."""
        if self._deadline is None:
            self._deadline = time.monotonic() + engine_settings().stop_seconds

    async def stop(self) -> None:
        """Stop all parts. Whoever asks again waits with the first."""
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop())
        await asyncio.shield(self._stopping)

    async def _stop(self) -> None:
        self.begin()
        given_up = time.monotonic() + FIRST * self.left()
        for _ in range(2):
            # What the last page has changed is to be told, too.
            await _all([part.stop() for part in self._first], max(0.0, given_up - time.monotonic()))
        await _all([part.stop() for part in self._then], self.left())

    def end_anyway(self) -> None:
        """End the process when its time is up, if it has not ended by then. The time runs from the first call."""
        if self._ending is None:
            seconds = engine_settings().stop_seconds + GRACE
            self._ending = threading.Thread(target=_end_after, args=(seconds,), name="yroom-end", daemon=True)
            self._ending.start()

    # hypercorn's parent process

    async def _listen(self, told: Callable[[], bool]) -> None:
        # It asks again and again, as hypercorn does: who dies while it waits for the event holds up whoever sets it.
        while not told():
            await asyncio.sleep(LOOK)
        logger.info("yroom is told by hypercorn to stop")
        self.end_anyway()
        await self.stop()

    # Signals

    def _hear(self) -> None:
        for number in SIGNALS:
            previous = signal.getsignal(number)
            default = previous == signal.SIG_DFL and number == signal.SIGTERM
            if previous != self._on_signal and (callable(previous) or default):
                self._previous[number] = previous
                signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        loop = self.loop
        if loop is None or number in self._signalled:
            # Nothing to stop here; or somebody who cannot wait.
            self._pass_on(number, frame)
            return
        self._signalled.add(number)
        self.end_anyway()
        loop.call_soon_threadsafe(self._stop_and_pass_on, number)

    def _stop_and_pass_on(self, number: int) -> None:
        logger.info("yroom received %s and stops", signal.Signals(number).name)
        stopping = asyncio.ensure_future(self.stop())
        stopping.add_done_callback(lambda _: self._pass_on(number, None))

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        previous = self._previous[number]
        if callable(previous):
            previous(number, frame)
        else:
            signal.signal(number, previous)
            signal.raise_signal(number)


def _told_by_parent() -> Callable[[], bool] | None:
    """What says whether hypercorn's parent process has been told to stop, in one of its children.

    These close no socket by themselves and wait for those that are open: three seconds, from Python 3.12 on without
    end. Only then does ASGI's lifespan protocol speak. Before, there is only an event, which is given to nobody but the
    function that the process runs.
    """
    given: dict[str, Any] = getattr(multiprocessing.current_process(), "_kwargs", {})
    event = given.get("shutdown_event")
    return event.is_set if event is not None else None


async def _all(stopping: list[Awaitable[None]], seconds: float) -> None:
    tasks = [asyncio.ensure_future(each) for each in stopping]
    if not tasks:
        return
    done, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        logger.warning("yroom did not wait any longer for %r", task)
        task.cancel()
    for task in done:
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("yroom failed to stop", exc_info=error)


def _end_after(seconds: float) -> None:
    time.sleep(seconds)
    logger.error("yroom ends the process, which did not stop in time; what its threads are at is printed")
    faulthandler.dump_traceback(sys.__stderr__ or 2)
    logging.shutdown()
    os._exit(1)


process = Process()


class Lifespan:
    """ASGI's lifespan protocol, for asgi.py: `"lifespan": Lifespan()` in the ProtocolTypeRouter."""

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Hear when the server starts and stops, and tell it when it may go on."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                process.watch()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if multiprocessing.parent_process() is not None:
                    # The signal went to the parent, and the process is for nothing else.
                    process.end_anyway()
                await process.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return
