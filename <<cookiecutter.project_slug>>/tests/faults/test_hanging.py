"""Some rooms cannot be loaded, for as long as it takes: nobody else waits for them."""

import asyncio
from collections.abc import Callable

from tests.hunts import variants
from tests.yroom.client import YClient
from tests.yroom.conftest import Project

Sites = Callable[..., Project]

# Loads rooms whose names begin with "hangs" as soon as there is a file of that name.
STORAGE = """
import time
from pathlib import Path

from yroom.store.database import DatabaseStorage


class Storage(DatabaseStorage):
    def load(self, room):
        while ".hangs" in room and not Path("released").exists():
            time.sleep(0.02)
        return super().load(room)
"""
SETTINGS = 'YROOM_SETTINGS["default"]["STORAGE_BACKEND"] = "hanging.Storage"\n'
# As many as fill the threads that are at work at once, several times.
HANGING = 12
# Bytes of a paste that is read in a thread.
PASTE = 60_000


@variants("embedded", {"embedded": True, "separate": False}, short={"separate"})
async def test_loads_that_hang_keep_nobody_else_waiting(make_site: Sites, embedded: bool) -> None:
    """Pastes into open rooms are taken, and other rooms opened; those that hang open once they can be loaded."""
    site = make_site(embedded=embedded, settings=SETTINGS)
    (site.folder / "hanging.py").write_text(STORAGE)
    await asyncio.to_thread(site.start_web)
    if not embedded:
        await asyncio.to_thread(site.start_worker)
    async with YClient(site.url("open")) as writer, YClient(site.url("open")) as reader:
        waiting = [YClient(site.url(f"hangs{number}")) for number in range(HANGING)]
        for client in waiting:
            await client.open()
        await writer.insert("p" * PASTE)
        await writer.until_saved()
        await reader.until_text("p" * PASTE)
        async with YClient(site.url("another")) as newcomer:
            await newcomer.insert("q" * PASTE)
            await newcomer.until_saved()
        assert not [client for client in waiting if client.synced or client.close_code]
        (site.folder / "released").touch()
        for client in waiting:
            await client.until(lambda client=client: client.synced)  # type: ignore[misc]
            await client.close()
