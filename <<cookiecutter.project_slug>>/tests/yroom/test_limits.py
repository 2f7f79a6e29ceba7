"""What happens to clients that ask for too much, or do not listen; and that the others do not notice."""

import random
from collections.abc import Iterator
from functools import partial
from uuid import uuid4

import pytest

from tests.servers import Redis
from yroom.crdt import protocol

from .client import YClient
from .conftest import Project, make_project, ways

SETTINGS = """
YROOM = {"MAX_USER_SOCKETS": 3}
YROOM_SETTINGS = {
    "textcollab": {"MAX_FRAME_RATE": 10, "MAX_BYTE_RATE": 100_000, "MAX_ROOM_SOCKETS": 5, "MAX_FRAME_SIZE": 500_000},
    "limited": {"MAX_FRAME_RATE": 100_000, "MAX_BYTE_RATE": 100_000_000},
    "impatient": {"MAX_FRAME_RATE": 100_000, "MAX_BYTE_RATE": 100_000_000, "SLOW_SOCKET_SECONDS": 1},
}
"""
LOGIN = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
user, _ = get_user_model().objects.get_or_create(username="ann")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session.save()
print("session", session.session_key)
"""


@pytest.fixture(scope="module", params=ways("embedded", "separate", of="limits"))
def project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, redis: Redis
) -> Iterator[Project]:
    separate = request.param == "separate"
    project = make_project(tmp_path_factory.mktemp("limits"), redis if separate else None, SETTINGS)
    project.start_web()
    if separate:
        project.start_worker()
    yield project
    project.stop()


def pause(client: YClient) -> None:
    """Stop to take anything from the network."""
    assert client._socket is not None
    client._socket.transport.pause_reading()


def resume(client: YClient) -> None:
    assert client._socket is not None
    client._socket.transport.resume_reading()


def _answered(client: YClient) -> bool:
    return client.synced or client.close_code is not None


def noise(size: int) -> str:
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=size))


@pytest.mark.parametrize(
    ("frame", "times", "code", "reason"),
    [
        (b"\x03", 200, 4513, "too_fast"),
        (protocol.sync_step1(b"\x00"), 20, 4513, "too_fast"),
        (b"\x80\x00\x80\x80\x00\x01\x00", 20, 4513, "too_fast"),
        (protocol.awareness(b"\x00") + protocol.sync_step1(b"\x00"), 20, 4513, "too_fast"),
        (protocol.awareness(protocol.write_var_uint(6000) + b"\x01\x01\x04null" * 6000), 1, 4513, "too_fast"),
        (b"\x03" * 300_000, 5, 4513, "too_fast"),
        (b"\x03" * 500_001, 1, 4413, "frame_too_large"),
    ],
    ids=["frames", "questions", "questions in long numbers", "hidden questions", "entries", "bytes", "size"],
)
async def test_who_sends_too_much_is_closed_alone(
    project: Project, frame: bytes, times: int, code: int, reason: str
) -> None:
    name = uuid4().hex
    async with YClient(project.url(name)) as flood, YClient(project.url(name)) as calm:
        for _ in range(times):
            await flood.send(frame)
        await flood.until(lambda: flood.close_code is not None)
        assert (flood.close_code, flood.close_reason.split(":")[0]) == (code, reason)
        await calm.insert("still here")
        await calm.until_saved()


async def test_a_full_room(project: Project) -> None:
    name = uuid4().hex
    clients = [YClient(project.url(name)) for _ in range(5)]
    for client in clients:
        await client.open()
        await client.until(partial(getattr, client, "synced"))
    async with YClient(project.url(name)) as late:
        await late.until(lambda: late.close_code is not None)
        assert (late.close_code, late.close_reason.split(":")[0]) == (4513, "room_full")
    await clients.pop().close()
    # The place is free once the room has heard of it.
    while True:
        async with YClient(project.url(name)) as late:
            if late.close_code is None:
                break
    for client in clients:
        await client.close()


async def test_a_user_with_too_many_sockets(project: Project) -> None:
    key = project.manage("shell", "-c", LOGIN).split()[-1]
    headers = {"Cookie": f"sessionid={key}"}
    clients = [YClient(project.url(uuid4().hex), headers=headers) for _ in range(4)]
    for client in clients:
        await client.open()
        await client.until(partial(_answered, client))
    *first, last = clients
    assert not [client for client in first if client.close_code]
    assert (last.close_code, last.close_reason.split(":")[0]) == (4513, "too_many_sockets")
    async with YClient(project.url(uuid4().hex)) as somebody_else:
        assert somebody_else.synced
    for client in clients:
        await client.close()


@pytest.mark.parametrize("controls", [True, False], ids=["yroom.1", "stock"])
async def test_who_falls_behind_is_synced_anew(project: Project, controls: bool) -> None:
    """What waits for it is far more than the server keeps for a socket, and it gets everything in the end."""
    url = project.url(uuid4().hex, "limited")
    async with YClient(url) as typist, YClient(url) as other, YClient(url, controls=controls) as slow:
        pause(slow)
        for _ in range(12):
            await typist.insert(noise(1_000_000), 0)
            await other.until_text(str(typist.text))
        before = len(slow.frames)
        resume(slow)
        await slow.until_text(str(typist.text))
        # It was not sent all that happened meanwhile, but what came of it.
        assert sum(map(len, slow.frames[before:])) < 12_000_000 + 12_000_000
        await typist.insert("and goes on", 0)
        await slow.until_text(str(typist.text))


async def test_who_never_reads_is_closed(project: Project) -> None:
    url = project.url(uuid4().hex, "impatient")
    async with YClient(url) as typist, YClient(url) as deaf:
        await deaf.present({"user": {"name": "Deaf"}})
        await typist.until(lambda: deaf.doc.client_id in typist.awareness)
        pause(deaf)
        for _ in range(12):
            await typist.insert(noise(1_000_000), 0)
            await typist.until_saved()
        # It leaves the room, although its end of the connection says nothing.
        await typist.until(lambda: typist.awareness[deaf.doc.client_id][1] is None)
        resume(deaf)
        await deaf.until(lambda: deaf.close_code is not None)
