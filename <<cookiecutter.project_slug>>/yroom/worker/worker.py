"""The worker: claims shards, answers the web processes' links, and serves the rooms of its shards.

Everything happens on one event loop; only the database is used from threads. A room's own doings are in open_room.py.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from ..conf import engine_settings
from ..crdt import causal_index
from ..crdt.clients import Client
from ..sharding import shard_of, shards_of
from ..stopping import process
from ..store.connections import break_connections, with_database
from ..store.fences import Fence
from ..wire import frames
from ..wire.frames import Beat, Call, Claimed, Close, Data, Frame, Hello, Item
from ..wire.mailbox import mailbox_on
from .alone import Alone
from .desk import Desk
from .following import Following
from .hubs import Hubs, WebProcess
from .leases import Leases, Round, SoleLeases
from .open_room import OpenRoom
from .results import Results
from .threads import PatientThreads
from .turns import Turns
from .writer import Writer

logger = logging.getLogger(__name__)

# Seconds before a room that could not be loaded is tried again, and the longest such time.
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
# Threads that read large frames and documents.
READERS: Final = 4
# Of the seconds a stopping worker has for its last commit, those it leaves for giving up its shards.
RETIRE: Final = 1.0
# Lease times after which a worker says again what is its, in case that the first time went unheard.
CLAIM_AGAIN: Final = 5
# How many times LINK_BUFFER_SIZE may be kept of calls that travel in pieces.
PARCELS: Final = 2


@dataclass(slots=True)
class Quarantine:
    """A room that could not be loaded: its clients are refused until `until`."""

    until: float
    pause: float


class Worker:
    """Serves the shards of one base channel over a channel layer, alone or together with other workers."""

    def __init__(
        self,
        layer: Any,
        channel: str,
        shards: list[str] | None = None,
        *,
        embedded: bool = False,
        alone: Callable[[bool], None] = lambda alone: None,
    ) -> None:
        self.settings = engine_settings()
        self.id = f"{channel}.{secrets.token_hex(8)}"
        self.rooms: dict[str, OpenRoom] = {}
        self.held: dict[str, int] = {}  # shards and the terms of their leases
        self.writer = Writer(self.settings.commit_interval, self._saved, self._storage_failing, self._fenced)
        self.following = Following(self.spawn)
        # Two kinds, so that frames are read while the database hangs.
        self.threads: Executor = ThreadPoolExecutor(READERS, thread_name_prefix="yroom-read")
        self.database = PatientThreads(self.settings.database_threads, "yroom-store")
        self._mailbox = mailbox_on(layer, self._deliver, lasting=True)
        self.turns = Turns(self._mailbox.flush)
        self._embedded = embedded
        self._alone = Alone(self.settings, alone)
        self._desk = Desk(self)
        self._leases = (SoleLeases if embedded else Leases)(self.id, channel, shards or shards_of(channel))
        self._lease_thread = ThreadPoolExecutor(1, thread_name_prefix="yroom-lease")
        self.hubs = Hubs(self._mailbox, self._take)
        self._quarantine: dict[str, Quarantine] = {}
        self._results = Results(self._mailbox, self._desk.do, self.spawn, PARCELS * self.settings.link_buffer_size)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = asyncio.Event()
        self._deaf = False

    # Life

    async def run(self) -> None:
        """Serve until `stop()`, then let go of everything in order. Raises if a part of the worker fails."""
        self._loop = asyncio.get_running_loop()
        parts: list[asyncio.Task[Any]] = [
            asyncio.create_task(self.writer.run(), name="yroom writer"),
            asyncio.create_task(self._keep_leases(), name="yroom leases"),
            asyncio.create_task(self._beat(), name="yroom beat"),
            asyncio.create_task(self._stopping.wait(), name="yroom stop"),
        ]
        if self._embedded:
            parts.append(asyncio.create_task(self._desk.watch_repairs(), name="yroom repairs"))
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            await self._let_go()
        except asyncio.CancelledError:
            # The event loop ends, and what the writer was at with it; this it still waits for.
            await self._loop.run_in_executor(self._lease_thread, self.flush)
            raise
        finally:
            self._deaf = True
            for task in [*parts, *self._tasks]:
                task.cancel()
            await asyncio.gather(*parts, *self._tasks, return_exceptions=True)
            await self._mailbox.close()
            self.writer.close()
            self.following.close()
            self.threads.shutdown(wait=False)
            self.database.shutdown()
            self._lease_thread.shutdown(wait=False)

    def stop(self) -> None:
        """Ask the worker to commit what it holds, give up its shards and return from `run()`."""
        self._stopping.set()

    def flush(self) -> None:
        """Store what is queued and give everything up, from any thread: no event loop does it any more."""
        self.writer.flush()
        try:
            with_database(self._leases.retire)
        except Exception as error:
            logger.warning("yroom could not give up its shards: %s", error)

    async def _let_go(self) -> None:
        # From here on nothing is taken in, so that all that was taken in is committed and confirmed at the farewell.
        self._deaf = True
        for opened in self.rooms.values():
            opened.flush()
            opened.room.document.set_aside()
        if not await self.writer.drain(max(RETIRE, process.left() - 3 * RETIRE)):
            logger.error("yroom stops although not everything could be stored; the web processes will send it again")
        await self.following.drain(RETIRE)
        self._lose(list(self.held))
        try:
            async with asyncio.timeout(RETIRE):
                await self._in_lease_thread(self._leases.retire)
        except Exception as error:
            logger.warning("yroom could not give up its shards, which others take when their time is up: %s", error)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.settings.heartbeat_seconds)
            self._mailbox.beat()
            now = self._loop.time()
            break_connections(self.settings.database_timeout)
            self._results.sweep()
            self.hubs.beat(now, self.settings.web_timeout)
            for name, quarantine in list(self._quarantine.items()):
                if now > quarantine.until + LONGEST_PAUSE:
                    del self._quarantine[name]

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine that ends with the worker."""
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("yroom failed in the background", exc_info=error)

    # Shards

    async def _keep_leases(self) -> None:
        await self._mailbox.open()
        announced = 0.0
        while True:
            wait = self.settings.lease_seconds / 4
            try:
                result: Round = await self._in_lease_thread(self._leases.renew)
            except Exception as error:
                # Nobody else can claim what this worker holds while the database is away, so it goes on serving.
                logger.warning("yroom could not renew its leases: %s", error)
            else:
                lost = [shard for shard, term in self.held.items() if result.held.get(shard) != term]
                if lost:
                    logger.warning("yroom lost %s to another worker", ", ".join(lost))
                    self._lose(lost)
                new = result.held.keys() - self.held.keys()
                for shard in new:
                    self._mailbox.listen(shard)
                self.held = dict(result.held)
                if new or self._loop.time() > announced + CLAIM_AGAIN * self.settings.lease_seconds:
                    announced = self._loop.time()
                    for shard, term in self.held.items():
                        self._mailbox.post(shard, Claimed(shard, term))
                if result.excess:
                    await self._hand_over(result.excess)
                if self._embedded:
                    self._alone.look(self._loop.time(), holds=bool(self.held))
                wait = result.wait
            await asyncio.sleep(wait)

    def _lose(self, shards: list[str]) -> None:
        """Stop to serve shards: tell the hubs and forget the rooms. What is queued is stored unless it is too late."""
        for shard in shards:
            del self.held[shard]
            self._mailbox.ignore(shard)
        self._mailbox.flush()
        self.hubs.farewell(shards)
        for opened in [opened for opened in self.rooms.values() if opened.shard in shards]:
            opened.lost = True
            self.close_room(opened)

    def _fenced(self, void: set[Fence]) -> None:
        """A commit found that these claims are void."""
        lost = [fence.shard for fence in void if self.held.get(fence.shard) == fence.term]
        if lost:
            logger.warning("yroom lost %s to another worker", ", ".join(lost))
            self._lose(lost)

    async def _hand_over(self, shards: list[str]) -> None:
        """Give shards to workers that have fewer."""
        for opened in self.rooms.values():
            if opened.shard in shards:
                opened.flush()
        # Not for long, as no lease is renewed meanwhile. What is still queued then is also kept by the web processes.
        await self.writer.drain(self.settings.lease_seconds / 4)
        self._lose(shards)
        try:
            await self._in_lease_thread(partial(self._leases.release, shards))
        except Exception as error:
            logger.warning("yroom could not give up %s: %s", ", ".join(shards), error)

    async def _in_lease_thread(self, function: Callable[[], Any]) -> Any:
        return await self._loop.run_in_executor(self._lease_thread, with_database, function)

    # Links

    def _deliver(self, frame: Frame, sender: str) -> None:
        if self._deaf:
            return
        match frame:
            case Data() | Beat():
                self.hubs.receive(frame, sender)
            case Hello(shard, session) if shard in self.held:
                self.hubs.welcome(shard, session, self.held[shard], sender)
            case Claimed(shard, term) if term > self.held.get(shard, term):
                # A worker that cannot ask the database, or was frozen, learns here that its lease has gone to another.
                logger.warning("yroom lost %s to another worker", shard)
                self._lose([shard])
            case Call(shard) if shard in self.held:
                self._results.take(frame)

    # What hubs ask for

    def _take(self, hub: WebProcess, item: Item) -> None:
        """Do what a hub asks; what goes wrong with it changes nothing for what comes after it."""
        if self._deaf:
            return
        try:
            match item:
                case frames.FromBrowser(room, connection, number, frame):
                    if (opened := self.rooms.get(room)) is not None:
                        if opened.inbox.ready:
                            opened.receive(connection, number, frame)
                        else:
                            opened.inbox.when_ready(partial(opened.receive, connection, number, frame))
                case frames.Join():
                    self._join(hub, item)
                case frames.Connections(ids):
                    self.hubs.leave_all(hub, set(ids))
                case frames.Change(room, connection, info):
                    self._when_ready(room, OpenRoom.change, connection, info)
                case frames.Leave(room, connection):
                    self._when_ready(room, OpenRoom.leave, connection)
                case frames.Resync(room, connection):
                    self._when_ready(room, OpenRoom.resync, connection)
        except Exception:
            logger.exception("yroom failed on an item from %s", hub.mailbox)

    def _when_ready(self, room: str, action: Callable[..., None], *arguments: Any) -> None:
        """Do something with a room once its document is loaded, if it is open."""
        if (opened := self.rooms.get(room)) is not None:
            opened.inbox.when_ready(partial(action, opened, *arguments))

    def _join(self, hub: WebProcess, item: frames.Join) -> None:
        known: dict[str, Any] = {**item.info, "roots": causal_index.roots(item.info.get("roots"))}
        client = Client(item.connection, hub, **known, documents=item.documents)
        opened = self.open_room(item.room)
        if opened is None:
            reason = "quarantined: the document could not be loaded"
            self.hubs.send(hub, Close(item.connection, frames.CLOSE_FAILURE, reason))
        else:
            hub.rooms.add(opened)
            admit = partial(opened.admit, client, item.again, item.awareness)
            opened.inbox.when_ready(admit, partial(opened.refuse, client))

    def open_room(self, name: str) -> OpenRoom | None:
        """The room of that name, opened if it is not yet; None while it is quarantined."""
        opened = self.rooms.get(name)
        if opened is None:
            quarantine = self._quarantine.get(name)
            if quarantine is not None and self._loop.time() < quarantine.until:
                return None
            shard = shard_of(name)
            # Not held, there is no such claim, and nothing of it is stored.
            fence = Fence(shard, self.id, self.held.get(shard, -1))
            opened = self.rooms[name] = OpenRoom(name, shard, self, fence)
        return opened

    def close_room(self, opened: OpenRoom) -> None:
        """Forget a room."""
        opened.close()
        self.hubs.forget_room(opened)
        if self.rooms.get(opened.name) is opened:
            del self.rooms[opened.name]

    def load_failed(self, opened: OpenRoom, damaged: bool) -> None:
        """Refuse a room's clients for a while; if it is damaged, for twice as long with every failure."""
        self.close_room(opened)
        former = self._quarantine.get(opened.name)
        pause = min(former.pause * 2, LONGEST_PAUSE) if former and damaged else FIRST_PAUSE
        self._quarantine[opened.name] = Quarantine(self._loop.time() + pause, pause)

    def release(self, room: str) -> None:
        """Keep nobody out of a room any more."""
        self._quarantine.pop(room, None)

    # What the writer reports

    def _saved(self, marks: list[Any]) -> None:
        """Confirm frames to the web processes they came from, and let waiting calls go on."""
        by_hub: dict[WebProcess, dict[int, frames.Confirmed]] = {}
        for mark in marks:
            if callable(mark):
                try:
                    mark()
                except Exception:
                    # Whoever waited gave up. The marks after it are other people's.
                    logger.exception("yroom failed on what waited for a commit")
            else:
                hub, confirmed = mark
                by_hub.setdefault(hub, {})[confirmed.connection] = confirmed
        for hub, saved in by_hub.items():
            self.hubs.send(hub, frames.Saved(list(saved.values())), 32 * len(saved))

    def _storage_failing(self, room: str, failing: bool) -> None:
        opened = self.rooms.get(room)
        if opened is not None:
            opened.storage_failing(failing)
