"""The engine from outside: the README's project, real processes, frames on the wire."""

import asyncio
import json
import signal
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from tests.forks import BY_ITSELF
from tests.servers import START_TIMEOUT, Redis
from yroom.crdt import protocol

from .client import YClient
from .conftest import Project, make_project


def room() -> str:
    """A room nobody was in before."""
    return uuid.uuid4().hex


async def test_the_flow_byte_by_byte(project: Project) -> None:
    """Alice connects and syncs, Bob connects, and Bob's update reaches both."""
    url, origin = project.url(room()), f"http://127.0.0.1:{project.port}"
    ours: Doc[Any] = Doc({"content": Text("a")})
    theirs: Doc[Any] = Doc()
    async with connect(url, origin=Origin(origin), proxy=None) as alice:
        # Alice: sync 1, both ways.
        assert await alice.recv() == b"\x00\x00\x01\x00"
        await alice.send(protocol.sync_step1(b"\x00"))
        assert await alice.recv() == b"\x00\x01\x02\x00\x00"
        # Alice: sync 2, with something in it.
        update = ours.get_update()
        await alice.send(protocol.sync_step2(update))
        async with connect(url, origin=Origin(origin), proxy=None) as bob:
            # Bob: sync 1 holds Alice's state vector, sync 2 her update.
            assert await bob.recv() == protocol.sync_step1(ours.get_state())
            await bob.send(protocol.sync_step1(b"\x00"))
            assert await next_but(bob, protocol.sync_update(update)) == protocol.sync_step2(update)
            theirs.apply_update(update)
            before = theirs.get_state()
            theirs.get("content", type=Text).insert(1, "b")
            bobs = protocol.sync_update(theirs.get_update(before))
            # Together with a cursor, so that both see when the update has been dealt with.
            await bob.send(bobs)
            await bob.send(protocol.awareness(b"\x01\x05\x01" + protocol.write_var_bytes(b'{"user":{}}')))
            told = protocol.awareness(b"\x01\x05\x01" + protocol.write_var_bytes(b'{"user":{}}'))
            assert await alice.recv() == bobs
            assert await alice.recv() == told
            assert await next_but(bob, protocol.sync_update(update)) == told
        # Bob leaves.
        assert await alice.recv() == protocol.awareness(b"\x01\x05\x02" + protocol.write_var_bytes(b"null"))


async def next_but(socket: ClientConnection, update: bytes) -> str | bytes:
    """The next message, but for an update that was still on its way to everybody when this one came."""
    message = await socket.recv()
    return await socket.recv() if message == update else message


async def test_two_clients_type_at_once(project: Project) -> None:
    """Both texts become one, and the server holds it once it says so."""
    url = project.url(room())
    async with YClient(url) as alice, YClient(url) as bob:
        for number in range(20):
            await asyncio.gather(alice.insert(f"a{number} "), bob.insert(f"b{number} ", 0))
        for client in (alice, bob):
            await client.until(lambda client=client: len(str(client.text)) == 2 * 70)  # type: ignore[misc]
            await client.until_saved()
        assert str(alice.text) == str(bob.text)
    async with YClient(url) as carol:
        assert str(carol.text) == str(alice.text)


async def test_what_was_said_to_be_saved_survives_sigkill(project: Project) -> None:
    """A killed process takes nothing with it that it had confirmed."""
    name = room()
    async with YClient(project.url(name)) as client:
        await client.insert("kept")
        await client.until_saved()
        for server in project.running:
            server.kill()
    project.start_web()
    if not project.embedded:
        project.start_worker()
    async with YClient(project.url(name)) as client:
        await client.until_text("kept")


@pytest.mark.xdist_group("project separate")
async def test_a_killed_worker_is_replaced_under_typing_clients(separate: Project) -> None:
    """Sockets stay open, and everything typed meanwhile arrives and is saved."""
    url = separate.url(room())
    worker = next(s for s in separate.running if "worker" in s.log.name and s.process.poll() is None)
    async with YClient(url) as alice, YClient(url) as bob:
        await alice.insert("before ")
        worker.kill()
        for letter in "meanwhile":
            await alice.insert(letter)
            await bob.insert(letter.upper(), 0)
        separate.start_worker()
        await asyncio.gather(alice.until_saved(), bob.until_saved())
        await bob.until(lambda: "meanwhile" in str(bob.text))
        await alice.until_text(str(bob.text))
        assert alice.close_code is bob.close_code is None


