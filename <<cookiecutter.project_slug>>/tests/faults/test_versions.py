"""A rolling deployment in which old and new processes do not understand each other."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.servers import ROOT
from tests.yroom.conftest import Project
from yroom.wire.mailbox import VERSION

from .typists import Crowd

Sites = Callable[..., Project]

# On a slow machine none may take the other for dead: only who is stopped gives up its shards.
PATIENT = 'YROOM = {"LEASE_SECONDS": 20.0}\n'


def newer(site: Project, folder: Path) -> Project:
    """The same site with a next version of the engine, on the same database and Redis."""
    shutil.copytree(site.folder, folder, symlinks=True)
    (folder / "yroom").unlink()
    shutil.copytree(ROOT / "yroom", folder / "yroom")
    mailbox = folder / "yroom" / "wire" / "mailbox.py"
    before, line = mailbox.read_text(), f"VERSION: Final = {VERSION}"
    assert line in before
    mailbox.write_text(before.replace(line, f"VERSION: Final = {VERSION + 1}"))
    return Project(folder, {**site.env, "PYTHONPATH": str(folder)}, database=site.database)


async def test_old_and_new_meet_on_one_layer(make_site: Sites, tmp_path: Path) -> None:
    """Each goes on with its own kind, refuses the other loudly, and nothing is lost on the way."""
    old = make_site(postgres=True, settings=PATIENT)
    new = newer(old, tmp_path / "new")
    old_web, old_worker = old.start_web(), old.start_worker()
    try:
        # In so many rooms that any half of the shards has some of them.
        async with Crowd(old, 16, rooms=8) as crowd:
            for room, typists in crowd.by_room.items():
                for typist in typists:
                    typist.urls.append(new.url(room))  # where they find themselves after the deployment
            new_web = await asyncio.to_thread(new.start_web)
            new_worker = await asyncio.to_thread(new.start_worker)
            newcomers = Crowd(new, 8, name="n", rooms=crowd.rooms)
            arriving = asyncio.create_task(newcomers.__aenter__())
            refusal = f"refuses messages of version {VERSION + 1}; this process speaks {VERSION}"
            await asyncio.to_thread(old_worker.wait_for_line, refusal)
            await crowd.more(30)
            assert not any(typist.synced for typist in newcomers.typists)

            assert await asyncio.to_thread(old_worker.stop) == 0
            async with await arriving:
                await newcomers.more()
                refusal = f"refuses messages of version {VERSION}; this process speaks {VERSION + 1}"
                await asyncio.to_thread(new_worker.wait_for_line, refusal)
                # Those of the old web process keep their sockets and what they type, until it is replaced, too.
                assert not crowd.closes + newcomers.closes
                await asyncio.to_thread(old_web.stop)
                crowd.ports, crowd.project = [new.port], new
                await crowd.more()
                await newcomers.stop()
                crowd.adopt(newcomers)
                await crowd.settle()
                assert new_web.process.poll() is None
    finally:
        new.stop()
