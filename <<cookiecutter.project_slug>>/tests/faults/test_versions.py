"""A rolling deployment in which old and new processes do not understand each other."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.servers import ROOT
from tests.yroom.conftest import Project
from yroom.mailbox import VERSION

from .typists import Crowd

Sites = Callable[..., Project]


def newer(site: Project, folder: Path) -> Project:
    """The same site with a next version of the engine, on the same database and Redis."""
    shutil.copytree(site.folder, folder, symlinks=True)
    (folder / "yroom").unlink()
    shutil.copytree(ROOT / "yroom", folder / "yroom")
    mailbox = folder / "yroom" / "mailbox.py"
    before, line = mailbox.read_text(), f"VERSION: Final = {VERSION}"
    assert line in before
    mailbox.write_text(before.replace(line, f"VERSION: Final = {VERSION + 1}"))
    return Project(folder, {**site.env, "PYTHONPATH": str(folder)}, database=site.database)


async def test_old_and_new_meet_on_one_layer(make_site: Sites, tmp_path: Path) -> None:
    """Each goes on with its own kind, refuses the other loudly, and nothing is lost on the way."""
    old = make_site(postgres=True)
    new = newer(old, tmp_path / "new")
    old_web, old_worker = old.start_web(), old.start_worker()
    try:
        async with Crowd(old, 4, ports=[old.port], stock=1) as crowd:
            for typist in crowd.typists:
                typist.urls.append(new.url(crowd.rooms[0]))  # where they find themselves after the deployment
            new_web = await asyncio.to_thread(new.start_web)
            new_worker = await asyncio.to_thread(new.start_worker)
            newcomers = Crowd(new, 4, name="n", room=crowd.rooms[0], stock=1)
            arriving = asyncio.create_task(newcomers.__aenter__())
            refusal = f"refuses messages of version {VERSION + 1}; this process speaks {VERSION}"
            await asyncio.to_thread(old_worker.wait_for_line, refusal)
            await crowd.more()
            assert not any(typist.synced for typist in newcomers.typists)

            assert await asyncio.to_thread(old_worker.stop) == 0
            async with await arriving:
                await newcomers.more()
                refusal = f"refuses messages of version {VERSION}; this process speaks {VERSION + 1}"
                await asyncio.to_thread(new_worker.wait_for_line, refusal)
                # Those of the old web process keep their sockets and what they type, until it is replaced, too.
                assert not any(typist.closes for typist in [*crowd.typists, *newcomers.typists])
                await asyncio.to_thread(old_web.stop)
                crowd.ports, crowd.project = [new.port], new
                await crowd.more()
                await newcomers.stop()
                crowd.adopt(newcomers)
                await crowd.settle()
                assert new_web.process.poll() is None
    finally:
        new.stop()
