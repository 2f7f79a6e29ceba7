"""How servers are started: with limits that fit the engine's, and told apart from those that do not."""

import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from e2e.tls import certificate
from tests.servers import ROOT, Server, free_port
from yroom.checks import check_processes, server_warnings
from yroom.conf import server_limit

from .client import YClient
from .conftest import Project, make_project

# They share a server.
pytestmark = pytest.mark.xdist_group("servers")

MIB = 1024 * 1024
SETTINGS = """
YROOM_SETTINGS["default"]["MAX_FRAME_SIZE"] = 3 * 1024 * 1024
INSTALLED_APPS += ["django.contrib.staticfiles"]
STATIC_URL = "static/"
"""
# Takes its time to let somebody in.
CONSUMERS = """

import asyncio


class Open(Open):
    async def connect(self) -> None:
        if "slow" in self.get_room_group_name():
            await asyncio.sleep(3)
        await super().connect()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The README's project, with larger frames than daphne takes by itself."""
    project = make_project(tmp_path_factory.mktemp("servers"), None, SETTINGS)
    with (project.folder / "textcollab" / "consumers.py").open("a") as consumers:
        consumers.write(CONSUMERS)
    yield project
    project.stop()


@pytest.mark.parametrize("command", ["yroom.web.daphne", "runserver"])
async def test_the_server_takes_what_the_engine_takes(site: Project, command: str) -> None:
    """However it is started; and what is too much for the engine, the engine says."""
    if command == "runserver":
        arguments = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{site.port}"]
        log = site.folder / "runserver.log"
        web = Server(*arguments, cwd=site.folder, log=log, env=site.env).wait_for_port(site.port)
        site.running.append(web)
    else:
        web = site.start_web("--websocket_connect_timeout", "1")
        # Who is let in late is let in: it is not sent away after the seconds that daphne gives a handshake.
        async with YClient(site.url("slow")) as client:
            assert client.synced
    async with YClient(site.url(command)) as client:
        await client.insert("x" * 2 * MIB)
        await client.until_saved()
        await client.send(b"\x00\x02" + bytes(4 * MIB))
        await client.until(lambda: client.close_code is not None)
        assert client.close_code == 4413
    web.stop()


async def test_one_that_speaks_tls_by_itself(site: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large and small frames go both ways, and the end of a socket is told."""
    # Twisted hands pyOpenSSL what that will not take one day: warnings are no errors here, which end the connection.
    monkeypatch.setitem(site.env, "PYTHONWARNINGS", "default")
    pem = site.folder / "localhost.pem"
    pem.write_bytes(certificate())
    port = free_port()
    web = site.start_web("-e", f"ssl:{port}:privateKey={pem}:certKey={pem}:interface=127.0.0.1")
    trusting = ssl.create_default_context(cadata=pem.read_text())
    trusting.check_hostname = False
    url = f"wss://127.0.0.1:{port}/ws/open/tls"
    async with YClient(url, tls=trusting) as ada, YClient(url, tls=trusting) as grace:
        await ada.insert("x" * MIB)
        await grace.until(lambda: len(grace.text) == MIB)
        for letter in "short":
            await grace.insert(letter)
        await ada.until(lambda: str(ada.text).startswith("short") or str(ada.text).endswith("short"))
        await ada.send(b"\x00\x02" + bytes(4 * MIB))
        await ada.until(lambda: ada.close_code is not None)
        assert ada.close_code == 4413
    # Pages too, to a browser that would speak HTTP/2, of which one connection has many requests at once.
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        secure = trusting.wrap_socket(connection)
        secure.sendall(b"GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert (secure.selected_alpn_protocol(), secure.recv(9)) == ("http/1.1", b"HTTP/1.1 ")
    trusting.set_alpn_protocols(["http/1.1"])
    # Who closes hears the answer, and so does who is not let in.
    assert grace.close_code == 1000
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, origin=Origin("https://evil.example"), ssl=trusting, proxy=None)
    assert refused.value.response.status_code == 403
    web.stop()


def test_another_server_that_does_not_is_found(site: Project) -> None:
    """When it loads the site."""
    site.server = "daphne"
    web = site.start_web()
    web.wait_for_line(f"daphne closes sockets.*--websocket-max-message-size {12 * MIB}")
    web.kill()


@override_settings(YROOM_SETTINGS={"default": {"MAX_FRAME_SIZE": 5 * MIB}, "text": {"MAX_FRAME_SIZE": 6 * MIB}})
def test_what_is_wrong_with_a_command() -> None:
    needed = server_limit()
    assert needed >= 2 * 6 * MIB
    daphne = ["/x/bin/daphne", "asgi:application", "--websocket-max-message-size", str(needed)]
    assert "--websocket-max-frame-size" in server_warnings(daphne)[0]
    assert server_warnings([*daphne, f"--websocket-max-frame-size={needed}"]) == []
    assert server_warnings([*daphne, "--websocket-max-frame-size", "0"]) == []
    assert "--ws-max-size" in server_warnings(["/x/uvicorn/__main__.py", "asgi:application"])[0]
    assert server_warnings(["/x/uvicorn/__main__.py", "--ws-max-size", str(needed)]) == []
    assert "--websocket-ping-interval" in server_warnings(["/x/bin/hypercorn", "asgi:application"])[0]
    own = str(ROOT / "yroom" / "web" / "daphne.py")  # of daphne's name, and takes what it should by itself
    assert server_warnings([own, "asgi:application"]) == []
    assert server_warnings(["manage.py", "yroom"]) == server_warnings([]) == server_warnings([str(Path("-c"))]) == []


def test_two_embedded_processes_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = {"default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"}}
    alone = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    with override_settings(CHANNEL_LAYERS=shared, YROOM={"EMBEDDED": True}):
        assert [problem.id for problem in check_processes()] == ["yroom.W001"]
    for layers, count, expected in ((alone, "2", ["yroom.W002"]), (alone, "1", []), (shared, "2", [])):
        monkeypatch.setenv("WEB_CONCURRENCY", count)
        with override_settings(CHANNEL_LAYERS=layers, YROOM={}):
            assert [problem.id for problem in check_processes()] == expected
