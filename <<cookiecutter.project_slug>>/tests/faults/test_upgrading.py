"""Documents of an older schema are brought up once, before anybody is in them, wherever processes die or meet."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pycrdt import Text

from tests.hunts import variants
from tests.yroom.client import YClient
from tests.yroom.conftest import Project

Sites = Callable[..., Project]

# Written in capitals, and in another root.
NEWER = """
from pycrdt import Doc, Text

meet = lambda: None

def upgrade(room, schema, state):
    assert schema is None
    former, doc = Doc(), Doc()
    former.apply_update(state)
    meet()
    doc.get("lines", type=Text).insert(0, str(former.get("content", type=Text)).upper())
    return doc.get_update()
"""
SETTINGS = """
YROOM_SETTINGS["default"] |= {"SCHEMA": 2, "UPGRADE": "newer.upgrade", "ROOTS": {"lines": "text"}}
"""
PROGRAM = """
import os
import signal
import sys
import traceback

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django

django.setup()
from django.db import connections
from pycrdt import Doc, Text

import newer
from yroom.models import FormerRow, RoomSchema, RoomSnapshot, RoomUpdate
from yroom.store import upgrade

def text(updates, root):
    doc = Doc()
    for update in updates:
        doc.apply_update(bytes(update))
    return str(doc.get(root, type=Text))

def stored(room):
    rows = [row.state for row in RoomSnapshot.objects.filter(room=room)]
    rows += RoomUpdate.objects.filter(room=room).order_by("sequence").values_list("update", flat=True)
    former = FormerRow.objects.filter(room=room).order_by("sequence").values_list("data", flat=True)
    number = RoomSchema.objects.filter(room=room).values_list("schema", flat=True).first()
    found = number, text(rows, "content"), text(rows, "lines"), text(former, "content")
    connections.close_all()
    return found

def write(room):
    doc, updates = Doc(), []
    subscription = doc.observe(lambda event: updates.append(event.update))
    for letter in "words":
        content = doc.get("content", type=Text)
        content.insert(len(content), letter)
    from yroom.store.base import Entry, get_storage

    get_storage(room).append([Entry(room, update, "7") for update in updates[:3]])
    get_storage(room).compact(room)
    get_storage(room).append([Entry(room, update, "7") for update in updates[3:]])
    connections.close_all()

def start(do):
    child = os.fork()
    if not child:
        try:
            do()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child
"""
CRASHING = """
from crashing import crashing

def bring_up(crash_at):
    with crashing(crash_at) as steps:
        newer.meet = steps.step
        upgrade.bring_up("crash.1")

OLD, NEW = (None, "words", "", ""), (2, "", "WORDS", "words")
write("crash.1")
seen, crash_at = [], 1
while os.waitpid(start(lambda: bring_up(crash_at)), 0)[1] == signal.SIGKILL:
    assert stored("crash.1") in (OLD, NEW), stored("crash.1")
    seen.append(stored("crash.1"))
    crash_at += 1
assert stored("crash.1") == NEW, stored("crash.1")
assert crash_at > 8 and OLD in seen, seen
print("brought up after", crash_at, "steps")
"""
MEETING = """
here, all_here = os.pipe(), os.pipe()

def meet():
    os.write(here[1], b".")
    os.read(all_here[0], 1)

newer.meet = meet
write("met.1")
children = [start(lambda: upgrade.bring_up("met.1")) for _ in range(3)]
for _ in children:
    os.read(here[0], 1)
os.write(all_here[1], b"...")
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
assert stored("met.1") == (2, "", "WORDS", "words"), stored("met.1")
print("brought up once")
"""


def run(site: Project, program: str) -> str:
    (site.folder / "program.py").write_text(PROGRAM + program)
    (site.folder / "newer.py").write_text(NEWER)
    shutil.copy(Path(__file__).with_name("crashing.py"), site.folder)
    with (site.folder / "settings.py").open("a") as settings:
        settings.write(SETTINGS)
    command, env = [sys.executable, "program.py"], {**os.environ, **site.env}
    done = subprocess.run(command, cwd=site.folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@variants("postgres", {"sqlite": False, "postgresql": True}, short={"postgresql"})
def test_whoever_is_killed_leaves_the_old_document_or_the_new(make_site: Sites, postgres: bool) -> None:
    assert "brought up after" in run(make_site(embedded=True, postgres=postgres), CRASHING)


@variants("postgres", {"sqlite": False, "postgresql": True}, short={"postgresql"})
def test_of_several_at_once_one_does_it(make_site: Sites, postgres: bool) -> None:
    assert "brought up once" in run(make_site(embedded=True, postgres=postgres), MEETING)


READING = """
import asyncio

from yroom.document import YroomDocument

async def read(room):
    async with YroomDocument(room).edit() as doc:
        lines = doc.get("lines", type=Text)
        print(str(lines))
        lines.insert(0, "more ")
    print(text([await YroomDocument(room).state()], "lines"))

asyncio.run(read("textcollab.closed"))
"""


@variants("embedded", {"embedded": True, "worker": False}, short={"worker"})
async def test_who_opens_one_finds_the_newer_document(make_site: Sites, embedded: bool) -> None:
    site = make_site(embedded=embedded, postgres=not embedded)
    running = [site.start_web(), *([] if embedded else [site.start_worker()])]
    for room in ("open", "closed"):
        async with YClient(site.url(room)) as old:
            await old.insert("words")
            await old.until_saved()
    for server in running:
        await asyncio.to_thread(server.stop)
    (site.folder / "newer.py").write_text(NEWER)
    shutil.copy(Path(__file__).with_name("crashing.py"), site.folder)
    with (site.folder / "settings.py").open("a") as settings:
        settings.write(SETTINGS)
    await asyncio.to_thread(site.start_web)
    if not embedded:
        await asyncio.to_thread(site.start_worker)

    async def look() -> str:
        async with YClient(site.url("open"), schema=2) as client:
            return str(client.doc.get("lines", type=Text))

    assert await asyncio.gather(*(look() for _ in range(5))) == ["WORDS"] * 5
    assert (await asyncio.to_thread(run, site, READING)).split("\n")[:2] == ["WORDS", "more WORDS"]
