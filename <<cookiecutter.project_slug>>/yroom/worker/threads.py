"""Threads for what asks the database: a few as long as they get on, and more beside those that hang."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from ..store.connections import with_database

Result = TypeVar("Result")

# Threads at work at once; one that has taken so many seconds counts no more.
AT_WORK: Final = 4
HANGING: Final = 1.0


class PatientThreads:
    """Runs functions in threads, up to `most`; those that hang do not hold up the others as long as there are more."""

    def __init__(self, most: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(max(most, 1), thread_name_prefix=name)
        self._turn = asyncio.Semaphore(AT_WORK)

    async def run(self, function: Callable[[], Result]) -> Result:
        """Run a function in a thread when it is its turn; return or raise what it does."""
        async with self._turn:
            loop = asyncio.get_running_loop()
            work: asyncio.Future[Any] = loop.run_in_executor(self._executor, with_database, function)
            await asyncio.wait([work], timeout=HANGING)
        result: Result = await work
        return result

    def shutdown(self) -> None:
        """Begin nothing more, and wait for nothing."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def end(future: asyncio.Future[None], error: BaseException | None = None) -> None:
    """End a future, unless who waited for it has gone."""
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
