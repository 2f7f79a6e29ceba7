"""What a role may do on a socket, and what becomes of open sockets when it changes: on the running site itself."""

import asyncio
import json
import logging
import re
import sqlite3
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Text

from rooms.kinds import DEFAULT
from tests.faults.stored import query
from tests.servers import ROOT, Redis, site_database
from tests.yroom.client import YClient
from tests.yroom.conftest import MANAGE, Project, ways
from yroom.crdt import protocol

logger = logging.getLogger(__name__)

PASSWORD = "correct horse battery"
SETTINGS = """
from config.settings import *

YROOM["RECHECK_SECONDS"] = {recheck}
# These tests type into a text.
YROOM_SETTINGS["room"]["ROOTS"]["content"] = "text"
# Sessions are made by the hundred.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""
# People with sessions, and a room; printed as JSON.
CREW = """
import json
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from allauth.account.models import EmailAddress
from accounts.models import User
from rooms.models import *
from rooms.people import remember

def log_in(user):
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key

crews = []
for number in range({count}):
    users = {{}}
    for part in ("owner", "editor", "commenter", "viewer", "stranger", "inactive", "root"):
        email = f"{{part}}{{User.objects.count()}}@example.com"
        users[part] = User.objects.create_user(email, {password!r}, name=part, is_staff=part == "root",
                                               is_superuser=part == "root")
        EmailAddress.objects.create(user=users[part], email=email, verified=True, primary=True)
    sessions = {{part: log_in(user) for part, user in users.items()}}
    sessions["editor elsewhere"] = log_in(users["editor"])
    guest = Guest.objects.create(name="Ada")
    session = SessionStore()
    remember(session, guest)
    session.save()
    sessions["guest"] = session.session_key
    User.objects.filter(pk=users["inactive"].pk).update(is_active=False)
    room = Room.objects.create(owner=users["owner"], title="Plans")
    # In one go, which tells nobody: there is no worker yet that could hear it.
    made = [Membership(room=room, user=users[part], role=part) for part in ("editor", "commenter", "viewer")]
    members = {{member.role: member.pk for member in Membership.objects.bulk_create(made)}}
    [link] = Link.objects.bulk_create([Link(room=room, audience="anyone", role="editor")])
    Arrival.objects.bulk_create([Arrival(link=link, guest=guest)])
    ids = {{part: user.pk for part, user in users.items()}} | {{"guest": guest.key}}
    crews.append({{"room": str(room.pk), "ids": ids, "sessions": sessions, "members": members}})
print(json.dumps(crews))
"""


@dataclass
class Crew:
    """A room of the site, and the people who have to do with it."""

    site: "Site"
    room: str
    ids: dict[str, int | str]
    sessions: dict[str, str]
    members: dict[str, int]

    def socket(self, part: str, room: str | None = None) -> YClient:
        """A socket to the room with somebody's session."""
        url = f"ws://127.0.0.1:{self.site.port}/ws/rooms/{room or self.room}"
        session = self.sessions.get(part)
        headers = {"Cookie": f"sessionid={session}"} if session else {}
        return YClient(url, headers=headers, schema=DEFAULT.schema)

    def post(self, part: str, path: str, **form: Any) -> None:
        """Send a form from another tab of somebody's browser."""
        token = "t" * 32
        url = f"http://127.0.0.1:{self.site.port}{path}"
        data = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": token}).encode()
        cookie = f"sessionid={self.sessions[part]}; csrftoken={token}"
        request = urllib.request.Request(url, data, {"Cookie": cookie})
        with urllib.request.build_opener(_NoRedirect).open(request) as response:
            page = response.read().decode()
        # A form with mistakes is shown again; one that was taken leads elsewhere.
        assert response.status == 302, page
        for kept in response.headers.get_all("Set-Cookie", ()):
            if found := re.match("sessionid=(\\w+)", kept):
                self.sessions[part] = found[1]


