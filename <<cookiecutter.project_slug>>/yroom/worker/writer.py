"""The write queue: all rooms' updates, committed together at most every few milliseconds.

What cannot be stored is kept and tried again with growing pauses, room by room where a shared commit failed, so that
one room's trouble stays there.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from msgspec import Struct

from ..exceptions import FencedError
from ..store.base import Entry, RoomStorage, get_storage
from ..store.connections import with_database
from ..store.fences import Fence
from .threads import end

logger = logging.getLogger(__name__)

# Seconds from the start of one try to that of the next; the time that a try takes is part of it.
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 1.0
# Rooms that fail one after the other until the store itself is taken for broken and the others are not tried.
TRIES: Final = 3
# Seconds a commit may take until people are told that saving does not work at the moment.
SLOW: Final = 3.0
# Seconds from the first update of a commit to its start: what it brought is sent to the others before, as the thread
# that commits takes the processor from that.
BEHIND: Final = 0.001


class Queued(Struct):
    """An update to be stored, and a mark to be reported once that and all before it in its room is stored."""

    room: str
    entry: Entry | None
    mark: Any = None
    fence: Fence | None = None  # under which it was taken


@dataclass(slots=True)
class Failing:
    """What a room could not store yet."""

    queue: list[Queued]
    pause: float
    due: float


class Writer:
    """Commits what rooms put into the queue and reports marks that have become durable.

    `saved(marks)` is called after each commit, `failing(room, bool)` when a room's commits start or stop to fail, or to
    take too long, and `fenced(fences)` when what was taken under these is dropped, as others have claimed it.
    """

    def __init__(
        self,
        interval: float,
        saved: Callable[[list[Any]], None],
        failing: Callable[[str, bool], None],
        fenced: Callable[[set[Fence]], None] = lambda void: None,
    ) -> None:
        self._interval = interval
        self._report_fenced = fenced
        self._saved = saved
        self._report_failing = failing
        self._queue: list[Queued] = []
        self._pending: dict[str, int] = {}  # updates by room
        self._committing: list[Queued] = []
        self._failing: dict[str, Failing] = {}
        self._told: set[str] = set()  # rooms that were told that saving does not work
        self._started = 0.0  # when the last commit began
        self._turn: asyncio.Future[None] | None = None  # of the next
        self._timer: asyncio.Handle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        # A thread of its own: commits keep their order, and the event loop never waits for a disk.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="yroom-commit")

    def store(self, room: str, update: bytes, user: str, fence: Fence | None = None, live: bool = True) -> None:
        """Queue an update."""
        self._pending[room] = self._pending.get(room, 0) + 1
        self._put(Queued(room, Entry(room, update, user, fence, live), fence=fence))

    def mark(self, room: str, mark: Any, fence: Fence | None = None) -> None:
        """Report `mark` once all that was queued for this room before is durable; at once if it is already.

        Never, if another worker claims the room first and the mark belongs to what was taken before.
        """
        if room in self._pending:
            last = self._queue[-1] if self._queue else None
            if last is not None and last.room == room and last.mark is None and last.fence == fence:
                last.mark = mark
            else:
                self._put(Queued(room, None, mark, fence))
        else:
            self._saved([mark])

    def is_pending(self, room: str) -> bool:
        """Whether anything of a room waits to be stored."""
        return room in self._pending

    def pending(self, room: str, fence: Fence | None = None) -> list[bytes]:
        """A room's updates, of those taken under a fence, that are not yet known to be stored."""
        failing = self._failing[room].queue if room in self._failing else []
        queue = [*self._committing, *failing, *self._queue]
        return [q.entry.update for q in queue if q.room == room and q.entry and q.fence == fence]

    async def run(self) -> None:
        """Commit for ever."""
        loop = asyncio.get_running_loop()
        while True:
            self._turn = loop.create_future()
            if self._queue or self._failing:
                self._schedule()
            await self._turn
            self._started = loop.time()
            self._committing, self._queue = self._queue, []
            for failing in self._failing.values():
                if failing.due <= self._started:
                    self._committing += failing.queue
                    failing.queue = []
            if not await self._try(self._committing):
                await self._try_each(self._committing, self._started)
            self._committing = []
            if not self._pending and not self._queue:
                self._idle.set()

    def _schedule(self) -> None:
        """Have the next commit begin for what is queued, or for a room that is to be tried again."""
        loop = asyncio.get_running_loop()
        due = [failing.due for failing in self._failing.values()] if self._failing else []
        if self._queue:
            due.append(max(self._started + self._interval, loop.time() + BEHIND))
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(min(due), self._begin) if due else None

    def _begin(self) -> None:
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)

    async def drain(self, timeout: float) -> bool:
        """Wait until everything is durable; return whether that came true within `timeout` seconds."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout)
        except TimeoutError:
            return False
        return True

    def flush(self) -> None:
        """Store everything from the calling thread: the last resort at exit, when no event loop runs any more."""
        self._thread.shutdown(wait=True)
        queue = [
            *self._committing,
            *(q for failing in self._failing.values() for q in failing.queue),
            *self._queue,
        ]
        self._committing, self._failing, self._queue = [], {}, []
        self._pending.clear()
        rooms: dict[str, list[Entry]] = {}
        for queued in queue:
            if queued.entry:
                rooms.setdefault(queued.room, []).append(queued.entry)
        for room, entries in rooms.items():
            try:
                _append(entries)
            except Exception:
                logger.exception("yroom could not store the last %d updates of %s", len(entries), room)

    def close(self) -> None:
        """Stop the commit thread."""
        self._thread.shutdown(wait=False)

    def _put(self, queued: Queued) -> None:
        failing = self._failing.get(queued.room) if self._failing else None
        if failing is None and self._queue:
            self._queue.append(queued)  # behind others that are awaited already
            return
        (failing.queue if failing else self._queue).append(queued)
        self._idle.clear()
        self._schedule()

    async def _try_each(self, queue: list[Queued], started: float) -> None:
        """Commit room by room what could not be committed together."""
        rooms: dict[str, list[Queued]] = {}
        for queued in queue:
            rooms.setdefault(queued.room, []).append(queued)
        failures = 0
        for room, part in rooms.items():
            if len(rooms) > 1 and failures < TRIES and await self._try(part):
                failures = 0
                continue
            failures += 1
            self._fail(room, part, started)

    async def _try(self, queue: list[Queued]) -> bool:
        entries = [queued.entry for queued in queue if queued.entry]
        if entries:
            try:
                await self._store(entries)
            except FencedError as error:
                self._drop(error.void)
                return bool(error.void) and await self._try(queue)
            except Exception as error:
                rooms = {queued.room for queued in queue}
                logger.error("yroom could not store %d updates of %d rooms: %s", len(entries), len(rooms), error)
                return False
            self._count_down(queue)
        for room in {queued.room for queued in queue} if self._failing or self._told else ():
            if room in self._failing and not self._failing[room].queue:
                del self._failing[room]
            if room not in self._failing:
                self._tell(room, False)
        marks = [queued.mark for queued in queue if queued.mark is not None]
        if marks:
            self._saved(marks)
        return True

    def _store(self, entries: list[Entry]) -> asyncio.Future[None]:
        """Store entries in the thread. As `run_in_executor()`, which takes dozens of calls for it."""
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[None] = loop.create_future()
        slow = loop.call_later(SLOW, self._be_slow, stored)

        def came(error: BaseException | None) -> None:
            slow.cancel()
            end(stored, error)

        def work() -> None:
            failed: BaseException | None = None
            try:
                _append(entries)
            except BaseException as error:  # whatever it is, somebody waits for it
                failed = error
            with suppress(RuntimeError):  # the event loop has ended
                loop.call_soon_threadsafe(came, failed)

        self._thread.submit(work)
        return stored

    def _be_slow(self, stored: asyncio.Future[None]) -> None:
        """A commit takes too long: people are told, also those who write something meanwhile."""
        if not stored.done():
            asyncio.get_running_loop().call_later(SLOW, self._be_slow, stored)
            for room in list(self._pending):
                self._tell(room, True)

    def _drop(self, void: set[Fence]) -> None:
        """Forget what was taken under these fences: those who sent it were not told that it is saved."""
        failing = [queued for each in self._failing.values() for queued in each.queue]
        for queued in [*self._committing, *failing, *self._queue]:
            if queued.fence in void:
                # At once: one that failed a moment ago stands in two of them, and is counted the first time.
                self._count_down([queued])
                queued.entry = queued.mark = None
        self._report_fenced(void)

    def _count_down(self, queue: list[Queued]) -> None:
        pending = self._pending
        for queued in queue:
            if queued.entry:
                pending[queued.room] -= 1
                if not pending[queued.room]:
                    del pending[queued.room]

    def _fail(self, room: str, queue: list[Queued], started: float) -> None:
        failing = self._failing.get(room)
        if failing is None:
            # What was queued for the room meanwhile belongs behind what failed.
            later = [queued for queued in self._queue if queued.room == room]
            self._queue = [queued for queued in self._queue if queued.room != room]
            self._failing[room] = Failing(queue + later, FIRST_PAUSE, started + FIRST_PAUSE)
            self._tell(room, True)
        else:
            failing.queue = queue + failing.queue
            failing.pause = min(failing.pause * 2, LONGEST_PAUSE)
            # Several workers, which the same failure met, do not all come back in the same moment.
            failing.due = started + failing.pause * random.uniform(0.5, 1.0)  # noqa: S311

    def _tell(self, room: str, failing: bool) -> None:
        if failing != (room in self._told):
            (self._told.add if failing else self._told.discard)(room)
            self._report_failing(room, failing)


def _append(entries: Iterable[Entry]) -> None:
    """Store entries, grouped by the storage their rooms use."""
    by_storage: dict[int, tuple[RoomStorage, list[Entry]]] = {}
    for entry in entries:
        storage = get_storage(entry.room)
        by_storage.setdefault(id(storage), (storage, []))[1].append(entry)
    for storage, part in by_storage.values():
        with_database(partial(storage.append, part))
