"""Loading: what is stored of a room becomes its document, in turns with whatever else the worker does."""

import asyncio
import time
from concurrent.futures import Executor
from itertools import chain
from typing import Final

from ..crdt import causal_order, library, slices
from ..crdt.room import Room
from ..exceptions import RoomDamagedError

# Seconds that stored updates are applied for before the event loop gets a turn again.
TURN: Final = 0.005


async def restore(room: Room, stored: list[bytes], snapshot: bytes | None, threads: Executor) -> None:
    """Restore a document from those updates that lack nothing: as `join()`, but with regard for others.

    Raises RoomDamagedError.
    """
    lacking: list[bytes] = []
    if not await _restore_as_it_came(room, stored, threads):
        loop = asyncio.get_running_loop()
        ordered = await loop.run_in_executor(threads, causal_order.order, stored, room.document.roots)
        room.document.reset()
        # What is wrong in the log does not keep people out: compaction sets it aside.
        if snapshot is not None and snapshot in ordered.wrong:
            raise RoomDamagedError(ordered.wrong[snapshot])
        await _restore_all(room, [update for update, _ in ordered.ready], threads)
        lacking = ordered.lacking
    room.document.restored(lacking)


async def _restore_as_it_came(room: Room, stored: list[bytes], threads: Executor) -> bool:
    room.document.reset()
    if causal_order.is_delicate(stored):
        return False
    try:
        return await _restore_all(room, stored, threads, in_order=True)
    except RoomDamagedError:
        return False


async def _restore_all(room: Room, stored: list[bytes], threads: Executor, *, in_order: bool = False) -> bool:
    """Restore from updates; with `in_order`, give up and return False at the first that lacks something."""
    started = time.monotonic()
    for update in stored:
        some = None
        if len(update) >= slices.LARGE:
            some = await asyncio.get_running_loop().run_in_executor(threads, slices.cut, update)
        for _ in chain(room.document.restoring(update, some), (None,)):
            if time.monotonic() - started > TURN:
                await asyncio.sleep(0)
                started = time.monotonic()
        # Later the document may have a gap, and say that it has all.
        if in_order and not causal_order.is_integrated(update, library.state_of(room.document.doc)):
            return False
    return True
