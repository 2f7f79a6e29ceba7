"""Processes told to stop, under every documented server: all is stored and told, and in ten seconds they are gone."""

import asyncio
import itertools
import os
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

import pytest
from pycrdt import Text

from tests.hunts import variants
from tests.rooms.test_live_permissions import Crew, Site
from tests.rooms.test_live_permissions import make_site as make_whole_site
from tests.servers import Postgres, Redis, Server, free_port
from tests.yroom.client import YClient
from tests.yroom.conftest import Project, make_project
from yroom.crdt import causal_order

from .stored import stored_updates

Sites = Callable[..., Project]

# Seconds that a process may take: ten are promised, of a machine that does nothing else.
LIMIT = 60
SERVERS = ["yroom.web.daphne", "daphne", "uvicorn", "hypercorn"]
# Commits far enough apart that something always waits for the next one.
SETTINGS = """
YROOM = {"COMMIT_INTERVAL": 1.0}
"""
# What runserver wants besides.
RUNSERVER = """
INSTALLED_APPS += ["django.contrib.staticfiles"]
STATIC_URL = "static/"
"""
LIFESPAN = """
from channels.routing import ProtocolTypeRouter

from asgi import application as without
from yroom.stopping import Lifespan

application = ProtocolTypeRouter({**without.application_mapping, "lifespan": Lifespan()})
"""


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Project]]:
    """The README's project in one process, and with a worker of its own."""
    folder = tmp_path_factory.mktemp("redis")
    with Redis(folder) as redis:
        made = {
            "embedded": make_project(tmp_path_factory.mktemp("embedded"), None, SETTINGS),
            "separate": make_project(tmp_path_factory.mktemp("separate"), redis, SETTINGS),
        }
        made["separate"].start_worker()
        for site in made.values():
            (site.folder / "lifespan.py").write_text(LIFESPAN)
        yield made
        for site in made.values():
            site.stop()


def text_of(site: Project, room: str) -> str:
    """What is stored of a room."""
    doc, late = causal_order.join(stored_updates(site, f"textcollab.{room}"))
    assert not late
    return str(doc.get("content", type=Text))


def contains(client: YClient, word: str) -> bool:
    return word in str(client.text)


@pytest.fixture
def web(sites: dict[str, Project], request: pytest.FixtureRequest) -> tuple[Project, Server]:
    """A web process under some server."""
    mode, site_server, application = request.param
    site = sites[mode]
    site.port, site.server, site.application = free_port(), site_server, f"{application}:application"
    return site, site.start_web()


# The others hear of the end by ASGI's lifespan protocol too, where the site's application speaks it.
WAYS = [
    *(("embedded", server, "asgi") for server in SERVERS),
    ("separate", "yroom.web.daphne", "asgi"),
    ("separate", "uvicorn", "lifespan"),
    *(
        pytest.param(way, marks=pytest.mark.long)
        for way in (
            ("embedded", "uvicorn", "lifespan"),
            ("embedded", "hypercorn", "lifespan"),
            ("separate", "hypercorn", "asgi"),
        )
    ),
]


@pytest.mark.xdist_group("stopping sites")
@pytest.mark.parametrize("web", WAYS, indirect=True, ids="-".join)
async def test_all_that_was_typed_is_stored(web: tuple[Project, Server]) -> None:
    """What others have seen is stored when the process is gone, with whoever typed it and left."""
    site, process = web
    room = uuid.uuid4().hex
    url = site.url(room)
    async with YClient(url) as alice, YClient(url) as bob:
        await alice.insert("first ")
        await alice.until_saved()
        async with YClient(url) as carol:
            await carol.insert("left ")
            await bob.until(lambda: "left " in str(bob.text))
        for word in ("second ", "third ", "fourth "):
            await alice.insert(word)
            await bob.until(partial(contains, bob, word))
        assert await asyncio.to_thread(process.stop, signal.SIGTERM, LIMIT) in (0, -signal.SIGTERM)
        await alice.until(lambda: alice.close_code is not None)
        assert (alice.close_code, alice.saved) == (4512, alice.sent_documents)
    stored = text_of(site, room)
    assert sorted(stored.split()) == ["first", "fourth", "left", "second", "third"]


