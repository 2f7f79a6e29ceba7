"""Power failures: everything is killed at random instants, and what was acknowledged is there afterwards."""

import asyncio
import random
from collections.abc import Callable

from tests.hunts import hunt, variants
from tests.yroom.conftest import Project

from .typists import Crowd

Sites = Callable[..., Project]

# Compactions so often that some of the instants are in the midst of one, and room for all that is typed meanwhile.
SETTINGS = 'YROOM_SETTINGS["default"].update(COMPACT_UPDATES=20, MAX_FRAME_SIZE=1_000_000)\n'


@hunt("HUNT_KILLS")
@variants("embedded", {"embedded": True, "separate": False}, short={"embedded", "separate"})
async def test_everything_killed_at_any_instant(make_site: Sites, embedded: bool, extent: int) -> None:
    """Half of the instants each."""
    site = make_site(embedded=embedded, postgres=not embedded, settings=SETTINGS)
    await start(site)
    async with Crowd(site, 8, rooms=4, pause=0.02) as crowd:
        for _ in range((extent + 1) // 2):
            await asyncio.sleep(2 * random.random())
            dying = [server for server in site.running if server.process.poll() is None]
            if site.redis is not None:
                dying.append(site.redis)
            random.shuffle(dying)
            for server in dying:
                server.process.kill()
            for server in dying:
                server.process.wait()
            for room in crowd.rooms:
                crowd.check_stored(room)
            await start(site)
        await crowd.settle()


async def start(site: Project) -> None:
    """Start everything, all at once."""
    if site.redis is not None and site.redis.process.poll() is not None:
        await asyncio.to_thread(site.redis.start_again)
    starting = [asyncio.to_thread(site.start_web)]
    if not site.embedded:
        starting.append(asyncio.to_thread(site.start_worker))
    await asyncio.gather(*starting)