@pytest.mark.xdist_group("project separate")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_stopping_worker_hands_over(separate: Project, number: signal.Signals) -> None:
    """It exits with 0, a second worker goes on, and nothing is lost."""
    url = separate.url(room())
    first = next(s for s in reversed(separate.running) if "worker" in s.log.name and s.process.poll() is None)
    async with YClient(url) as alice, YClient(url) as bob:
        await alice.insert("before ")
        separate.start_worker()
        stopping = asyncio.to_thread(first.stop, number)
        task = asyncio.ensure_future(stopping)
        for letter in "meanwhile":
            await alice.insert(letter)
        assert await task == 0
        await bob.until_text("before meanwhile")
        await alice.until_saved()
        assert alice.close_code is bob.close_code is None


@pytest.mark.xdist_group("project embedded")
async def test_a_stopping_web_process_commits(embedded: Project) -> None:
    """The embedded worker stores what it has taken in, confirmed or not."""
    name = room()
    async with YClient(embedded.url(name)) as alice, YClient(embedded.url(name)) as bob:
        await alice.insert("last words")
        await bob.until_text("last words")
        web = next(s for s in embedded.running if s.process.poll() is None)
        assert await asyncio.to_thread(web.stop) == 0
    embedded.start_web()
    async with YClient(embedded.url(name)) as client:
        await client.until_text("last words")


async def test_denied_sockets_learn_why(project: Project) -> None:
    """close() in connect() closes with a code, not with a failed handshake."""
    async with YClient(project.url(room(), "staff")) as client:
        assert client.close_code == 4401
    async with YClient(project.url(room(), "limited"), schema=1) as old:
        assert old.close_code == 4426
    async with YClient(project.url(room(), "limited"), schema=2) as current:
        assert current.close_code is None


async def test_a_foreign_origin_is_refused(project: Project) -> None:
    """The handshake itself fails: no page of another site gets a socket."""
    with pytest.raises(InvalidStatus) as refused:
        await connect(project.url(room()), origin=Origin("http://evil.example"), proxy=None)
    assert refused.value.response.status_code == 403


async def test_a_reader_changes_nothing(project: Project) -> None:
    """A forged update of a read-only client is dropped, and it is told so."""
    name = room()
    async with YClient(project.url(name)) as writer, YClient(project.url(name, "read")) as reader:
        await writer.insert("theirs")
        await reader.until_text("theirs")
        await reader.insert("forged ", 0)
        await reader.until(lambda: any(c.get("code") == "read_only" for c in reader.controls))
        await writer.insert("!")
        await reader.until_text("forged theirs!")
        async with YClient(project.url(name)) as other:
            assert str(other.text) == str(writer.text) == "theirs!"


async def test_presence_comes_and_goes(project: Project) -> None:
    """What a client announces is seen by others at once, and its leaving too; bad cursors do not get through."""
    url = project.url(room())
    async with YClient(url) as alice:
        async with YClient(url) as bob:
            mine = bob.doc.client_id
            await bob.present({"user": {"name": "Bob"}, "cursor": {"anchor": "bogus", "head": "bogus"}})
            await alice.until(lambda: mine in alice.awareness)
            assert alice.awareness[mine][1] == {"user": {"name": "Bob"}, "cursor": None}
            # Somebody else's client id is his.
            await alice.present(None, client_id=mine)
            await bob.present({"user": {"name": "Bob"}, "cursor": None, "more": 1})
            await alice.until(lambda: alice.awareness[mine] == (2, {"user": {"name": "Bob"}, "cursor": None}))
        await alice.until(lambda: alice.awareness[mine][1] is None)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x00", 4400),
        (b"\x00\x02\x05ab", 4400),
        (b"\x00\x02\x03abc", 4400),
        (b"\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 4400),
        (b"\x01\x01\x7f", 4400),
        (b"\x63\x00", 4400),
        (b"\x00\x02" + bytes(200_000), 4413),
    ],
)
async def test_a_bad_frame_closes_its_socket_alone(project: Project, frame: bytes, code: int) -> None:
    """The others in the room go on."""
    url = project.url(room())
    async with YClient(url) as good, YClient(url) as bad, YClient(url) as other:
        await bad.send(frame)
        await bad.until(lambda: bad.close_code is not None)
        assert bad.close_code == code
        await good.insert("unharmed")
        await other.until_text("unharmed")
        await good.until_saved()