@variants("postgres", {"sqlite": False, "postgres": True}, short={"postgres"})
async def test_an_event_loop_that_ends_without_a_word(make_site: Sites, postgres: bool) -> None:
    """As with runserver's reloader, which ends the process beside it: what is queued is stored on the way out."""
    site, room = make_site(embedded=True, postgres=postgres, settings=SETTINGS + RUNSERVER), uuid.uuid4().hex
    command = [sys.executable, "manage.py", "runserver", f"127.0.0.1:{site.port}"]
    reloader = Server(*command, cwd=site.folder, log=site.folder / "runserver.log", env=site.env)
    site.running.append(reloader.wait_for_port(site.port))
    pid = reloader.process.pid
    child = int(Path(f"/proc/{pid}/task/{pid}/children").read_text())
    async with YClient(site.url(room)) as alice, YClient(site.url(room)) as bob:
        for word in ("first ", "second ", "third "):
            await alice.insert(word)
            await bob.until(partial(contains, bob, word))
        os.kill(child, signal.SIGTERM)
        await alice.until(lambda: alice.close_code is not None)
    await asyncio.to_thread(reloader.process.wait, LIMIT)
    assert text_of(site, room) == "first second third "


async def test_nothing_that_hangs_keeps_a_process(make_site: Sites, postgres_server: Postgres) -> None:
    """With a database that answers nobody, neither a worker nor an embedded one can store what it has."""
    sites = [make_site(embedded=embedded, postgres=True) for embedded in (True, False)]
    ending = []
    for site in sites:
        ending.append(site.start_web())
        if not site.embedded:
            ending.append(site.start_worker())
        client = await YClient(site.url("1")).__aenter__()
        await client.until_saved()
        await client.insert("kept by who typed it")
    postgres_server.signal(signal.SIGSTOP)
    try:
        for process in ending:
            process.process.send_signal(signal.SIGTERM)
        await asyncio.gather(*(asyncio.to_thread(process.process.wait, LIMIT) for process in ending))
    finally:
        postgres_server.signal(signal.SIGCONT)


@pytest.fixture(scope="module")
def titled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The generated site."""
    site = make_whole_site(tmp_path_factory.mktemp("titled"))
    site.start(1)
    site.running.pop().stop()
    yield site
    site.stop()


def rename(crew: Crew, title: str) -> bool:
    """Rename the room, as the form for that does; return whether somebody answered."""
    token = "t" * 32
    headers = {
        "Cookie": f"sessionid={crew.sessions['owner']}; csrftoken={token}",
        "X-CSRFToken": token,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        with closing(HTTPConnection("127.0.0.1", crew.site.port, timeout=LIMIT)) as connection:
            connection.request("POST", f"/rooms/{crew.room}/rename/", urlencode({"title": title}), headers)
            connection.getresponse().read()
    except (OSError, HTTPException):
        return False
    return True


@pytest.mark.xdist_group("stopping titles")
@variants("server", {each: each for each in SERVERS}, short={"yroom.web.daphne"})
async def test_while_documents_are_renamed(titled: Site, server: str) -> None:
    """Pages that are on their way neither hold a process up nor hang in it, though they wait for a worker."""
    crew, site = titled.crews[0], titled
    site.port, site.server = free_port(), server
    process = site.start_web()
    some = asyncio.Semaphore(0)

    async def change(name: str) -> None:
        for count in itertools.count():
            if not await asyncio.to_thread(rename, crew, f"{name} {count}"):
                return
            some.release()

    async with crew.socket("owner") as client:
        changing = [asyncio.create_task(change(name)) for name in ("One", "Another")]
        await client.until(lambda: str(client.doc.get("title", type=Text)) not in ("", "Plans"))
        for _ in range(4):
            await some.acquire()
        status = await asyncio.to_thread(process.stop, signal.SIGTERM, LIMIT)
        # A page that daphne gives up leaves a thread waiting for ever: then the process is ended.
        assert status in ((0, 1) if server == "daphne" else (0, -signal.SIGTERM)), process.output[-3000:]
        await client.until(lambda: client.close_code is not None)
        await asyncio.gather(*changing)
