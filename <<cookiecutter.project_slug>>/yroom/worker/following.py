"""Following: the site's `ON_COMMIT` is called after commits, and its `ON_QUIET` when a room is quiet: see commits.py.

One thread each calls them for all rooms, one after the other: what hangs in it, or is slow, costs no document anything,
and a room in which much is written is no more often its turn than the others.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final, Protocol, TypeVar

from django.utils.module_loading import import_string

from ..commits import Committed
from ..conf import RoomSettings, engine_settings
from ..crdt import library
from ..crdt.room import Room
from ..exceptions import RoomClosedError
from ..store.connections import with_database
from .inbox import Inbox

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
Follow = Callable[[Committed], None]

# The part of ON_COMMIT_INTERVAL after which a room counts as quiet.
QUIET: Final = 0.25
# The longest time in seconds until a call that failed is tried again.
LONGEST_PAUSE: Final = 60.0


@dataclass(frozen=True)
class Occasion:
    """When a site is told of what was committed in a room, and by which of the room's settings."""

    setting: str  # that names the function
    after: Callable[[RoomSettings], float]  # seconds in which nothing more has come
    within: Callable[[RoomSettings], float]  # seconds after which it is told though more comes

    def follow_of(self, settings: RoomSettings) -> Follow | None:
        """The function that is told of such rooms, if there is one. Raises ImportError or TypeError."""
        path: str | None = getattr(settings, self.setting)
        return None if path is None else _imported(path, self.setting.upper())


@cache
def _imported(path: str, setting: str) -> Follow:
    follow: Follow = import_string(path)
    if not callable(follow):
        raise TypeError(f"{setting} names {path}, which is no function")
    return follow


ON_COMMIT: Final = Occasion(
    "on_commit", lambda settings: QUIET * settings.on_commit_interval, lambda settings: settings.on_commit_interval
)
ON_QUIET: Final = Occasion(
    "on_quiet", lambda settings: settings.quiet_after, lambda settings: max(settings.quiet_after, settings.quiet_within)
)
OCCASIONS: Final = (ON_COMMIT, ON_QUIET)


def is_followed(settings: RoomSettings) -> bool:
    """Whether anybody is told of commits in such rooms."""
    return any([occasion.follow_of(settings) is not None for occasion in OCCASIONS])  # noqa: C419 (imports all)


class Followed(Protocol):
    """An open room, of which commits are told."""

    name: str
    settings: RoomSettings
    room: Room
    inbox: Inbox
    lost: bool  # to another worker, which tells of what is committed there


@dataclass(slots=True)
class _News:
    """What is to be told of a room."""

    opened: Followed
    is_news: bool
    users: frozenset[str]
    at: float  # when the last of it came
    since: float  # when the first did


class Following:
    """Calls the site's functions for rooms of which something was committed, or that were opened."""

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._each = [_Following(spawn, occasion) for occasion in OCCASIONS]

    def tell(self, opened: Followed, *, is_news: bool, users: frozenset[str] = frozenset()) -> None:
        """Users committed something in this room; or, without news, it was opened, and may never have been told of."""
        for following in self._each:
            following.tell(opened, is_news=is_news, users=users)

    async def drain(self, timeout: float) -> None:
        """Tell what is still to be told, if it can be done in so many seconds; nothing waits for quiet any more."""
        await asyncio.gather(*(following.drain(timeout) for following in self._each))

    def close(self) -> None:
        """Stop the threads."""
        for following in self._each:
            following.close()


