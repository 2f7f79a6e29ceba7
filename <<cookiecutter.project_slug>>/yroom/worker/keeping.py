"""What an open room asks of its store, in threads, and what is noted there of it; nobody is kept waiting."""

import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from ..conf import RoomSettings
from ..crdt.authors import Claim, Note
from ..crdt.confirming import Foreign
from ..exceptions import ProtocolError, RoomDamagedError, StoredRoomDamagedError
from ..store import repair, upgrade
from ..store.base import Stored, author_storage, get_storage
from ..store.fences import Fence
from .log import Log
from .threads import PatientThreads
from .writer import Writer

logger = logging.getLogger(__name__)


class KeepingHost(Protocol):
    """What is needed for that from the worker."""

    writer: Writer
    database: PatientThreads

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine that ends with the worker."""


class Keeping:
    """One room's store, as long as the room is open under a claim."""

    def __init__(self, name: str, settings: RoomSettings, host: KeepingHost, fence: Fence | None) -> None:
        self._name = name
        self._host = host
        self._fence = fence
        self._authors = author_storage(name)
        self.log = Log(settings)

    def queued(self) -> list[bytes]:
        """Updates of the room that are not known to be stored."""
        return self._host.writer.pending(self._name, self._fence)

    async def read(self) -> tuple[Stored, list[Note]]:
        """What is stored of the room, and of what is in it somebody can still confirm that it is theirs."""
        stored, unconfirmed = await self._host.database.run(self._read)
        self.log.loaded(stored)
        return stored, unconfirmed

    def _read(self) -> tuple[Stored, list[Note]]:
        stored = upgrade.load(self._name)
        return stored, [] if self._authors is None else self._authors.unconfirmed(self._name, stored)

    def compact_soon(self) -> None:
        """Fold the log into the snapshot, without waiting for it."""
        self.log.is_compacting = True
        self._host.spawn(self.compact())

    async def compact(self) -> None:
        """Fold the log into the snapshot."""
        self.log.is_compacting = True
        extent = self.log.extent(self.queued())
        size: int | None = None
        try:
            size = await self._host.database.run(partial(get_storage(self._name).compact, self._name))
        except Exception as error:
            logger.error("yroom could not compact %s: %s: %s", self._name, type(error).__name__, error)
            self.note_damage(error)
        finally:
            self.log.compacted(extent, size)

    def note_damage(self, error: Exception) -> bool:
        """Have somebody look after a room if its storage is damaged, and say whether; a database that fails is not."""
        damaged = isinstance(error, StoredRoomDamagedError | RoomDamagedError | ProtocolError)
        if damaged:
            self._write(partial(repair.note, self._name, str(error)), "note that it is damaged")
        return damaged

    async def claims(self, unsure: Mapping[int, int]) -> dict[int, Claim]:
        """Whose client ids were before these clocks, as far as it can be found out."""
        try:
            if self._authors is not None:
                return await self._host.database.run(partial(self._authors.claims, self._name, unsure))
        except Exception as error:
            # What turns out to be somebody else's is noted as that all the same, but nobody is asked to confirm it.
            logger.warning("yroom could not find out who wrote in %s: %s", self._name, error)
        return {}

    def settled(self, foreign: Sequence[Foreign], kind: int) -> None:
        """Note of operations that their owners have confirmed them, or can do so no more."""
        if self._authors is not None:
            notes = [Note(kind, each.client, each.clock, each.end - each.clock, each.owner) for each in foreign]
            self._write(partial(self._authors.note, self._name, notes), "note who wrote in it")

    def _write(self, function: Callable[[], None], what: str) -> None:
        self._host.spawn(self._written(function, what))

    async def _written(self, function: Callable[[], None], what: str) -> None:
        try:
            await self._host.database.run(function)
        except Exception as error:
            logger.error("yroom could not %s: %s: %s", what, self._name, error)