class _NoRedirect(urllib.request.HTTPErrorProcessor):
    """Hands out every response as it is."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response


class Site(Project):
    """The generated site in processes of its own, with a crew for whoever asks."""

    crews: list[Crew]

    def start(self, count: int) -> None:
        """Start what the site consists of, with this number of crews."""
        site_database(self.folder)
        code = CREW.format(count=count, password=PASSWORD)
        made = json.loads(self.manage("shell", "--no-imports", "-c", code).strip().splitlines()[-1])
        self.crews = [Crew(self, **crew) for crew in made]
        self.start_web()
        if not self.embedded:
            self.start_worker()


def make_site(folder: Path, redis: Redis | None = None, recheck: float = 3600) -> Site:
    """The site with settings of its own: by default nobody ever looks again at permissions unless told to."""
    (folder / "settings.py").write_text(SETTINGS.format(recheck=recheck))
    (folder / "asgi.py").write_text("from config.asgi import application\n")
    (folder / "manage.py").write_text(MANAGE)
    env = {
        "DJANGO_SETTINGS_MODULE": "settings",
        "PYTHONPATH": f"{folder}:{ROOT}",
        "DEBUG": "1",
        "SECRET_KEY": "only for tests",
        "DATA_DIR": str(folder),
        "DATABASE_URL": "",
        "LINKS_FOR_ANYONE": "1",
    }
    return Site(folder, env | ({"REDIS_URL": redis.url} if redis else {}), redis=redis)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One process, with SQLite."""
    site = make_site(tmp_path_factory.mktemp("embedded"))
    site.start(len(PAGES) + 1)
    yield site
    site.stop()


@pytest.fixture(scope="module")
def separate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A worker of its own, over Redis."""
    folder = tmp_path_factory.mktemp("separate")
    with Redis(folder) as redis:
        site = make_site(folder, redis)
        site.start(len(PAGES) + len(COMMANDS) + WAYS_COUNT + 3)
        yield site
        site.stop()


@pytest.fixture(scope="module")
def vigilant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that looks again all the time."""
    site = make_site(tmp_path_factory.mktemp("vigilant"), recheck=0.5)
    site.start(len(STATEMENTS))
    yield site
    site.stop()


@pytest.fixture(params=ways("embedded", "separate", of="site"))
def site(request: pytest.FixtureRequest) -> Site:
    site: Site = request.getfixturevalue(request.param)
    return site


# Each role and each type of frame: `answered`, `written` into the document, `shown` to the others under the sender's
# own name, `dropped` with a notice. A number closes the socket.
MATRIX = """
                 owner     editor    commenter  viewer    guest     stranger  anonymous inactive
step_1           answered  answered  answered   answered  answered  4403      4401      4401
step_2           written   written   dropped    dropped   written   4403      4401      4401
update           written   written   dropped    dropped   written   4403      4401      4401
awareness        shown     shown     shown      shown     shown     4403      4401      4401
query_awareness  answered  answered  answered   answered  answered  4403      4401      4401
auth             4400      4400      4400       4400      4400      4403      4401      4401
control          4400      4400      4400       4400      4400      4403      4401      4401
unknown          4400      4400      4400       4400      4400      4403      4401      4401
text             4400      4400      4400       4400      4400      4403      4401      4401
"""
HEAD, *ROWS = [line.split() for line in MATRIX.strip().splitlines()]


def frame_of(kind: str, client: int, mark: str) -> bytes | str:
    """A frame that brings a mark, into the text or into the name."""
    doc: Doc[Any] = Doc()
    doc["content"] = Text(mark)
    state = json.dumps({"user": {"name": mark}}).encode()
    entry = b"\x01" + protocol.write_var_uint(client) + b"\x01" + protocol.write_var_bytes(state)
    frames: dict[str, bytes | str] = {
        "step_1": protocol.sync_step1(protocol.EMPTY_STATE_VECTOR),
        "step_2": protocol.sync_step2(doc.get_update()),
        "update": protocol.sync_update(doc.get_update()),
        "awareness": protocol.awareness(entry),
        "query_awareness": b"\x03",
        "auth": protocol.permission_denied(mark),
        "control": protocol.control({"type": "role", "role": "owner", "read_only": False}),
        "unknown": b"\x2a\x00",
        "text": mark,
    }
    return frames[kind]