class _Following:
    """Calls the site's function for one occasion."""

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None]], None], occasion: Occasion) -> None:
        self._spawn = spawn
        self._occasion = occasion
        self._waiting: dict[str, _News] = {}
        self._busy: set[str] = set()  # rooms that are told of, or wait for it
        self._ending = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"yroom-{occasion.setting}")

    def tell(self, opened: Followed, *, is_news: bool, users: frozenset[str]) -> None:
        """Something of this room was committed, or it was opened."""
        follow = self._occasion.follow_of(opened.settings)
        if follow is None:
            return
        now = asyncio.get_running_loop().time()
        former = self._waiting.get(opened.name)
        if former is None:
            self._waiting[opened.name] = _News(opened, is_news, users, now, now)
        else:
            former.opened, former.at = opened, now
            former.is_news |= is_news
            former.users |= users
        if opened.name not in self._busy:
            self._busy.add(opened.name)
            self._idle.clear()
            self._spawn(self._follow(opened.name, follow))

    async def drain(self, timeout: float) -> None:
        """Tell what is still to be told, if it can be done in so many seconds; nothing waits for quiet any more."""
        self._ending.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), timeout)

    def close(self) -> None:
        """Stop the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _follow(self, name: str, follow: Follow) -> None:
        failures = 0
        try:
            while name in self._waiting:
                await self._until_quiet(name)
                news = self._waiting.pop(name)
                if await self._call(follow, news):
                    failures = 0
                    continue
                again = self._waiting.setdefault(name, news)
                again.is_news |= news.is_news
                again.users |= news.users
                failures += 1
                if self._ending.is_set():
                    return
                await self._rest(min(2.0 ** (failures - 1), LONGEST_PAUSE))
        finally:
            self._busy.discard(name)
            if not self._busy:
                self._idle.set()

    async def _until_quiet(self, name: str) -> None:
        """Wait until nothing has come for a while, but not for ever."""
        loop = asyncio.get_running_loop()
        settings = self._waiting[name].opened.settings
        after, latest = self._occasion.after(settings), self._waiting[name].since + self._occasion.within(settings)
        while (pause := min(self._waiting[name].at + after, latest) - loop.time()) > 0:
            if await self._rest(pause):
                return

    async def _rest(self, seconds: float) -> bool:
        """Let time pass, unless the worker ends; return whether it does."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)
        return self._ending.is_set()

    async def _call(self, follow: Follow, news: _News) -> bool:
        """Call the function; return whether it need not be called again for this."""
        document = _Document(news.opened, news.is_news, news.users)
        try:
            calling = partial(with_database, partial(follow, document))
            await asyncio.get_running_loop().run_in_executor(self._thread, calling)
        except RoomClosedError:
            pass  # it is told of when it is opened again
        except Exception:
            logger.exception("yroom could not tell the site what was committed in %s", news.opened.name)
            return False
        return True


class _Document:
    """An open room's document, for the thread in which the site's function runs. The document itself is the loop's."""

    def __init__(self, opened: Followed, is_news: bool, users: frozenset[str]) -> None:
        self.room = opened.name
        self.is_news = is_news
        self.users = users
        self._opened = opened
        self._loop = asyncio.get_running_loop()

    def text(self, root: str) -> str | None:
        """A root that is a text; None where there is none of that name."""
        return self._read(lambda room: library.text_of(room.document.doc, root))

    def state(self) -> bytes:
        """The whole document as one update."""
        return self._read(lambda room: room.document.encode())

    def _read(self, read: Callable[[Room], Result]) -> Result:
        answer: Future[Result] = Future()
        self._loop.call_soon_threadsafe(self._when_ready, partial(self._answer, answer, read), answer)
        return answer.result(engine_settings().call_timeout)

    def _when_ready(self, action: Callable[[], None], answer: "Future[Any]") -> None:
        opened = self._opened
        closed = RoomClosedError(f"{self.room} was closed meanwhile")
        if opened.lost or (opened.inbox.closed and not opened.inbox.ready):
            answer.set_exception(closed)
        else:
            opened.inbox.when_ready(action, partial(answer.set_exception, closed))

    def _answer(self, answer: "Future[Result]", read: Callable[[Room], Result]) -> None:
        try:
            answer.set_result(read(self._opened.room))
        except Exception as error:
            answer.set_exception(error)
