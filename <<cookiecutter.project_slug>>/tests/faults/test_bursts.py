"""More at once than a link may keep: it takes a while, and breaks nothing."""

import asyncio
from collections.abc import Callable

from tests.yroom.client import YClient
from tests.yroom.conftest import Project

from .typists import Crowd

Sites = Callable[..., Project]

# The document will be half of the buffer, as the largest one is of the default.
SETTINGS = """
YROOM = {"LINK_BUFFER_SIZE": 1_500_000}
YROOM_SETTINGS["default"]["MAX_FRAME_SIZE"] = 1_000_000
"""
SIZE = 50_000


async def test_everybody_has_much_to_say_and_to_hear(make_site: Sites) -> None:
    """A worker dies; stock clients, which are sent the whole document, and much unsaved wait for the next."""
    site = make_site(settings=SETTINGS)
    site.start_web()
    worker = site.start_worker()
    async with Crowd(site, 12, stock=10) as crowd, YClient(site.url(crowd.rooms[0])) as author:
        await author.insert("." * SIZE + ";", 0)
        await author.until_saved()
        await crowd.stop()
        worker.kill()
        for typist in crowd.typists:
            await typist.insert("," * SIZE + ";", 0)
        await asyncio.to_thread(site.start_worker)
        await crowd.settle()
        await crowd.more()
        await crowd.settle()
        assert not crowd.closes
        assert author.close_code is None