@pytest.mark.parametrize("part", HEAD)
async def test_each_frame(site: Site, part: str) -> None:
    """What a role may send arrives; what it may not send changes nothing."""
    crew = site.crews[-1]
    async with crew.socket("owner") as watcher:
        for kind, *answers in ROWS:
            await send_one(crew, watcher, part, kind, answers[HEAD.index(part)])


async def send_one(crew: Crew, watcher: YClient, part: str, kind: str, answer: str) -> None:
    """Send a frame of one kind on a new socket; look at what comes back, and at what the others see."""
    mark = f"{kind} of {part}"
    client = crew.socket(part)
    await client.open()
    if answer not in ("4401", "4403"):
        await client.until(lambda: client.synced)
    before = len(client.frames)
    await client.send(frame_of(kind, client.doc.client_id, mark))
    match answer:
        case "written":
            await watcher.until(lambda: mark in str(watcher.text))
            await client.until_saved()
        case "dropped":
            await client.until(lambda: any(message.get("code") == "read_only" for message in client.controls))
        case "answered":
            reply = b"\x01" if kind == "query_awareness" else b"\x00\x01"
            await client.until(lambda: any(frame.startswith(reply) for frame in client.frames[before:]))
        case "shown":
            await watcher.until(lambda: client.doc.client_id in watcher.awareness)
            shown = watcher.awareness[client.doc.client_id][1]["user"]
            assert (shown["id"], shown["name"]) == (str(crew.ids[part]), "Ada (guest)" if part == "guest" else part)
        case code:
            await client.until(lambda: client.close_code is not None)
            assert str(client.close_code) == code, mark
            assert code == "4400" or not client.frames, mark
    await client.close()
    # The worker takes what comes from a room in turn: this is confirmed after whatever was sent above.
    await watcher.insert(".")
    await watcher.until_saved()
    assert (mark in str(watcher.text)) == (answer == "written"), mark


async def test_no_such_room(site: Site) -> None:
    async with site.crews[-1].socket("owner", "00000000-0000-0000-0000-000000000000") as client:
        # As to a room that is somebody else's.
        assert client.close_code == 4403
        assert not client.frames


# What may change while a room is open, through the site's own pages


def change_member(crew: Crew, part: str, **form: str) -> None:
    crew.post("owner", f"/rooms/{crew.room}/members/member/{crew.members[part]}/", **form)


def delete_room(crew: Crew) -> None:
    crew.post("owner", f"/rooms/{crew.room}/trash/")
    crew.post("owner", f"/rooms/{crew.room}/delete/")


def deactivate(crew: Crew) -> None:
    form = {"email": f"{crew.ids['editor']}@example.com", "name": "editor"}
    crew.post("root", f"/admin/accounts/user/{crew.ids['editor']}/change/", **form)


def hand_over(crew: Crew) -> None:
    lists = {f"{name}-{field}_FORMS": 0 for name in ("memberships", "invitations") for field in ("TOTAL", "INITIAL")}
    form = {"owner": crew.ids["stranger"], "title": "Plans", "updated_0": "2026-01-01", "updated_1": "00:00:00"}
    crew.post("root", f"/admin/rooms/room/{crew.room}/change/", **form, **lists)


def change_password(crew: Crew) -> None:
    form = {"oldpassword": PASSWORD, "password1": "another horse battery", "password2": "another horse battery"}
    crew.post("editor elsewhere", "/accounts/password/change/", **form)


def change_link(crew: Crew, **form: str) -> None:
    crew.post("owner", f"/rooms/{crew.room}/sharing/link/", **form)


