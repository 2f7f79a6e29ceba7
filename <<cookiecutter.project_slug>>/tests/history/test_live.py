"""Versions that the running site keeps by itself."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.faults.stored import query
from tests.rooms.test_live_permissions import Crew, Site, make_site
from tests.servers import START_TIMEOUT, Redis
from tests.yroom.conftest import ways

SETTINGS = """
HISTORY = {"EVERY": 0.000001}
for settings in YROOM_SETTINGS.values():
    settings |= {"QUIET_AFTER": 0.4, "QUIET_WITHIN": 600}
"""


@pytest.fixture(params=ways("embedded", "separate", of="site with a history"))
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """The generated site, where documents fall quiet soon; separate: with two workers."""
    with ExitStack() as stack:
        redis = stack.enter_context(Redis(tmp_path)) if request.param == "separate" else None
        site = make_site(tmp_path, redis)
        with (tmp_path / "settings.py").open("a") as settings:
            settings.write(SETTINGS)
        site.start(1)
        if redis:
            site.start_worker()
        yield site
        site.stop()


def versions(site: Site) -> list[tuple[str, list[str]]]:
    """Why each version was kept, and whose it is, the oldest first."""
    rows = query(site, "SELECT cause, people FROM history_version ORDER BY at")
    return [(cause, json.loads(people) if isinstance(people, str) else people) for cause, people in rows]


async def until(site: Site, number: int) -> list[tuple[str, list[str]]]:
    """All versions, once there are so many."""
    async with asyncio.timeout(START_TIMEOUT):
        while len(found := await asyncio.to_thread(versions, site)) < number:
            await asyncio.sleep(0.05)
    return found


async def test_a_document_that_has_fallen_quiet_has_a_version(site: Site) -> None:
    """One, with those who have written; open pages hear of it; what a killed worker missed is kept later."""
    crew: Crew = site.crews[0]
    editor = str(crew.ids["editor"])
    async with crew.socket("editor") as client, crew.socket("viewer") as viewer:
        # As the document is opened: its title is there.
        await until(site, 1)
        await client.insert("words")
        await client.until_saved()
        assert (await until(site, 2))[1:] == [("quiet", [editor])]
        await viewer.until(lambda: any(is_news(each) for each in viewer.controls))
        holders = [each for each in site.running if each.log.name.startswith("web" if site.embedded else "worker")]
        await client.insert("missed")
        await client.until_saved()
        for each in holders:
            await asyncio.to_thread(each.kill)
    # It may have been quick enough.
    before = len(await asyncio.to_thread(versions, site))
    await asyncio.to_thread(site.start_web if site.embedded else site.start_worker)
    async with crew.socket("editor"):
        assert len(await until(site, 3)) == 3
    assert before in (2, 3)


def is_news(frame: dict[str, Any]) -> bool:
    """Whether a browser is told that there is something new about a history."""
    return bool(frame["type"] == "news" and frame["of"] == "history")
