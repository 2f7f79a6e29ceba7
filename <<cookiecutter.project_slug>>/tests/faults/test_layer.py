"""The channel layer: messages lost, doubled and out of order; Redis gone, silent, empty, unwilling."""

import asyncio
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis as Client

from tests.hunts import hunt
from tests.servers import Redis, free_port
from tests.yroom.conftest import Project

from .proxy import Proxy
from .typists import Crowd

Sites = Callable[..., Project]

LOSSY = 'CHANNEL_LAYERS["default"]["BACKEND"] = "lossy.LossyLayer"\n'


@hunt("HUNT_EDITS")
async def test_a_layer_that_drops_doubles_and_reorders(make_site: Sites, extent: int) -> None:
    """A tenth each, in both directions, and with two workers and two web processes."""
    site = make_site(settings=LOSSY, postgres=True)
    shutil.copy(Path(__file__).parent / "lossy.py", site.folder)
    other = free_port()
    site.start_web()
    site.start_web(port=other)
    site.start_worker()
    site.start_worker()
    async with Crowd(site, 32, rooms=4, ports=[site.port, other], pause=0.05) as crowd:
        while crowd.edits < extent:
            await crowd.more()
        await crowd.settle()
        assert not crowd.closes


def silent(redis: Redis) -> Callable[[], None]:
    """Redis is there, and says nothing."""
    redis.process.send_signal(signal.SIGSTOP)
    return lambda: redis.process.send_signal(signal.SIGCONT)


def gone(redis: Redis) -> Callable[[], None]:
    """Redis ends, and comes back empty."""
    redis.kill()
    return lambda: redis.start_again()


def unwilling(redis: Redis) -> Callable[[], None]:
    """Redis answers that it may not. That it takes no writes is not enough: publishing is none."""
    with Client(port=redis.port) as client:
        client.config_set("min-replicas-to-write", 1)
        client.config_set("maxmemory", 1)
        client.execute_command("ACL", "SETUSER", "default", "-publish")

    def mend() -> None:
        with Client(port=redis.port) as client:
            client.execute_command("ACL", "SETUSER", "default", "+publish")

    return mend


@hunt("HUNT_OUTAGE")
@pytest.mark.parametrize("fault", [silent, gone, unwilling])
async def test_redis(make_site: Sites, fault: Callable[[Redis], Callable[[], None]], extent: int) -> None:
    """Everybody types on without it; when it is back, all is as if nothing had been."""
    site = make_site()
    assert site.redis is not None
    site.start_web()
    site.start_worker()
    async with Crowd(site, 10, rooms=5) as crowd:
        mend = fault(site.redis)
        await crowd.stays(extent)
        await asyncio.to_thread(mend)
        await crowd.settle()
        await crowd.more()
        assert not crowd.closes


@hunt("HUNT_OUTAGE")
async def test_a_cable_is_cut(make_site: Sites, extent: int) -> None:
    """The connections to Redis hang for ever without an error: new ones are made."""
    site = make_site()
    assert site.redis is not None
    async with Proxy(site.redis.port) as proxy:
        site.env["REDIS_URL"] = f"redis://127.0.0.1:{proxy.port}/0"
        await asyncio.to_thread(site.start_web)
        await asyncio.to_thread(site.start_worker)
        async with Crowd(site, 10, rooms=5) as crowd:
            proxy.cut()
            await crowd.stays(extent)
            proxy.mend()
            await crowd.settle()
            await crowd.more()