def let_end(crew: Crew) -> None:
    """The link ends by itself, by nothing but the clock."""
    soon = datetime.now(UTC) + timedelta(seconds=1)
    change_link(crew, audience="anyone", role="editor", expires=soon.isoformat())


def command(code: str) -> Callable[[Crew], None]:
    """A change made by a process that holds no sockets: a command, a shell, a scheduled task."""

    def run(crew: Crew) -> None:
        code_ = f"from rooms.models import *; {code.format(member=crew.members['editor'])}"
        crew.site.manage("shell", "--no-imports", "-c", code_)

    return run


def statement(sql: str) -> Callable[[Crew], None]:
    """A change made past the site, so that nobody is told."""

    def run(crew: Crew) -> None:
        room, session = crew.room.replace("-", ""), crew.sessions["editor"]
        visitor = str(crew.ids["guest"]).removeprefix("guest:").replace("-", "")
        values = {**crew.ids, "visitor": visitor, "room": room, "session": session, "member": crew.members["editor"]}
        database = sqlite3.connect(crew.site.folder / "db.sqlite3", timeout=60)
        with database:
            assert database.execute(sql, values).rowcount > 0
        database.close()

    return run


# Whose sockets a change concerns (one session of the editor's, or both), and how these end: closed, or in a role.
Change = tuple[Callable[[Crew], None], str, int | str]
PAGES: dict[str, Change] = {
    "demoted": (lambda crew: change_member(crew, "editor", role="viewer"), "editor", "viewer"),
    "promoted": (lambda crew: change_member(crew, "viewer", role="editor"), "viewer", "editor"),
    "removed": (lambda crew: change_member(crew, "editor", remove="1"), "editor", 4403),
    "left": (lambda crew: crew.post("editor", f"/rooms/{crew.room}/leave/"), "editor", 4403),
    "link for readers": (lambda crew: change_link(crew, audience="anyone", role="viewer"), "guest", "viewer"),
    "link for accounts": (lambda crew: change_link(crew, audience="signed_in", role="editor"), "guest", 4403),
    "link renewed": (lambda crew: change_link(crew, renew="1"), "guest", 4403),
    "link closed": (lambda crew: change_link(crew, audience=""), "guest", 4403),
    "link expired": (let_end, "guest", 4403),
    "trashed": (lambda crew: crew.post("owner", f"/rooms/{crew.room}/trash/"), "everybody", 4404),
    "deleted": (delete_room, "everybody", 4404),
    "handed over": (hand_over, "owner", 4403),
    "logged out elsewhere": (lambda crew: crew.post("editor", "/accounts/logout/"), "session", 4401),
    "password changed": (change_password, "editor", 4401),
    "deactivated": (deactivate, "editor", 4401),
    "account deleted": (
        lambda crew: crew.post("root", f"/admin/accounts/user/{crew.ids['editor']}/delete/", post="yes"),
        "editor",
        4401,
    ),
}
COMMANDS: dict[str, Change] = {
    "demoted": (command("m = Membership.objects.get(pk={member}); m.role = 'viewer'; m.save()"), "editor", "viewer"),
    "removed": (command("Membership.objects.get(pk={member}).delete()"), "editor", 4403),
}
# Ways in which a process without sockets may remove somebody, besides: in a transaction, in a thread, in a thread of an
# event loop that ends, in such a loop itself, by a page without a server.
WAYS = """
import asyncio, os, threading
from asgiref.sync import sync_to_async
from django.db import transaction
from django.test import Client
from rooms.models import Membership

def remove(member):
    Membership.objects.get(pk=member).delete()

def in_transaction(member):
    with transaction.atomic():
        remove(member)

def in_thread(member):
    thread = threading.Thread(target=remove, args=[member])
    thread.start()
    thread.join()

def from_loop(member):
    asyncio.run(sync_to_async(remove)(member))

def in_loop(member):
    async def remove_at_once():
        remove(member)

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    asyncio.run(remove_at_once())
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]

def by_page(member):
    membership = Membership.objects.get(pk=member)
    client = Client()
    client.force_login(membership.room.owner)
    client.post(f"/rooms/{membership.room_id}/members/member/{member}/", {"remove": "1"}, SERVER_NAME="localhost")

for way, member in zip([in_transaction, in_thread, from_loop, in_loop, by_page], MEMBERS, strict=True):
    way(member)
"""
WAYS_COUNT = 5
STATEMENTS: dict[str, Change] = {
    "demoted": (statement("UPDATE rooms_membership SET role = 'viewer' WHERE id = :member"), "editor", "viewer"),
    "promoted": (statement("UPDATE rooms_membership SET role = 'editor' WHERE room_id = :room"), "viewer", "editor"),
    "removed": (statement("DELETE FROM rooms_membership WHERE id = :member"), "editor", 4403),
    "trashed": (statement("UPDATE rooms_room SET trashed_at = '2026-01-01' WHERE id = :room"), "everybody", 4404),
    "deleted": (statement("DELETE FROM rooms_room WHERE id = :room"), "everybody", 4404),
    "handed over": (statement("UPDATE rooms_room SET owner_id = :stranger WHERE id = :room"), "owner", 4403),
    "logged out": (statement("DELETE FROM django_session WHERE session_key = :session"), "session", 4401),
    # For real: it is over a second from now, and nothing but the clock says so.
    "link closed": (statement("DELETE FROM rooms_arrival WHERE guest_id = :visitor"), "guest", 4403),
    "session expired": (
        statement("UPDATE django_session SET expire_date = datetime('now', '+1 second') WHERE session_key = :session"),
        "session",
        4401,
    ),
    "password changed": (statement("UPDATE accounts_user SET password = 'new' WHERE id = :editor"), "editor", 4401),
    "deactivated": (statement("UPDATE accounts_user SET is_active = 0 WHERE id = :editor"), "editor", 4401),
}
# Who comes back to a room that is not there any more hears what a stranger would.
LATER = {"deleted": 4403}
CONCERNED = {
    "owner": {"owner"},
    "viewer": {"viewer"},
    "guest": {"guest"},
    "session": {"editor"},
    "editor": {"editor", "editor elsewhere"},
    "everybody": {"owner", "editor", "editor elsewhere", "viewer", "guest"},
}


