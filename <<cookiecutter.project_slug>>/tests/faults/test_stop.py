"""Processes told to stop, under every documented server: all is stored and told, and in ten seconds they are gone."""

import asyncio
import signal
import uuid
from collections.abc import Iterator
from functools import partial

import pytest
from pycrdt import Text

from tests.servers import Redis, Server, free_port
from tests.yroom.client import YClient
from tests.yroom.conftest import Project, make_project
from yroom import updates

from .stored import stored_updates

# Seconds that a process may take.
LIMIT = 10
SERVERS = ["yroom.server", "daphne", "uvicorn", "hypercorn"]
# Commits far enough apart that something always waits for the next one.
SETTINGS = """
YROOM = {"COMMIT_INTERVAL": 1.0}
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
    doc, late = updates.join(stored_updates(site, f"textcollab.{room}"))
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
    ("embedded", "uvicorn", "lifespan"),
    ("embedded", "hypercorn", "lifespan"),
    ("separate", "yroom.server", "asgi"),
    ("separate", "uvicorn", "lifespan"),
]


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
        # hypercorn says only that it has stopped, and by then has closed the sockets.
        if site.server != "hypercorn":
            assert (alice.close_code, alice.saved) == (4512, alice.sent_documents)
    stored = text_of(site, room)
    assert sorted(stored.split()) == ["first", "fourth", "left", "second", "third"]
