"""Workers killed, frozen, stopped, joined: nobody is disconnected, nothing is lost, all see the same."""

import asyncio
import signal
from collections.abc import Callable

import pytest

from tests.yroom.conftest import Project

from .typists import Crowd

Sites = Callable[..., Project]


@pytest.mark.parametrize("postgres", [False, True], ids=["sqlite", "postgres"])
async def test_a_worker_killed_under_typing_clients(make_site: Sites, postgres: bool) -> None:
    """Started again at once, and only after 10 s."""
    site = make_site(postgres=postgres)
    site.start_web()
    worker = site.start_worker()
    async with Crowd(site, 20) as crowd:
        for pause in (0, 10):
            worker.kill()
            await asyncio.to_thread(crowd.check_stored, crowd.rooms[0])
            await asyncio.sleep(pause)
            worker = await asyncio.to_thread(site.start_worker)
            await crowd.type_on()
            await crowd.settle()
            crowd.start()
        assert not any(typist.closes for typist in crowd.typists)