@pytest.mark.xdist_group("project embedded")
async def test_a_damaged_room_is_refused_and_kept(embedded: Project) -> None:
    """Never an empty document over stored bytes: its sockets close, its bytes stay, and other rooms go on."""
    damaged, sound = room(), room()
    async with YClient(embedded.url(damaged)) as client:
        await client.insert("precious")
        await client.until_saved()
    next(s for s in embedded.running if s.process.poll() is None).kill()
    query = 'UPDATE yroom_roomupdate SET "update" = ? WHERE room = ?'
    bytes_before = b"damaged"
    with sqlite3.connect(embedded.folder / "db.sqlite3") as database:
        assert database.execute(query, (bytes_before, f"textcollab.{damaged}")).rowcount == 1
    embedded.start_web()
    for _ in range(2):
        async with YClient(embedded.url(damaged)) as refused:
            await refused.until(lambda: refused.close_code is not None)
            assert refused.close_code == 4511
            assert not refused.synced
    async with YClient(embedded.url(sound)) as client:
        await client.insert("unharmed")
        await client.until_saved()
    with sqlite3.connect(embedded.folder / "db.sqlite3") as database:
        select = 'SELECT "update" FROM yroom_roomupdate WHERE room = ?'
        assert database.execute(select, (f"textcollab.{damaged}",)).fetchall() == [(bytes_before,)]


async def test_what_is_refused_never_looks_saved(project: Project) -> None:
    """An update that does not fit closes the socket before anything is confirmed."""
    async with YClient(project.url(room(), "limited"), schema=2) as client:
        await client.until_saved()
        count = client.saved
        await client.insert("x" * 2000)
        await client.until(lambda: client.close_code is not None)
        assert client.close_code == 4413
        assert client.saved == count


@pytest.mark.xdist_group("project embedded")
async def test_a_long_log_is_compacted_while_people_type(embedded: Project) -> None:
    """Once for all the updates of a batch, and without losing any."""
    name = room()
    async with YClient(embedded.url(name, "limited"), schema=2) as client:
        for _ in range(100):
            await client.insert("y")
        await client.until_saved()
    async with YClient(embedded.url(name, "limited"), schema=2) as client:
        await client.until_text("y" * 100)

        def log() -> int:
            with sqlite3.connect(embedded.folder / "db.sqlite3") as database:
                select = "SELECT count(*) FROM yroom_roomupdate WHERE room = ?"
                return int(database.execute(select, (f"limited.{name}",)).fetchone()[0])

        # Each answer of the server comes after the commit before it, so this ends.
        while log() > 20:
            await client.insert("z")
            await client.until_saved()


async def test_a_text_frame_is_refused(project: Project) -> None:
    """The protocol is binary."""
    async with connect(project.url(room()), origin=Origin(f"http://127.0.0.1:{project.port}"), proxy=None) as socket:
        await socket.send("hello")
        await socket.wait_closed()
        assert socket.close_code == 4400


async def test_idle_longer_than_the_layers_poll(project: Project) -> None:
    """A channel layer may time its reads out after five seconds; the next keystroke still arrives."""
    url = project.url(room())
    async with YClient(url) as alice, YClient(url) as bob:
        await asyncio.gather(alice.stays(6), bob.stays(6))
        await alice.insert("awake")
        await bob.until_text("awake")


@pytest.mark.xdist_group("project embedded")
def test_the_worker_command_says_where_it_makes_no_sense(embedded: Project) -> None:
    assert "already runs inside the web process" in embedded.manage("yroom", check=False)


NONSENSE = """
from django.core.management import CommandError, call_command
for option in ("--layer=other", "--shards=x", "--shards=5-9"):
    try:
        call_command("yroom", option)
    except CommandError as error:
        print(error)
"""


@pytest.mark.xdist_group("project separate")
def test_the_worker_command_says_what_is_wrong_with_its_options(separate: Project) -> None:
    layer, numbers, shards = separate.manage("shell", "-c", NONSENSE).splitlines()[-3:]
    assert "no channel layer 'other'" in layer
    assert "--shards takes numbers and ranges" in numbers
    assert "There are shards 0 to 7" in shards


SCRIPT = """
import asyncio, json
import django
django.setup()
from pycrdt import Array, Map, Text, XmlElement, XmlFragment, XmlText
from yroom.document import DataUnavailable, YroomDocument

async def main():
    document = YroomDocument("textcollab.ROOM")
    try:
        await document.export_text("content")
    except DataUnavailable:
        print("empty")
    async with document.edit() as doc:
        doc.get("content", type=Text).insert(0, "Hällo ")
        doc["map"] = Map({"a": 1.0, "b": [True, None]})
        doc["array"] = Array(["x", {"y": "z"}])
        doc["xml"] = fragment = XmlFragment()
        fragment.children.append(XmlElement("p", {"title": '"&'}, [XmlText("a < b")]))
        fragment.children[0].children[0].format(0, 1, {"bold": True})
    print(json.dumps([
        await document.export_text("content"), await document.export_map("map"),
        await document.export_array("array"), await document.export_xml_fragment("xml"),
    ]))

asyncio.run(main())
"""