@pytest.mark.parametrize("name", PAGES)
async def test_a_change_counts_at_once(site: Site, name: str) -> None:
    """Nobody looks again by themselves here: it is the change that closes sockets."""
    await live_through(site.crews[list(PAGES).index(name)], PAGES[name], LATER.get(name))


@pytest.mark.xdist_group("site separate")
@pytest.mark.parametrize("name", COMMANDS)
async def test_a_change_by_a_command_counts_at_once(separate: Site, name: str) -> None:
    await live_through(separate.crews[len(PAGES) + list(COMMANDS).index(name)], COMMANDS[name])


@pytest.mark.xdist_group("site separate")
async def test_a_change_counts_at_once_however_a_command_makes_it(separate: Site) -> None:
    start = len(PAGES) + len(COMMANDS)
    crews = separate.crews[start : start + WAYS_COUNT]
    async with AsyncExitStack() as stack:
        editors = [await stack.enter_async_context(crew.socket("editor")) for crew in crews]
        members = [crew.members["editor"] for crew in crews]
        code = WAYS.replace("MEMBERS", repr(members))
        await asyncio.to_thread(separate.manage, "shell", "--no-imports", "-c", code)
        for editor in editors:
            await editor.until(lambda editor=editor: editor.close_code is not None)  # type: ignore[misc]
        assert [editor.close_code for editor in editors] == [4403] * WAYS_COUNT


@pytest.mark.xdist_group("site vigilant")
@pytest.mark.parametrize("name", STATEMENTS)
async def test_a_change_nobody_is_told_of_counts_after_a_while(vigilant: Site, name: str) -> None:
    await live_through(vigilant.crews[list(STATEMENTS).index(name)], STATEMENTS[name], LATER.get(name))


