"""Web processes killed, and sockets left alone or closed for their age."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import pairwise

from tests.hunts import variants
from tests.servers import free_port
from tests.yroom.client import YClient
from tests.yroom.conftest import Project
from tests.yroom.test_hostile import Raw, sockets_of
from yroom.crdt import protocol

from .proxy import Proxy
from .typists import PATIENCE, Crowd

Sites = Callable[..., Project]

# Longer than a layer's poll (5 s), WEB_TIMEOUT, WORKER_TIMEOUT and the pings below.
IDLE = 8.0
PINGS = ["--ping-interval", "2", "--ping-timeout", "4"]
CORE = """
CHANNEL_LAYERS["default"] = {
    "BACKEND": "channels_redis.core.RedisChannelLayer",
    "CONFIG": {"hosts": [os.environ["REDIS_URL"]], "expiry": 5, "group_expiry": 5},
}
"""


async def test_killed(make_site: Sites) -> None:
    """Its clients go on through another one; of those that do not come back, nothing remains."""
    site = make_site(settings='YROOM = {"WEB_TIMEOUT": 2.0}\n')
    other = free_port()
    doomed = site.start_web()
    site.start_web(port=other)
    site.start_worker()
    async with contextlib.AsyncExitStack() as stack:
        crowd = await stack.enter_async_context(Crowd(site, 10, ports=[site.port, other]))
        room = crowd.rooms[0]
        watcher = await stack.enter_async_context(YClient(site.url(room, port=other)))
        ghosts = [await stack.enter_async_context(YClient(site.url(room))) for _ in range(3)]
        await stack.enter_async_context(YClient(site.url("deserted")))
        ids = {ghost.doc.client_id for ghost in ghosts}
        for ghost in ghosts:
            await ghost.present({"user": {"name": "Casper"}})
        await watcher.until(lambda: all(watcher.awareness.get(client, (0, None))[1] for client in ids))
        doomed.kill()
        await crowd.settle()
        assert crowd.closes.total() == 5, crowd.closes
        await watcher.until(lambda: not any(watcher.awareness[client][1] for client in ids))
        async with YClient(site.url(room, port=other)) as fresh:
            await fresh.until(lambda: fresh.synced)
            assert not any(fresh.awareness.get(client, (0, None))[1] for client in ids)
        await crowd.more()
        await until_rooms(site, [f"textcollab.{room}\t11"])
    await until_rooms(site, [])


async def until_rooms(site: Project, expected: list[str]) -> None:
    """Wait until these rooms are open, with so many clients each."""
    async with asyncio.timeout(PATIENCE):
        while (await asyncio.to_thread(site.manage, "yroom_rooms")).splitlines() != expected:
            await asyncio.sleep(0.1)


async def test_idle_for_longer_than_every_timeout(make_site: Sites) -> None:
    """The next keystroke arrives, on every channel layer, and no socket was closed."""
    sites = [make_site(embedded=True), make_site(), make_site(settings=CORE)]
    async with AsyncExitStack() as stack:
        crowds = []
        for site in sites:
            await asyncio.to_thread(site.start_web, *PINGS)
            if not site.embedded:
                await asyncio.to_thread(site.start_worker)
            crowds.append(await stack.enter_async_context(Crowd(site, 3)))
        for crowd in crowds:
            await crowd.settle()
            await crowd.stop()
        await asyncio.gather(*(crowd.stays(IDLE) for crowd in crowds))
        for crowd in crowds:
            crowd.start()
            await crowd.more(1)
            await crowd.settle()
            assert not crowd.closes


@variants("embedded", {"embedded": True, "separate": False}, short={"separate"})
async def test_sockets_closed_for_their_age(make_site: Sites, embedded: bool) -> None:
    """Daphne's limit of 24 hours, shortened to seconds, while everybody types."""
    site = make_site(embedded=embedded)
    site.start_web("--websocket_timeout", "3")
    if not embedded:
        site.start_worker()
    async with Crowd(site, 6) as crowd:
        await crowd.until(lambda typist: len(typist.closes) >= 2)
        await crowd.settle()


async def test_many_who_come_at_once(make_site: Sites) -> None:
    """They are let in while the process is busy with something else, instead of being sent away to try again."""
    site = make_site(embedded=True)
    web = site.start_web()
    web.process.send_signal(signal.SIGSTOP)
    try:
        async with asyncio.timeout(PATIENCE):
            opened = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", site.port) for _ in range(100)))
    finally:
        web.process.send_signal(signal.SIGCONT)
    for _, writer in opened:
        writer.close()


async def test_sockets_leave_nothing_behind(make_site: Sites) -> None:
    """However many came and went."""
    site = make_site()
    web = site.start_web()
    site.start_worker()

    async def visit(times: int) -> None:
        for _ in range(times):
            async with YClient(site.url("in-and-out")):
                pass

    async def visits(each: int) -> int:
        await asyncio.gather(*(visit(each) for _ in range(20)))
        await until_rooms(site, [])
        return web.memory

    memory = [await visits(each) for each in (30, 20, 20, 20)]
    # What is free again is not all given back, but is used again; one that is not forgotten takes 30 KB every time.
    assert min(after - before for before, after in pairwise(memory)) < 20 * 20 * 15_000


async def test_idle_sockets_take_little_memory(make_site: Sites) -> None:
    """Ten thousand of them fit into a small machine: an open one keeps nothing of its handshake."""
    site = make_site(embedded=True)
    web = site.start_web()
    async with AsyncExitStack() as stack:

        async def come(number: int) -> int:
            """So many more, of whom each has the answer to its question; return what memory is taken then."""
            for at in range(number):
                raw = await Raw(site, f"/ws/open/idle{at // 4}").open()
                stack.callback(raw.writer.transport.abort)
                await raw.send(protocol.sync_step1(protocol.EMPTY_STATE_VECTOR))
                while not (await raw.frame())[1].startswith(b"\x00\x01"):
                    pass
            return web.memory

        memory = [await come(number) for number in (100, 200, 200, 200)]
        # A thread that is needed for the first time takes some as well, and only once.
        assert min(after - before for before, after in pairwise(memory)) < 200 * 26_000


async def test_a_network_that_vanished(make_site: Sites) -> None:
    """A laptop is shut: no end of the connection is told. The server finds out, frees the socket, and others see it."""
    site = make_site(embedded=True)
    web = site.start_web(*PINGS)
    name = "half-open"
    async with Proxy(site.port) as proxy, Crowd(site, 2, rooms=[name]) as crowd, YClient(site.url(name)) as watcher:
        sockets = sockets_of(web.process.pid)
        gone = [YClient(site.url(name, port=proxy.port)) for _ in range(3)]
        for client in gone:
            await client.open()
            await client.present({"user": {"name": "Laptop"}})
        ids = [client.doc.client_id for client in gone]
        await watcher.until(lambda: all(watcher.awareness.get(client, (0, None))[1] for client in ids))
        assert sockets_of(web.process.pid) == sockets + len(gone)
        proxy.cut()
        await watcher.until(lambda: not any(watcher.awareness[client][1] for client in ids))
        async with asyncio.timeout(PATIENCE):
            while sockets_of(web.process.pid) > sockets:
                await asyncio.sleep(0.05)
        # What was typed into the void comes once there is a network again.
        await gone[0].insert("meanwhile;", 0)
        for client in gone:
            assert client._socket is not None
            client._socket.transport.abort()
        proxy.mend()
        await gone[0].open()
        await gone[0].until_saved()
        await watcher.until(lambda: "meanwhile;" in str(watcher.text))
        await gone[0].close()
        await crowd.settle()
        assert not crowd.closes
