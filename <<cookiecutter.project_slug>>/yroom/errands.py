"""Errands: calls to the workers that nobody waits for, such as telling open sockets what has been committed.

A page that waited for its errands would be as slow as the slowest worker, and hang for good if the event loop ended
meanwhile. So they run on the web process's event loop, some at a time, and a process that stops ends them first. Any
other process waits for them: it may end before anything else could run them.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Hashable, Mapping
from concurrent.futures import Future, wait
from contextvars import Context
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import async_to_sync

from .conf import engine_settings
from .exceptions import YroomTimeout
from .stopping import process

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
Errand = Callable[[], Awaitable[None]]

# Errands that run at once.
AT_ONCE: Final = 50
# How many times CALL_TIMEOUT is waited for an errand that makes a few calls.
LONGEST: Final = 3

# Those that somebody waits for: an event loop keeps no task from being collected.
_tasks: set[asyncio.Task[None]] = set()


class Errands:
    """The errands of one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, Errand] = {}
        self._running: asyncio.Task[None] | None = None

    def add(self, errands: Mapping[Hashable, Errand]) -> None:
        """Run errands soon; one that waits under the same key is no longer of use."""
        self._waiting.update(errands)
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="yroom errands")

    async def stop(self) -> None:
        """Wait until all are done."""
        if self._running is not None:
            await asyncio.wait([self._running])

    async def _run(self) -> None:
        try:
            while self._waiting:
                some = [self._waiting.pop(key) for key in list(self._waiting)[:AT_ONCE]]
                await run(some)
        finally:
            self._running = None


async def run(errands: list[Errand]) -> None:
    """Run errands side by side. One that fails is logged: sockets look again by themselves later."""
    for result in await asyncio.gather(*(errand() for errand in errands), return_exceptions=True):
        if isinstance(result, BaseException):
            logger.error("could not tell the workers of a change: %s: %s", type(result).__name__, result)


def soon(errands: Mapping[Hashable, Errand]) -> None:
    """Run errands, from any thread: in a web server without waiting for them, elsewhere to their end.

    A command, a shell, a task or a test may end right after this, and its event loop, if it has one, with it: nobody
    would run what it still owed. It waits no longer than each errand does for a worker that does not answer.
    """
    if not errands:
        return
    loop = process.loop
    if loop is not None:
        # Not in the caller's context: what it holds of a request, such as the thread for queries, ends with it.
        loop.call_soon_threadsafe(_add, errands, context=Context())
    elif _in_event_loop():
        # Django lets queries through here only if told to. A loop cannot wait for another one, its thread can.
        waiting = threading.Thread(target=_finish, args=(errands,), name="yroom errands")
        waiting.start()
        waiting.join()
    else:
        _finish(errands)


def finished(errand: Callable[[], Awaitable[Result]]) -> Result:
    """Run an errand and wait for it, in a thread of its own or of a page; it is for who must know how it went.

    Raises what it raises, and YroomTimeout where the event loop ends meanwhile, and takes the errand with it.
    """
    loop = process.loop
    if loop is None:
        return async_to_sync(errand, force_new_loop=True)()
    ended: Future[Result] = Future()

    async def run_it() -> None:
        try:
            ended.set_result(await errand())
        except Exception as error:
            ended.set_exception(error)

    def begin() -> None:
        task = loop.create_task(run_it())
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)

    # Not in the caller's context: see soon().
    loop.call_soon_threadsafe(begin, context=Context())
    if not wait([ended], LONGEST * engine_settings().call_timeout).done:
        raise YroomTimeout("the process ends")
    return ended.result()


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _finish(errands: Mapping[Hashable, Errand]) -> None:
    """Run errands to their end: on an event loop of their own, but what they ask the database in this thread."""
    async_to_sync(_run_all, force_new_loop=True)(errands)


async def _run_all(errands: Mapping[Hashable, Errand]) -> None:
    all_of_them = Errands()
    all_of_them.add(errands)
    await all_of_them.stop()


_errands: WeakKeyDictionary[asyncio.AbstractEventLoop, Errands] = WeakKeyDictionary()


def _add(errands: Mapping[Hashable, Errand]) -> None:
    loop = asyncio.get_running_loop()
    if loop not in _errands:
        _errands[loop] = Errands()
        process.watch(_errands[loop], first=True)
    _errands[loop].add(errands)