async def test_documents_on_the_server(project: Project) -> None:
    """A script of its own reads and edits a room, while it is open where the worker can be reached, and at rest."""
    name = room()
    (project.folder / "script.py").write_text(SCRIPT.replace("ROOM", name))
    if project.embedded:
        printed = await asyncio.to_thread(_run_script, project)
    else:
        async with YClient(project.url(name)) as client:
            printed = await asyncio.to_thread(_run_script, project)
            await client.until_text("Hällo ")
    assert printed[0] == "empty"
    text, mapping, array, xml = json.loads(printed[1])
    assert (text, mapping, array) == ("Hällo ", {"a": 1.0, "b": [True, None]}, ["x", {"y": "z"}])
    assert xml == '<p title="&quot;&amp;"><bold>a</bold> &lt; b</p>'.replace('"&quot;&amp;"', "'\"&amp;'")
    async with YClient(project.url(name)) as client:
        await client.until_text("Hällo ")


LIVE = """
import asyncio
import django
django.setup()
from yroom.document import YroomDocument

async def main():
    document = YroomDocument("textcollab.ROOM")
    await document.notify({"type": "title", "title": "New"})
    await document.delete()

asyncio.run(main())
"""


@pytest.mark.xdist_group("project separate")
async def test_a_deleted_document_closes_and_stays_deleted(separate: Project) -> None:
    """Its people hear what the site has to say, lose the room with a final code, and nothing of it comes back."""
    name = room()
    (separate.folder / "script.py").write_text(LIVE.replace("ROOM", name))
    async with YClient(separate.url(name)) as client:
        await client.insert("gone")
        await asyncio.to_thread(_run_script, separate)
        await client.until(lambda: client.close_code is not None)
        assert client.close_code == 4404
        assert {"type": "title", "title": "New"} in client.controls
    async with YClient(separate.url(name)) as other:
        assert str(other.text) == ""


async def test_without_a_worker_a_call_ends_in_time(redis: Redis, tmp_path: Path) -> None:
    """Nobody hangs: reading and editing end with YroomTimeout."""
    alone = make_project(tmp_path, redis)
    # Channels that no worker of another test listens on.
    with (alone.folder / "settings.py").open("a") as settings:
        settings.write('YROOM = {"CALL_TIMEOUT": 0.5}\nYROOM_SETTINGS["default"]["CHANNEL_NAME"] = "nobody"\n')
    (alone.folder / "script.py").write_text(SCRIPT.replace("ROOM", "1").replace("DataUnavailable:", "TimeoutError:"))
    with pytest.raises(AssertionError, match=r"YroomTimeout: no worker answered for textcollab\.1 within 0\.5 s"):
        await asyncio.to_thread(_run_script, alone)


def _run_script(project: Project) -> list[str]:
    import os
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=project.folder,
        env={**os.environ, **project.env},
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


async def test_rooms_of_a_channel_of_their_own_are_served_by_the_worker_for_it(tmp_path: Path, redis: Redis) -> None:
    project = make_project(tmp_path, redis, 'YROOM_SETTINGS["impatient"] = {"CHANNEL_NAME": "apart"}\n')
    asgi = tmp_path / "asgi.py"
    route = '"{}": YRoomChannelConsumer.as_asgi(),'
    asgi.write_text(asgi.read_text().replace(route.format("yroom"), route.format("yroom") + route.format("apart")))
    project.start_worker("--channel", "apart")
    project.start_web()
    try:
        async with YClient(project.url("theirs", "impatient")) as alice:
            await alice.insert("a")
            await alice.until_saved()
    finally:
        project.stop()


async def test_redis_is_heard_without_hiredis_too(tmp_path: Path) -> None:
    """A site may do without it."""
    with Redis(tmp_path) as redis:
        project = make_project(tmp_path, redis, 'import sys\n\nsys.modules["hiredis"] = None\n')
        project.env[BY_ITSELF] = "1"
        project.start_worker()
        project.start_web()
        try:
            async with YClient(project.url("bare")) as alice, YClient(project.url("bare")) as bob:
                await alice.insert("heard")
                await bob.until_text("heard")
                await alice.until_saved()
        finally:
            project.stop()