@pytest.mark.xdist_group("site separate")
async def test_a_change_while_there_is_no_worker_counts_with_the_next(separate: Site) -> None:
    """The pages say that it is done; sockets learn of it from the next worker, whenever they came; no text stays."""
    removed, deleted = separate.crews[-3:-1]
    late = removed.socket("editor elsewhere")
    async with removed.socket("owner") as owner, removed.socket("editor") as editor, deleted.socket("owner") as other:
        for client in (owner, editor, other):
            await client.insert("kept")
            await client.until_saved()
        separate.running[-1].kill()
        # From now on nobody is asked who serves a room, so those who come have none.
        await asyncio.to_thread(separate.running[0].wait_for_line, "not heard of the worker")
        await late.open()
        for crew, change in ((removed, PAGES["removed"][0]), (deleted, delete_room)):
            await asyncio.to_thread(change, crew)
        while any(deleted.room in room for room in rooms_with_text(separate)):
            await asyncio.sleep(0.05)
        assert any(removed.room in room for room in rooms_with_text(separate))
        assert (editor.close_code, other.close_code, late.close_code) == (None, None, None)
        assert not late.frames
        await asyncio.to_thread(separate.start_worker)
        await editor.until(lambda: editor.close_code is not None)
        await late.until(lambda: late.close_code is not None)
        await other.until(lambda: other.close_code is not None)
        assert (editor.close_code, late.close_code, other.close_code) == (4403, 4403, 4404)
        await owner.insert("and on")
        await owner.until_saved()


def rooms_with_text(site: Site) -> list[str]:
    return [room for (room,) in query(site, "SELECT DISTINCT room FROM yroom_roomupdate")]


def last(client: YClient, name: str) -> Any:
    """What the server has said of something last, whatever it has told of since."""
    return next((control[name] for control in reversed(client.controls) if name in control), None)


async def live_through(crew: Crew, change: Change, later: int | None = None) -> None:
    """Have everybody in the room, make a change, and see whom it stops, and that it stops nobody else."""
    make, concerned, outcome = change
    former = dict(crew.sessions)
    async with AsyncExitStack() as stack:
        sockets = {part: await stack.enter_async_context(crew.socket(part)) for part in CONCERNED["everybody"]}
        for part in ("owner", "editor", "editor elsewhere"):
            await sockets[part].insert(f"{part}, ")
            await sockets[part].until_saved()
        started = time.monotonic()
        await asyncio.to_thread(make, crew)
        for part in CONCERNED[concerned]:
            client = sockets.pop(part)
            if isinstance(outcome, int):
                await client.until(lambda client=client: client.close_code is not None)  # type: ignore[misc]
                assert client.close_code == outcome
            else:
                await client.until(lambda client=client: last(client, "role") == outcome)  # type: ignore[misc]
            logger.info("%s: %s after %.0f ms", part, outcome, 1000 * (time.monotonic() - started))
            await come_back(crew, part, later or outcome, renewed=crew.sessions[part] != former[part])
            if outcome == "viewer":
                await client.insert("too late")
                await client.until(lambda client=client: last(client, "code") == "read_only")  # type: ignore[misc]
            elif outcome == "editor":
                await client.insert("at last")
                await client.until_saved()
        writers = [client for part, client in sockets.items() if part != "viewer"]
        for writer in writers:
            await writer.insert("and on")
            await writer.until_saved()
        for client in sockets.values():
            await client.until(lambda client=client: str(client.text) == str(writers[0].text))  # type: ignore[misc]
            assert "too late" not in str(client.text)
            assert ("at last" in str(client.text)) == (outcome == "editor")


async def come_back(crew: Crew, part: str, outcome: int | str, renewed: bool) -> None:
    """Open the room again with the same session, or with the new one of who has just proved who they are."""
    async with crew.socket(part) as client:
        if isinstance(outcome, int) and not renewed:
            assert client.close_code == outcome
            assert not client.frames
        else:
            assert client.close_code is None
            assert "owner, " in str(client.text)
